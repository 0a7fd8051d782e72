#include "potentials/support/safetensors_writer.hpp"

#include "md/files.hpp"
#include "md/json.hpp"

namespace md {

void write_safetensors(const std::string& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::map<std::string, Json> entries;  // written in the order of names
  entries["__metadata__"] = Json::object();
  for (const auto& [name, value] : metadata) entries["__metadata__"][name] = value;
  std::uint64_t size = 0;
  for (const TensorToWrite& tensor : tensors) {
    const std::uint64_t bytes = tensor.values.size() * (tensor.wide ? 8 : 4);
    entries[tensor.name] = {{"data_offsets", Json::array({size, size + bytes})},
                            {"dtype", tensor.wide ? "F64" : "F32"},
                            {"shape", tensor.shape}};
    size += bytes;
  }
  Json header = Json::object();
  for (const auto& [name, entry] : entries) header[name] = entry;
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // so that the data are aligned
  const std::uint64_t length = text.size();

  std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
  bytes += text;
  bytes.reserve(bytes.size() + size);
  const auto append = [&](const auto& values) {
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
  };
  for (const TensorToWrite& tensor : tensors) {
    if (tensor.wide)
      append(tensor.values);
    else
      append(std::vector<float>(tensor.values.begin(), tensor.values.end()));
  }
  write_file(path, bytes);
}

}  // namespace md
