// Included once for each kind of processor, inside md::painn::HWY_NAMESPACE: the stages.

#include "potentials/support/product-inl.hpp"
//
#include "potentials/painn/cpu/kernel_filters-inl.hpp"
//
#include "potentials/painn/cpu/kernel_messages-inl.hpp"
#include "potentials/painn/cpu/kernel_update-inl.hpp"

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
    messages<T, false>(w, g, tape, scratch, l, begin, end, v);
  else
    messages<T, true>(w, g, tape, scratch, l, begin, end, v);
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
  if (l == 0) return messages_reverse<T, false>(w, g, tape, scratch, l, begin, end, phi_bar, vb);
  messages_reverse<T, true>(w, g, tape, scratch, l, begin, end, phi_bar, vb);
  context_reverse(w, tape, scratch, l, begin, end, phi_bar, sb);
  scratch.lap(Part::products);
  update_reverse<T>(w, tape, scratch, l - 1, begin, end, sb, vb);
}

template <class T>
void run(int stage, const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape,
         Scratch<T>& scratch, int begin, int end) {
  const int n_layers = static_cast<int>(w.layers.size());
  if (stage < n_layers)
    forward_rows(w, g, tape, scratch, stage, begin, end);
  else
    backward_rows(w, g, tape, scratch, 2 * n_layers - 1 - stage, begin, end);
}
