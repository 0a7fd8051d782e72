// Writes trajectories of all kinds and, as expected.json, the numbers they were made from:
// write_samples FOLDER. tests/python/readers_test.py opens them with other programs.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "io/topology.hpp"
#include "md/writer.hpp"

namespace {

using nlohmann::json;
using namespace md;

struct Sample {
  std::string name;
  std::vector<std::vector<int>> numbers;  // [replicas][atoms]
  std::vector<Mat3> cells;                // [replicas]
  std::vector<Periodicity> periodic;
  bool packed = false, velocities = true, forces = true;
};

json to_json(const Vec3& v) { return {v.x, v.y, v.z}; }
json to_json(Periodicity p) { return {p[0], p[1], p[2]}; }
json to_json(const Mat3& m) { return {to_json(m[0]), to_json(m[1]), to_json(m[2])}; }
json to_json(const std::vector<Vec3>& all, int begin, int end) {
  json list = json::array();
  for (int i = begin; i < end; ++i) list.push_back(to_json(all[i]));
  return list;
}

/// Values without a pattern, the same everywhere.
double value(int frame, int kind, int atom, int k) {
  return std::sin(12.9898 * frame + 78.233 * kind + 37.719 * atom + 4.581 * k);
}

Frame make_frame(const Sample& sample, const Batch& batch, int number) {
  Frame frame;
  frame.step = 50 * number;
  frame.time_ps = 0.025 * number;
  for (int i = 0; i < batch.first_atom.back(); ++i)
    for (auto [kind, scale, list] :
         {std::tuple{0, 5.0, &frame.position}, std::tuple{1, 0.02, &frame.velocity},
          std::tuple{2, 3.0, &frame.force}}) {
      Vec3 v;
      for (int k = 0; k < 3; ++k) v[k] = scale * value(number, kind, i, k);
      list->push_back(v);
    }
  for (int r = 0; r < batch.n_replicas(); ++r) {
    frame.cell.push_back(sample.cells[r]);
    frame.potential.push_back(-10.5 + value(number, 3, r, 0));
    frame.kinetic.push_back(1.5 + value(number, 4, r, 0));
    frame.temperature.push_back(300 + value(number, 5, r, 0));
    Mat3 stress;
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b) stress[a][b] = 0.01 * value(number, 6, r, a + b);
    frame.stress.push_back(stress);
    frame.status.push_back(0);
  }
  return frame;
}

json write(const std::filesystem::path& root, const Sample& sample) {
  const std::filesystem::path folder = root / sample.name;
  std::filesystem::create_directories(folder);
  Batch batch;
  batch.first_atom = {0};
  for (const auto& numbers : sample.numbers) {
    batch.numbers.insert(batch.numbers.end(), numbers.begin(), numbers.end());
    batch.first_atom.push_back(static_cast<int>(batch.numbers.size()));
    batch.ids.push_back(static_cast<std::uint32_t>(batch.ids.size()));
  }
  batch.periodic = sample.periodic;
  const WriterOptions options{.directory = folder.string(),
                              .batch = batch,
                              .velocities = sample.velocities,
                              .forces = sample.forces,
                              .packed = sample.packed,
                              .title = sample.name,
                              .resume = {}};
  auto amber = make_writer("amber", options), xyz = make_writer("extxyz", options);
  json replicas = json::array();
  for (int r = 0; r < batch.n_replicas(); ++r)
    replicas.push_back({{"numbers", sample.numbers[r]},
                        {"periodic", to_json(sample.periodic[r])},
                        {"frames", json::array()}});
  for (int number = 0; number < 4; ++number) {
    const Frame frame = make_frame(sample, batch, number);
    if (number == 0) write_topology(folder.string(), batch, frame, sample.packed);
    amber->write(frame);
    xyz->write(frame);
    for (int r = 0; r < batch.n_replicas(); ++r) {
      const int begin = batch.first_atom[r], end = batch.first_atom[r + 1];
      replicas[r]["frames"].push_back({{"step", frame.step},
                                       {"time_ps", frame.time_ps},
                                       {"positions", to_json(frame.position, begin, end)},
                                       {"velocities", to_json(frame.velocity, begin, end)},
                                       {"forces", to_json(frame.force, begin, end)},
                                       {"cell", to_json(frame.cell[r])},
                                       {"stress", to_json(frame.stress[r])},
                                       {"energy", frame.potential[r]}});
    }
  }
  amber->flush();
  xyz->flush();
  return {{"name", sample.name},
          {"packed", sample.packed},
          {"velocities", sample.velocities},
          {"forces", sample.forces},
          {"replicas", replicas}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_samples FOLDER\n";
    return 2;
  }
  const Periodicity none, all{true, true, true};
  const std::vector<int> ethanol{6, 6, 8, 1, 1, 1, 1, 1, 1}, salt{11, 17, 35, 20, 8, 1, 1};
  std::vector<int> large;
  for (int i = 0; i < 5000; ++i) large.push_back(i % 3 == 0 ? 8 : 1);
  const Mat3 zero{}, box{{{12, 0, 0}, {0, 13.5, 0}, {0, 0, 15}}};
  const Mat3 lower{{{12, 0, 0}, {2, 13, 0}, {-3, 1.5, 14}}};
  const Mat3 general{{{1, 11, 2}, {12, -1, 3}, {2, 3, -13}}};
  const Mat3 left_handed{{{11, 1, 2}, {2, 3, 13}, {-1, 12, 3}}};
  const std::vector<Sample> samples{
      {"aperiodic", {ethanol}, {zero}, {none}},
      {"orthorhombic", {salt}, {box}, {all}},
      {"triclinic", {salt}, {lower}, {all}},
      {"general", {salt}, {general}, {all}},
      {"left_handed", {salt}, {left_handed}, {all}},
      {"slab", {salt}, {{{{12, 0, 0}, {2, 13, 0}, {0, 0, 0}}}}, {{true, true, false}}},
      {"positions_only", {salt}, {box}, {all}, false, false, false},
      {"large", {large}, {box}, {all}},
      {"replicas", {ethanol, salt, ethanol}, {zero, general, zero}, {none, all, none}},
      {"packed", {salt, salt}, {general, general}, {all, all}, true},
      {"packed_aperiodic", {ethanol, salt}, {zero, zero}, {none, none}, true},
  };
  json expected = json::array();
  for (const Sample& sample : samples) expected.push_back(write(argv[1], sample));
  json elements = json::array();
  for (int z = 1; z <= 118; ++z) elements.push_back({symbol(z), standard_mass(z)});
  std::ofstream(std::filesystem::path(argv[1]) / "expected.json")
      << json{{"samples", expected}, {"elements", elements}};
  return 0;
}
