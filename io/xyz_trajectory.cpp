#include <charconv>
#include <cstdlib>
#include <fstream>

#include "io/extended_xyz.hpp"
#include "io/replica_files.hpp"
#include "io/structure_reader.hpp"
#include "md/errors.hpp"

namespace md {
namespace {

constexpr const char* extension = ".xyz";

/// The shortest digits that read back to the same double.
std::string to_text(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

/// Trajectories as extended XYZ: one file per replica; packed, the replicas' frames of a step one
/// after another in one file.
class XyzTrajectory final : public Writer {
 public:
  explicit XyzTrajectory(const WriterOptions& options)
      : batch_(options.batch),
        velocities_(options.velocities),
        forces_(options.forces),
        files_(options, "trajectory", extension) {
    files_.cut_back();
  }

  void write(const Frame& frame) override {
    const bool packed = files_.n_files() == 1;
    text_.clear();
    int n_written = 0;
    for (int r = 0; r < batch_.n_replicas(); ++r) {
      if (!is_written(frame, r)) continue;
      append(frame, r);
      ++n_written;
      if (!packed) write_out(files_[r], 1);
    }
    if (packed) write_out(files_[0], n_written);
  }

  std::vector<FileMark> flush() override { return files_.flush(); }

 private:
  void append(const Frame& frame, int r) {
    const auto k = static_cast<std::size_t>(r);
    const auto first = static_cast<std::size_t>(batch_.first_atom[k]);
    const auto n = static_cast<std::size_t>(batch_.first_atom[k + 1]) - first;
    const auto part = [&](const std::vector<Vec3>& all) {
      return all.empty() ? std::span<const Vec3>{} : std::span(all).subspan(first, n);
    };
    XyzView view{std::span(batch_.numbers).subspan(first, n),
                 part(frame.position),
                 {},
                 frame.cell.empty() ? Mat3{} : frame.cell[k],
                 batch_.periodic[k]};
    if (!batch_.masses.empty()) view.masses = std::span(batch_.masses).subspan(first, n);
    if (!batch_.fixed.empty()) view.fixed = std::span(batch_.fixed).subspan(first, n);
    fields_.info.clear();
    fields_.info.emplace_back("step", std::to_string(frame.step));
    fields_.info.emplace_back("time_ps", to_text(frame.time_ps));
    fields_.info.emplace_back("replica", std::to_string(r));
    fields_.info.emplace_back("replica_id", std::to_string(batch_.ids[k]));
    if (!frame.by_teacher.empty())
      fields_.info.emplace_back("driver", frame.by_teacher[k] ? "teacher" : "student");
    if (!frame.kinetic.empty())
      fields_.info.emplace_back("kinetic_energy", to_text(frame.kinetic[k]));
    if (!frame.temperature.empty())
      fields_.info.emplace_back("temperature", to_text(frame.temperature[k]));
    if (!frame.potential.empty()) fields_.energy = frame.potential[k];
    fields_.stress.reset();
    if (!frame.stress.empty() && view.periodic.all()) fields_.stress = frame.stress[k];
    if (velocities_) view.velocities = part(frame.velocity);
    fields_.velocities = XyzVelocities::momenta;
    fields_.forces = forces_ ? part(frame.force) : std::span<const Vec3>{};
    append_extended_xyz(text_, view, fields_);
  }

  void write_out(ReplicaFile& f, int n_frames) {
    f.file.append(text_);
    f.frames += n_frames;
    text_.clear();
  }

  Batch batch_;
  bool velocities_, forces_;
  ReplicaFiles files_;
  ExtendedXyzFields fields_;
  std::string text_;
};

/// The value of ` key=` in the comment line of a frame, as a number.
double number_of(const std::string& path, const std::string& line, const std::string& key) {
  const auto at = line.find(" " + key + "=");
  if (at == std::string::npos)
    throw InputError(path + ": a frame without " + key + "=; a trajectory of a run is wanted");
  return std::strtod(line.c_str() + at + key.size() + 2, nullptr);
}

void require_same(const std::string& path, const std::vector<int>& numbers,
                  const std::vector<Structure>& systems, int replica) {
  if (replica < 0 || replica >= static_cast<int>(systems.size()) ||
      systems[replica].numbers != numbers)
    throw InputError(path + ": holds other systems than the checkpoint beside it");
}

std::vector<TrajectoryFrame> read(const std::string& path, const std::vector<Structure>& systems,
                                  int /*replica*/) {
  std::vector<TrajectoryFrame> frames;
  std::ifstream file(path);
  std::string line;
  for (Structure& system : read_structures(path)) {
    std::getline(file, line);  // the number of atoms
    std::getline(file, line);
    TrajectoryFrame frame;
    frame.step = static_cast<std::int64_t>(number_of(path, line, "step"));
    frame.time_ps = number_of(path, line, "time_ps");
    frame.replica = static_cast<int>(number_of(path, line, "replica"));
    require_same(path, system.numbers, systems, frame.replica);
    system.velocities.clear();
    frame.system = std::move(system);
    frames.push_back(std::move(frame));
    for (int i = 0; i < frames.back().system.size(); ++i) std::getline(file, line);
  }
  return frames;
}

const bool registered = trajectory_formats().add(
    "extxyz", {.help = "extended XYZ, read by ASE and OVITO",
               .extension = extension,
               .make = [](const WriterOptions& o) { return std::make_unique<XyzTrajectory>(o); },
               .atom_bytes = 4,
               .vector_bytes = 57,
               .replica_bytes = 150,
               .read = read,
               .exact = true,
               .in_both = true});

}  // namespace
}  // namespace md
