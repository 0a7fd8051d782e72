#pragma once

#include "md/device/parallel.cuh"
#include "md/state.hpp"

namespace md {

/// The value of an atom, and the addition of a replica's sum; named at namespace level for nvcc.
template <class T>
struct AtomTerm {
  const T* value;
  MD_HD T operator()(int i) const { return value[i]; }
};
template <class T>
struct AddSum {
  const T* sum;
  T* total;
  MD_HD void operator()(int r) const { total[r] += sum[r]; }
};

/// Scratch memory for the energies (eV) and virials (eV) of single atoms and their sums by replica.
/// Allocated by the first call and again when the batch has another size, so a potential must have
/// been evaluated once before it is recorded.
class AtomEnergies {
 public:
  /// Call first; makes room for the batch.
  void resize(const StateView& s, const Stream& stream) {
    const std::size_t n_atoms = s.n_atoms, n_replicas = s.n_replicas;
    if (energy_.size() != n_atoms) {
      energy_ = {stream.device(), n_atoms};
      virial_ = {stream.device(), n_atoms};
    }
    if (sum_.size() != n_replicas) {
      sum_ = {stream.device(), n_replicas};
      virial_sum_ = {stream.device(), n_replicas};
    }
  }
  double* energies() { return energy_.data(); }  // [n_atoms], to be filled before add()
  Mat3* virials() { return virial_.data(); }     // [n_atoms], to be filled before add_virials()

  /// potential[r] += the sum of the energies of its atoms.
  void add(const StateView& s, Stream& stream) { add(s, energy_, sum_, s.potential, stream); }
  /// virial[r] += the sum of the virials of its atoms.
  void add_virials(const StateView& s, Stream& stream) {
    add(s, virial_, virial_sum_, s.virial, stream);
  }

 private:
  template <class T>
  static void add(const StateView& s, Array<T>& value, Array<T>& sum, T* total, Stream& stream) {
    sum_segments(stream, s.n_replicas, s.n_atoms, s.first_atom, AtomTerm<T>{value.data()},
                 sum.data());
    for_each_index(stream, s.n_replicas, AddSum<T>{sum.data(), total});
  }

  Array<double> energy_, sum_;
  Array<Mat3> virial_, virial_sum_;
};

}  // namespace md
