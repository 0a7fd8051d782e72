#include "io/extended_xyz.hpp"

#include <charconv>
#include <ostream>

#include "io/ase_units.hpp"
#include "io/replica_files.hpp"
#include "io/writers.hpp"

namespace md {
namespace {

void add(std::string& text, double value) {
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void add(std::string& text, const Vec3& v) {
  for (int k = 0; k < 3; ++k) text += ' ', add(text, v[k]);
}

void add(std::string& text, const Mat3& m) {
  text += '"';
  for (int k = 0; k < 9; ++k) {
    if (k > 0) text += ' ';
    add(text, m[k / 3][k % 3]);
  }
  text += '"';
}

void add_info(std::string& text, const std::string& key, const std::string& value) {
  text += ' ' + key + '=';
  if (!value.empty() && value.find_first_of(" \t\n\r\"'\\={}[],") == std::string::npos) {
    text += value;
    return;
  }
  text += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '\n' || c == '\r' ? ' ' : c;
  }
  text += '"';
}

std::string to_text(double value) {
  std::string text;
  add(text, value);
  return text;
}

}  // namespace

void append_extended_xyz(std::string& text, const XyzView& s, const ExtendedXyzFields& fields) {
  const Periodicity p = s.periodic;
  const bool velocities = !s.velocities.empty() && fields.velocities != XyzVelocities::none;
  const bool momenta = fields.velocities == XyzVelocities::momenta;
  text += std::to_string(s.numbers.size()) + '\n';
  if (p.any()) text += "Lattice=", add(text, s.cell), text += ' ';
  text += "Properties=species:S:1:pos:R:3";
  if (velocities) text += momenta ? ":momenta:R:3" : ":velocities:R:3";
  if (!fields.forces.empty()) text += ":" + fields.forces_name + ":R:3";
  if (fields.energy) text += " " + fields.energy_name + "=", add(text, *fields.energy);
  if (fields.stress) text += " stress=", add(text, *fields.stress);
  for (const auto& [key, value] : fields.info) add_info(text, key, value);
  text += std::string(" pbc=\"") + (p[0] ? "T " : "F ") + (p[1] ? "T " : "F ") + (p[2] ? "T" : "F");
  text += "\"\n";
  for (std::size_t i = 0; i < s.numbers.size(); ++i) {
    text += symbol(s.numbers[i]);
    add(text, s.positions[i]);
    if (velocities && momenta)
      add(text, (standard_mass(s.numbers[i]) * ase_velocity) * s.velocities[i]);
    else if (velocities)
      add(text, s.velocities[i]);
    if (!fields.forces.empty()) add(text, fields.forces[i]);
    text += '\n';
  }
}

void write_extended_xyz(std::ostream& out, const Structure& structure,
                        const ExtendedXyzFields& fields) {
  std::string text;
  append_extended_xyz(text,
                      {structure.numbers, structure.positions, structure.velocities, structure.cell,
                       structure.periodic},
                      fields);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

namespace {

/// Trajectories as extended XYZ: one file per replica; packed, the replicas' frames of a step one
/// after another in one file.
class ExtendedXyz final : public Writer {
 public:
  explicit ExtendedXyz(const WriterOptions& options)
      : batch_(options.batch),
        velocities_(options.velocities),
        forces_(options.forces),
        files_(options, "trajectory", ".xyz") {
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

const bool registered =
    writers().add("extxyz", {"extended XYZ, read by ASE and OVITO", {}, [](const WriterOptions& o) {
                               return std::make_unique<ExtendedXyz>(o);
                             }});

}  // namespace
}  // namespace md
