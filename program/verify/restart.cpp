#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "io/checkpoint.hpp"
#include "md/text.hpp"
#include "md/velocities.hpp"
#include "program/components.hpp"
#include "program/run/checkpointing.hpp"
#include "program/verify/verify.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

constexpr int n_steps = 20, stop_at = 7;
constexpr std::uint32_t seed = 2026;
constexpr double friction = 0.01;  // 1/fs

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

/// A short run of Langevin dynamics, which also needs its random numbers to go on as they would
/// have, on the device of the user.
std::unique_ptr<Simulation> short_run(const VerifyCase& c, const Replicas& start,
                                      Potential& potential) {
  auto integrator =
      integrators().find("langevin").make({c.input, 2 * verify_time_step(c.system), seed});
  return std::make_unique<Simulation>(c.evaluator.device(), c.evaluator.threads(), start.systems,
                                      start.settings, potential, std::move(integrator), 1.0,
                                      SafetyLimits{});
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
  Replicas start{{c.system}, {{300, friction, 0, 3 * c.system.size()}}, {}, false, {}};
  draw_velocities(start.systems[0], 300, seed, 0);
  Samples samples(1);
  const auto whole = short_run(c, start, c.evaluator.potential());
  whole->evaluate(false);
  whole->advance(stop_at, false);
  write_checkpoint(file, make_checkpoint(*whole, "none", samples, {}), 1);
  whole->advance(n_steps - stop_at, false);

  // As `understudy restart` does it, in all but the process: the model is read again too.
  const auto again = make_potential(c.input, c.evaluator.device());
  const Checkpoint checkpoint = read_checkpoint(file);
  const auto continued = short_run(c, read_replicas(checkpoint), *again);
  restore(checkpoint, *continued, samples);
  continued->advance(n_steps - stop_at, false);

  const std::vector<std::string> different = differences(whole->state(), continued->state());
  const std::string remark = different.empty() ? "" : join(different, ", ");
  return {judge(at_most("restart: arrays with other bits", static_cast<double>(different.size()), 0,
                        "", remark),
                true)};
}

}  // namespace md
