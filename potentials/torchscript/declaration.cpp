#include "md/potential.hpp"

// The engine knows the name and keys of torchscript; torchscript.cpp stands in the part "torch".

namespace md {
namespace {

const bool declared = potentials().add(
    "torchscript",
    {"a TorchScript model: ANI, SO3LR, SchNetPack, NequIP, MACE, TorchMD-Net, or any other by "
     "adapter = generic",
     {{"adapter", Kind::choice, "auto",
       "what the model takes and returns: ani (Z, x) -> (Z, hartree); so3lr; dictionaries of "
       "schnetpack, nequip, mace; torchmdnet (z, pos, batch, box); generic: as the keys below say",
       "auto|ani|so3lr|generic|schnetpack|nequip|mace|torchmdnet"},
      {"forces", Kind::choice, "gradient",
       "gradient of the model's energy, or the model's own: its second output, or 'forces' of a "
       "dictionary",
       "gradient|model"},
      {"inputs", Kind::text, "",
       "generic: what forward() takes, in order, of numbers, positions, cell, pbc, edge_index, "
       "shifts, vectors, batch",
       ""},
      {"output", Kind::text, "",
       "where the energy is in a returned tuple (0, 1, ...; else the last, with forces = model the "
       "first) or dictionary (its key; else energy); after a comma, where the forces are",
       ""},
      {"energy_unit", Kind::choice, "eV", "unit of the model's energy",
       "eV|meV|hartree|kcal/mol|kJ/mol"},
      {"length_unit", Kind::choice, "A", "unit of its positions, cell, shifts, vectors",
       "A|nm|bohr"},
      {"batched", Kind::flag, "no",
       "generic: takes numbers [B, N], positions [B, N, 3], gives B energies", ""},
      {"periodic", Kind::flag, "no", "generic: is right for periodic systems", ""},
      {"types", Kind::text, "",
       "nequip: elements in the order of atom_types, where the file does not say", ""},
      {"cutoff", Kind::length, "",
       "longest edge; generic: of edge_index, shifts, vectors; others: where the model does not "
       "say",
       ""}},
     nullptr,
     "torch"});

}  // namespace
}  // namespace md
