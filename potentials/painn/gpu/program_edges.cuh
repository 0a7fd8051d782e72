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

/// The edges of an atom inside the cutoff, in order: f(edge, place in the rows), one call after the
/// other.
template <class T, class Lanes, class F>
MD_HD void for_each_edge(const ProgramView<T>& v, std::size_t atom, const Lanes& lanes,
                         const F& f) {
  const std::int64_t row = v.edges.rows.row[atom];
  const ProgramEdge<T>* const edges = v.edge + row;
  lanes.for_each_where(
      v.edges.rows.count[atom], [=](int k) { return edges[k].point.interval >= 0; },
      [=](int k) { return edges[k]; },
      [&](const ProgramEdge<T>& edge, int k) { f(edge, row + k); });
}

/// Message to an atom, 32 V of its channels: s' = s + sum x^s, v' = v + sum (x^r u + x^v v_j) with
/// x = phi_j W. `first`: layer 0, where s is the element's, and so is phi, and v = 0. A lane has V
/// channels side by side. `Lanes`: see md/device/lanes.cuh.
template <class T, bool first, int V>
struct Message {
  ProgramView<T> v;
  int begin, layer;
  template <class Lanes>
  MD_HD void operator()(int group, const Lanes& lanes) const {
    constexpr int n = Lanes::width;
    const int f = v.w.f, blocks = f / (32 * V), c0 = (group % blocks * 32 + lanes.first()) * V;
    const std::size_t i = begin + group / blocks;
    T ds[n][V]{}, sum[3][n][V]{};
    for_each_edge(v, i, lanes, [&](const ProgramEdge<T>& edge, std::int64_t e) {
      const std::size_t j = edge.neighbor;
      MD_UNROLL for (int k = 0; k < n; ++k) {
        const int c = c0 + k * V;
        const FilterColumns<T, V> filter(v, layer, c);
        const T* const phi =
            first ? v.w.phi0 + std::size_t(v.number[j]) * 2 * f + c : v.phi(layer) + j * 3 * f + c;
        T x[V], w[V], r[V];
        load(phi, x);
        filter.value(edge, e, 0, w);
        MD_UNROLL for (int y = 0; y < V; ++y) ds[k][y] = multiply_add(x[y], w[y], ds[k][y]);
        load(phi + f, x);
        filter.value(edge, e, 1, w);
        MD_UNROLL for (int y = 0; y < V; ++y) r[y] = x[y] * w[y];
        MD_UNROLL for (int d = 0; d < 3; ++d) MD_UNROLL for (int y = 0; y < V; ++y) sum[d][k][y] =
            multiply_add(r[y], edge.unit[d], sum[d][k][y]);
        if constexpr (!first) {
          load(phi + 2 * f, x);
          filter.value(edge, e, 2, w);
          MD_UNROLL for (int d = 0; d < 3; ++d) {
            T sent[V];
            load(v.v(layer) + (j * 3 + d) * f + c, sent);
            MD_UNROLL for (int y = 0; y < V; ++y) sum[d][k][y] =
                multiply_add(x[y] * w[y], sent[y], sum[d][k][y]);
          }
        }
      }
    });
    MD_UNROLL for (int k = 0; k < n; ++k) {
      const int c = c0 + k * V;
      T s[V];
      load(first ? v.w.embedding + std::size_t(v.number[i]) * f + c : v.s + i * 2 * f + c, s);
      MD_UNROLL for (int y = 0; y < V; ++y) s[y] += ds[k][y];
      store(s, v.s + i * 2 * f + c);
      MD_UNROLL for (int d = 0; d < 3; ++d) {
        const std::size_t at = (i * 3 + d) * f + c;
        if constexpr (!first) {
          T own[V];
          load(v.v(layer) + at, own);
          MD_UNROLL for (int y = 0; y < V; ++y) sum[d][k][y] += own[y];
        }
        store(sum[d][k], v.v_bar + at);
      }
    }
  }
};

