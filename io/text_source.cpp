#include "io/text_source.hpp"

#include <array>
#include <charconv>

#include "md/cell.hpp"
#include "md/errors.hpp"
#include "md/structure.hpp"

namespace md {
namespace {

/// False when `token` is not a number as a whole. Takes a leading plus and Fortran's D exponent.
bool parse(std::string_view token, double& value) {
  if (token.size() > 1 && token[0] == '+' && token[1] != '-') token.remove_prefix(1);
  auto [end, error] = std::from_chars(token.begin(), token.end(), value);
  if (error == std::errc{} && end == token.end()) return true;
  if (end == token.begin() || end == token.end() || (*end != 'D' && *end != 'd')) return false;
  std::string copy(token);
  copy[end - token.begin()] = 'e';
  auto [last, failed] = std::from_chars(copy.data(), copy.data() + copy.size(), value);
  return failed == std::errc{} && last == copy.data() + copy.size();
}

}  // namespace

bool TextSource::next(std::string_view& line) {
  if (rest_.empty()) return false;
  const std::size_t end = rest_.find('\n');
  line = rest_.substr(0, end);
  rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  ++line_;
  return true;
}

std::string_view TextSource::line_of(const char* what) {
  std::string_view text;
  if (!next(text)) fail(std::string("the file ends before ").append(what));
  return text;
}

bool TextSource::only_blank_left() const {
  return rest_.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void TextSource::fail_at(int line, const std::string& what) const {
  throw InputError(path_ + ":" + std::to_string(line) + ": " + what);
}

double TextSource::number(std::string_view token, std::string_view what) const {
  double value = 0;
  if (!parse(token, value))
    fail(std::string(what) + " is " + in_quotes(token) + "; a number is wanted");
  if (!std::isfinite(value))
    fail(std::string(what) + " is " + in_quotes(token) + "; a finite number is wanted");
  return value;
}

int TextSource::integer(std::string_view token, std::string_view what) const {
  int value = 0;
  const auto [end, error] = std::from_chars(token.begin(), token.end(), value);
  if (error != std::errc{} || end != token.end())
    fail(std::string(what) + " is " + in_quotes(token) + "; a whole number is wanted");
  return value;
}

int TextSource::find_element(std::string_view token) {
  if (token.empty() || token.size() > 2) return 0;
  std::string name(token);
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  if (name.size() > 1)
    name[1] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[1])));
  return atomic_number(name);
}

int TextSource::element(std::string_view token) const {
  int number = find_element(token);
  if (number == 0 && !token.empty() && token[0] >= '0' && token[0] <= '9') {
    const auto [end, error] = std::from_chars(token.begin(), token.end(), number);
    if (error != std::errc{} || end != token.end() || number < 1 || number > 118) number = 0;
  }
  if (number == 0)
    fail(in_quotes(token) +
         " is not an element; a symbol (H to Og) or an atomic number (1 to 118) is "
         "wanted");
  return number;
}

void TextSource::check_cell(const Mat3& cell, Periodicity periodic, const std::string& what) const {
  for (int k = 0; k < 3; ++k)
    if (periodic[k] && norm(cell[k]) == 0)
      fail(what + " vector " + std::to_string(k + 1) + " is zero along a periodic direction");
  const Mat3 complete = complete_cell(cell, periodic, 1);
  const double scale = norm(complete[0]) * norm(complete[1]) * norm(complete[2]);
  if (!(std::abs(determinant(complete)) > 1e-6 * scale))
    fail(what + " has no volume; three linearly independent cell vectors are wanted");
}

std::string in_quotes(std::string_view token) {
  std::string text = "'";
  for (char c : token.substr(0, 40)) text += c >= ' ' && c != 127 ? c : '?';
  return text + (token.size() > 40 ? "...'" : "'");
}

void split_blank(std::string_view line, std::vector<std::string_view>& tokens) {
  tokens.clear();
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    tokens.push_back(line.substr(at, end - at));
    at = end;
  }
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace md
