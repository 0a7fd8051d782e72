#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <optional>

#include "md/device/host_parallel.hpp"
#include "md/neighbors/edges.hpp"
#include "potentials/painn/cpu/kernel.hpp"
#include "potentials/painn/feature_uncertainty.hpp"
#include "potentials/painn/painn.hpp"
#include "potentials/painn/zbl.hpp"
#include "potentials/support/tiles.hpp"

namespace md::painn {
namespace {

constexpr int block_rows = 32;  // atoms of a large replica that go through a stage together

template <class T>
class KernelPotential final : public Potential, public Profiled, public Featured {
 public:
  KernelPotential(const PainnModel& model, PotentialTraits traits, Filters filters)
      : weights_(model, filters == Filters::table ? table_intervals : 0),
        n_stages_(2 * static_cast<int>(model.layers.size())),
        traits_(std::move(traits)),
        description_(model.describe()),
        edges_(Device{}),
        uncertainty_(feature_uncertainty(model, Device{})),
        hidden_(model.head0.out),
        featured_(uncertainty_.has_value()) {}

  const PotentialTraits& traits() const override { return traits_; }
  Description describe() const override { return description_; }

  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override {
    if (stream.gate() && *stream.gate() != 0) return;
    edges_.update(state, neighbors, stream);
    gradient_.resize(std::max<std::size_t>(gradient_.size(), edges_.view().n_edges));
    if (featured_) features_.resize(std::size_t(state.n_atoms) * weights_.hidden);
    make_tiles(state.first_atom, state.n_replicas, stream.threads(), tiles_);
    if (tiles_.side_by_side) {
      for_each_index_on_host(
          stream, static_cast<int>(tiles_.small.size()),
          [&](int k) { evaluate(state, tiles_.small[k], work_.local()); }, 1'000'000);
    } else {
      for (const Tile& tile : tiles_.small) evaluate_together(state, tile, stream);
    }
    for (const Tile& tile : tiles_.large) evaluate_together(state, tile, stream);
    edges_.add_forces(state, gradient_.data(), virial, stream);
  }

  std::vector<ForceUncertainty> uncertainty(const StateView& state, Stream& stream) override {
    if (!uncertainty_) return {};
    return uncertainty_->evaluate(state, features_.data(), weights_.hidden, stream);
  }

  void keep_features() override { featured_ = true; }
  std::vector<double> features() const override {
    std::vector<double> result;
    for (auto row = features_.begin(); row != features_.end(); row += weights_.hidden)
      result.insert(result.end(), row, row + hidden_);
    return result;
  }

  void set_profiled(bool on) override {
    profiled_ = on;
    for (Work& work : work_) work.scratch.profile = {};
  }
  std::vector<std::pair<std::string, double>> profile() override {
    std::vector<std::pair<std::string, double>> sum;
    for (std::size_t k = 0; k < part_names.size(); ++k) {
      sum.emplace_back(part_names[k], 0);
      for (const Work& work : work_) sum.back().second += work.scratch.profile[k];
    }
    return sum;
  }

 private:
  struct Work {
    Graph<T> graph;
    Tape<T> tape;
    Scratch<T> scratch;
  };

  /// Evaluates a tile on the calling thread.
  void evaluate(const StateView& state, const Tile& tile, Work& work) {
    prepare(state, tile, work);
    for (int stage = 0; stage < n_stages_; ++stage)
      run(stage, work, work.scratch, 0, tile.n_atoms());
    add_energies(state, tile, work.tape);
  }

  /// A tile on all threads, cut into blocks of atoms.
  void evaluate_together(const StateView& state, const Tile& tile, Stream& stream) {
    prepare(state, tile, shared_);
    const int n = tile.n_atoms(), n_blocks = block_count(n, block_rows, stream.threads());
    const auto row = [&](int k) {
      return static_cast<int>(static_cast<std::int64_t>(n) * k / n_blocks);
    };
    for_each_stage_on_host(stream, n_stages_, n_blocks, [&](int stage, int b) {
      run(stage, shared_, work_.local().scratch, row(b), row(b + 1));
    });
    add_energies(state, tile, shared_.tape);
  }