/// Reverse of the message for atom a as the sender, 32 V channels: edge e of a is (a, x), and what
/// is collected there belongs to its reverse (x, a), whose direction is -u. Gives phi_bar and v_bar
/// of a, and the part of these channels of dE/dd and dE/du. Lanes as in Message.
template <class T, bool first, int V>
struct MessageReverse {
  ProgramView<T> v;
  int begin, layer;
  template <class Lanes>
  MD_HD void operator()(int group, const Lanes& lanes) const {
    constexpr int n = Lanes::width;
    const int f = v.w.f, blocks = f / (32 * V), block = group % blocks;
    const int c0 = (block * 32 + lanes.first()) * V, local = group / blocks;
    const std::size_t a = begin + local;
    T phi[3][n][V], own[3][n][V], b[3][n][V]{}, vb[3][n][V]{};
    MD_UNROLL for (int k = 0; k < n; ++k)
        MD_UNROLL for (int part = 0; part < (first ? 2 : 3); ++part) {
      const int c = c0 + k * V;
      load(first ? v.w.phi0 + (std::size_t(v.number[a]) * 2 + part) * f + c
                 : v.phi(layer) + (a * 3 + part) * f + c,
           phi[part][k]);
      if constexpr (!first) load(v.v(layer) + (a * 3 + part) * f + c, own[part][k]);
    }
    for_each_edge(v, a, lanes, [&](const ProgramEdge<T>& edge, std::int64_t e) {
      const std::size_t x = edge.neighbor;
      T sums[4][n]{};
      MD_UNROLL for (int k = 0; k < n; ++k) {
        const int c = c0 + k * V;
        const FilterColumns<T, V> filter(v, layer, c);
        T g0[V], g[3][V], w[V], slope[V];
        load(v.gs + x * f + c, g0);
        MD_UNROLL for (int d = 0; d < 3; ++d) load(v.gv + (x * 3 + d) * f + c, g[d]);
        filter.both(edge, e, 0, w, slope);
        MD_UNROLL for (int y = 0; y < V; ++y) {
          sums[0][k] = multiply_add(g0[y] * phi[0][k][y], slope[y], sums[0][k]);
          if constexpr (!first) b[0][k][y] = multiply_add(g0[y], w[y], b[0][k][y]);
        }
        filter.both(edge, e, 1, w, slope);
        MD_UNROLL for (int y = 0; y < V; ++y) {
          const T xr = -multiply_add(edge.unit[0], g[0][y],
                                     multiply_add(edge.unit[1], g[1][y], edge.unit[2] * g[2][y]));
          sums[0][k] = multiply_add(xr * phi[1][k][y], slope[y], sums[0][k]);
          if constexpr (!first) b[1][k][y] = multiply_add(xr, w[y], b[1][k][y]);
          const T r = phi[1][k][y] * w[y];
          MD_UNROLL for (int d = 0; d < 3; ++d) sums[d + 1][k] =
              multiply_add(r, g[d][y], sums[d + 1][k]);
        }
        if constexpr (!first) {
          filter.both(edge, e, 2, w, slope);
          MD_UNROLL for (int y = 0; y < V; ++y) {
            const T xv = multiply_add(own[0][k][y], g[0][y],
                                      multiply_add(own[1][k][y], g[1][y], own[2][k][y] * g[2][y]));
            sums[0][k] = multiply_add(xv * phi[2][k][y], slope[y], sums[0][k]);
            b[2][k][y] = multiply_add(xv, w[y], b[2][k][y]);
            const T q = phi[2][k][y] * w[y];
            MD_UNROLL for (int d = 0; d < 3; ++d) vb[d][k][y] =
                multiply_add(q, g[d][y], vb[d][k][y]);
          }
        }
      }
      lanes.add(sums, v.partial + (e * blocks + block) * 4, layer + 1 < v.w.n_layers);
    });
    if constexpr (!first)
      MD_UNROLL for (int k = 0; k < n; ++k) MD_UNROLL for (int part = 0; part < 3; ++part) {
        const std::size_t at = (a * 3 + part) * f + c0 + k * V;
        store(b[part][k], v.vu_bar(begin) + (std::size_t(local) * 3 + part) * f + c0 + k * V);
        T to[V];
        load(v.gv + at, to);
        MD_UNROLL for (int y = 0; y < V; ++y) to[y] += vb[part][k][y];
        store(to, v.v_bar + at);
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
    const int blocks = v.w.f / v.w.group_channels();
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
