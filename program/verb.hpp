#pragma once

#include "md/errors.hpp"
#include "program/command_line.hpp"

namespace md {

// One function per verb. Each throws the errors of md/errors.hpp; main() turns them into exit
// codes.

ExitCode run_verb(const CommandLine& line);
ExitCode restart_verb(const CommandLine& line);
ExitCode check_verb(const CommandLine& line);
ExitCode energy_verb(const CommandLine& line);
ExitCode distill_verb(const CommandLine& line);
ExitCode audit_verb(const CommandLine& line);
ExitCode models_verb(const CommandLine& line);
ExitCode verify_verb(const CommandLine& line);
ExitCode bench_verb(const CommandLine& line);

}  // namespace md
