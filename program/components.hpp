#pragma once

#include <memory>
#include <string>
#include <vector>

#include "md/evaluator.hpp"
#include "md/input/input.hpp"
#include "md/potential.hpp"
#include "md/structure.hpp"
#include "program/command_line.hpp"

namespace md {

/// The choices of potential.precision and teacher.precision.
inline constexpr const char* precisions = "float32|float64|tf32x3|tf32|bf16|fp16";

/// run.threads as a number; auto is the number of cores this process may use.
int read_threads(const Input& input);
/// run.device; names the key in what it throws.
Device read_device(const Input& input);
/// The potential of section [potential]; throws what its factory throws, with the key named.
std::unique_ptr<Potential> make_potential(const Input& input, const Device& device);
/// "name: value" for each, as reports have them.
std::vector<std::string> lines_of(const Description& description);
/// Throws InputError, naming the key, for a file that is not there.
void check_is_there(const Input& input, const std::string& path,
                    const std::string& key = "system.structure");
/// Throws InputError for frames that cannot be simulated; warns of what the reader found odd.
void check_frames(const std::string& path, const std::vector<Structure>& frames);
/// Frames of a file of system.structure, checked; names the key for a file that is not there.
std::vector<Structure> read_structure_file(const Input& input, const std::string& path,
                                           const std::string& key = "system.structure");
/// Of all files of system.structure.
std::vector<Structure> read_all_structures(const Input& input);
/// Throws InputError when the potential cannot treat one of the systems. Warns about what it can
/// but should not do. `drives`: whether its forces move atoms.
void check_systems(const Input& input, const Potential& potential, const Device& device,
                   const std::vector<Structure>& systems, bool drives = true);

/// The input of a verb that takes keys of the command line on top of those of one file, if any.
Input read_input(const CommandLine& line);
/// The potential of section [potential], which can treat these systems, ready to be asked.
Evaluator make_evaluator(const Input& input, const std::vector<Structure>& systems);

/// A line of its own on standard error that begins with "warning:".
void warn(const std::string& what);

}  // namespace md
