#include "potentials/orb/orb.hpp"

#include "md/errors.hpp"
#include "potentials/orb/net_force.hpp"
#include "potentials/orb/orb_network.hpp"

namespace md {
namespace orb {

PotentialTraits traits_of(const OrbModel& model, const std::string& precision) {
  PotentialTraits traits;
  traits.cutoff = model.cutoff;
  traits.periodic = true;
  traits.virial = model.has_stress();
  traits.conservative = false;
  traits.rotation_invariant = false;
  traits.on_gpu = false;
  traits.elements = model.elements;
  traits.force_noise = precision == "float64" ? 1e-11 : 1e-4;
  return traits;
}

Description describe(const OrbModel& model, int most_neighbors) {
  Description description = model.describe();
  description.emplace_back("neighbors", "at most " + std::to_string(most_neighbors));
  return description;
}

EvaluationRegistry& evaluations() {
  static EvaluationRegistry registry("potential.evaluation", "evaluation of orb");
  return registry;
}

namespace {

/// Small replicas are evaluated together, up to this many atoms: enough edges for products with
/// many rows, few enough for them to stay in the cache.
constexpr int most_atoms = 256;

template <class T>
class OrbPotential final : public Potential {
 public:
  OrbPotential(const Safetensors& file, const OrbModel& model, int most_neighbors)
      : network_(file, model),
        nearest_(model.cutoff, most_neighbors),
        traits_(traits_of(model, sizeof(T) == 8 ? "float64" : "float32")),
        description_(orb::describe(model, most_neighbors)) {}

  const PotentialTraits& traits() const override { return traits_; }
  Description describe() const override { return description_; }

  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override {
    if (stream.gate() && *stream.gate() != 0) return;
    for (int r = 0; r < state.n_replicas;) {
      const int first = r;
      first_atom_.assign(1, 0);
      do {
        ++r;
        first_atom_.push_back(state.first_atom[r] - state.first_atom[first]);
      } while (r < state.n_replicas &&
               state.first_atom[r + 1] - state.first_atom[first] <= most_atoms);
      const int begin = state.first_atom[first];
      nearest_.find(state, neighbors.view(), begin, state.first_atom[r], stream, graph_);
      const Prediction& result =
          network_.evaluate(graph_, state.number + begin, first_atom_, stream);
      for (int k = first; k < r; ++k) add(state, result, first, k, virial);
    }
  }

 private:
  /// What the heads say about replica r, the first one of the graph being `first`.
  void add(const StateView& state, const Prediction& result, int first, int r, bool virial) {
    const int begin = state.first_atom[r], n = state.first_atom[r + 1] - begin;
    const auto from = result.forces.begin() + (begin - state.first_atom[first]);
    force_.assign(from, from + n);
    remove_net_force(force_);
    const Mat3& cell = state.cell[r];
    bool none = true;  // orb-models looks at the cell, not at the periodicity
    for (int k = 0; k < 9; ++k) none = none && cell[k / 3][k % 3] == 0;
    if (none) remove_net_torque(force_, {state.position + begin, static_cast<std::size_t>(n)});
    for (int i = 0; i < n; ++i) state.force[begin + i] += force_[i];
    state.potential[r] += result.interaction[r - first] + result.reference[r - first];
    if (!virial || result.stress.empty() || !state.periodic[r].all()) return;
    // The head gives the stress itself; W = -V stress.
    const auto& s = result.stress[r - first];
    const Mat3 stress{{{s[0], s[5], s[4]}, {s[5], s[1], s[3]}, {s[4], s[3], s[2]}}};
    state.virial[r] += -std::abs(determinant(cell)) * stress;
  }

  Network<T> network_;
  NearestNeighbors nearest_;
  PotentialTraits traits_;
  Description description_;
  Graph graph_;
  std::vector<int> first_atom_;  // of the replicas in the graph, from 0
  std::vector<Vec3> force_;      // of a replica
};

/// Whether LibTorch is to evaluate; throws InputError where what is wanted is not there.
bool by_libtorch(const PotentialOptions& options) {
  const std::string how = options.input.choice("potential.evaluation");
  const bool gpu = options.device.is_cuda();
  if (how == "libtorch" || (gpu && how == "auto")) return true;
  if (gpu)
    options.input.fail("potential.evaluation",
                       "the kernels of orb run on the CPU; use libtorch or run.device = cpu");
  if (options.precision == "bf16")
    options.input.fail_value("potential.precision",
                             "is not there for the kernels of orb; float32 or float64 is, or use "
                             "potential.evaluation = libtorch");
  if (options.precision != "float32" && options.precision != "float64")
    options.input.fail_value("potential.precision",
                             "is not there for orb on the CPU; float32 or float64 is");
  return false;
}

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  const bool libtorch = by_libtorch(options);
  const std::int64_t most = options.input.integer("potential.max_neighbors");
  if (most < 1 || most > 10'000)
    options.input.fail_value("potential.max_neighbors", "must lie between 1 and 10000");
  const Safetensors file(options.input.file("potential.model"));
  const OrbModel model = OrbModel::read(file);
  if (libtorch)
    return evaluations().find("libtorch").make({file, model, static_cast<int>(most), options});
  if (options.precision == "float64")
    return std::make_unique<OrbPotential<double>>(file, model, static_cast<int>(most));
  return std::make_unique<OrbPotential<float>>(file, model, static_cast<int>(most));
}

const bool declared =
    evaluations().add("libtorch", {"on the CPU and on a GPU", {}, nullptr, "torch"});
const bool registered = potentials().add(
    "orb",
    {"Orb-v2, a graph network with direct forces, from a safetensors file",
     {{"evaluation", Kind::choice, "auto",
       "kernels: own code, CPU; libtorch: CPU and GPU; auto: the kernels, on a GPU libtorch",
       "auto|kernels|libtorch"},
      {"max_neighbors", Kind::integer, "20",
       "edges from an atom, to the nearest ones; the published models were trained with 20", ""}},
     make});

}  // namespace
}  // namespace orb
}  // namespace md
