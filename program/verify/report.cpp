#include <fmt/format.h>

#include <cmath>

#include "md/json.hpp"
#include "md/version.hpp"
#include "program/components.hpp"
#include "program/verify/verify.hpp"
#include "program/version.hpp"

namespace md {
namespace {

const char* name(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "FAIL";
    case Verdict::reported:
      return "reported";
    default:
      return "not applicable";
  }
}

std::string range(const VerifyRow& row) {
  if (std::isfinite(row.low)) return fmt::format("{:.3g} to {:.3g}", row.low, row.high);
  return fmt::format("<= {:.2g}", row.high);
}

/// JSON knows no infinite numbers.
Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

}  // namespace

std::string verify_line(const VerifyRow& row) {
  if (row.verdict == Verdict::not_applicable)
    return fmt::format("  {:<40} {:>10}   {:<14} {:<8} {}: {}", row.claim, "-", "", "",
                       name(row.verdict), row.remark);
  return fmt::format("  {:<40} {:>10.3g}   {:<14} {:<8} {}{}", row.claim, row.figure, range(row),
                     row.unit, name(row.verdict), row.remark.empty() ? "" : ": " + row.remark);
}

std::string verify_json(const Input& input, const Evaluator& evaluator,
                        const std::vector<VerifiedSystem>& systems) {
  Json list = Json::array();
  int failed = 0;
  for (const VerifiedSystem& system : systems) {
    Json rows = Json::array();
    for (const VerifyRow& row : system.rows) {
      failed += row.verdict == Verdict::fail;
      rows.push_back({{"claim", row.claim},
                      {"figure", number(row.figure)},
                      {"low", number(row.low)},
                      {"high", number(row.high)},
                      {"unit", row.unit},
                      {"verdict", name(row.verdict)},
                      {"remark", row.remark}});
    }
    list.push_back({{"source", system.system->source},
                    {"formula", formula(system.system->numbers)},
                    {"atoms", system.system->size()},
                    {"claims", std::move(rows)}});
  }
  const Json json{{"program", "understudy"},
                  {"version", version},
                  {"build", version_text()},
                  {"device", describe(evaluator.device(), evaluator.threads())},
                  {"potential", input.text("potential.name")},
                  {"precision", input.text("potential.precision")},
                  {"model", lines_of(evaluator.potential().describe())},
                  {"passed", failed == 0},
                  {"failed", failed},
                  {"systems", list}};
  return json.dump(2) + "\n";
}

}  // namespace md
