/// Measures whole time steps of the student, as `understudy run` makes them: on a GPU each is a
/// recorded graph. One JSON object a line on standard output, as soon as it is known:
///   {"case": "1024 clusters", "atoms": 15360, "replicas": 1024, "precision": "float32",
///    "schedule": "automatic", "us_per_step": median, "least_us": least, "ns_per_atom_step": ...,
///    "bytes": on the device}
/// Clusters are five waters each; boxes are periodic, at the density of water. From 300 K at a step
/// of 0.5 fs with a skin of 1 A. What fails has "error" instead.
/// Usage: step_speed MODEL [DEVICE [PATTERN...]]: only cases in whose "case/precision/schedule" one
/// of the regular expressions is found.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>

#include "md/simulation.hpp"
#include "md/units.hpp"
#include "md/velocities.hpp"
#include "potentials/painn/gpu/device_potential.hpp"

namespace md {
namespace {

using Clock = std::chrono::steady_clock;
using painn::PainnModel;
using painn::Schedule;

/// n^3 waters on a lattice, 3.1 A apart, turned in turn about three axes.
Structure waters(int nx, int ny, int nz, bool periodic) {
  constexpr double spacing = 3.1;
  const Vec3 hydrogen[2]{{0.7570, 0.5859, 0}, {-0.7570, 0.5859, 0}};
  Structure s;
  int k = 0;
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y)
      for (int z = 0; z < nz; ++z, ++k) {
        const Vec3 o{spacing * x, spacing * y, spacing * z};
        s.numbers.insert(s.numbers.end(), {8, 1, 1});
        s.positions.push_back(o);
        for (const Vec3& h : hydrogen) {
          Vec3 turned;
          for (int c = 0; c < 3; ++c) turned[c] = h[(c + k) % 3];
          s.positions.push_back(o + turned);
        }
      }
  if (periodic) {
    s.cell = {{{spacing * nx, 0, 0}, {0, spacing * ny, 0}, {0, 0, spacing * nz}}};
    s.periodic = {true, true, true};
  }
  return s;
}

struct Case {
  std::string name;
  Structure system;
  int replicas;
};

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const int n : {1, 8, 16, 64, 132, 264, 1024, 4096})
    list.push_back({std::to_string(n) + " clusters", waters(5, 1, 1, false), n});
  for (const int n : {4, 8, 16, 32}) {
    Structure box = waters(n, n, n, true);
    const std::string name = "water " + std::to_string(box.size());
    list.push_back({name, std::move(box), 1});
  }
  return list;
}

nlohmann::json measure(const Case& c, const PainnModel& model, const Device& device,
                       const std::string& precision, Schedule schedule) {
  const Input none(Input::Schema{});
  const auto potential =
      painn::make_device_kernels(model, {none, device, 1, false, precision}, schedule);
  std::vector<Structure> systems(c.replicas, c.system);
  for (int r = 0; r < c.replicas; ++r) draw_velocities(systems[r], 300, 1, r);
  std::vector<ReplicaSettings> settings;
  for (int r = 0; r < c.replicas; ++r)
    settings.push_back({300, 0.001, static_cast<std::uint32_t>(r), 3 * c.system.size()});
  const auto& entry = integrators().find("langevin");
  const Input keys(Input::Schema{{"integrator", entry.keys}});
  const std::size_t before = free_memory(device);
  Simulation simulation(device, 1, systems, settings, *potential, entry.make({keys, 0.5, 1}), 1.0,
                        {});
  simulation.evaluate(false);
  simulation.advance(3, false);
  const auto block = [&](int steps) {
    const auto start = Clock::now();
    simulation.advance(steps, false);
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count() / steps;
  };
  const double first = block(5);
  const int steps = std::clamp(static_cast<int>(4e4 / first), 2, 500);
  std::vector<double> times;
  for (int k = 0; k < 5; ++k) times.push_back(block(steps));
  std::ranges::sort(times);
  const double atoms = static_cast<double>(c.system.size()) * c.replicas;
  return {{"us_per_step", times[2]},
          {"least_us", times[0]},
          {"ns_per_atom_step", 1e3 * times[2] / atoms},
          {"replica_steps_per_s", 1e6 * c.replicas / times[2]},
          {"bytes", static_cast<std::int64_t>(before - free_memory(device))},
          {"rebuilds", simulation.neighbors().n_builds()},
          {"frozen", simulation.n_frozen()}};
}

int run(int argc, char** argv) {
  const PainnModel model = PainnModel::read(Safetensors(argv[1]));
  const Device device = select_device(argc > 2 ? argv[2] : "auto");
  const std::vector<std::regex> patterns(argv + std::min(argc, 3), argv + argc);
  const std::pair<const char*, Schedule> schedules[]{{"automatic", Schedule::automatic},
                                                     {"batched", Schedule::batched},
                                                     {"by_replica", Schedule::by_replica}};
  for (const Case& c : cases())
    for (const char* const precision : {"float32", "tf32x3", "tf32", "bf16", "fp16", "float64"})
      for (const auto& [name, schedule] : schedules) {
        const std::string id = c.name + "/" + precision + "/" + name;
        if (!patterns.empty() && std::ranges::none_of(patterns, [&](const std::regex& p) {
              return std::regex_search(id, p);
            }))
          continue;
        nlohmann::json row{{"case", c.name},
                           {"atoms", c.system.size() * c.replicas},
                           {"replicas", c.replicas},
                           {"precision", precision},
                           {"schedule", name}};
        try {
          row.update(measure(c, model, device, precision, schedule));
        } catch (const std::exception& error) {
          row["error"] = error.what();
        }
        std::cout << row.dump() << std::endl;
      }
  return 0;
}

}  // namespace
}  // namespace md

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: step_speed MODEL [DEVICE [PATTERN...]]\n";
    return 2;
  }
  return md::run(argc, argv);
}
