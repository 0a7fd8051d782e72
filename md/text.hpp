#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace md {

/// The text without white space at its ends.
std::string trim(std::string_view text);
std::string in_lower_case(std::string_view text);
/// The pieces of a text between separators, trimmed; an empty text gives no pieces.
std::vector<std::string> split(std::string_view text, char separator);
/// The parts one after another with a separator between two.
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// The nearest of `candidates` by edit distance, or "" when none is near enough to be meant.
std::string nearest(std::string_view text, const std::vector<std::string>& candidates);
/// "did you mean 'langevin'? There are: langevin, velocity_verlet".
std::string choices(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace md
