#pragma once

#include <string>
#include <vector>

#include "md/input/input.hpp"
#include "md/potential.hpp"
#include "md/structure.hpp"

namespace md {

/// Of the wall times of equal trials, ms.
struct Spread {
  double median = 0, lowest = 0, quarter = 0, three_quarters = 0;
};
Spread spread_of(std::vector<double> times);

/// A model file as a contender.
struct BenchModel {
  std::string role, path, potential;  // role: student | teacher
  std::string parameters;             // as `understudy models` counts them
  double file_bytes = 0;
  Input input;  // the input with this model in [potential]
};
/// The model of the key bench.student or bench.teacher. Throws InputError for a file that no
/// potential of this program runs.
BenchModel bench_model(const Input& input, const std::string& role);

/// One batch and what each contender took for it, ms per molecule.
struct BenchRow {
  std::string name;
  int molecules = 0, atoms = 0;
  std::vector<Spread> times;   // one per model
  std::vector<double> memory;  // MB that each model has added to the process so far
};

/// A cluster of n water molecules, the nearest to the center of a simple cubic lattice as dense as
/// the liquid.
Structure water_cluster(int n);

std::string bench_table(const std::vector<BenchModel>& models, const std::string& device,
                        int trials, const std::vector<BenchRow>& rows);
std::string bench_json(const std::vector<BenchModel>& models, const std::string& device, int trials,
                       const std::vector<BenchRow>& rows);

}  // namespace md
