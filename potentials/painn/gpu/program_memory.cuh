#pragma once

#include "md/device/array.hpp"
#include "potentials/painn/gpu/program_view.cuh"

namespace md::painn {

/// Owner of what a ProgramView points to, weights and edges apart.
template <class T>
class ProgramMemory {
 public:
  ProgramMemory(Device device, bool repulsion) : device_(device), repulsion_(repulsion) {}

  /// Room for the atoms and edges of `view`, whose pointers it sets. Allocates only when one of the
  /// two numbers is another than before.
  void attach(ProgramView<T>& view) {
    const std::size_t n = view.n_atoms, e = view.edges.rows.capacity, f = view.w.f, h = view.w.h;
    const std::size_t basis = std::is_same_v<T, double> ? e * (view.w.n_radial + 1) : 0;
    const std::size_t a = std::max(f, h), b = std::max(3 * f, h);
    resize(edge_, e);
    resize(repulsion_pairs_, repulsion_ ? e : 0);
    resize(radial_, basis);
    resize(radial_slope_, basis);
    resize(partial_, e * (f / view.w.group_channels()) * 4);
    resize(gradient_, e);
    resize(tape_, 16 * n * f * view.w.n_layers);
    resize(scratch_, n * (16 * f + a + b));
    view.edge = edge_.data();
    view.repulsion = repulsion_pairs_.data();
    view.radial = radial_.data();
    view.radial_slope = radial_slope_.data();
    view.partial = partial_.data();
    view.gradient = gradient_.data();
    view.tape = tape_.data();
    T* next = scratch_.data();
    const auto take = [&](std::size_t width) { return std::exchange(next, next + n * width); };
    view.s = take(2 * f);
    view.s_bar = take(f);
    view.v_bar = take(3 * f);
    view.gs = take(f);
    view.gv = take(3 * f);
    view.scratch_vu = take(6 * f);
    view.scratch_a = take(a);
    view.scratch_b = take(b);
  }

 private:
  template <class U>
  void resize(Array<U>& array, std::size_t n) {
    if (array.size() == n) return;
    array = {};  // first the old memory back
    array = {device_, n};
  }

  Device device_;
  bool repulsion_;
  Array<ProgramEdge<T>> edge_;
  Array<zbl::Pair> repulsion_pairs_;
  Array<T> radial_, radial_slope_, partial_, tape_, scratch_;
  Array<Vec3> gradient_;
};

}  // namespace md::painn
