#include "program/run/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "io/topology.hpp"
#include "md/units.hpp"

namespace md {
namespace {

bool solid(Periodicity periodic) { return periodic.all(); }

}  // namespace

std::string time_text(double time_ps, double time_step) {
  return time_step < 1e-6 ? fmt::format("{}", time_ps) : fmt::format("{:.9f}", time_ps);
}

Output::Output(const Stage& stage, const Replicas& replicas, const PotentialTraits& traits,
               Samples& samples, const std::vector<FileMark>& resume)
    : batch_(replicas.batch()),
      samples_(samples),
      directory_(stage.options.directory),
      formats_(stage.options.formats),
      every_(stage.options.every),
      log_every_(stage.options.log_every),
      time_step_(stage.options.time_step),
      velocities_(stage.options.write_velocities),
      forces_(stage.options.write_forces),
      packed_(stage.options.packed),
      pressure_(traits.virial &&
                std::any_of(batch_.periodic.begin(), batch_.periodic.end(), solid)),
      uncertainty_(traits.uncertainty_threshold > 0) {
  const std::string title =
      fmt::format("{} replicas, {} with {}", batch_.n_replicas(),
                  stage.input.text("integrator.method"), stage.input.text("potential.name"));
  std::vector<std::unique_ptr<Writer>> writers;
  for (const std::string& format : formats_)
    writers.push_back(
        make_writer(format, {directory_, batch_, velocities_, forces_, packed_, title, resume}));
  const std::string header =
      std::string("step,time_ps,replica,temperature_K,potential_eV,kinetic_eV,total_eV,status") +
      (pressure_ ? ",volume_A3,pressure_GPa" : "") + ",name,target_temperature_K" +
      (uncertainty_ ? ",uncertainty_eV_A,uncertainty_atom\n" : "\n");
  const bool temperatures = !stage.input.text("integrator.temperature").empty();
  for (std::size_t r = 0; r < replicas.origins.size(); ++r)
    endings_.push_back(
        fmt::format(",{},{}", csv_field(replicas.origins[r].name),
                    temperatures ? fmt::format("{:.6f}", replicas.settings[r].temperature) : ""));
  writer_ = std::make_unique<AsyncWriter>(
      std::move(writers), std::make_unique<TextLog>(directory_, "log.csv", header, resume));
}

std::int64_t Output::next(std::int64_t step) const {
  const std::int64_t log = (step / log_every_ + 1) * log_every_;
  return formats_.empty() ? log : std::min(log, (step / every_ + 1) * every_);
}

bool Output::wants_virial(std::int64_t step) const { return pressure_ && due(step); }

std::string Output::log_lines(const Frame& frame, std::string text) const {
  auto out = std::back_inserter(text);
  const std::string time = time_text(frame.time_ps, time_step_);
  for (int r = 0; r < batch_.n_replicas(); ++r) {
    const auto status = static_cast<Status>(frame.status[r]);
    const bool known = status != Status::quarantined;  // what a bad one has means nothing
    fmt::format_to(out, "{},{},{},", frame.step, time, r);
    if (known)
      fmt::format_to(out, "{:.6f},{:.10f},{:.10f},{:.10f},", frame.temperature[r],
                     frame.potential[r], frame.kinetic[r], frame.potential[r] + frame.kinetic[r]);
    else
      text += ",,,,";
    text += name(status);
    if (pressure_ && known && solid(batch_.periodic[r])) {
      const double volume = std::abs(determinant(frame.cell[r]));
      const Mat3& stress = frame.stress[r];
      const double pressure =
          2 * frame.kinetic[r] / (3 * volume) - (stress[0][0] + stress[1][1] + stress[2][2]) / 3;
      fmt::format_to(out, ",{:.6f},{:.9f}", volume, pressure * units::ev_per_a3_to_gpa);
    } else if (pressure_) {
      text += ",,";
    }
    text += endings_[r];
    if (uncertainty_ && known && !frame.uncertainty.empty())
      fmt::format_to(out, ",{:.6f},{}", frame.uncertainty[r].error, frame.uncertainty[r].atom + 1);
    else if (uncertainty_)
      text += ",,";
    text += '\n';
  }
  return text;
}

void Output::write_log(const Simulation& simulation) {
  Frame frame = writer_->take_frame();
  simulation.read(frame, false, false, pressure_);
  frame.time_ps = static_cast<double>(simulation.step()) * time_step_ * 1e-3;
  writer_->submit(log_lines(frame, writer_->take_text()));
}

void Output::write(const Simulation& simulation, const std::vector<Watch*>& watches) {
  const std::int64_t step = simulation.step();
  if (!due(step)) return;
  const bool frame_too = frame_due(step), log_too = log_due(step);
  Frame frame = writer_->take_frame();
  simulation.read(frame, frame_too && velocities_, frame_too && forces_, wants_virial(step));
  for (const Watch* watch : watches) watch->mark(frame);
  frame.time_ps = static_cast<double>(step) * time_step_ * 1e-3;
  if (log_too) {
    samples_.add(frame);
    writer_->submit(log_lines(frame, writer_->take_text()));
  }
  if (!frame_too) return;
  if (step == 0) write_topology(directory_, batch_, frame, packed_);
  writer_->submit(std::move(frame));
}

}  // namespace md
