#include <fmt/format.h>

#include "md/json.hpp"
#include "md/version.hpp"
#include "program/bench/bench.hpp"
#include "program/version.hpp"

namespace md {
namespace {

// ms per molecule in the original description of the project, on another machine.
constexpr const char* published_device = "NVIDIA RTX 3080 Ti";
struct Published {
  const char* what;
  double time;
};
constexpr Published published[] = {{"teacher, one molecule", 37.33},
                                   {"student, one molecule", 15.97},
                                   {"student, batch of 8", 2.82},
                                   {"student, batch of 16", 1.78}};

double speed_up(const BenchRow& row) { return row.times[1].median / row.times[0].median; }

}  // namespace

std::string bench_table(const std::vector<BenchModel>& models, const std::string& device,
                        int trials, const std::vector<BenchRow>& rows) {
  std::string text = fmt::format("{}\nenergy and forces, new neighbor lists, {} trials in turn\n\n",
                                 device, trials);
  for (const BenchModel& m : models)
    text += fmt::format("{}: {}\n  {}, {} parameters, file {:.2f} MB, {}\n", m.role, m.path,
                        m.potential, m.parameters, m.file_bytes / 1e6,
                        m.input.text("potential.precision"));
  text += fmt::format("\n{:<24}{:>6}", "ms per molecule", "atoms");
  for (const BenchModel& m : models)
    text += fmt::format("  | {:<8}{:>9}{:>9}{:>9}{:>9}{:>8}", m.role, "median", "min", "25 %",
                        "75 %", "MB");
  text += models.size() > 1 ? "  | speed-up\n" : "\n";
  for (const BenchRow& row : rows) {
    text += fmt::format("{:<24}{:>6}", row.name, row.atoms);
    for (std::size_t m = 0; m < models.size(); ++m) {
      const Spread& t = row.times[m];
      text += fmt::format("  | {:<8}{:>9.4g}{:>9.4g}{:>9.4g}{:>9.4g}{:>8.1f}", "", t.median,
                          t.lowest, t.quarter, t.three_quarters, row.memory[m]);
    }
    text += models.size() > 1 ? fmt::format("  | {:.2f}\n", speed_up(row)) : "\n";
  }
  text += fmt::format(
      "\nMB: memory that the model has added to the process so far. For comparison, published for "
      "other\n"
      "models on an {}, ms per molecule:\n",
      published_device);
  for (const Published& p : published) text += fmt::format("  {:<24}{:>8.2f}\n", p.what, p.time);
  return text;
}

std::string bench_json(const std::vector<BenchModel>& models, const std::string& device, int trials,
                       const std::vector<BenchRow>& rows) {
  Json contenders = Json::array(), results = Json::array();
  for (const BenchModel& m : models)
    contenders.push_back({{"role", m.role},
                          {"file", m.path},
                          {"potential", m.potential},
                          {"parameters", m.parameters},
                          {"file_bytes", static_cast<std::int64_t>(m.file_bytes)},
                          {"precision", m.input.text("potential.precision")}});
  for (const BenchRow& row : rows) {
    Json one{{"name", row.name}, {"molecules", row.molecules}, {"atoms", row.atoms}};
    for (std::size_t m = 0; m < models.size(); ++m) {
      const Spread& t = row.times[m];
      one[models[m].role] = {{"median_ms", t.median},
                             {"min_ms", t.lowest},
                             {"quarter_ms", t.quarter},
                             {"three_quarters_ms", t.three_quarters},
                             {"memory_MB", row.memory[m]}};
    }
    if (models.size() > 1) one["speed_up"] = speed_up(row);
    results.push_back(std::move(one));
  }
  Json reference{{"device", published_device}};
  for (const Published& p : published) reference[p.what] = p.time;
  const Json json{{"program", "understudy"}, {"version", version}, {"build", version_text()},
                  {"device", device},        {"trials", trials},   {"unit", "ms per molecule"},
                  {"models", contenders},    {"results", results}, {"published", reference}};
  return json.dump(2) + "\n";
}

}  // namespace md
