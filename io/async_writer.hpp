#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "io/text_log.hpp"
#include "md/writer.hpp"

namespace md {

/// Writes frames and log lines on a thread of its own, in the order they were submitted. At most
/// `capacity` jobs wait; then submit() waits too, nothing is dropped. After a failure nothing more
/// is written, and every further submit(), flush() and finish() throws that first error. Used by
/// one thread.
class AsyncWriter {
 public:
  /// Every frame goes to all `writers`, lines go to `log` (null: there must be none).
  AsyncWriter(std::vector<std::unique_ptr<Writer>> writers, std::unique_ptr<TextLog> log,
              std::size_t capacity = 4);
  /// Writes what was submitted; errors that nobody asked for are lost here, so call finish().
  ~AsyncWriter();

  /// A frame and a text whose memory comes from jobs already done: in the steady state, filling
  /// them with arrays of the same sizes does not allocate. The contents are old.
  Frame take_frame();
  std::string take_text();  // empty

  void submit(Frame&& frame);
  void submit(std::string&& lines);
  /// Waits until everything submitted is on the disk; marks of all files, the log's last.
  std::vector<FileMark> flush();
  /// flush(), then ends the thread.
  std::vector<FileMark> finish();

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace md
