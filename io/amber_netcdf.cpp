#include <bit>
#include <cstring>

#include "io/amber_cell.hpp"
#include "io/amber_layout.hpp"
#include "io/amber_reader.hpp"
#include "io/replica_files.hpp"
#include "md/errors.hpp"
#include "md/units.hpp"

namespace md {
namespace {

constexpr const char* extension = ".nc";

/// Writes numbers big-endian, one behind the other, into memory that is there.
class BigEndian {
 public:
  explicit BigEndian(char* at) : at_(at) {}
  void put(float value) { put_bits(__builtin_bswap32(std::bit_cast<std::uint32_t>(value))); }
  void put(double value) { put_bits(__builtin_bswap64(std::bit_cast<std::uint64_t>(value))); }
  void put(std::int32_t value) { put_bits(__builtin_bswap32(static_cast<std::uint32_t>(value))); }
  void skip(std::int64_t bytes) { at_ += bytes; }

 private:
  template <class T>
  void put_bits(T bits) {
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(at_, &bits, sizeof bits);
    at_ += sizeof bits;
  }
  char* at_;
};

/// AMBER NetCDF, convention 1.0 (https://ambermd.org/netcdf/nctraj.xhtml), as CDF-2. netCDF makes
/// the header; frames are appended as whole records, and the record count in the header follows, so
/// that a file is readable up to its last complete frame at any time.
class AmberNetcdf final : public Writer {
 public:
  explicit AmberNetcdf(const WriterOptions& options)
      : batch_(options.batch),
        title_(options.title),
        velocities_(options.velocities),
        forces_(options.forces),
        packed_(options.packed && options.batch.n_replicas() > 1),
        files_(options, "trajectory", extension) {
    if (files_.resumed()) resume();
  }

  void write(const Frame& frame) override {
    write_headers(frame);
    for (int k = 0; k < files_.n_files(); ++k) {
      if (!packed_ && !is_written(frame, k)) continue;
      encode(frame, k);
      append(files_[k], record_);
    }
  }

  std::vector<FileMark> flush() override { return files_.flush(); }

 private:
  AmberLayout layout(int k, bool shared_cell) const {
    AmberLayout layout;
    const auto i = static_cast<std::size_t>(k);
    layout.n_atoms =
        packed_ ? batch_.first_atom.back() : batch_.first_atom[i + 1] - batch_.first_atom[i];
    layout.n_replicas = packed_ ? batch_.n_replicas() : 1;
    layout.cell = packed_ ? shared_cell : batch_.periodic[i].any();
    layout.velocities = velocities_;
    layout.forces = forces_;
    return layout;
  }

  /// Only a frame tells whether a packed file has a cell.
  void write_headers(const Frame& frame) {
    for (int k = 0; k < files_.n_files(); ++k) {
      if (files_[k].file.size() > 0) continue;
      if (packed_) shared_cell_ = share_one_cell(frame.cell, batch_.periodic);
      const AmberLayout l = layout(k, shared_cell_);
      const auto first = batch_.numbers.begin() + (packed_ ? 0 : batch_.first_atom[k]);
      files_[k].file.append(amber_header(l, {first, first + l.n_atoms}, batch_.first_atom, title_));
    }
  }

  /// Nothing is changed before every file is known to fit.
  void resume() {
    for (int k = 0; k < files_.n_files(); ++k) {
      const ReplicaFile& f = files_[k];
      if (f.file.size() == 0) continue;  // stopped before the first frame
      if (packed_) shared_cell_ = amber_has_cell(f.file.path());
      check_amber_layout(f.file.path(), layout(k, shared_cell_), f.file.size(), f.frames);
    }
    files_.cut_back();
    for (int k = 0; k < files_.n_files(); ++k)
      if (files_[k].file.size() > 0) write_count(files_[k]);
    if (!packed_ || files_[0].frames == 0) return;
    // A replica that no longer runs repeats what stands in the last frame.
    const std::int64_t bytes = layout(0, shared_cell_).record_bytes();
    record_ = files_[0].file.read(files_[0].file.size() - bytes, static_cast<std::size_t>(bytes));
  }

  void encode(const Frame& frame, int k) {
    const AmberLayout l = layout(k, shared_cell_);
    const bool first_time = record_.empty();
    record_.resize(static_cast<std::size_t>(l.record_bytes()));
    BigEndian out(record_.data());
    AmberCell cell{};
    if (l.cell) cell = amber_cell(frame.cell[k], batch_.periodic[k]);
    const int begin = packed_ ? 0 : k, end = packed_ ? batch_.n_replicas() : k + 1;

    out.put(static_cast<float>(frame.time_ps));
    const auto put_vectors = [&](const std::vector<Vec3>& values, double scale) {
      for (int r = begin; r < end; ++r) {
        const int first = batch_.first_atom[r], last = batch_.first_atom[r + 1];
        if (!first_time && !is_written(frame, r)) {
          out.skip(std::int64_t{12} * (last - first));
          continue;
        }
        for (int i = first; i < last; ++i) {
          const Vec3 v = cell.apply(values[i]);
          for (int c = 0; c < 3; ++c) out.put(static_cast<float>(v[c] * scale));
        }
      }
    };
    put_vectors(frame.position, 1);
    if (l.velocities) put_vectors(frame.velocity, 1000 / amber_velocity_scale);
    if (l.forces) put_vectors(frame.force, 1 / units::kcal_per_mol);
    if (l.cell) {
      for (double length : cell.length) out.put(length);
      for (double angle : cell.angle) out.put(angle);
    }
    out.put(static_cast<double>(frame.step));
    for (const std::vector<double>* values : {&frame.potential, &frame.kinetic, &frame.temperature})
      for (int r = begin; r < end; ++r) {
        if (!first_time && !is_written(frame, r))
          out.skip(8);
        else
          out.put(values->empty() ? 0.0 : (*values)[r]);
      }
    if (packed_)
      for (int r = begin; r < end; ++r)
        out.put(static_cast<std::int32_t>(frame.status.empty() ? 0 : frame.status[r]));
  }

  static void write_count(ReplicaFile& f) {
    char bytes[4];
    BigEndian(bytes).put(static_cast<std::int32_t>(f.frames));
    f.file.patch(4, {bytes, 4});
  }

  static void append(ReplicaFile& f, const std::string& bytes) {
    const std::int64_t before = f.file.size();
    f.file.append(bytes);
    try {
      ++f.frames;
      write_count(f);
    } catch (const FileError&) {
      --f.frames;
      f.file.cut(before);
      throw;
    }
  }

  Batch batch_;
  std::string title_;
  bool velocities_, forces_, packed_;
  bool shared_cell_ = false;
  ReplicaFiles files_;
  std::string record_;  // the last frame as written
};

const bool registered = trajectory_formats().add(
    "amber", {.help = "AMBER NetCDF, read by MDAnalysis, mdtraj, VMD, cpptraj",
              .extension = extension,
              .make = [](const WriterOptions& o) { return std::make_unique<AmberNetcdf>(o); },
              .vector_bytes = 12,
              .replica_bytes = 80,
              .read = read_amber,
              .in_both = true});

}  // namespace
}  // namespace md
