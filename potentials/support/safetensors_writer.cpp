#include "potentials/support/safetensors_writer.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "md/errors.hpp"

namespace md {

void write_safetensors(const std::string& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = {{"__metadata__", metadata}};
  std::uint64_t size = 0;
  for (const TensorToWrite& tensor : tensors) {
    const std::uint64_t bytes = tensor.values.size() * (tensor.wide ? 8 : 4);
    header[tensor.name] = {{"dtype", tensor.wide ? "F64" : "F32"},
                           {"shape", tensor.shape},
                           {"data_offsets", {size, size + bytes}}};
    size += bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // so that the data are aligned
  const std::uint64_t length = text.size();

  const std::string part = path + ".part";
  std::ofstream out(part, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out << text;
  for (const TensorToWrite& tensor : tensors) {
    if (tensor.wide) {
      out.write(reinterpret_cast<const char*>(tensor.values.data()),
                static_cast<std::streamsize>(8 * tensor.values.size()));
      continue;
    }
    const std::vector<float> values(tensor.values.begin(), tensor.values.end());
    out.write(reinterpret_cast<const char*>(values.data()),
              static_cast<std::streamsize>(4 * values.size()));
  }
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(part, path, error);
  if (out && !error) return;
  const std::string why = error ? error.message() : std::strerror(errno);
  std::filesystem::remove(part, error);
  throw FileError(path + ": cannot be written: " + why);
}

}  // namespace md
