#include "md/text.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace md {
namespace {

int edit_distance(std::string_view a, std::string_view b) {
  std::vector<int> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int substitution = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row.back();
}

}  // namespace

std::string trim(std::string_view text) {
  const auto space = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string in_lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (trim(text).empty()) return parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(trim(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string result;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) result += separator;
    result += part;
  }
  return result;
}

std::string nearest(std::string_view text, const std::vector<std::string>& candidates) {
  std::string best;
  int best_distance = static_cast<int>(text.size()) / 3 + 1;
  for (const std::string& candidate : candidates) {
    // The start of a name counts as near: 'verlet' is no prefix, but 'velocity' is.
    const bool part = text.size() >= 4 && candidate.find(text) != std::string::npos;
    const int distance = part ? 1 : edit_distance(text, candidate);
    if (distance <= best_distance && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string choices(std::string_view text, const std::vector<std::string>& candidates) {
  const std::string near = nearest(text, candidates);
  return (near.empty() ? "" : "did you mean '" + near + "'? ") +
         "there are: " + join(candidates, ", ");
}

}  // namespace md
