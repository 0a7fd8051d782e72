#pragma once

#include "potentials/painn/gpu/product.cuh"
#include "potentials/painn/gpu/program_atoms.cuh"
#include "potentials/painn/gpu/program_edges.cuh"

namespace md::painn {

/// The atoms that one evaluation covers, whole replicas, and their places in the neighbor rows.
struct ProgramRange {
  int begin = 0, end = 0;                      // atoms
  std::int64_t first_edge = 0, last_edge = 0;  // rows.row[begin] ... end of the last atom's row
};

template <class T>
MD_HD ProgramRange range_of(const ProgramView<T>& v, int begin, int end) {
  const NeighborView& rows = v.edges.rows;
  if (begin == end) return {begin, end, 0, 0};
  return {begin, end, rows.row[begin], end < v.n_atoms ? rows.row[end] : rows.capacity};
}

/// Message or MessageReverse of n atoms, with as many channels to a lane as are loaded at once.
#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
template <template <class, bool, int> class Step, bool first, class Team, class T>
MD_HD void along_edges(Team& team, const ProgramView<T>& v, int begin, int n, int layer) {
  const int channels = v.w.group_channels(), groups = n * (v.w.f / channels);
  if (channels == 128) return team.for_each_group(groups, Step<T, first, 4>{v, begin, layer});
  if (channels == 64) return team.for_each_group(groups, Step<T, first, 2>{v, begin, layer});
  team.for_each_group(groups, Step<T, first, 1>{v, begin, layer});
}

/// Energy and dE/dr of all edges of a PaiNN, as steps one after the other. A Team runs a step:
///   for_each(n, f)        f(i) for i in [0, n)
///   for_each_group(n, f)  f(i, lanes) for i in [0, n), 32 lanes for each i; see lanes.cuh
///   multiply(product)
/// and whatever a step wrote is seen by the next. Within a step nothing depends on anything else,
/// and every sum has an order of its own, so no result depends on the range or the team's size.
#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
template <class Team, class T>
MD_HD void evaluate(Team& team, const ProgramView<T>& v, const ProgramRange& range) {
  const int f = v.w.f, h = v.w.h, n = range.end - range.begin, begin = range.begin;
  const int n_edges = static_cast<int>(range.last_edge - range.first_edge);
  const std::size_t at = std::size_t(begin) * f;  // where rows of F numbers begin
  T *const s = v.s + 2 * at, *const a = v.a(begin), *const b = v.b(begin);
  const int last = v.w.n_layers - 1;

  team.for_each(n_edges, Geometry<T>{v, range.first_edge});
  for (int l = 0; l <= last; ++l) {
    if (l == 0) {
      along_edges<Message, true>(team, v, begin, n, l);
    } else {
      team.multiply(Product<T>{.rows = n,
                               .a = s,
                               .a_stride = 2 * f,
                               .b = v.w.context0(l),
                               .c = a,
                               .stride = f,
                               .slope = v.context_slope(l) + at});
      team.multiply(Product<T>{.rows = n,
                               .a = a,
                               .a_stride = f,
                               .b = v.w.context1(l),
                               .c = v.phi(l) + 3 * at,
                               .stride = 3 * f});
      along_edges<Message, false>(team, v, begin, n, l);
    }
    team.multiply(Product<T>{.rows = 3 * n,
                             .a = v.v_bar + 3 * at,
                             .a_stride = f,
                             .b = v.w.channel_mix(l),
                             .c = v.vu(l) + 6 * at,
                             .stride = 2 * f});
    team.for_each(n * f / wide, Norms<T>{v, begin, l});
    team.multiply(Product<T>{.rows = n,
                             .a = s,
                             .a_stride = 2 * f,
                             .b = v.w.mixing0(l),
                             .c = a,
                             .stride = f,
                             .slope = v.mixing_slope(l) + at});
    team.multiply(Product<T>{.rows = n,
                             .a = a,
                             .a_stride = f,
                             .b = first_columns(v.w.mixing1(l), l == last ? 2 * f : 3 * f),
                             .c = b,
                             .stride = 3 * f});
    team.for_each(n * f / wide, Update<T>{v, begin, l});
  }

  team.multiply(Product<T>{
      .rows = n, .a = s, .a_stride = 2 * f, .b = v.w.head0(), .c = a, .stride = h, .slope = b});
  team.for_each_group(n, Readout<T>{v, begin});
  team.multiply(Product<T>{
      .rows = n, .a = b, .a_stride = h, .b = v.w.head0_t(), .c = v.s_bar + at, .stride = f});

  for (int l = last; l >= 0; --l) {
    team.for_each(n * f / wide, UpdateReverse<T>{v, begin, l});
    team.multiply(Product<T>{.rows = n,
                             .a = b,
                             .a_stride = 3 * f,
                             .b = first_rows(v.w.mixing1_t(l), l == last ? 2 * f : 3 * f),
                             .c = a,
                             .stride = f,
                             .factor = v.mixing_slope(l) + at});
    team.multiply(Product<T>{
        .rows = n, .a = a, .a_stride = f, .b = v.w.mixing0_t(l), .c = b, .stride = 2 * f});
    team.for_each(n * f / wide, VectorsReverse<T>{v, begin, l});
    team.multiply(Product<T>{.rows = 3 * n,
                             .a = v.vu_bar(begin),
                             .a_stride = 2 * f,
                             .b = v.w.channel_mix_t(l),
                             .c = v.gv + 3 * at,
                             .stride = f,
                             .addend = l == last ? nullptr : v.v_bar + 3 * at});
    if (l == 0) {
      along_edges<MessageReverse, true>(team, v, begin, n, l);
      break;
    }
    along_edges<MessageReverse, false>(team, v, begin, n, l);
    team.multiply(Product<T>{.rows = n,
                             .a = v.vu_bar(begin),
                             .a_stride = 3 * f,
                             .b = v.w.context1_t(l),
                             .c = a,
                             .stride = f,
                             .factor = v.context_slope(l) + at});
    team.multiply(Product<T>{.rows = n,
                             .a = a,
                             .a_stride = f,
                             .b = v.w.context0_t(l),
                             .c = v.s_bar + at,
                             .stride = f,
                             .addend = v.gs + at});
  }
  team.for_each(n_edges, Gradient<T>{v, range.first_edge});
}

}  // namespace md::painn
