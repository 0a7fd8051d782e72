#include "potentials/painn/training/torch_fused_painn.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "potentials/painn/training/messages.hpp"

namespace md::painn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Where the edges of each center begin, [N + 1].
std::vector<std::int64_t> first_edges(const at::Tensor& center, std::int64_t n_atoms) {
  std::vector<std::int64_t> first(n_atoms + 1, 0);
  const std::int64_t* const c = center.const_data_ptr<std::int64_t>();
  for (std::int64_t e = 0; e < center.size(0); ++e) ++first[c[e] + 1];
  for (std::int64_t i = 0; i < n_atoms; ++i) first[i + 1] += first[i];
  return first;
}

template <class T>
const T* data(const at::Tensor& tensor) {
  return tensor.numel() > 0 ? tensor.const_data_ptr<T>() : nullptr;
}

/// Calls f with a number of the tensor's type.
template <class F>
void with_type(const at::Tensor& tensor, F f) {
  if (tensor.scalar_type() == at::kFloat)
    f(float());
  else
    f(double());
}

template <class T>
MessageGraph<T> graph_of(const std::vector<std::int64_t>& first, const at::Tensor& phi,
                         const at::Tensor& neighbor, const at::Tensor& direction) {
  return {static_cast<int>(phi.size(0)), static_cast<int>(phi.size(1) / 3), first.data(),
          data<std::int64_t>(neighbor), data<T>(direction)};
}

struct Messages : torch::autograd::Function<Messages> {
  static variable_list forward(AutogradContext* context, const Variable& phi_,
                               const Variable& filter_, const Variable& v_,
                               const Variable& direction_, const at::Tensor& center,
                               const at::Tensor& neighbor) {
    const at::Tensor phi = phi_.contiguous(), filter = filter_.contiguous();
    const at::Tensor v = v_.contiguous(), direction = direction_.contiguous();
    context->save_for_backward({phi, filter, v, direction, center, neighbor});
    const std::int64_t n = phi.size(0), f = phi.size(1) / 3;
    const std::vector<std::int64_t> first = first_edges(center, n);
    at::Tensor ds = at::empty({n, f}, phi.options()), dv = at::empty({n, 3, f}, phi.options());
    with_type(phi, [&](auto t) {
      using T = decltype(t);
      sum_messages(graph_of<T>(first, phi, neighbor, direction), data<T>(phi), data<T>(filter),
                   data<T>(v), ds.data_ptr<T>(), dv.data_ptr<T>());
    });
    return {ds, dv};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &phi = saved[0], &filter = saved[1], &v = saved[2], &direction = saved[3],
                     &center = saved[4], &neighbor = saved[5];
    const std::int64_t n = phi.size(0), f = phi.size(1) / 3;
    const auto given = [&](const at::Tensor& gradient, at::IntArrayRef shape) {
      return gradient.defined() ? gradient.contiguous() : at::zeros(shape, phi.options());
    };
    const at::Tensor ds = given(gradients[0], {n, f}), dv = given(gradients[1], {n, 3, f});
    const bool want_direction = context->needs_input_grad(3);
    at::Tensor phi_bar = at::zeros_like(phi), filter_bar = at::empty_like(filter), v_bar,
               direction_bar;
    const bool with_v = v.numel() > 0;
    if (with_v) v_bar = at::zeros_like(v);
    if (want_direction) direction_bar = at::empty_like(direction);
    const std::vector<std::int64_t> first = first_edges(center, n);
    with_type(phi, [&](auto t) {
      using T = decltype(t);
      const MessageGradients<T> out{data<T>(ds),
                                    data<T>(dv),
                                    phi_bar.data_ptr<T>(),
                                    filter_bar.data_ptr<T>(),
                                    with_v ? v_bar.data_ptr<T>() : nullptr,
                                    want_direction ? direction_bar.data_ptr<T>() : nullptr};
      reverse_messages(graph_of<T>(first, phi, neighbor, direction), data<T>(phi), data<T>(filter),
                       data<T>(v), out);
    });
    return {phi_bar, filter_bar, v_bar, direction_bar, {}, {}};
  }
};

}  // namespace

TorchPainn::Features FusedPainn::messages(const at::Tensor& phi, const at::Tensor& filter,
                                          const at::Tensor& v, const at::Tensor& direction,
                                          const TorchGraph& graph) const {
  if (!phi.is_cpu() || phi.size(1) % 48 != 0)  // channels not a multiple of 16
    return TorchPainn::messages(phi, filter, v, direction, graph);
  const at::Tensor none = at::empty({0}, phi.options());  // where vectors are zero
  const variable_list sum =
      Messages::apply(phi, filter, v.defined() ? v : none, direction, graph.center, graph.neighbor);
  return {sum[0], sum[1]};
}

}  // namespace md::painn
