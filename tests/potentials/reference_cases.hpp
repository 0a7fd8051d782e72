#pragma once

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "md/structure.hpp"

namespace md::test {

/// A structure with energy, forces and stress from an independent code in double.
struct ReferenceCase {
  Structure structure;
  double energy = 0;                  // eV
  std::vector<Vec3> forces;           // eV/A
  std::optional<Mat3> stress;         // eV/A^3, ASE's sign
  std::vector<int> center, neighbor;  // the edges it used; empty when the file has none
  std::vector<Vec3> shift;            // lattice vectors added to the neighbor, A
};

inline Vec3 vec3_from(const nlohmann::json& json) { return {json[0], json[1], json[2]}; }

inline std::map<std::string, ReferenceCase> read_cases(const std::string& path) {
  std::map<std::string, ReferenceCase> cases;
  const nlohmann::json file = nlohmann::json::parse(std::ifstream(path));
  for (const auto& [name, json] : file.at("cases").items()) {
    ReferenceCase& c = cases[name];
    c.structure.source = name;
    c.structure.numbers = json.at("numbers").get<std::vector<int>>();
    for (const auto& x : json.at("positions")) c.structure.positions.push_back(vec3_from(x));
    c.energy = json.at("energy_f64");
    for (const auto& f : json.at("forces_f64")) c.forces.push_back(vec3_from(f));
    if (json.contains("cell")) {
      for (int k = 0; k < 3; ++k) {
        c.structure.cell[k] = vec3_from(json["cell"][k]);
        c.structure.periodic.set(k, json["pbc"][k].get<bool>());
      }
    }
    if (json.contains("stress_f64") && !json["stress_f64"].is_null()) {
      c.stress.emplace();
      for (int k = 0; k < 3; ++k) (*c.stress)[k] = vec3_from(json["stress_f64"][k]);
    }
    if (json.contains("idx_i")) {
      c.center = json["idx_i"].get<std::vector<int>>();
      c.neighbor = json["idx_j"].get<std::vector<int>>();
      for (const auto& n : json["shifts"]) c.shift.push_back(vec3_from(n) * c.structure.cell);
    }
  }
  return cases;
}

}  // namespace md::test