  void prepare(const StateView& state, const Tile& tile, Work& work) {
    work.graph.begin(weights_, state, edges_.view(), tile.begin, tile.end);
    work.tape.resize(weights_, tile.n_atoms(), work.graph.n_edges);
    if (featured_)
      work.tape.features = features_.data() + std::size_t(tile.begin) * weights_.hidden;
  }

  void run(int stage, Work& work, Scratch<T>& scratch, int begin, int end) {
    scratch.start(profiled_);
    if (stage == 0) {
      work.graph.collect(weights_, edges_.view(), begin, end, gradient_.data());
      work.tape.clear_edges(work.graph, begin, end);
    }
    scratch.resize(weights_, end - begin,
                   weights_.tabulated() ? 0 : work.graph.most_slots(begin, end));
    scratch.lap(Part::geometry);
    run_stage(stage, weights_, work.graph, work.tape, scratch, begin, end);
    if (stage + 1 < n_stages_) return;
    hand_out(work, begin, end);
    scratch.lap(Part::forces);
  }

  /// dE/dvector of the reverse of every edge of the rows [begin, end); what repels to the energies.
  void hand_out(Work& work, int begin, int end) {
    const Graph<T>& g = work.graph;
    const EdgeView edges = edges_.view();
    for (int i = begin; i < end; ++i)
      for (int e = g.first[i]; e < g.first[i] + g.count[i]; ++e) {
        // What was collected at e belongs to its reverse, whose direction is the opposite.
        const double d = g.distance[e];
        const Vec3 u = (-1 / d) * edges.vector[g.edge[e]];
        const T* const bar = &work.tape.edge[std::size_t(e) * 4];
        const Vec3 across{static_cast<double>(bar[0]), static_cast<double>(bar[1]),
                          static_cast<double>(bar[2])};
        double along = bar[3];
        if (weights_.repulsion && d < zbl::end) {  // half to each of the two edges of a pair
          const zbl::Pair pair = zbl::repulsion(g.number[i], g.number[g.neighbor[e]], d);
          work.tape.energy[i] += 0.5 * pair.energy;
          along += 0.5 * pair.slope;
        }
        gradient_[edges.reverse[g.edge[e]]] = (along - dot(across, u) / d) * u + (1 / d) * across;
      }
  }

  static void add_energies(const StateView& state, const Tile& tile, const Tape<T>& tape) {
    for (int r = tile.first_replica; r < tile.last_replica; ++r) {
      double energy = 0;
      for (int i = state.first_atom[r]; i < state.first_atom[r + 1]; ++i)
        energy += tape.energy[i - tile.begin];
      state.potential[r] += energy;
    }
  }

  KernelWeights<T> weights_;
  int n_stages_;
  PotentialTraits traits_;
  Description description_;
  EdgeList edges_;
  std::vector<Vec3> gradient_;  // [E of the batch]
  std::optional<FeatureUncertainty> uncertainty_;
  int hidden_;  // H; weights_ have it padded
  bool featured_;
  std::vector<T> features_;  // [n_atoms, H] of the last evaluation, where featured_
  Tiles tiles_;
  tbb::enumerable_thread_specific<Work> work_;
  Work shared_;  // of a tile that all threads work on
  bool profiled_ = false;
};

}  // namespace

std::unique_ptr<Potential> make_kernels(const PainnModel& model, const PotentialOptions& options,
                                        Filters filters) {
  const PotentialTraits traits = traits_of(model, options.precision);
  if (options.precision == "float64")
    return std::make_unique<KernelPotential<double>>(model, traits, filters);
  return std::make_unique<KernelPotential<float>>(model, traits, filters);
}

}  // namespace md::painn
