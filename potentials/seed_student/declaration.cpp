#include <fmt/format.h>

#include "md/potential.hpp"
#include "potentials/support/architecture.hpp"
#include "potentials/support/model_file.hpp"

// The engine knows the name and the files of seed_student; seed_student.cpp stands in the part
// "torch".

namespace md {
namespace {

Description describe(const Safetensors& file) {
  const int species = static_cast<int>(file.tensor("embedding.weight").shape.at(0));
  return {{"architecture", "seed-student"},
          {"cutoff", fmt::format("{} A", cutoff_of(file, "", 5.0))},
          {"elements", describe_elements(elements_of(file, species - 1))},
          {"remark", "not invariant under rotation, jumps at the cutoff; an import format"}};
}

const bool registered = add_architecture(
    "seed-student", {.potential = "seed_student",
                     .telling_tensor = "interactions.0.message.rbf_to_scalar.0.weight",
                     .describe = describe,
                     .buffers = {"rbf.centers", "rbf.widths"}});

const bool declared = potentials().add(
    "seed_student",
    {"import of the first student files; its energy changes with rotation and jumps "
     "at the cutoff: run `understudy verify` before you trust it",
     {},
     nullptr,
     "torch"});

}  // namespace
}  // namespace md
