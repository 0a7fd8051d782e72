#include "potentials/support/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "md/errors.hpp"
#include "md/files.hpp"
#include "md/json.hpp"

namespace md {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t max_header = 100'000'000;  // bytes; the limit of the reference reader

/// Bytes of one element; 0 for a type this reader does not know.
int bytes_of(const std::string& type) {
  static const std::map<std::string, int> table{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1},
      {"U16", 2},  {"I16", 2}, {"F16", 2}, {"BF16", 2},    {"U32", 4},
      {"I32", 4},  {"F32", 4}, {"U64", 8}, {"I64", 8},     {"F64", 8}};
  const auto it = table.find(type);
  return it == table.end() ? 0 : it->second;
}

/// IEEE 754 binary16: 5 bits of exponent, 10 of fraction.
double from_half(std::uint16_t bits) {
  const double sign = bits & 0x8000 ? -1 : 1;
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent == 31) return fraction ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

double from_bfloat(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

template <class Stored, class Convert>
void convert(std::span<const std::byte> data, std::vector<double>& out, Convert to_double) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored x;
    std::memcpy(&x, data.data() + i * sizeof x, sizeof x);
    out[i] = to_double(x);
  }
}

/// Parses the header and refuses a name that stands twice in an object.
Json parse_header(const std::string& path, std::span<const std::byte> header) {
  std::string repeated;
  const char* begin = reinterpret_cast<const char*>(header.data());
  Json json = Json::parse({begin, header.size()}, &repeated);
  if (!json.is_object())
    throw InputError(path + ": is not a safetensors file (its header is not a JSON object)");
  if (!repeated.empty()) throw InputError(path + ": '" + repeated + "' stands twice in the header");
  return json;
}

/// What cannot be such a file is refused by its first bytes, before gigabytes of zeros are read.
std::string read_model(const std::string& path) {
  std::error_code error;
  char begin[9] = {};
  if (std::filesystem::is_regular_file(path, error) &&
      std::ifstream(path, std::ios::binary).read(begin, sizeof begin) && begin[8] != '{')
    throw InputError(path + ": is not a safetensors file (it does not begin with a header)");
  return read_file(path, "a safetensors file");
}

/// [begin, end] of a tensor's data, where the entry has that.
bool is_range(const Json& json) { return json.is_array() && json.items().size() == 2; }

}  // namespace

std::int64_t StoredTensor::size() const {
  std::int64_t n = 1;
  for (const std::int64_t extent : shape) n *= extent;
  return n;
}

std::string describe_shape(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape)
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

Safetensors::Safetensors(const std::string& path) : path_(path), bytes_(read_model(path)) {
  std::uint64_t length = 0;
  if (bytes_.size() < 10)
    throw InputError(path_ + ": is not a safetensors file (only " + std::to_string(bytes_.size()) +
                     " bytes)");
  std::memcpy(&length, bytes_.data(), 8);
  if (length > max_header || bytes_[8] != '{')
    throw InputError(path_ + ": is not a safetensors file (it does not begin with a header)");
  if (length > bytes_.size() - 8)
    throw InputError(path_ + ": is cut off: the header has " + std::to_string(length) +
                     " bytes, the file " + std::to_string(bytes_.size()));
  const std::span<const std::byte> all = std::as_bytes(std::span(bytes_));
  read_header(all.subspan(8, length), all.subspan(8 + length));
}

