// The cases of the conformance suite: one for each registered potential, or several.
#include <algorithm>
#include <cmath>

#include "potentials/support/safetensors_writer.hpp"
#include "tests/device.hpp"
#include "tests/potentials/conformance.hpp"
#include "tests/potentials/painn/random_painn.hpp"
#include "tests/potentials/support/written_safetensors.hpp"

namespace md::test {
namespace {

/// Atoms at random, not nearer than 0.8 A, of these elements in turn.
Structure mixture(int n, bool periodic, const std::vector<int>& elements) {
  Random random(20261126 + n);
  Structure s = random_structure(random, n, periodic ? 0 : 1);
  for (int i = 0; i < n; ++i) s.numbers[i] = elements[i % elements.size()];
  s.source = std::to_string(n) + " atoms" + (periodic ? ", periodic" : "");
  return s;
}

std::vector<Structure> molecule() { return {mixture(7, false, {8, 1, 6})}; }

/// A molecule, and a crystal in a skewed cell smaller than the cutoffs.
std::vector<Structure> molecule_and_crystal() {
  return {mixture(7, false, {8, 1, 6}), mixture(6, true, {1, 8})};
}

/// These, and a slab.
std::vector<Structure> with_slab() {
  std::vector<Structure> systems = molecule_and_crystal();
  systems.push_back(mixture(5, true, {6, 1}));
  systems.back().periodic.set(1, false);
  systems.back().source = "a slab";
  return systems;
}

/// A molecule, and another one in a large cell, across its faces.
std::vector<Structure> molecules_apart() {
  std::vector<Structure> systems{mixture(7, false, {8, 1, 6}), mixture(5, false, {1, 8})};
  systems[1].cell = {{{22, 0, 0}, {1.5, 23, 0}, {-2, 1, 24}}};
  systems[1].periodic = {true, true, true};
  systems[1].source = "a molecule in a cell";
  return systems;
}

/// A file of architecture seed-student with weights at random.
std::string random_seed_student() {
  constexpr int f = 8, k = 6;
  Random random(20261126);
  std::vector<TensorToWrite> tensors;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape, double width) {
    std::int64_t size = 1;
    for (const std::int64_t n : shape) size *= n;
    std::normal_distribution<double> normal(0, width);
    TensorToWrite& tensor = tensors.emplace_back(TensorToWrite{name, shape, {}});
    for (std::int64_t i = 0; i < size; ++i) tensor.values.push_back(normal(random));
  };
  const auto dense = [&](const std::string& name, int out, int in) {
    add(name + ".weight", {out, in}, 2 / std::sqrt(in));
    add(name + ".bias", {out}, 0.3);
  };
  add("embedding.weight", {9, f}, 1);
  for (const char* const name : {"rbf.centers", "rbf.widths"}) {
    add(name, {k}, 0);
    for (int i = 0; i < k; ++i) tensors.back().values[i] = name[4] == 'c' ? 0.5 + 0.9 * i : 0.8;
  }
  for (const std::string layer : {"interactions.0.", "interactions.1."}) {
    dense(layer + "message.rbf_to_scalar.0", f, k);
    dense(layer + "message.rbf_to_scalar.2", 3 * f, f);
    dense(layer + "update.update_mlp.0", f, 2 * f);
    dense(layer + "update.update_mlp.2", 3 * f, f);
    add(layer + "update.mixing_matrix", {3, 3}, 1);
  }
  dense("energy_head.0", f, f);
  dense("energy_head.2", f, f);
  dense("energy_head.4", 1, f);
  static const TemporaryFile file("");
  write_safetensors(file.path(), tensors,
                    {{"architecture", "seed-student"}, {"energy_unit", "hartree"}});
  return file.path();
}

/// The reference network with its invariant rounded off at zero, as students have it.
std::string rounded_painn(const std::string& reference) {
  static const TemporaryFile file("");
  painn::PainnModel model = painn::PainnModel::read(Safetensors(reference));
  model.epsilon = 0.1;
  model.write(file.path(), {});
  return file.path();
}

using Keys = std::map<std::string, std::string>;

Keys with(Keys keys, const std::string& key, const std::string& value) {
  keys[key] = value;
  return keys;
}

/// Whether this program has the code of a potential, not its name alone.
bool is_here(const std::string& name) {
  const auto it = potentials().entries().find(name);
  return it != potentials().entries().end() && it->second.make;
}

std::vector<PotentialCase> make_cases() {
  const std::string data = std::string(MD_SOURCE_DIR) + "/tests/data/";
  const Keys springs{{"stiffness", "2.5 eV/A^2"}};
  const Keys pairs{{"epsilon", "0.1 eV"}, {"sigma", "1 A"}, {"cutoff", "4 A"}};
  const Keys cusps{{"model", data + "painn_small.safetensors"}, {"evaluation", MD_EVALUATION}};
  const Keys painn = with(cusps, "model", rounded_painn(cusps.at("model")));
  // Enough neighbors for the crystal, so that none is chosen among many that are equally far.
  const Keys orb{{"model", data + "orb_v2_small.safetensors"},
                 {"evaluation", MD_EVALUATION},
                 {"max_neighbors", "200"}};
  const Keys ani{{"model", data + "pair_ani.ts"}};
  const Keys edges{{"model", data + "pair_edges.ts"},
                   {"adapter", "generic"},
                   {"inputs", "numbers, positions, edge_index, shifts, batch"},
                   {"energy_unit", "kcal/mol"},
                   {"length_unit", "nm"},
                   {"batched", "yes"},
                   {"periodic", "yes"},
                   {"cutoff", "12 A"}};
  const bool with_seed_student = is_here("seed_student");
  const std::set<std::string> faults_of_the_seed_student{
      "energy: spread over 8 rotations", "forces: turn with the system", "net torque",
      "largest jump of the energy", "largest jump of the forces"};
  std::vector<PotentialCase> cases{
      {"harmonic", "springs", springs, molecule},
      {"lennard_jones", "shifted", pairs, with_slab},
      {"lennard_jones", "cut", with(pairs, "shift", "no"), molecule_and_crystal},
      {"painn", "float64", painn, with_slab},
      {"painn", "float32", painn, molecule_and_crystal, "float32"},
      {"painn",  // SchNetPack's sqrt(|Vv|^2 + 1e-8) has cusps where features vanish
       "cusps",
       cusps,
       molecule_and_crystal,
       "float64",
       false,
       {"largest jump of the energy", "largest jump of the forces"}},
      {"orb", "float64", orb, molecule_and_crystal},
      {"orb", "float32", orb, molecule_and_crystal, "float32"},
      {"torchscript", "ani", ani, molecules_apart},
      {"torchscript", "edges", edges, molecule_and_crystal},
      {"torchscript", "mace", {{"model", data + "dict_mace.ts"}}, molecule_and_crystal},
      {"seed_student",
       "random",
       {{"model", with_seed_student ? random_seed_student() : ""}},
       molecule,
       "float64",
       false,
       faults_of_the_seed_student},
  };
  // LibTorch's filters are always exact, and on a GPU the precision decides.
  if (MD_EVALUATION == std::string("kernels") && !test_device().is_cuda()) {
    cases.push_back({"painn", "table", with(painn, "filters", "table"), molecule_and_crystal});
    cases.push_back(
        {"painn", "exact", with(painn, "filters", "exact"), molecule_and_crystal, "float32"});
  }
  for (PotentialCase& c : cases)  // one precision of each network is enough
    c.large = c.name != "torchscript" && c.name != "seed_student" && c.label != "float64" &&
              c.label != "cusps";
  return cases;
}

}  // namespace

std::vector<Structure> large_systems() {
  return {mixture(150, false, {8, 1, 6}), mixture(300, true, {1, 8})};
}

std::vector<PotentialCase> potential_cases() {
  std::vector<PotentialCase> cases = make_cases();
  // On a GPU Orb is evaluated by LibTorch, and the kernels of PaiNN choose filters by precision.
  const bool gpu_kernels = test_device().is_cuda() && MD_EVALUATION == std::string("kernels");
  const auto is_without = [&](const PotentialCase& c) {
    return gpu_kernels && (c.name == "orb" || c.label == "table" || c.label == "exact");
  };
  std::erase_if(cases, [&](const auto& c) { return !is_here(c.name) || is_without(c); });
  return cases;
}

}  // namespace md::test
