#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "md/periodicity.hpp"
#include "md/vec3.hpp"

namespace md {

/// The lines of a text file, one after another, with errors that name file and line.
class TextSource {
 public:
  /// `text` must outlive this. `lines`: of the file that stand before it.
  TextSource(std::string path, std::string_view text, int lines = 0)
      : path_(std::move(path)), rest_(text), line_(lines) {}

  /// The next line without its end (LF or CRLF); false at the end of the file.
  bool next(std::string_view& line);
  /// The next line, which must be there: `what` it has names it in the error.
  std::string_view line_of(const char* what);
  /// Whether nothing but blank lines is left.
  bool only_blank_left() const;
  /// Number of the line that next() gave last, from 1.
  int line() const { return line_; }
  /// One that stands at this line, for its errors.
  TextSource at(int line) const {
    TextSource copy = *this;
    copy.line_ = line;
    return copy;
  }
  /// Bytes not yet read.
  std::size_t left() const { return rest_.size(); }

  /// Throws InputError "path:line: what", for the line that next() gave last.
  [[noreturn]] void fail(const std::string& what) const { fail_at(line_, what); }
  [[noreturn]] void fail_at(int line, const std::string& what) const;

  /// A finite number; `what` names it in the error.
  double number(std::string_view token, std::string_view what) const;
  /// A whole number that fits an int.
  int integer(std::string_view token, std::string_view what) const;
  /// Atomic number of a symbol in any case ("Cl", "CL") or of digits ("17").
  int element(std::string_view token) const;
  /// An element's symbol in any case; 0 if it is none.
  static int find_element(std::string_view token);
  /// Throws unless the cell has volume along the periodic rows; `what` names it.
  void check_cell(const Mat3& cell, Periodicity periodic, const std::string& what) const;

 private:
  std::string path_;
  std::string_view rest_;
  int line_ = 0;
};

/// The token for a message: on one line, printable, not too long.
std::string in_quotes(std::string_view token);
/// Fills `tokens` with the pieces of a line between blanks and tabs.
void split_blank(std::string_view line, std::vector<std::string_view>& tokens);
/// The text without blanks and tabs at its ends.
std::string_view trimmed(std::string_view text);

}  // namespace md
