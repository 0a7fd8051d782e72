#include "program/distill/training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>

#include "io/append_file.hpp"
#include "md/errors.hpp"
#include "md/files.hpp"
#include "md/json.hpp"
#include "potentials/support/safetensors.hpp"
#include "program/components.hpp"
#include "program/progress.hpp"
#include "program/signals.hpp"

namespace md {
namespace {

using Clock = std::chrono::steady_clock;

/// The order of an epoch: a function of seed and epoch alone, so that a continued training meets
/// the same batches.
std::vector<std::size_t> order(std::size_t n, std::uint32_t seed, std::int64_t epoch) {
  std::vector<std::size_t> result(n);
  std::iota(result.begin(), result.end(), std::size_t{0});
  std::mt19937_64 random((static_cast<std::uint64_t>(seed) << 32) ^
                         static_cast<std::uint64_t>(epoch));
  for (std::size_t k = n; k > 1; --k) std::swap(result[k - 1], result[random() % k]);
  return result;
}

double nearest_atoms(const std::vector<Vec3>& positions) {
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < positions.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      nearest = std::min(nearest, norm(positions[i] - positions[j]));
  return nearest;
}

}  // namespace

DistillTraining::DistillTraining(const DistillOptions& options, const painn::PainnModel& model,
                                 bool given)
    : options_(options), model_(model) {
  for (int k = 0; k < options.committee; ++k) {
    painn::PainnModel own = model;
    if (!given) painn::draw_weights(own, options.seed + static_cast<std::uint32_t>(k));
    members_.push_back(painn::trainers().find("libtorch").make({own, options.trainer}));
  }
  if (std::filesystem::exists(options.directory + "/state.json")) read_state();
}

void DistillTraining::use(const Dataset& data) {
  prepared_.clear();
  training_.clear();
  validation_.clear();
  for (const painn::LabelledStructure& s : data.structures) {
    prepared_.push_back(painn::Trainer::prepare(s, model_));
    double square = 0;
    for (const Vec3& f : s.forces) square += dot(f, f);
    square /=
        3.0 * static_cast<double>(s.forces.size()) * options_.soft_force * options_.soft_force;
    const double smallness = 2.0 / static_cast<double>(s.numbers.size());
    prepared_.back().weight = (1 + options_.small_weight * smallness * smallness) / (1 + square);
  }
  for (std::size_t k = 0; k < prepared_.size(); ++k) {
    if (nearest_atoms(data.structures[k].positions) < options_.min_distance) continue;
    const Part part = data.groups[data.group[k]].part;
    if (part == Part::training) training_.push_back(&prepared_[k]);
    if (part == Part::validation) validation_.push_back(&prepared_[k]);
  }
}

// A straight line up, then half a cosine down.
double DistillTraining::learning_rate(const Round& r, std::int64_t step) const {
  const double highest = r.number == 0 ? options_.learning_rate : options_.round_learning_rate;
  const double last = options_.last_learning_rate;
  if (step < r.warmup)
    return highest * static_cast<double>(step + 1) / static_cast<double>(r.warmup);
  const double x = static_cast<double>(step - r.warmup) /
                   static_cast<double>(std::max<std::int64_t>(1, r.steps - r.warmup));
  return last + 0.5 * (highest - last) * (1 + std::cos(std::numbers::pi * std::min(1.0, x)));
}

bool DistillTraining::train(int round, int epochs) {
  const auto batch = static_cast<std::size_t>(options_.batch);
  const auto per_epoch = static_cast<std::int64_t>((training_.size() + batch - 1) / batch);
  const std::int64_t steps = per_epoch * epochs;
  // A warm-up as long as the training would never reach its learning rate.
  const std::int64_t warmup = options_.warmup < steps ? options_.warmup : steps / 10;
  if (warmup < options_.warmup)
    warn(
        fmt::format("distill.warmup = {} is no shorter than the training of {} steps: it is cut "
                    "to {}",
                    options_.warmup, steps, warmup));
  const Round r{round, epochs, per_epoch, steps, warmup};
  const auto start = Clock::now();
  auto written = start;
  const auto seconds = [](Clock::time_point from) {
    return std::chrono::duration<double>(Clock::now() - from).count();
  };
  const auto must_stop = [&] {
    return stop_requested() || (options_.max_time > 0 && seconds(start) > options_.max_time);
  };
  start_curve();
  Progress progress(fmt::format("training, round {}", round), steps_of_round(), r.steps,
                    options_.progress);
  while (steps_of_round() < r.steps && (options_.patience <= 0 || waited_ < options_.patience)) {
    if (must_stop()) {
      write_state();
      return false;
    }
    const std::int64_t epoch = steps_of_round() / per_epoch;
    if (!train_epoch(r, epoch, must_stop, progress)) continue;
    finish_epoch(r, epoch, progress);
    if (seconds(written) > 60) {
      write_state();
      written = Clock::now();
    }
  }
  rounds_done_ = round + 1;
  round_start_ = members_[0]->steps();
  waited_ = 0;
  best_ = 1e300;
  write_state();
  return true;
}

bool DistillTraining::train_epoch(const Round& r, std::int64_t epoch,
                                  const std::function<bool()>& must_stop, Progress& progress) {
  const auto batch = static_cast<std::size_t>(options_.batch);
  const auto sequence = order(training_.size(), options_.seed + 1000 * r.number, epoch);
  for (std::int64_t b = steps_of_round() % r.steps_per_epoch; b < r.steps_per_epoch; ++b) {
    std::vector<const painn::TrainingStructure*> chosen;
    for (std::size_t i = b * batch; i < std::min<std::size_t>((b + 1) * batch, sequence.size());
         ++i)
      chosen.push_back(training_[sequence[i]]);
    const double rate = learning_rate(r, epoch * r.steps_per_epoch + b);
    for (std::size_t m = 0; m < members_.size(); ++m) {
      const double loss = members_[m]->step(chosen, rate);
      if (m == 0) loss_sum_ += loss, ++loss_steps_;
    }
    progress.update(epoch * r.steps_per_epoch + b + 1);
    if (must_stop()) break;
  }
  return steps_of_round() >= (epoch + 1) * r.steps_per_epoch;
}

void DistillTraining::finish_epoch(const Round& r, std::int64_t epoch, Progress& progress) {
  const painn::TrainingErrors errors = members_[0]->evaluate(validation_);
  const double score = errors.force_mae + errors.energy_mae_per_atom;
  const bool better = score < best_ || validation_.empty();
  if (better) {
    best_ = score;
    members_[0]->model().write(options_.directory + "/best.safetensors", {});
  }
  waited_ = better ? 0 : waited_ + 1;
  report_epoch(r, epoch, errors, better, progress);
  loss_sum_ = 0;
  loss_steps_ = 0;
}

void DistillTraining::report_epoch(const Round& r, std::int64_t epoch,
                                   const painn::TrainingErrors& e, bool better,
                                   Progress& progress) const {
  const double mean_loss = loss_sum_ / static_cast<double>(std::max<std::int64_t>(1, loss_steps_));
  const bool judged = !validation_.empty();
  const std::string row = fmt::format(
      "{},{},{},{:.3e},{:.6e},{},{}\n", r.number, epoch + 1, members_[0]->steps(),
      learning_rate(r, (epoch + 1) * r.steps_per_epoch - 1), mean_loss,
      judged ? fmt::format("{:.6f},{:.6f},{:.6f}", e.energy_mae, e.force_mae, e.force_r2) : ",,",
      better ? 1 : 0);
  const std::string curve = options_.directory + "/learning_curve.csv";
  AppendFile file =
      AppendFile::resume(curve, static_cast<std::int64_t>(std::filesystem::file_size(curve)));
  file.cut_back();
  file.append(row);
  progress.clear();
  const std::string errors = judged
                                 ? fmt::format("validation energy {:.4f} eV, force {:.4f} eV/A{}",
                                               e.energy_mae, e.force_mae, better ? " *" : "")
                                 : "no trajectory for validation, the last weights count";
  say("round {} epoch {:>4} of {}: loss {:.5f}, {}\n", r.number, epoch + 1, r.epochs, mean_loss,
      errors);
}

painn::PainnModel DistillTraining::best() const {
  return painn::PainnModel::read(Safetensors(options_.directory + "/best.safetensors"));
}

void DistillTraining::write_state() const {
  for (std::size_t k = 0; k < members_.size(); ++k)
    members_[k]->write(fmt::format("{}/member{}.safetensors", options_.directory, k));
  const Json state{{"best", best_},
                   {"loss_steps", loss_steps_},
                   {"loss_sum", loss_sum_},
                   {"round_start", round_start_},
                   {"rounds_done", rounds_done_},
                   {"waited", waited_}};
  write_file(options_.directory + "/state.json", state.dump(1) + "\n");
}

void DistillTraining::read_state() {
  std::ifstream file(options_.directory + "/state.json");
  const Json state = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  if (!state.is_object()) throw InputError(options_.directory + "/state.json: is damaged");
  const auto number = [&](const char* name, double fallback) {
    return state.contains(name) ? state.at(name).number() : fallback;
  };
  rounds_done_ = static_cast<int>(number("rounds_done", 0));
  round_start_ = static_cast<std::int64_t>(number("round_start", 0));
  waited_ = static_cast<int>(number("waited", 0));
  best_ = number("best", 1e300);
  loss_sum_ = number("loss_sum", 0);
  loss_steps_ = static_cast<std::int64_t>(number("loss_steps", 0));
  for (std::size_t k = 0; k < members_.size(); ++k)
    members_[k]->read(fmt::format("{}/member{}.safetensors", options_.directory, k));
  rewind_curve();
}

void DistillTraining::start_curve() const {
  const std::string path = options_.directory + "/learning_curve.csv";
  if (!std::filesystem::exists(path))
    write_file(path,
               "round,epoch,step,learning_rate,training_loss,validation_energy_mae_eV,"
               "validation_force_mae_eV_A,validation_force_r2,best\n");
}

void DistillTraining::rewind_curve() const {
  const std::string path = options_.directory + "/learning_curve.csv";
  std::ifstream file(path);
  std::string line, kept;
  if (!std::getline(file, line)) return;
  kept = line + "\n";
  while (std::getline(file, line)) {  // round,epoch,step,...
    const std::size_t step = line.find(',', line.find(',') + 1) + 1;
    const bool whole = std::count(line.begin(), line.end(), ',') == 8;
    if (whole && std::stoll(line.substr(step)) <= members_[0]->steps()) kept += line + "\n";
  }
  write_file(path, kept);
}

}  // namespace md
