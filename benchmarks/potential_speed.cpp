/// Measures energy and forces of any potential, one JSON object a line on standard input and
/// output:
///   {"command": "case", "case": ID, "structure": FILE, "threads": 1, "precision": "float32",
///    "keys": {KEY OF [potential], name included: VALUE}}  reads every frame of FILE as one batch
///   {"command": "measure", "case": ID, "seconds": S}      ms per call: median, least, median of
///                                                         the process's CPU time, number of calls
///   {"command": "results", "case": ID}                    energies, eV, and forces, eV/A
/// What goes wrong is answered with {"error": ...}. The neighbor list is built beforehand, without
/// a skin, and given. Between commands the process waits in a read.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "io/structure_reader.hpp"
#include "md/errors.hpp"
#include "md/potential.hpp"
#include "md/state.hpp"

namespace md {
namespace {

using Json = nlohmann::json;

std::unique_ptr<Potential> make_potential(const Json& command) {
  const auto& entry = potentials().find(command.at("keys").at("name"));
  std::vector<Key> keys = entry.keys;
  keys.push_back({"name", Kind::text, "", "", ""});
  keys.push_back({"model", Kind::file, "", "", ""});
  Input input(Input::Schema{{"potential", keys}});
  for (const auto& [key, value] : command.at("keys").items()) input.set("potential." + key, value);
  return entry.make(
      {input, Device{}, command.at("threads"), false, command.value("precision", "float32")});
}

/// s, of a clock that keeps running and of all threads' CPU time.
struct Times {
  double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
};

double median(std::vector<double> x) {
  std::ranges::sort(x);
  return x[x.size() / 2];
}

/// A batch with its neighbor list and the potential that is measured on it.
class Case {
 public:
  explicit Case(const Json& command)
      : stream_(Device{}, command.at("threads")),
        potential_(make_potential(command)),
        systems_(read_structures(command.at("structure"))),
        state_(Device{}, systems_, std::vector<ReplicaSettings>(systems_.size())),
        neighbors_(state_, potential_->traits().cutoff, 0, stream_) {
    neighbors_.build(stream_);
    call();
  }

  /// Calls for about `seconds`, three at least, after one that is not counted.
  Json measure(double seconds) {
    call();
    std::vector<double> wall, cpu;
    for (const Times start; wall.size() < 3 || Times().wall - start.wall < seconds;) {
      const Times used = call();
      wall.push_back(1e3 * used.wall);
      cpu.push_back(1e3 * used.cpu);
    }
    return {{"ms", median(wall)},
            {"min", std::ranges::min(wall)},
            {"cpu", median(cpu)},
            {"trials", wall.size()}};
  }

  Json results() {
    Json forces = Json::array();
    for (const Vec3& f : state_.force.download()) forces.push_back({f.x, f.y, f.z});
    return {{"energies", state_.potential.download()}, {"forces", forces}};
  }

 private:
  Times call() {
    state_.force.fill({});
    state_.potential.fill(0);
    const Times start;
    potential_->add_forces(state_.view(), neighbors_, false, stream_);
    Times used;
    used.wall -= start.wall;
    used.cpu -= start.cpu;
    return used;
  }

  Stream stream_;
  std::unique_ptr<Potential> potential_;
  std::vector<Structure> systems_;
  State state_;
  NeighborList neighbors_;
};

Json answer(const Json& command, std::map<std::string, std::unique_ptr<Case>>& cases) {
  const std::string what = command.at("command"), id = command.at("case");
  if (what == "case") {
    cases[id] = std::make_unique<Case>(command);
    return Json::object();
  }
  if (!cases.contains(id)) throw InputError("there is no case '" + id + "'");
  if (what == "measure") return cases[id]->measure(command.at("seconds"));
  if (what == "results") return cases[id]->results();
  throw InputError("there is no command '" + what + "'");
}

}  // namespace
}  // namespace md

int main() {
  std::map<std::string, std::unique_ptr<md::Case>> cases;
  for (std::string line; std::getline(std::cin, line);) {
    nlohmann::json reply;
    try {
      reply = md::answer(nlohmann::json::parse(line), cases);
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::cout << reply.dump() << std::endl;
  }
}
