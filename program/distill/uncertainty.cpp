#include "program/distill/uncertainty.hpp"

#include <fmt/format.h>

#include <cmath>

#include "md/evaluator.hpp"
#include "md/file_hash.hpp"
#include "potentials/painn/painn.hpp"
#include "program/components.hpp"

namespace md {
namespace {

Structure structure_of(const painn::LabelledStructure& labelled) {
  Structure s;
  s.numbers = labelled.numbers;
  s.positions = labelled.positions;
  return s;
}

double force_mae(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (int k = 0; k < 3; ++k) sum += std::abs(a[i][k] - b[i][k]);
  return sum / (3.0 * static_cast<double>(a.size()));
}

/// f(structure, potential) for every structure of the part that was sampled, evaluated in double.
/// What was made from those, torn or pressed, teaches forces, and is not what a run should visit.
template <class F>
void evaluate_part(const Input& input, const Dataset& data, Part part,
                   const painn::PainnModel& student, F f) {
  const Device cpu;
  const PotentialOptions options{input, cpu, 1, false, "float64"};  // molecules one by one
  Evaluator evaluator(cpu, 1, painn::make_kernels(student, options, painn::Filters::exact));
  auto& featured = dynamic_cast<painn::Featured&>(evaluator.potential());
  featured.keep_features();
  for (std::size_t k = 0; k < data.structures.size(); ++k)
    if (const Group& g = data.groups[data.group[k]]; g.part == part && !g.made)
      f(data.structures[k], evaluator.evaluate(structure_of(data.structures[k])), featured);
}

}  // namespace

void fit_uncertainty(const Input& input, const Dataset& data, painn::PainnModel& student) {
  for (const painn::LabelledStructure& s : data.structures)
    for (const int z : s.numbers)
      if (!student.elements.contains(z))
        input.fail("distill.initial",
                   "does not know " + std::string(symbol(z)) + ", which is in the data");
  student.uncertainty = {};
  bool training = false, validation = false;
  for (const int g : data.group) {
    training = training || (data.groups[g].part == Part::training && !data.groups[g].made);
    validation = validation || (data.groups[g].part == Part::validation && !data.groups[g].made);
  }
  if (!training || !validation)
    return warn(
        "the student will not know its uncertainty: that needs frames for training and for "
        "validation (distill.validation)");
  painn::UncertaintyFit fit(student.elements, student.head0.out);
  evaluate_part(input, data, Part::training, student,
                [&](const painn::LabelledStructure& s, const Evaluation&,
                    const painn::Featured& featured) { fit.add(s.numbers, featured.features()); });
  student.uncertainty = fit.finish();
  std::vector<painn::CalibrationFrame> frames;
  std::vector<double> normal;
  evaluate_part(
      input, data, Part::validation, student,
      [&](const painn::LabelledStructure& s, const Evaluation& said, const painn::Featured&) {
        const double u = said.uncertainty->error;  // calibrated by 1 so far
        frames.push_back({u, force_mae(said.forces, s.forces)});
        if (std::isfinite(u)) normal.push_back(u);
      });
  if (!painn::calibrate(student.uncertainty, frames, normal)) {
    student.uncertainty = {};
    return warn(
        "the student will not know its uncertainty: the frames for validation cannot calibrate it");
  }
  fmt::print("uncertainty: {:.3g} eV/A for u = 1; warns above {:.3g} eV/A\n",
             student.uncertainty.calibration, student.uncertainty.threshold);
}

void add_uncertainty(const Input& input, const DistillOptions& o, const Dataset& data,
                     painn::PainnModel given) {
  fit_uncertainty(input, data, given);
  if (given.uncertainty.empty())
    input.fail("distill.validation",
               "leaves no frames that an uncertainty could be fitted to and calibrated by");
  const std::string target = o.directory + "/student.safetensors";
  std::map<std::string, std::string> metadata =
      Safetensors(input.file("distill.initial")).metadata();
  metadata.erase("training_domain");  // what the uncertainty has replaced
  metadata["uncertainty_data_sha256"] =
      sha256_of_file(o.dataset.empty() ? o.directory + "/dataset.safetensors" : o.dataset);
  given.write(target, metadata);
  fmt::print("written: {}\n", target);
}

}  // namespace md
