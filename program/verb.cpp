#include "program/verb.hpp"

#include <algorithm>

namespace md {

Registry<Verb>& verbs() {
  static Registry<Verb> registry("command line", "verb");
  return registry;
}

std::vector<std::string> verbs_in_order() {
  std::vector<std::string> names = verbs().names();
  std::stable_sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return verbs().find(a).order < verbs().find(b).order;
  });
  return names;
}

}  // namespace md
