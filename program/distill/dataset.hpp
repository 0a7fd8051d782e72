#pragma once

#include <string>
#include <vector>

#include "md/structure.hpp"
#include "potentials/painn/training/trainer.hpp"

namespace md {

/// What a structure is for.
enum class Part : int { training = 0, validation = 1, test = 2 };

/// Structures that belong together: frames of one trajectory and what was made from them. A group
/// is in one part, so that no frame is judged by its neighbor in time.
struct Group {
  std::string name;  // formula, "C2H6"
  Part part = Part::training;
  bool made = false;  // from frames of another group: widened, not sampled
};

/// Labelled structures with their groups.
struct Dataset {
  std::vector<painn::LabelledStructure> structures;
  std::vector<int> group;  // [structures]
  std::vector<Group> groups;

  /// A safetensors file, everything in double. Throws FileError.
  void write(const std::string& path) const;
  /// Throws InputError when it is not such a file.
  static Dataset read(const std::string& path);
};

/// Frames before the teacher has seen them.
struct SampledFrames {
  std::vector<Structure> structures;
  std::vector<int> group;
  std::vector<Group> groups;

  /// Adds structures made from those of the group, as one of their own for the same part.
  void add_made(int from, std::vector<Structure> made);
};

/// Takes out the frames that are nearer than `min_difference` to an earlier one, of whatever group,
/// or to one of `known` (rms difference of all interatomic distances, A): so what judges a student
/// was never learned from. Returns how many.
std::size_t drop_duplicates(SampledFrames& frames, double min_difference,
                            const std::vector<const Dataset*>& known = {});

/// How much more the energies of a trajectory change than the forces along it say, from pairs of
/// structures of a group that are near each other: 1 where both are in the same units, or where too
/// few are near enough to tell.
double energy_over_work(const Dataset& data);
/// Adds `n` structures to each group, made from its frames: one covalent bond gets a length between
/// 0.6 A and twice its own, with the smaller part of the molecule moved (in a ring one atom).
void add_stretched(SampledFrames& frames, int n, std::uint32_t seed);
/// Adds a share of the frames once more with normal displacements of up to `deviation`.
void add_rattled(SampledFrames& frames, double share, double deviation, std::uint32_t seed);

/// Energies of free atoms by element that fit the energies best (least squares), [n_species] eV;
/// zero for elements that do not occur.
std::vector<double> fit_shifts(const std::vector<const painn::LabelledStructure*>& structures,
                               int n_species);

}  // namespace md
