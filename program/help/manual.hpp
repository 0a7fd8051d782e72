#pragma once

#include <string>

namespace md {

/// The manual page understudy(1), for man, groff or mandoc.
std::string manual_page();

}  // namespace md
