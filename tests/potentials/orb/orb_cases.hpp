#pragma once

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "md/errors.hpp"
#include "md/structure.hpp"
#include "potentials/orb/orb_graph.hpp"
#include "tests/potentials/evaluate_batch.hpp"
#include "tests/potentials/reference_cases.hpp"

namespace md::test {

/// What orb-models 0.7.0 computed in double for a structure.
struct OrbCase {
  Structure structure;
  orb::Graph graph;                    // the edges it used
  double energy = 0, interaction = 0;  // eV
  std::vector<Vec3> forces;            // eV/A
  std::array<double, 6> stress{};      // eV/A^3: xx yy zz yz xz xy
  int size() const { return structure.size(); }
};

inline const std::string orb_small =
    std::string(MD_SOURCE_DIR) + "/tests/data/orb_v2_small.safetensors";

struct OrbOptions {
  std::string evaluation = "auto", precision = "float64";
  bool strict = false;
  std::string max_neighbors = "20", model = orb_small;
  Device device{};
};

inline std::unique_ptr<Potential> make_orb(const OrbOptions& how) {
  const auto& entry = potentials().find("orb");
  std::vector<Key> schema = entry.keys;
  schema.push_back({"model", Kind::file, "", "", ""});
  schema.push_back({"precision", Kind::text, "float32", "", ""});
  Input input(Input::Schema{{"potential", schema}});
  input.set("potential.model", how.model);
  input.set("potential.precision", how.precision);
  input.set("potential.evaluation", how.evaluation);
  input.set("potential.max_neighbors", how.max_neighbors);
  return entry.make({input, how.device, 1, how.strict, how.precision});
}

/// The message of the InputError that making it must throw.
inline std::string refusal_of(const OrbOptions& how) {
  try {
    make_orb(how);
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  return "no error";
}

/// Cases whose 20th and 21st neighbors are equally far away: any choice is as good.
inline bool is_tied(const std::string& name) {
  return name == "si2_perfect" || name == "nacl8_perfect" || name == "tri4";
}

inline const std::map<std::string, OrbCase>& orb_cases() {
  static const std::map<std::string, OrbCase> cases = [] {
    std::map<std::string, OrbCase> result;
    const auto file = nlohmann::json::parse(
        std::ifstream(std::string(MD_SOURCE_DIR) + "/tests/data/orb_v2_small_cases.json"));
    for (const auto& [name, json] : file.at("cases").items()) {
      OrbCase& c = result[name];
      c.structure.source = name;
      c.structure.numbers = json.at("numbers").get<std::vector<int>>();
      for (const auto& x : json.at("positions")) c.structure.positions.push_back(vec3_from(x));
      std::vector<Vec3> wrapped, shifts;
      for (const auto& x : json.at("positions_wrapped")) wrapped.push_back(vec3_from(x));
      for (int k = 0; k < 3; ++k) {
        c.structure.cell[k] = vec3_from(json["cell"][k]);
        c.structure.periodic.set(k, json["pbc"][k].get<bool>());
      }
      c.graph.begin(c.structure.size());
      const std::vector<int> from = json.at("senders"), to = json.at("receivers");
      for (std::size_t e = 0; e < from.size(); ++e)
        c.graph.add(
            from[e], to[e],
            wrapped[to[e]] + vec3_from(json["shifts"][e]) * c.structure.cell - wrapped[from[e]]);
      c.graph.finish();
      c.energy = json.at("energy_f64");
      c.interaction = json.at("interaction_f64");
      for (const auto& f : json.at("forces_f64")) c.forces.push_back(vec3_from(f));
      c.stress = json.at("stress_f64").get<std::array<double, 6>>();
    }
    return result;
  }();
  return cases;
}

/// The structures of all cases.
inline std::vector<Structure> orb_systems() {
  std::vector<Structure> systems;
  for (const auto& [name, c] : orb_cases()) systems.push_back(c.structure);
  return systems;
}

}  // namespace md::test
