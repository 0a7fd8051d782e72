// Included once for each kind of processor, inside md::painn::HWY_NAMESPACE: the stages.

#include "potentials/painn/kernel_gemm-inl.hpp"
//
#include "potentials/painn/kernel_messages-inl.hpp"
#include "potentials/painn/kernel_update-inl.hpp"

template <class T, bool vectors>
void forward_messages(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape,
                      Scratch<T>& scratch, int l, int begin, int end, T* v) {
  if (w.tabulated())
    messages<T, TableFilter<T>, vectors>(w, g, tape, scratch, l, begin, end, v);
  else
    messages<T, ExactFilter<T>, vectors>(w, g, tape, scratch, l, begin, end, v);
  scratch.lap(Part::messages);
}

template <class T, bool vectors>
void backward_messages(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape,
                       Scratch<T>& scratch, int l, int begin, int end, T* phi_bar, T* v_bar) {
  if (w.tabulated())
    messages_reverse<T, TableFilter<T>, vectors>(w, g, tape, scratch, l, begin, end, phi_bar,
                                                 v_bar);
  else
    messages_reverse<T, ExactFilter<T>, vectors>(w, g, tape, scratch, l, begin, end, phi_bar,
                                                 v_bar);
  scratch.lap(Part::messages_reverse);
}

/// The network up to layer l's update for the rows [begin, end); after the last layer also the
/// readout and the reverse of its update.
template <class T>
void forward_rows(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch,
                  int l, int begin, int end) {
  const int f = w.channels;
  if (l == 0)
    for (int i = begin; i < end; ++i) {
      const T* const row = &w.embedding[std::size_t(g.number[i]) * f];
      std::copy(row, row + f, &tape.s[std::size_t(i) * f]);
    }
  T* const v = scratch.c.data();  // [rows, 3, F]
  if (l == 0)
    forward_messages<T, false>(w, g, tape, scratch, l, begin, end, v);
  else
    forward_messages<T, true>(w, g, tape, scratch, l, begin, end, v);
  update(w, tape, scratch, l, begin, end, v);
  if (l + 1 < static_cast<int>(w.layers.size())) {
    context(w, tape, scratch, l + 1, begin, end);
    return scratch.lap(Part::products);
  }
  T* const sb = scratch.d.data();  // [rows, F]
  readout(w, g, tape, scratch, begin, end, sb);
  update_reverse<T>(w, tape, scratch, l, begin, end, sb, nullptr);
}

/// The reverse pass of the messages of layer l and of the update of layer l - 1.
template <class T>
void backward_rows(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch,
                   int l, int begin, int end) {
  T* const phi_bar = scratch.b.data();                       // [rows, 3F]
  T* const sb = scratch.d.data();                            // [rows, F]
  T* const vb = sb + std::size_t(end - begin) * w.channels;  // [rows, 3, F]
  if (l == 0)
    return backward_messages<T, false>(w, g, tape, scratch, l, begin, end, nullptr, nullptr);
  backward_messages<T, true>(w, g, tape, scratch, l, begin, end, phi_bar, vb);
  context_reverse(w, tape, scratch, l, begin, end, phi_bar, sb);
  scratch.lap(Part::products);
  update_reverse<T>(w, tape, scratch, l - 1, begin, end, sb, vb);
}

template <class T>
void run(int stage, const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape,
         Scratch<T>& scratch, int begin, int end) {
  const int n_layers = static_cast<int>(w.layers.size());
  const int blocks = (end - begin + block_rows - 1) / block_rows;
  for (int b = 0, row = begin; b < blocks; ++b) {
    const int stop = row + (end - row) / (blocks - b);  // blocks of about equal height
    if (stage < n_layers)
      forward_rows(w, g, tape, scratch, stage, row, stop);
    else
      backward_rows(w, g, tape, scratch, 2 * n_layers - 1 - stage, row, stop);
    row = stop;
  }
}
