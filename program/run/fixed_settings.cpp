#include "program/run/fixed_settings.hpp"

#include <set>

#include "md/errors.hpp"
#include "md/json.hpp"

namespace md {
namespace {

bool is_fixed(const Input& input, const std::string& key) {
  static const std::set<std::string> keys{
      "integrator.method", "integrator.time_step", "integrator.seed", "integrator.stage",
      "neighbors.skin",    "output.trajectory",    "output.every",    "output.log_every",
      "output.layout",     "output.velocities",    "output.forces"};
  // Files are known by their hashes, wherever they lie.
  return keys.contains(key) || (key.starts_with("potential.") && input.key(key).kind != Kind::file);
}

/// Whether two ways to write a value mean the same.
bool same_value(const Input& input, const std::string& key, const std::string& before) {
  if (input.text(key) == before) return true;
  const Kind kind = input.key(key).kind;
  if (before.empty() || input.text(key).empty() || kind < Kind::number || kind > Kind::time)
    return false;
  Input old = input;
  old.set(key, before, "the checkpoint");
  return old.number(key) == input.number(key);
}

}  // namespace

std::string fixed_settings(const Input& input) {
  Json settings = Json::object();
  for (const std::string& key : input.full_keys())
    if (is_fixed(input, key)) settings[key] = input.text(key);
  return settings.dump();
}

void check_settings(const Checkpoint& checkpoint, const Input& now) {
  const Json before = Json::parse(checkpoint.text("settings"));
  for (const std::string& key : now.full_keys()) {
    if (!is_fixed(now, key)) continue;
    if (!before.contains(key) || !before.at(key).is_text())
      throw InputError(checkpoint.source + ": its settings are damaged");
    const std::string& value = before.at(key).text();
    if (!same_value(now, key, value))
      now.fail_value(key, "cannot change in a restart; the run has '" + value + "'");
  }
}

}  // namespace md
