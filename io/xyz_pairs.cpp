#include "io/xyz_pairs.hpp"

#include <algorithm>

#include "md/text.hpp"

namespace md {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_quote(char c) { return c == '"' || c == '\''; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool is_ours(std::string_view key) {
  const std::string name = in_lower_case(key);
  return name == "lattice" || name == "properties" || name == "pbc";
}

/// Without the backslashes of escapes.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    result += text[i];
  }
  return result;
}

class Splitter {
 public:
  Splitter(const TextSource& source, std::string_view line) : source_(source), line_(line) {}

  std::vector<XyzPair> split() {
    while (skip_blanks(), at_ < line_.size()) take_pair();
    refuse_what_was_missed();
    return std::move(pairs_);
  }

 private:
  struct Range {
    std::size_t begin, end;
  };

  void skip_blanks() {
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
  }
  bool ends_here(std::size_t at) const { return at >= line_.size() || is_blank(line_[at]); }

  /// One past the quote that closes the one at `at`; npos where there is none.
  std::size_t after_quote(std::size_t at) const {
    for (std::size_t i = at + 1; i < line_.size(); ++i) {
      if (line_[i] == '\\')
        ++i;
      else if (line_[i] == line_[at])
        return i + 1;
    }
    return npos;
  }
  /// One past the bracket or brace that closes the one at `at`; npos where there is none.
  std::size_t after_bracket(std::size_t at) const {
    const char open = line_[at], close = open == '{' ? '}' : ']';
    int depth = 0;
    for (std::size_t i = at; i < line_.size(); ++i) {
      if (line_[i] == '"') {
        const std::size_t end = after_quote(i);
        if (end == npos) return npos;
        i = end - 1;
      } else {
        depth += line_[i] == open ? 1 : line_[i] == close ? -1 : 0;
        if (depth == 0) return i + 1;
      }
    }
    return npos;
  }

  void take_pair() {
    const std::size_t begin = at_;
    XyzPair pair;
    std::size_t end = npos;
    if (is_quote(line_[at_])) {
      end = after_quote(at_);
      if (end != npos && !ends_here(end) && line_[end] != '=') end = npos;  // an apostrophe
    }
    if (end != npos) {
      pair.key = unescaped(line_.substr(begin + 1, end - begin - 2));
    } else {
      end = begin + 1;
      while (end < line_.size() && !is_blank(line_[end]) && line_[end] != '=') ++end;
      if (line_[begin] == '=') end = begin + 1;
      pair.key = line_.substr(begin, end - begin);
    }
    at_ = end;
    skip_blanks();
    if (at_ < line_.size() && line_[at_] == '=' && line_[begin] != '=') {
      ++at_;
      keys_.push_back(begin);
      take_value(pair);
    }
    pairs_.push_back(std::move(pair));
  }

  void take_value(XyzPair& pair) {
    const bool close_by = !ends_here(at_);
    skip_blanks();
    const bool ours = is_ours(pair.key);
    if (at_ == line_.size() || (!close_by && another_key_follows())) {
      if (ours) source_.fail(pair.key + " has no value; " + pair.key + "=\"...\" is wanted");
      return;
    }
    pair.has_value = true;
    const std::size_t begin = at_;
    const bool array = line_[begin] == '{' || line_[begin] == '[';
    if (array || is_quote(line_[begin])) {
      const std::size_t end = array ? after_bracket(begin) : after_quote(begin);
      if (end != npos && ends_here(end)) {
        values_.push_back({begin, end});
        const std::string_view inside = line_.substr(begin + 1, end - begin - 2);
        pair.text = line_.substr(begin, end - begin);
        pair.value = array ? std::string(inside) : unescaped(inside);
        pair.matrix = line_[begin] == '[' && trimmed(inside).starts_with("[");
        at_ = end;
        return;
      }
      if (ours)
        source_.fail("the value of " + pair.key +
                     " is not closed; a matching quote with a blank behind is wanted");
    }
    while (at_ < line_.size() && !is_blank(line_[at_])) ++at_;
    pair.value = line_.substr(begin, at_ - begin);
    pair.text = quoted_for_xyz(pair.value);
  }

  /// "pbc=T" in "Lattice= pbc=T".
  bool another_key_follows() const {
    std::size_t end = at_;
    while (end < line_.size() && is_word(line_[end])) ++end;
    return end > at_ && end < line_.size() && line_[end] == '=';
  }

  /// Lattice, Properties or pbc with an = behind, neither a key nor inside a closed value.
  void refuse_what_was_missed() const {
    const std::string low = in_lower_case(line_);
    for (const std::string_view name : {"lattice", "properties", "pbc"})
      for (std::size_t at = low.find(name); at != npos; at = low.find(name, at + 1)) {
        std::size_t end = at + name.size();
        if (at > 0 && is_word(low[at - 1])) continue;
        if (end < low.size() && is_quote(low[end])) ++end;
        while (end < low.size() && is_blank(low[end])) ++end;
        if (end >= low.size() || low[end] != '=') continue;
        const auto is_key = [&](std::size_t key) {
          return key == at || (key + 1 == at && is_quote(line_[key]));
        };
        const auto holds = [&](const Range& r) { return r.begin < at && at < r.end; };
        if (std::ranges::none_of(keys_, is_key) && std::ranges::none_of(values_, holds))
          source_.fail("'" + std::string(line_.substr(at, name.size())) +
                       "=' stands in the line but cannot be read as a key; a blank before it and "
                       "quotes that are closed before it are wanted");
      }
  }

  const TextSource& source_;
  std::string_view line_;
  std::size_t at_ = 0;
  std::vector<XyzPair> pairs_;
  std::vector<std::size_t> keys_;  // where they begin
  std::vector<Range> values_;      // in quotes, braces or brackets
};

}  // namespace

bool is_result_name(const std::string& key) {
  return key == "energy" || key == "free_energy" || key == "forces" || key == "stress" ||
         key == "virial" || key == "uncertainty" || key == "uncertainty_atom";
}

std::string reference_name(const std::string& name, std::set<std::string>& used) {
  std::string result = "reference_" + name;
  for (int k = 2; !used.insert(result).second; ++k)
    result = "reference" + std::to_string(k) + "_" + name;
  return result;
}

std::string quoted_for_xyz(std::string_view text) {
  if (!text.empty() && text.find_first_of(" \t\n\r\"'\\={}[],") == npos) return std::string(text);
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' || c == '\r' ? ' ' : c;
  }
  return result + '"';
}

std::vector<XyzPair> split_xyz_comment(const TextSource& source, std::string_view line) {
  return Splitter(source, line).split();
}

}  // namespace md