void Safetensors::read_header(std::span<const std::byte> header, std::span<const std::byte> data) {
  const Json json = parse_header(path_, header);
  struct Extent {
    std::uint64_t begin, end;
    std::string name;
  };
  std::vector<Extent> extents;
  for (std::size_t k = 0; k < json.items().size(); ++k) {
    const std::string& name = json.names()[k];
    const Json& entry = json.items()[k];
    if (name == "__metadata__") {
      if (!entry.is_object()) throw InputError(path_ + ": __metadata__ is not an object");
      for (std::size_t m = 0; m < entry.items().size(); ++m) {
        const std::string& key = entry.names()[m];
        if (!entry.items()[m].is_text())
          throw InputError(path_ + ": metadata '" + key + "' must be a string");
        metadata_[key] = entry.items()[m].text();
      }
      continue;
    }
    if (!entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets") ||
        !entry.at("dtype").is_text() || !entry.at("shape").is_array() ||
        !is_range(entry.at("data_offsets")))
      fail(name, "the header entry must have dtype, shape and data_offsets");
    StoredTensor tensor;
    tensor.type = entry.at("dtype").text();
    const int width = bytes_of(tensor.type);
    if (width == 0) fail(name, "the type '" + tensor.type + "' is not known");
    std::uint64_t size = width;
    for (const Json& extent : entry.at("shape").items()) {
      if (!extent.is_natural()) fail(name, "the shape must be whole numbers, 0 or more");
      const auto n = static_cast<std::uint64_t>(extent.integer());
      if (n > 0 && size > (std::uint64_t{1} << 50) / n) fail(name, "the shape is too large");
      size *= n;
      tensor.shape.push_back(static_cast<std::int64_t>(n));
    }
    const std::vector<Json>& range = entry.at("data_offsets").items();
    if (!range[0].is_natural() || !range[1].is_natural())
      fail(name, "data_offsets must be whole numbers, 0 or more");
    const auto begin = static_cast<std::uint64_t>(range[0].integer());
    const auto end = static_cast<std::uint64_t>(range[1].integer());
    if (begin > end || end > data.size())
      fail(name, "its data end at byte " + std::to_string(end) + ", the data section has " +
                     std::to_string(data.size()) + " (is the file cut off?)");
    if (end - begin != size)
      fail(name, "has " + std::to_string(end - begin) + " bytes where " + tensor.type + " " +
                     describe_shape(tensor.shape) + " needs " + std::to_string(size));
    tensor.data = data.subspan(begin, size);
    extents.push_back({begin, end, name});
    tensors_.emplace(name, std::move(tensor));
  }
  std::ranges::sort(extents, {}, [](const Extent& e) { return std::pair(e.begin, e.end); });
  std::uint64_t filled = 0;
  for (const Extent& extent : extents) {
    if (extent.begin < filled) fail(extent.name, "overlaps the tensor before it");
    if (extent.begin > filled) fail(extent.name, "leaves a hole in the data before it");
    filled = extent.end;
  }
  if (filled != data.size())
    throw InputError(path_ + ": " + std::to_string(data.size() - filled) +
                     " bytes after the last tensor belong to none");
}

std::string Safetensors::metadata(const std::string& key) const {
  const auto it = metadata_.find(key);
  return it == metadata_.end() ? "" : it->second;
}

const StoredTensor& Safetensors::tensor(const std::string& name) const {
  const auto it = tensors_.find(name);
  if (it == tensors_.end()) fail(name, "is missing");
  return it->second;
}

std::vector<double> Safetensors::values(const std::string& name,
                                        const std::vector<std::int64_t>& shape) const {
  const StoredTensor& stored = tensor(name);
  if (stored.shape != shape)
    fail(name,
         "has the shape " + describe_shape(stored.shape) + "; it must be " + describe_shape(shape));
  std::vector<double> out(static_cast<std::size_t>(stored.size()));
  if (stored.type == "F64")
    convert<double>(stored.data, out, [](double x) { return x; });
  else if (stored.type == "F32")
    convert<float>(stored.data, out, [](float x) { return static_cast<double>(x); });
  else if (stored.type == "F16")
    convert<std::uint16_t>(stored.data, out, from_half);
  else if (stored.type == "BF16")
    convert<std::uint16_t>(stored.data, out, from_bfloat);
  else
    fail(name, "is of type " + stored.type + "; a floating type is wanted");
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!std::isfinite(out[i]))
      fail(name, "element " + std::to_string(i) + " is not a finite number");
  return out;
}

void Safetensors::fail(const std::string& name, const std::string& what) const {
  throw InputError(path_ + ": tensor '" + name + "': " + what);
}

}  // namespace md
