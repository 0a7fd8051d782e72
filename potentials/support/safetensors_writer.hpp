#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace md {

/// A tensor to be written.
struct TensorToWrite {
  std::string name;
  std::vector<std::int64_t> shape;  // row-major
  std::vector<double> values;
  bool wide = false;  // as F64; else as F32
};

/// Writes a safetensors file (see Safetensors) beside `path` and puts it there in one step; the
/// data follow the order of `tensors`. Throws FileError.
void write_safetensors(const std::string& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace md
