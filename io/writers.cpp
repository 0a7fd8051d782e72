#include "io/writers.hpp"

namespace md {

WriterRegistry& writers() {
  static WriterRegistry registry("output.trajectory", "trajectory format");
  return registry;
}

std::unique_ptr<Writer> make_writer(const std::string& format, const WriterOptions& options) {
  return writers().find(format).make(options);
}

}  // namespace md
