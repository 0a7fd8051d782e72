#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "md/errors.hpp"

namespace md::test {

/// A file in the temporary folder that goes away with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes, const std::string& suffix = ".safetensors")
      : path_(std::filesystem::temp_directory_path() /
              ("understudy_test_" + std::to_string(::getpid()) + "_" + std::to_string(count_++) +
               suffix)) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  static inline int count_ = 0;
  std::filesystem::path path_;
};

/// The message of the InputError that `read` must throw for a file with these bytes, "no error" if
/// it throws none. The message must be one line that begins with the path.
template <class F>
std::string error_of_file(const std::string& bytes, F read) {
  const TemporaryFile file(bytes);
  try {
    read(file.path());
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.rfind(file.path() + ": ", 0), 0u) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  return "no error";
}

/// The bytes of a safetensors file with this header text and data.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

/// A safetensors file taken apart, to be changed and put together again.
struct EditableSafetensors {
  nlohmann::json header;
  std::string data;

  explicit EditableSafetensors(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    header = nlohmann::json::parse(bytes.substr(8, length));
    data = bytes.substr(8 + length);
  }
  /// Appends a tensor.
  void add(const std::string& name, const std::string& type, const std::vector<std::int64_t>& shape,
           const std::string& bytes) {
    header[name] = {{"dtype", type},
                    {"shape", shape},
                    {"data_offsets", {data.size(), data.size() + bytes.size()}}};
    data += bytes;
  }
  /// Takes a tensor out and closes the gap.
  void remove(const std::string& name) {
    const std::size_t begin = header[name]["data_offsets"][0],
                      end = header[name]["data_offsets"][1];
    data.erase(begin, end - begin);
    header.erase(name);
    for (auto& [key, entry] : header.items())
      if (key != "__metadata__" && entry["data_offsets"][0] >= end)
        for (auto& offset : entry["data_offsets"])
          offset = offset.get<std::size_t>() - (end - begin);
  }
  std::string bytes() const { return safetensors_bytes(header.dump(), data); }
};

}  // namespace md::test
