#pragma once

#include <stdexcept>
#include <string>

namespace md {

/// Process exit codes, the same for every verb.
enum class ExitCode {
  done = 0,
  input = 2,
  quarantined = 3,
  numerical = 4,
  resource = 5,
  stopped_early = 75,
};

/// What the user can mend: the message names file, line and key and says what is wanted.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The calculation itself failed: every replica bad, or one bad with on_failure = stop.
struct NumericalError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A resource is not there or ran out.
struct ResourceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file cannot be written or finished; the message names the file and the failing call.
struct FileError : ResourceError {
  using ResourceError::ResourceError;
};

/// A device call failed; the message names the call.
struct DeviceError : ResourceError {
  using ResourceError::ResourceError;
};

}  // namespace md
