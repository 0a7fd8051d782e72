#include "program/distill/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <vector>

#include "md/files.hpp"
#include "program/progress.hpp"

namespace md {
namespace {

/// The atom that is worst in any of the structures, counted from 1: "7 O".
std::string worst_atom(const painn::TrainingErrors& e,
                       const std::vector<const painn::TrainingStructure*>& structures) {
  const std::vector<int>& numbers = structures[e.worst_structure]->source->numbers;
  return fmt::format("{} {}", e.worst_atom + 1, symbol(numbers[e.worst_atom]));
}

}  // namespace

std::map<std::string, std::string> report_errors(const DistillOptions& o,
                                                 const painn::PainnModel& model,
                                                 const Dataset& data) {
  const auto trainer = painn::trainers().find("libtorch").make({model, o.trainer});
  std::vector<painn::TrainingStructure> prepared;
  prepared.reserve(data.structures.size());
  std::map<std::string, std::vector<const painn::TrainingStructure*>> by_name;
  std::vector<const painn::TrainingStructure*> all;
  for (std::size_t k = 0; k < data.structures.size(); ++k) {
    const Group& g = data.groups[data.group[k]];
    if (g.part != Part::test) continue;
    prepared.push_back(painn::Trainer::prepare(data.structures[k], model));
    by_name[g.name].push_back(&prepared.back());
    all.push_back(&prepared.back());
  }
  if (all.empty()) return {};
  std::string text =
      "system,structures,energy_mae_eV,energy_mae_eV_per_atom,force_mae_eV_A,force_rmse_eV_A,"
      "force_r2,mean_force_eV_A,retention,largest_force_error_eV_A,worst_atom\n";
  say("\n{:<16}{:>11}{:>16}{:>18}{:>10}{:>16}{:>12}\n", "test system", "structures",
      "energy MAE eV", "force MAE eV/A", "R2", "largest eV/A", "of atom");
  using Row =
      std::tuple<std::string, std::vector<const painn::TrainingStructure*>, painn::TrainingErrors>;
  const auto write = [&](const Row& row) {
    const auto& [name, structures, e] = row;
    const std::string atom = worst_atom(e, structures);
    text +=
        fmt::format("{},{},{:.6f},{:.6f},{:.6f},{:.6f},{:.6f},{:.6f},{:.4f},{:.6f},{}\n", name,
                    structures.size(), e.energy_mae, e.energy_mae_per_atom, e.force_mae,
                    e.force_rmse, e.force_r2, e.mean_force,
                    e.mean_force > 0 ? 1 - e.force_mae / e.mean_force : 0, e.largest_error, atom);
    say("{:<16}{:>11}{:>16.4f}{:>18.4f}{:>10.5f}{:>16.3f}{:>12}\n", name, structures.size(),
        e.energy_mae, e.force_mae, e.force_r2, e.largest_error, atom);
  };
  std::vector<Row> rows;
  for (const auto& [name, structures] : by_name)
    rows.emplace_back(name, structures, trainer->evaluate(structures));
  std::ranges::stable_sort(rows, std::greater{},
                           [](const Row& row) { return std::get<2>(row).force_mae; });
  for (const Row& row : rows) write(row);
  const painn::TrainingErrors e = trainer->evaluate(all);
  write({"all", all, e});
  write_file(o.directory + "/errors.csv", text);
  return {{"test_structures", std::to_string(all.size())},
          {"test_energy_mae_eV", fmt::format("{:.6f}", e.energy_mae)},
          {"test_force_mae_eV_A", fmt::format("{:.6f}", e.force_mae)},
          {"test_force_r2", fmt::format("{:.6f}", e.force_r2)}};
}

}  // namespace md
