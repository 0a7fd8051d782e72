#include "program/run/minimize_options.hpp"

#include <algorithm>

#include "md/minimizer/descent.hpp"
#include "md/units.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

std::vector<ComponentKeys> methods() {
  std::vector<ComponentKeys> all;
  for (const auto& [name, method] : descents().entries()) all.push_back({name, method.help, {}});
  return all;
}

const bool registered = sections().add(
    "minimize",
    {35,
     "how structures are brought to rest",
     {{"method", Kind::text, "lbfgs", "", ""},
      {"force_tolerance", Kind::force, "0.01",
       "converged when the force on no atom is longer; held atoms do not count", ""},
      {"steps", Kind::integer, "500", "the most moves of a system", ""},
      {"cell", Kind::choice, "no",
       "of periodic systems: whether the cell moves too, in size or in size and shape",
       "no|isotropic|full"},
      {"stress_tolerance", Kind::number, "0.01",
       "converged when no component of the stress that could move the cell is larger, GPa", ""},
      {"on_failure", Kind::choice, "stop",
       "of a stage in which something did not converge: whether later stages follow",
       "stop|continue"}},
     {"method", descents().noun(), methods}});

}  // namespace

MinimizeOptions read_minimize_options(const Input& input) {
  MinimizeOptions o;
  o.method = input.text("minimize.method");
  o.force_tolerance = input.positive("minimize.force_tolerance");
  o.stress_tolerance = input.positive("minimize.stress_tolerance") / units::ev_per_a3_to_gpa;
  o.max_steps = static_cast<int>(input.integer("minimize.steps", 0, 1'000'000'000));
  const std::string cell = input.choice("minimize.cell");
  if (cell == "isotropic") o.cell = CellRelaxation::isotropic;
  if (cell == "full") o.cell = CellRelaxation::full;
  return o;
}

bool check_cells(const Input& input, const MinimizeOptions& options, const Potential& potential,
                 const std::vector<Structure>& systems) {
  const bool periodic =
      std::ranges::any_of(systems, [](const Structure& s) { return s.periodic.any(); });
  if (options.cell == CellRelaxation::no) return periodic;
  const std::string key = "minimize.cell";
  if (!potential.traits().virial)
    input.fail_value(key, "needs a virial, which the potential '" + input.text("potential.name") +
                              "' does not give");
  for (const Structure& system : systems) {
    if (system.periodic.any() && !system.periodic.all())
      input.fail_value(key, "needs systems that are periodic along all three directions; " +
                                system.source + " is along one or two");
    if (system.periodic.any() && system.n_fixed() > 0)
      input.fail_value(key, "would move the atoms that " + system.source + " holds in place");
  }
  return periodic;
}

void check_no_cells(const Input& input, const MinimizeOptions& options) {
  if (options.cell != CellRelaxation::no)
    input.fail_value("minimize.cell", "needs a periodic system; there is none");
}

}  // namespace md
