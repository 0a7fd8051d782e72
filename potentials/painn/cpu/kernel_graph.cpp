#include <algorithm>

#include "potentials/painn/cpu/kernel.hpp"
#include "potentials/support/arrays.hpp"

namespace md::painn {

template <class T>
void Graph<T>::resize(const KernelWeights<T>& weights, int n_atoms) {
  const std::size_t n = n_atoms, e = n_edges;
  for (std::vector<int>* array : {&first, &count}) grow(*array, n);
  for (std::vector<int>* array : {&neighbor, &edge}) grow(*array, e);
  grow(distance, e);
  grow(unit, 4 * e);
  if (weights.tabulated()) {
    grow(interval, e);
    grow(spline, 8 * e);
  } else {
    grow(run, n);
    for (std::vector<int>* array : {&place, &slot, &slot_edge}) grow(*array, e);
    grow(basis, e * (weights.n_radial + 1));
    grow(slope, e * (weights.n_radial + 1));
  }
}

template <class T>
void Graph<T>::begin(const KernelWeights<T>& weights, const StateView& state, const EdgeView& edges,
                     int first, int last) {
  first_atom = first;
  first_edge = edges.first[first];
  number = state.number + first;
  n_edges = edges.first[last] - first_edge;
  resize(weights, last - first);
}

template <class T>
void Graph<T>::collect(const KernelWeights<T>& w, const EdgeView& edges, int begin, int end,
                       Vec3* gradient) {
  for (int i = begin; i < end; ++i) {
    int at = first[i] = edges.first[first_atom + i] - first_edge;
    for (int e = edges.first[first_atom + i]; e < edges.first[first_atom + i + 1]; ++e) {
      const Vec3 vector = edges.vector[e];
      const double d = norm(vector);
      if (d >= w.cutoff) {
        gradient[e] = {};
        continue;
      }
      neighbor[at] = edges.neighbor[e] - first_atom;
      edge[at] = e;
      distance[at] = d;
      for (int k = 0; k < 3; ++k) unit[std::size_t(at) * 4 + k] = static_cast<T>(vector[k] / d);
      if (w.tabulated()) {
        const auto p = spline_point<T>(d, w.table.intervals, w.table.per_angstrom);
        interval[at] = p.interval;
        std::copy(p.value, p.value + 4, &spline[std::size_t(at) * 8]);
        std::copy(p.slope, p.slope + 4, &spline[std::size_t(at) * 8 + 4]);
      } else {
        place[e - first_edge] = at;
      }
      ++at;
    }
    count[i] = at - first[i];
  }
  if (!w.tabulated()) make_runs(w, edges.reverse, begin, end);
}

template <class T>
void Graph<T>::make_runs(const KernelWeights<T>& w, const int* reverse, int begin, int end) {
  const int width = w.n_radial + 1;
  for (int start = begin; start < end;) {
    Run& r = run[start];
    r = {start, first[start], 0};
    // At least one atom, then as many as have room.
    for (; r.end < end && (r.end == start || r.n_slots + count[r.end] <= run_slots); ++r.end) {
      const int i = r.end;
      for (int e = first[i]; e < first[i] + count[i]; ++e) {
        const int j = neighbor[e];
        const int other = start <= j && j <= i ? place[reverse[edge[e]] - first_edge] : e;
        if (other < e) {
          slot[e] = slot[other];
          continue;
        }
        slot[e] = r.n_slots;
        slot_edge[r.first_edge + r.n_slots++] = e;
      }
    }
    for (int k = 0; k < r.n_slots; ++k) {
      const std::size_t at = std::size_t(r.first_edge + k) * width;
      radial_functions(distance[slot_edge[r.first_edge + k]], w.cutoff, w.n_radial, w.envelope,
                       &basis[at], &slope[at]);
    }
    start = r.end;
  }
}

template <class T>
int Graph<T>::most_slots(int begin, int end) const {
  int most = 0;
  for (int i = begin; i < end; i = run[i].end) most = std::max(most, run[i].n_slots);
  return most;
}

template struct Graph<float>;
template struct Graph<double>;

}  // namespace md::painn
