#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <array>

#include "md/edges.hpp"
#include "potentials/painn/kernel.hpp"
#include "potentials/painn/painn.hpp"
#include "potentials/painn/zbl.hpp"

namespace md::painn {
namespace {

// A replica up to this size is one task for one thread; a larger one is cut into blocks of atoms.
constexpr int whole_atoms = 64;

template <class T>
class KernelPotential final : public Potential {
 public:
  KernelPotential(const PainnModel& model, PotentialTraits traits)
      : weights_(model),
        traits_(std::move(traits)),
        description_(model.describe()),
        edges_(Device{}) {}

  const PotentialTraits& traits() const override { return traits_; }
  std::vector<std::string> describe() const override { return description_; }

  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override {
    if (stream.gate() && *stream.gate() != 0) return;
    edges_.update(state, neighbors, stream);
    gradient_.resize(std::max<std::size_t>(gradient_.size(), edges_.view().n_edges));
    const Batch batch{&state, edges_.view()};
    // Small replicas side by side, each on one thread; then large ones, each on all threads.
    parallel(stream, state.n_replicas, [&](int r) {
      if (batch.size(r) <= whole_atoms) evaluate(batch, r, work_.local(), nullptr);
    });
    for (int r = 0; r < state.n_replicas; ++r)
      if (batch.size(r) > whole_atoms) evaluate(batch, r, large_, &stream);
    edges_.add_forces(state, gradient_.data(), virial, stream);
  }

 private:
  struct Work {
    Graph<T> graph;
    std::vector<int> edge;  // [E] number of the edge in the batch
    Tape<T> tape;
    Scratch<T> scratch;
  };
  struct Batch {
    const StateView* state;
    EdgeView edges;
    int size(int r) const { return state->first_atom[r + 1] - state->first_atom[r]; }
  };

  template <class F>
  static void parallel(Stream& stream, int n, F f) {
    const auto body = [](void* context, int begin, int end) {
      for (int i = begin; i < end; ++i) (*static_cast<F*>(context))(i);
    };
    if (stream.threads() == 1 || n == 1)
      body(&f, 0, n);
    else
      stream.run_on_host(n, 1, body, &f);
  }

  /// One stage for all atoms of a replica; on all threads where a stream is given.
  void run(Stage stage, int layer, Work& work, Stream* stream) {
    const int n = work.graph.n_atoms;
    if (!stream)
      return run_stage(stage, layer, weights_, work.graph, work.tape, work.scratch, 0, n);
    parallel(*stream, (n + block_rows - 1) / block_rows, [&](int block) {
      const int begin = block * block_rows;
      run_stage(stage, layer, weights_, work.graph, work.tape, work_.local().scratch, begin,
                std::min(begin + block_rows, n));
    });
  }

  void evaluate(const Batch& batch, int r, Work& work, Stream* stream) {
    collect(batch, r, work);
    work.tape.resize(weights_, work.graph);
    const int n_layers = static_cast<int>(weights_.layers.size());
    run(Stage::begin, 0, work, stream);
    for (int l = 0; l < n_layers; ++l) run(Stage::forward, l, work, stream);
    for (int l = n_layers - 1; l >= 0; --l) run(Stage::backward, l, work, stream);
    hand_out(batch, r, work);
  }

  /// The graph of replica r: its edges shorter than the cutoff.
  void collect(const Batch& batch, int r, Work& work) {
    Graph<T>& g = work.graph;
    const int begin = batch.state->first_atom[r], n = batch.size(r);
    g.n_atoms = n;
    g.number.assign(batch.state->number + begin, batch.state->number + begin + n);
    g.first.assign(1, 0);
    g.neighbor.clear();
    g.distance.clear();
    g.unit.clear();
    work.edge.clear();
    for (int i = begin; i < begin + n; ++i) {
      for (int e = batch.edges.first[i]; e < batch.edges.first[i + 1]; ++e) {
        const Vec3 vector = batch.edges.vector[e];
        const double d = norm(vector);
        if (d >= weights_.cutoff) {
          gradient_[e] = {};
          continue;
        }
        g.neighbor.push_back(batch.edges.neighbor[e] - begin);
        g.distance.push_back(d);
        for (int k = 0; k < 3; ++k) g.unit.push_back(static_cast<T>(vector[k] / d));
        work.edge.push_back(e);
      }
      g.first.push_back(g.n_edges());
    }
    const std::size_t size = static_cast<std::size_t>(g.n_edges()) * (weights_.n_radial + 1);
    g.basis.resize(std::max(g.basis.size(), size));
    g.slope.resize(std::max(g.slope.size(), size));
  }

  /// Energy of the replica and dE/dvector of its edges.
  void hand_out(const Batch& batch, int r, Work& work) {
    const Graph<T>& g = work.graph;
    double energy = 0;
    for (int i = 0; i < g.n_atoms; ++i) {
      energy += work.tape.energy[i];
      for (int e = g.first[i]; e < g.first[i + 1]; ++e) {
        // What was collected at e belongs to its reverse, whose direction is the opposite.
        const int to = batch.edges.reverse[work.edge[e]];
        const double d = g.distance[e];
        const Vec3 u = (-1 / d) * batch.edges.vector[work.edge[e]];
        const Vec3 across{static_cast<double>(work.tape.across[3 * e]),
                          static_cast<double>(work.tape.across[3 * e + 1]),
                          static_cast<double>(work.tape.across[3 * e + 2])};
        double along = work.tape.along[e];
        if (weights_.repulsion && d < zbl::end) {  // half to each of the two edges of a pair
          const zbl::Pair pair = zbl::repulsion(g.number[i], g.number[g.neighbor[e]], d);
          energy += 0.5 * pair.energy;
          along += 0.5 * pair.slope;
        }
        gradient_[to] = (along - dot(across, u) / d) * u + (1 / d) * across;
      }
    }
    batch.state->potential[r] += energy;
  }

  KernelWeights<T> weights_;
  PotentialTraits traits_;
  std::vector<std::string> description_;
  EdgeList edges_;
  std::vector<Vec3> gradient_;  // [E of the batch]
  tbb::enumerable_thread_specific<Work> work_;
  Work large_;
};

}  // namespace

std::unique_ptr<Potential> make_kernels(const PainnModel& model, const PotentialOptions& options) {
  const PotentialTraits traits = traits_of(model, options.precision);
  if (options.precision == "float64")
    return std::make_unique<KernelPotential<double>>(model, traits);
  return std::make_unique<KernelPotential<float>>(model, traits);
}

}  // namespace md::painn
