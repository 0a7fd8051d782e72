#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "io/text_source.hpp"

namespace md {

/// A key with its value in the second line of an extended XYZ frame, or a word without a value.
struct XyzPair {
  std::string key;    // without quotes; of a word the word
  std::string value;  // without the quotes, braces or brackets around it and without escapes
  std::string text;   // the value as it may be written again: as it stands, quoted where it must be
  bool has_value = false;
  bool matrix = false;  // an array of arrays
};

/// Splits the line by the specification of libAtoms/extxyz: blanks around =, keys and values in
/// double or single quotes, arrays in quotes, braces and brackets. What is none of these is any
/// text. Throws InputError where Lattice, Properties or pbc stands in the line with an = and is not
/// one of the keys found.
std::vector<XyzPair> split_xyz_comment(const TextSource& source, std::string_view line);

/// The key or value in double quotes where it needs some.
std::string quoted_for_xyz(std::string_view text);
/// Names, in lower case, that ASE turns into results. Whoever writes the frame again has results of
/// its own.
bool is_result_name(const std::string& key);
/// A name for `name` ("energy", "forces") of somebody else, "reference_energy", that is not `used`
/// (names in lower case), to which it is added.
std::string reference_name(const std::string& name, std::set<std::string>& used);

}  // namespace md
