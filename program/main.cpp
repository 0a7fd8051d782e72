#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>

#include "program/help.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

ExitCode run_program(int argc, char** argv) {
  const CommandLine line = parse_command_line(argc, argv);
  if (line.verb == "version") {
    std::cout << version_text() << "\n";
    return ExitCode::done;
  }
  if (line.help) {
    std::cout << help_text(line.verb);
    return ExitCode::done;
  }
  return verbs().find(line.verb).run(line);
}

#ifdef MD_TORCH
/// LibTorch's OpenMP threads wait for work by spinning for milliseconds, which stalls everything on
/// a machine that does something else too. Its OpenMP library reads how long from the environment
/// when it is loaded, so the program starts itself once more, under its own name, with a bound well
/// under a millisecond. Returns where the user has said otherwise, or where that is not possible.
void bound_spinning(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  setenv("GOMP_SPINCOUNT", "30000", 1);
  std::error_code ignored;
  execv(std::filesystem::read_symlink("/proc/self/exe", ignored).c_str(), argv);
}
#endif

/// One line on standard error, whatever a library put into its message.
int report(ExitCode code, std::string message) {
  for (char& c : message)
    if (c == '\n' || c == '\r') c = ' ';
  std::cerr << "error: " << message << std::endl;
  return static_cast<int>(code);
}

}  // namespace
}  // namespace md

int main(int argc, char** argv) {
  using namespace md;
#ifdef MD_TORCH
  bound_spinning(argv);
#endif
  try {
    return static_cast<int>(run_program(argc, argv));
  } catch (const InputError& error) {
    return report(ExitCode::input, error.what());
  } catch (const NumericalError& error) {
    return report(ExitCode::numerical, error.what());
  } catch (const ResourceError& error) {
    return report(ExitCode::resource, error.what());
  } catch (const std::bad_alloc&) {
    return report(ExitCode::resource, "out of memory; use fewer replicas or smaller systems");
  } catch (const std::exception& error) {
    return report(ExitCode::resource, std::string("unexpected: ") + error.what());
  }
}
