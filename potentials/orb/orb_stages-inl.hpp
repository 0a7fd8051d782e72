// Included once for each kind of processor, inside md::orb::HWY_NAMESPACE: the stages.

/// Gaussians of the distance, unit vector and envelope of the edges [begin, end), at most
/// most_rows; then the edge encoder.
template <class T>
void encode_edges(const Weights<T>& w, const Graph& g, Tape<T>& tape, Scratch<T>& s, int begin,
                  int end) {
  for (int e = begin; e < end; ++e) {
    T* const x = s.input.data() + static_cast<std::size_t>(e - begin) * s.input_width;
    const Vec3 vector = g.vector[e];
    const double r = norm(vector), t = r / w.cutoff;
    for (int k = 0; k < n_gaussians; ++k) {
      const double off = r - 0.5 * k;  // centers 0, 0.5, ... 9.5 A
      x[k] = static_cast<T>(std::exp(-off * off));
    }
    for (int k = 0; k < 3; ++k) x[n_gaussians + k] = static_cast<T>(vector[k] / std::max(r, 1e-12));
    std::fill(x + n_edge_inputs, x + padded(n_edge_inputs), T{});
    // Gasteiger, Gross, Guennemann, ICLR 2020, eq. 8 with p = 4.
    tape.envelope[e] = static_cast<T>(t < 1 ? 1 + t * t * t * t * (-15 + t * (24 - 10 * t)) : 0);
  }
  run_block<T>(w, w.edge_encoder, end - begin, s.input.data(), s.input_width, {}, s);
  for (int e = begin; e < end; ++e) {
    const T* const from = s.c.data() + static_cast<std::size_t>(e - begin) * s.narrow;
    std::copy(from, from + w.channels, &tape.e[static_cast<std::size_t>(e) * w.channels]);
  }
}

/// Gates from the features of the edges [begin, end) before their update; the update.
template <class T>
void update_edges(const Weights<T>& w, int step, const Graph& g, Tape<T>& tape, Scratch<T>& s,
                  int begin, int end) {
  const int d = w.channels;
  const auto& now = w.steps[step];
  const bool last = step + 1 == static_cast<int>(w.steps.size());
  const Projected<T> added{tape.projected.data(), g.sender.data() + begin,
                           g.receiver.data() + begin};
  T* const e0 = tape.e.data() + static_cast<std::size_t>(begin) * d;
  run_block<T>(w, now.edge, end - begin, e0, d, added, s);
  for (int k = 0; k < end - begin; ++k) {
    const std::size_t at = static_cast<std::size_t>(begin + k) * d;
    const T* const c = s.c.data() + static_cast<std::size_t>(k) * s.narrow;
    T *const e = &tape.e[at], *const u = &tape.u[at];
    V<T> sum[2] = {zero<T>(), zero<T>()};
    for (int x = 0; x < d; x += lanes<T>) {
      const V<T> old = load<T>(e + x), change = load<T>(c + x);
      for (int side = 0; side < 2; ++side)
        sum[side] = hn::MulAdd(old, load<T>(now.gate[side].data() + x), sum[side]);
      store<T>(change, u + x);
      if (!last) store<T>(hn::Add(old, change), e + x);
    }
    for (int side = 0; side < 2; ++side) {
      const T open = 1 / (1 + std::exp(-(sum_of<T>(sum[side]) + now.gate_bias[side])));
      tape.gate[2 * static_cast<std::size_t>(begin + k) + side] = open * tape.envelope[begin + k];
    }
  }
}

/// What the coming step's edges read of the nodes [begin, end).
template <class T>
void project_nodes(const Weights<T>& w, int step, Tape<T>& tape, int begin, int end) {
  const PackedMatrix<T>& b = w.steps[step].project;
  multiply<T>(
      end - begin, b.rows, b.columns, tape.h.data() + static_cast<std::size_t>(begin) * w.channels,
      w.channels, b,
      Store<T>{tape.projected.data() + static_cast<std::size_t>(begin) * b.columns, b.columns});
}

