#include "program/run/origin.hpp"

#include <filesystem>

#include "io/xyz_pairs.hpp"
#include "md/json.hpp"

namespace md {

std::vector<Origin> origins_of(const std::string& path, const std::vector<Structure>& frames) {
  std::filesystem::path file = std::filesystem::path(path).filename();
  if (file.extension() == ".gz") file = file.stem();
  std::vector<Origin> origins;
  for (int k = 0; k < static_cast<int>(frames.size()); ++k) {
    std::string name = remark(frames[k].remarks, "name");
    if (name.empty()) name = file.stem().string();
    if (name == file.stem() && frames.size() > 1) name += "-" + std::to_string(k);
    origins.push_back({path, k, name, 0});
  }
  return origins;
}

std::string remark(const std::string& remarks, const std::string& key) {
  for (const XyzPair& pair : split_xyz_comment(TextSource("remarks", remarks), remarks))
    if (pair.has_value && pair.key == key) return pair.value;
  return "";
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c == '\n' || c == '\r' ? ' ' : c;
  }
  return field + '"';
}

std::string origins_text(const std::vector<Origin>& origins) {
  Json list = Json::array();
  for (const Origin& o : origins) list.push_back(Json::array({o.source, o.frame, o.name, o.copy}));
  return list.dump();
}

std::vector<Origin> read_origins(const std::string& text, std::size_t n) {
  std::vector<Origin> origins;
  const Json list = Json::parse(text);
  for (const Json& origin : list.items()) {
    const std::vector<Json>& o = origin.items();
    if (o.size() == 4)
      origins.push_back({o[0].text(), static_cast<int>(o[1].integer()), o[2].text(),
                         static_cast<int>(o[3].integer())});
  }
  origins.resize(n);
  return origins;
}

}  // namespace md
