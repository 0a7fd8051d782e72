#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "md/input.hpp"
#include "md/simulation.hpp"

namespace md {

/// Energies, forces and, where the potential has one, the virial's stress of many structures, in
/// batches that fill a device and not its memory, with a progress bar called `what`.
/// take(batch, first, results) gets the structures of a batch, the index of its first one and what
/// the potential says of them; nothing is checked for being finite.
void evaluate_frames(
    const Input& input, const Device& device, std::unique_ptr<Potential>& potential,
    const std::vector<Structure>& frames, const std::string& what,
    const std::function<void(std::span<const Structure>, std::size_t, const Frame&)>& take);

}  // namespace md
