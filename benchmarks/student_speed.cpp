/// Measures energy and forces of a student, one JSON object a line on standard input and output:
///   {"command": "model"}                              sizes of the network
///   {"command": "case", "case": ID, "structure": FILE, "copies": 1, "threads": 1,
///    "precision": "float32", "strict": false, "keys": {KEY OF [potential]: VALUE}}
///                                                     reads every frame of FILE as one batch
///   {"command": "measure", "case": ID, "seconds": S}  ms per call: median, least, number of calls
///   {"command": "profile", "case": ID, "seconds": S}  µs of each part of a call, all threads
///   {"command": "drop", "case": ID}                   frees the case
///   {"command": "product", "threads": 1}              GFLOP/s of the kernels' matrix product
///                                                     alone
///   {"command": "memory"}                             largest resident size so far, MB
/// What goes wrong is answered with {"error": ...}. The neighbor list is built beforehand, without
/// a skin, and given. Between commands the process waits in a read. Usage: student_speed MODEL
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "benchmarks/student_flops.hpp"
#include "benchmarks/student_product.hpp"
#include "io/structure_reader.hpp"
#include "md/errors.hpp"
#include "md/potential.hpp"
#include "potentials/painn/painn.hpp"

namespace md {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<Structure> read_batch(const std::string& path, int copies) {
  std::vector<Structure> batch;
  for (const Structure& frame : read_structures(path)) batch.insert(batch.end(), copies, frame);
  return batch;
}

std::unique_ptr<Potential> make_potential(const std::string& model, const Json& command) {
  const auto& entry = potentials().find("painn");
  std::vector<Key> keys = entry.keys;
  keys.push_back({"model", Kind::file, "", "model file", ""});
  Input input(Input::Schema{{"potential", keys}});
  input.set("potential.model", model);
  const Json chosen = command.value("keys", Json::object());
  for (const auto& [key, value] : chosen.items()) input.set("potential." + key, value);
  return entry.make({input, Device{}, command.at("threads"), command.value("strict", false),
                     command.value("precision", "float32")});
}

/// MB. Not getrusage: its figure begins with that of the process that started this one.
double peak_memory() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  throw FileError("/proc/self/status: has no line VmHWM");
}

/// A batch with its neighbor list and the potential that is measured on it.
class Case {
 public:
  Case(const std::string& model, const Json& command)
      : stream_(Device{}, command.at("threads")),
        potential_(make_potential(model, command)),
        systems_(read_batch(command.at("structure"), command.value("copies", 1))),
        state_(Device{}, systems_, std::vector<ReplicaSettings>(systems_.size())),
        neighbors_(state_, potential_->traits().cutoff, 0, stream_) {
    neighbors_.build(stream_);
  }

  Json describe(double flops_per_atom) const {
    const NeighborView view = neighbors_.view();
    std::int64_t edges = 0;
    for (int i = 0; i < view.n_atoms; ++i) edges += view.count[i];
    return {{"replicas", state_.n_replicas()},
            {"atoms", state_.n_atoms()},
            {"edges", edges},
            {"flop", flops_per_atom * state_.n_atoms()}};
  }

  /// Calls for about `seconds`, three at least, after one or two that are not counted.
  Json measure(double seconds) {
    const double first = call();
    if (first < seconds) call();
    std::vector<double> times;
    for (const auto start = Clock::now(); times.size() < 3 || seconds_since(start) < seconds;)
      times.push_back(1e3 * call());
    for (const double energy : state_.potential.download())
      if (!std::isfinite(energy)) throw NumericalError("an energy is not a number");
    std::sort(times.begin(), times.end());
    return {{"ms", times[times.size() / 2]}, {"min", times[0]}, {"trials", times.size()}};
  }

  /// Means over calls for about `seconds`.
  Json profile(double seconds) {
    auto& profiled = dynamic_cast<painn::Profiled&>(*potential_);
    call();
    profiled.set_profiled(true);
    int calls = 0;
    for (const auto start = Clock::now(); calls < 3 || seconds_since(start) < seconds; ++calls)
      call();
    Json parts = Json::object();
    for (const auto& [name, time] : profiled.profile()) parts[name] = 1e6 * time / calls;
    profiled.set_profiled(false);
    return parts;
  }

 private:
  /// Seconds of one evaluation.
  double call() {
    state_.force.fill({});
    state_.potential.fill(0);
    const auto start = Clock::now();
    potential_->add_forces(state_.view(), neighbors_, false, stream_);
    return seconds_since(start);
  }

  Stream stream_;
  std::unique_ptr<Potential> potential_;
  std::vector<Structure> systems_;
  State state_;
  NeighborList neighbors_;
};

class Server {
 public:
  explicit Server(std::string file)
      : file_(std::move(file)), model_(painn::PainnModel::read(Safetensors(file_))) {}

  Json answer(const Json& command) {
    const std::string what = command.at("command");
    if (what == "model")
      return {{"channels", model_.channels}, {"layers", model_.layers.size()},
              {"n_radial", model_.n_radial}, {"cutoff", model_.cutoff},
              {"head", model_.head0.out},    {"elements", model_.elements}};
    if (what == "product") return {{"gflops", product_rate(command.at("threads"))}};
    if (what == "memory") return {{"peak_MB", peak_memory()}};
    const std::string id = command.at("case");
    if (what == "case") {
      cases_.erase(id);
      const auto& made = cases_.emplace(id, std::make_unique<Case>(file_, command)).first->second;
      return made->describe(needed_flops_per_atom(model_));
    }
    const auto it = cases_.find(id);
    if (it == cases_.end()) throw InputError("there is no case '" + id + "'");
    if (what == "measure") return it->second->measure(command.at("seconds"));
    if (what == "profile") return it->second->profile(command.at("seconds"));
    if (what != "drop") throw InputError("there is no command '" + what + "'");
    cases_.erase(it);
    return Json::object();
  }

 private:
  std::string file_;
  painn::PainnModel model_;
  std::map<std::string, std::unique_ptr<Case>> cases_;
};

}  // namespace
}  // namespace md

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: student_speed MODEL (commands on standard input)" << std::endl;
    return 2;
  }
  try {
    md::Server server(argv[1]);
    for (std::string line; std::getline(std::cin, line);) {
      nlohmann::json reply;
      try {
        reply = server.answer(nlohmann::json::parse(line));
      } catch (const std::exception& error) {
        reply = {{"error", error.what()}};
      }
      std::cout << reply.dump() << std::endl;
    }
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << std::endl;
    return 2;
  }
}
