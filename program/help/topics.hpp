#pragma once

#include <string>
#include <vector>

namespace md {

/// What stands behind a word: a verb, a section, a key ("time_step", "integrator.time_step"), or a
/// component ("langevin"). "[run]" is the section where a verb has the same name. Throws InputError
/// with the nearest word for one that is nothing.
std::string explain(const std::string& word);
/// Every word that explain() knows: verbs, sections, components, keys with their sections.
std::vector<std::string> all_topics();

}  // namespace md
