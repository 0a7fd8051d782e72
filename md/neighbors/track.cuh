#pragma once

#include "md/neighbors/build.cuh"

namespace md::neighbors {

/// True when an atom is farther from its reference than the limit, or is not a number.
MD_HD inline bool moved(const BuildView& v, int i) {
  const Vec3 d = v.s.position[i] - v.reference[i];
  return !(dot(d, d) <= v.limit2);
}

/// One thread for each atom: follows it and marks its replica when it has moved too far.
struct TrackAtom {
  BuildView v;
  MD_HD void operator()(int i) const {
    const int r = v.s.replica[i];
    if (!v.s.running(r)) return;
    v.wrapped[i] = v.s.position[i] + v.offset[i];
    if (moved(v, i)) v.rebuild[r] = 1;  // several threads may store the same 1
  }
};

/// Up to a few hundred atoms of one replica.
struct Chunk {
  int replica = 0, begin = 0, end = 0;
};

/// TrackAtom for a chunk on the host: coordinate by coordinate first, which settles nearly all.
struct TrackChunk {
  BuildView v;
  const Chunk* chunks;
  int* chunk_moved;  // [n_chunks]
  void operator()(int c) const {
    const Chunk chunk = chunks[c];
    chunk_moved[c] = 0;
    if (!v.s.running(chunk.replica)) return;
    const double bound2 = v.limit2 / 3 * (1 - 1e-9);
    const double *x = &v.s.position[chunk.begin].x, *reference = &v.reference[chunk.begin].x,
                 *offset = &v.offset[chunk.begin].x;
    double* const __restrict wrapped = &v.wrapped[chunk.begin].x;
    const int n = 3 * (chunk.end - chunk.begin);
    double near = 1;  // becomes 0 at the first coordinate that is not near; NaN is not near
    for (int k = 0; k < n; ++k) {
      wrapped[k] = x[k] + offset[k];
      const double d = x[k] - reference[k];
      near = d * d <= bound2 ? near : 0;
    }
    if (near != 0) return;
    for (int i = chunk.begin; i < chunk.end; ++i)
      if (moved(v, i)) chunk_moved[c] = 1;
  }
};

struct TakeReference {
  BuildView v;
  MD_HD void operator()(int i) const {
    if (v.rebuild[v.s.replica[i]]) v.reference[i] = v.s.position[i];
  }
};

struct ClearRebuild {
  BuildView v;
  MD_HD void operator()(int r) const { v.rebuild[r] = 0; }
};

/// The last kernel of a refresh: only now may the gate close, when all other rows are complete.
struct RaiseHalt {
  BuildView v;
  MD_HD void operator()(int) const {
    if (*v.overflow) *v.s.halt = 1;
  }
};

}  // namespace md::neighbors
