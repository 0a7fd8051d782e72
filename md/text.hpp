#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace md {

std::string trim(std::string_view text);
/// Pieces between separators, trimmed; an empty text gives no pieces.
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// The nearest of `candidates` by edit distance, or "" when none is near enough to be meant.
std::string nearest(std::string_view text, const std::vector<std::string>& candidates);
/// "did you mean 'langevin'? There are: langevin, velocity_verlet".
std::string choices(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace md
