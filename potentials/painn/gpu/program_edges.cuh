#pragma once

#include "potentials/painn/gpu/program_view.cuh"

// What happens along edges. Names and equations as in torch_painn.cpp; x_bar = dE/dx.

namespace md::painn {

/// Geometry of the edge e: distance, direction, where its filters are found.
template <class T>
struct Geometry {
  ProgramView<T> v;
  std::int64_t first;
  MD_HD void operator()(int k) const {
    const std::int64_t e = first + k;
    const int i = v.edges.center[e];
    if (i < 0) return;
    const Vec3 vector = v.edges.vector(e);
    const double d = norm(vector);
    ProgramEdge<T> edge{};
    edge.neighbor = v.edges.rows.atom[e];
    edge.point.interval = -1;
    if (v.repulsion) v.repulsion[e] = {};
    if (!(d >= v.w.cutoff)) {  // what is not a number shows in the result
      for (int x = 0; x < 3; ++x) edge.unit[x] = static_cast<T>(vector[x] / d);
      const double inside = d > 0 ? d : 0;
      if constexpr (std::is_same_v<T, float>) {
        edge.point = spline_point<T>(inside, v.w.intervals, v.w.per_angstrom);
      } else {
        const std::int64_t at = e * (v.w.n_radial + 1);
        edge.point.interval = 0;
        radial_functions(inside, v.w.cutoff, v.w.n_radial, v.w.envelope, v.radial + at,
                         v.radial_slope + at);
      }
      if (v.repulsion && d < zbl::end)
        v.repulsion[e] = zbl::repulsion(v.number[i], v.number[edge.neighbor], d);
    }
    v.edge[e] = edge;
  }
};

/// Message to an atom, one of its channels: s' = s + sum x^s, v' = v + sum (x^r u + x^v v_j) with
/// x = phi_j W. `first`: layer 0, where s is the element's, and so is phi, and v = 0.
template <class T, bool first>
struct Message {
  ProgramView<T> v;
  int begin, layer;
  MD_HD void operator()(int index) const {
    const int f = v.w.f, c = index % f;
    const std::size_t i = begin + index / f;
    const FilterColumn<T> filter(v, layer, c);
    T ds = 0, x = 0, y = 0, z = 0;
    const std::int64_t row = v.edges.rows.row[i], end = row + v.edges.rows.count[i];
    ProgramEdge<T> next = row < end ? v.edge[row] : ProgramEdge<T>{};
    for (std::int64_t e = row; e < end; ++e) {
      const ProgramEdge<T> edge = next;
      if (e + 1 < end) next = v.edge[e + 1];  // under way while this one is worked on
      if (edge.point.interval < 0) continue;
      const std::size_t j = edge.neighbor;
      const T* const phi =
          first ? v.w.phi0 + std::size_t(v.number[j]) * 2 * f + c : v.phi(layer) + j * 3 * f + c;
      ds = multiply_add(phi[0], filter.value(edge, e, 0), ds);
      const T r = phi[f] * filter.value(edge, e, 1);
      x = multiply_add(r, edge.unit[0], x);
      y = multiply_add(r, edge.unit[1], y);
      z = multiply_add(r, edge.unit[2], z);
      if constexpr (!first) {
        const T* const sent = v.v(layer) + j * 3 * f + c;
        const T q = phi[2 * f] * filter.value(edge, e, 2);
        x = multiply_add(q, sent[0], x);
        y = multiply_add(q, sent[f], y);
        z = multiply_add(q, sent[2 * f], z);
      }
    }
    T* const to = v.v_bar + i * 3 * f + c;
    T* const s = v.s + i * 2 * f + c;
    if constexpr (first) {
      *s = v.w.embedding[std::size_t(v.number[i]) * f + c] + ds;
      to[0] = x, to[f] = y, to[2 * f] = z;
    } else {
      const T* const own = v.v(layer) + i * 3 * f + c;
      *s += ds;
      to[0] = own[0] + x, to[f] = own[f] + y, to[2 * f] = own[2 * f] + z;
    }
  }
};

/// Reverse of the message for atom a as the sender, 32 channels: edge e of a is (a, x), and what is
/// collected there belongs to its reverse (x, a), whose direction is -u. Gives phi_bar and v_bar of
/// a, and the part of these channels of dE/dd and dE/du. `Lanes`: see host_team.cuh.
template <class T, bool first>
struct MessageReverse {
  ProgramView<T> v;
  int begin, layer;
  template <class Lanes>
  MD_HD void operator()(int group, const Lanes& lanes) const {
    constexpr int n = Lanes::width;
    const int f = v.w.f, blocks = f / 32, block = group % blocks;
    const int c0 = block * 32 + lanes.first();
    const int local = group / blocks;
    const std::size_t a = begin + local;
    T b[3][n]{}, vb[3][n]{};
    const std::int64_t row = v.edges.rows.row[a], end = row + v.edges.rows.count[a];
    ProgramEdge<T> next = row < end ? v.edge[row] : ProgramEdge<T>{};
    for (std::int64_t e = row; e < end; ++e) {
      const ProgramEdge<T> edge = next;
      if (e + 1 < end) next = v.edge[e + 1];  // under way while this one is worked on
      if (edge.point.interval < 0) continue;
      T sums[4][n];
      for (int k = 0; k < n; ++k) {
        const int c = c0 + k;
        const FilterColumn<T> filter(v, layer, c);
        const T* const phi =
            first ? v.w.phi0 + std::size_t(v.number[a]) * 2 * f + c : v.phi(layer) + a * 3 * f + c;
        const T* const gx = v.gv + std::size_t(edge.neighbor) * 3 * f + c;
        const T g0 = v.gs[std::size_t(edge.neighbor) * f + c];
        const T g[3] = {gx[0], gx[f], gx[2 * f]};
        T w, slope;
        filter.both(edge, e, 0, w, slope);
        T along = g0 * phi[0] * slope;
        if constexpr (!first) b[0][k] = multiply_add(g0, w, b[0][k]);
        const T xr = -multiply_add(edge.unit[0], g[0],
                                   multiply_add(edge.unit[1], g[1], edge.unit[2] * g[2]));
        filter.both(edge, e, 1, w, slope);
        along = multiply_add(xr * phi[f], slope, along);
        if constexpr (!first) b[1][k] = multiply_add(xr, w, b[1][k]);
        const T r = phi[f] * w;
        if constexpr (!first) {
          const T* const own = v.v(layer) + a * 3 * f + c;
          const T xv = multiply_add(own[0], g[0], multiply_add(own[f], g[1], own[2 * f] * g[2]));
          filter.both(edge, e, 2, w, slope);
          along = multiply_add(xv * phi[2 * f], slope, along);
          b[2][k] = multiply_add(xv, w, b[2][k]);
          const T q = phi[2 * f] * w;
          for (int x = 0; x < 3; ++x) vb[x][k] = multiply_add(q, g[x], vb[x][k]);
        }
        sums[0][k] = along;
        for (int x = 0; x < 3; ++x) sums[x + 1][k] = r * g[x];
      }
      lanes.add(sums, v.partial + (e * blocks + block) * 4, layer + 1 < v.w.n_layers);
    }
    if constexpr (!first)
      for (int k = 0; k < n; ++k)
        for (int part = 0; part < 3; ++part) {
          const std::size_t at = (a * 3 + part) * f + c0 + k;
          v.vu_bar(begin)[(std::size_t(local) * 3 + part) * f + c0 + k] = b[part][k];
          v.v_bar[at] = v.gv[at] + vb[part][k];
        }
  }
};

/// dE/dr of the reverse of edge e from what was collected at e.
template <class T>
struct Gradient {
  ProgramView<T> v;
  std::int64_t first;
  MD_HD void operator()(int k) const {
    const std::int64_t e = first + k;
    if (v.edges.center[e] < 0) return;
    Vec3& to = v.gradient[v.edges.reverse[e]];
    to = {};
    if (v.edge[e].point.interval < 0) return;
    const int blocks = v.w.f / 32;
    double sum[4]{};
    for (int block = 0; block < blocks; ++block)
      for (int x = 0; x < 4; ++x)
        sum[x] += static_cast<double>(v.partial[(e * blocks + block) * 4 + x]);
    if (v.repulsion) sum[0] += 0.5 * v.repulsion[e].slope;  // half to each edge of a pair
    const Vec3 vector = v.edges.vector(e), across{sum[1], sum[2], sum[3]};
    const double d = norm(vector);
    const Vec3 u = (-1 / d) * vector;
    to = (sum[0] - dot(across, u) / d) * u + (1 / d) * across;
  }
};

}  // namespace md::painn