/// to = sum over edges of their gated updates: those that the atom receives (side 1) or sends (0).
template <class T, class EdgeOf>
HWY_INLINE void gather(const Tape<T>& tape, int d, int side, int begin, int end,
                       const EdgeOf& edge_of, T* to) {
  std::fill(to, to + d, T{});
  for (int k = begin; k < end; ++k) {
    const std::size_t e = edge_of(k);
    const V<T> gate = set<T>(tape.gate[2 * e + side]);
    const T* const u = &tape.u[e * d];
    for (int x = 0; x < d; x += lanes<T>)
      store<T>(hn::MulAdd(gate, load<T>(u + x), load<T>(to + x)), to + x);
  }
}

template <class T>
void update_nodes(const Weights<T>& w, int step, const Graph& g, Tape<T>& tape, Scratch<T>& s,
                  int begin, int end) {
  const int d = w.channels;
  for (int i = begin; i < end; ++i) {
    T* const x = s.input.data() + static_cast<std::size_t>(i - begin) * s.input_width;
    const T* const h = &tape.h[static_cast<std::size_t>(i) * d];
    std::copy(h, h + d, x);
    gather(
        tape, d, 1, g.incoming_first[i], g.incoming_first[i + 1],
        [&](int k) { return g.incoming[k]; }, x + d);
    gather(
        tape, d, 0, g.first[i], g.first[i + 1], [](int k) { return k; }, x + 2 * d);
  }
  run_block<T>(w, w.steps[step].node, end - begin, s.input.data(), s.input_width, {}, s);
  for (int i = begin; i < end; ++i) {
    T* const h = &tape.h[static_cast<std::size_t>(i) * d];
    const T* const change = s.c.data() + static_cast<std::size_t>(i - begin) * s.narrow;
    for (int x = 0; x < d; x += lanes<T>)
      store<T>(hn::Add(load<T>(h + x), load<T>(change + x)), h + x);
  }
  if (step + 1 < static_cast<int>(w.steps.size()))
    return project_nodes<T>(w, step + 1, tape, begin, end);
  std::array<double, 3 * most_rows> force;
  run_head<T>(w, w.forces, end - begin, &tape.h[static_cast<std::size_t>(begin) * d], s,
              force.data());
  for (int i = begin; i < end; ++i)
    for (int k = 0; k < 3; ++k) tape.forces[i][k] = force[3 * (i - begin) + k];
}

/// f(begin, end) for pieces of [first, last) with at most most_rows rows, about equally many each.
template <class F>
void in_pieces(int first, int last, const F& f) {
  const std::int64_t n = last - first, pieces = (n + most_rows - 1) / most_rows;
  const auto cut = [&](std::int64_t k) { return first + static_cast<int>(n * k / pieces); };
  for (std::int64_t k = 0; k < pieces; ++k) f(cut(k), cut(k + 1));
}

template <class T>
void run(int stage, const Weights<T>& w, const Graph& g, const int* number, Tape<T>& tape,
         Scratch<T>& s, const Range& range) {
  const int step = (stage - 1) / 2;
  in_pieces(range.first_edge, range.last_edge, [&](int begin, int end) {
    if (stage == 0) return encode_edges(w, g, tape, s, begin, end);
    update_edges(w, step, g, tape, s, begin, end);
  });
  in_pieces(range.first_node, range.last_node, [&](int begin, int end) {
    if (stage > 0) return update_nodes(w, step, g, tape, s, begin, end);
    for (int i = begin; i < end; ++i) {
      const T* const row = &w.nodes[static_cast<std::size_t>(number[i]) * w.channels];
      std::copy(row, row + w.channels, &tape.h[static_cast<std::size_t>(i) * w.channels]);
    }
    project_nodes<T>(w, 0, tape, begin, end);
  });
}
