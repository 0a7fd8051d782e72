#include "md/potential.hpp"

// The engine knows the name and keys of torchscript; torchscript.cpp stands in the part "torch".

namespace md {
namespace {

const bool declared = potentials().add(
    "torchscript",
    {"a TorchScript model (ANI-2x, ANI-1x, SO3LR, or any other by adapter = generic)",
     {{"adapter", Kind::choice, "auto",
       "ani: (Z, x) -> (Z, hartree); so3lr; generic: as the keys below say",
       "auto|ani|so3lr|generic"},
      {"inputs", Kind::text, "",
       "generic: what forward() takes, in order, of numbers, positions, cell, pbc, edge_index, "
       "shifts, vectors, batch",
       ""},
      {"output", Kind::text, "",
       "generic: where the energy is in a returned tuple (0, 1, ...; else the last) or dictionary "
       "(its key; else energy)",
       ""},
      {"energy_unit", Kind::choice, "eV", "generic: unit of the energy",
       "eV|meV|hartree|kcal/mol|kJ/mol"},
      {"length_unit", Kind::choice, "A", "generic: unit of positions, cell, shifts, vectors",
       "A|nm|bohr"},
      {"batched", Kind::flag, "no",
       "generic: takes numbers [B, N], positions [B, N, 3], gives B energies", ""},
      {"periodic", Kind::flag, "no", "generic: is right for periodic systems", ""},
      {"cutoff", Kind::length, "", "generic: longest edge of edge_index, shifts, vectors", ""}},
     nullptr,
     "torch"});

}  // namespace
}  // namespace md
