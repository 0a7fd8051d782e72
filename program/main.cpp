#include <csignal>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>

#include "program/plugins.hpp"
#include "program/signals.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

ExitCode run_program(int argc, char** argv) {
  load_plugins(argc, argv);
  const CommandLine line = parse_command_line(argc, argv);
  return verbs().find(line.verb).run(line);
}

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
  open_standard_descriptors();
  end_on_signals();
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
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::broken_pipe) return 128 + SIGPIPE;  // `understudy help | head`
    return report(ExitCode::resource, std::string("unexpected: ") + error.what());
  } catch (const std::exception& error) {
    return report(ExitCode::resource, std::string("unexpected: ") + error.what());
  }
}
