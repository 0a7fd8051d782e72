#pragma once

#include <string>

namespace md {

/// A script that completes verbs, keys, values and files of `understudy` in bash.
std::string bash_completion();

}  // namespace md
