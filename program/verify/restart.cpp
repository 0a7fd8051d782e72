#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "io/checkpoint.hpp"
#include "md/text.hpp"
#include "md/velocities.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/stage.hpp"
#include "program/verify/verify.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

constexpr int n_steps = 20, stop_at = 7;

/// A folder of its own that goes away with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "understudy-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      throw FileError(pattern + ": cannot be made: " + std::strerror(errno));
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The user's potential and device with a short run of Langevin dynamics, which also needs its
/// random numbers to go on as they would have.
Input short_run(const VerifyCase& c, const std::string& folder) {
  Input input = c.input;
  for (const std::string& key : input.full_keys())
    for (const char* const section :
         {"system.", "integrator.", "output.", "safety.", "checkpoint."})
      if (key.starts_with(section)) input.erase(key);
  input.set("integrator.method", "langevin");
  input.set("integrator.temperature", "300 K");
  input.set("integrator.friction", "10 /ps");
  input.set("integrator.time_step", std::to_string(2 * verify_time_step(c.system)));
  input.set("integrator.steps", std::to_string(n_steps));
  input.set("output.directory", folder);
  return input;
}

bool same_bits(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Vec3)) == 0;
}

/// Names of what differs.
std::vector<std::string> differences(const State& a, const State& b) {
  std::vector<std::string> names;
  if (!same_bits(a.position.download(), b.position.download())) names.push_back("positions");
  if (!same_bits(a.velocity.download(), b.velocity.download())) names.push_back("velocities");
  if (!same_bits(a.force.download(), b.force.download())) names.push_back("forces");
  if (a.potential.read(0) != b.potential.read(0)) names.push_back("energy");
  return names;
}

}  // namespace

std::vector<VerifyRow> check_restart(const VerifyCase& c) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/checkpoint.nc";
  const Input input = short_run(c, folder.path());
  Stage stage = prepare_components(input);
  stage.systems = {c.system};
  draw_velocities(stage.systems[0], 300, stage.options.seed, 0);
  stage.settings = {{0, 0, 0, 3 * c.system.size()}};
  stage.status = {static_cast<int>(Status::running)};
  set_thermostats(stage);
  Samples samples(1);
  const auto whole = make_simulation(stage);
  whole->evaluate(false);
  whole->advance(stop_at, false);
  write_checkpoint(file, make_checkpoint(*whole, stage, samples, {}), 1);
  whole->advance(n_steps - stop_at, false);

  // As `understudy restart` does it, in all but the process: the model is read again too.
  Stage again = prepare_components(input);
  const Checkpoint checkpoint = read_checkpoint(file);
  read_systems(checkpoint, again);
  const auto continued = make_simulation(again);
  restore(checkpoint, *continued, samples);
  continued->advance(n_steps - stop_at, false);

  const std::vector<std::string> different = differences(whole->state(), continued->state());
  const std::string remark = different.empty() ? "" : join(different, ", ");
  return {judge(at_most("restart: arrays with other bits", static_cast<double>(different.size()), 0,
                        "", remark),
                true)};
}

}  // namespace md
