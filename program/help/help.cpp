#include <fmt/format.h>

#include "md/text.hpp"
#include "program/help/completion.hpp"
#include "program/help/listing.hpp"
#include "program/help/manual.hpp"
#include "program/help/topics.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

std::string overview() {
  std::string text =
      "understudy: molecular dynamics with machine-learned potentials, many replicas at once\n\n";
  for (const std::string& name : verbs_in_order()) {
    const Verb& verb = verbs().find(name);
    text += "  understudy " + verb.usage + "\n      " + verb.summary + "\n";
  }
  text += R"(
An input file holds sections of `key = value` lines. A first one, water.ini:

)" + std::string(example_input) +
          R"(
  understudy check water.ini                            what the run will need
  understudy run water.ini                              the run
  understudy run water.ini --integrator.time='20 ps'    every key can be given here too, and wins
  understudy restart runs/water                         goes on where it was stopped

  understudy help run            what a run needs, and all keys
  understudy help integrator     a section of the input file
  understudy help time_step      a key
  understudy help langevin       an integrator; in the same way a potential

Exit codes:
)";
  for (const auto& [code, meaning] : exit_codes())
    text += paragraph(fmt::format("  {:<3}", code), meaning);
  return text;
}

/// A topic as users type it: also "--integrator.time_step=1".
std::string topic_of(const std::string& word) {
  const auto begin = word.find_first_not_of('-');
  return begin == std::string::npos ? word : word.substr(begin, word.find('=') - begin);
}

ExitCode help_verb(const CommandLine& line) {
  if (line.arguments.size() > 1)
    throw InputError("command line: help explains one word, not " +
                     std::to_string(line.arguments.size()));
  const std::string word = line.arguments.empty() ? "" : line.arguments[0];
  std::string text;
  if (word.empty())
    text = overview();
  else if (word == "--bash-completion")
    text = bash_completion();
  else if (word == "--man")
    text = manual_page();
  else
    text = explain(topic_of(word));
  fmt::print("{}", text);
  return ExitCode::done;
}

const bool registered =
    verbs().add("help", {100,
                         "help [WORD]",
                         "explain a verb, a section, a key, a potential or an integrator",
                         R"(understudy help [WORD]
understudy VERB --help
Explains a verb, a section of the input file, a key (time_step or integrator.time_step), a potential
or an integrator by its name. '[run]' is the section, run the verb. Without a word: the overview.

understudy help --bash-completion    a completion script for bash; to try it:
                                     source <(understudy help --bash-completion)
understudy help --man                the manual page; to read it: understudy help --man | man -l -
`cmake --install` installs both.
)",
                         {},
                         help_verb});

}  // namespace
}  // namespace md
