#include "program/command_line.hpp"

#include <boost/program_options.hpp>
#include <set>

#include "md/errors.hpp"
#include "md/text.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace po = boost::program_options;
namespace {

[[noreturn]] void fail_option(const std::string& option, const std::vector<std::string>& keys) {
  std::string name = option;
  name.erase(0, name.find_first_not_of('-'));
  name = name.substr(0, name.find('='));
  std::string hint = nearest(name, keys);
  for (const std::string& key : keys)  // --steps for --integrator.steps
    if (hint.empty() && key.ends_with("." + name)) hint = key;
  throw InputError("command line: no option is called '" + option + "'; " +
                   (hint.empty()
                        ? "keys are given as --section.key=value, see `understudy help run`"
                        : "did you mean --" + hint + "?"));
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  std::vector<std::string> words(argv + 1, argv + argc);
  line.text = "understudy";
  for (const std::string& word : words) line.text += " " + word;
  if (!words.empty() && (words[0] == "--version" || words[0] == "-V")) {
    line.verb = "version";
    return line;
  }
  if (words.empty())
    throw InputError("command line: a verb is missing; there are: " + join(verbs_in_order(), ", ") +
                     " (`understudy --help` explains them)");
  if (words[0] == "--help" || words[0] == "-h") {
    line.verb = "help";
    return line;
  }
  line.verb = words[0];
  verbs().find(line.verb);  // throws where there is none
  words.erase(words.begin());
  if (line.verb == "help") {
    line.arguments = words;
    return line;
  }

  const std::vector<std::string> keys = Input(full_schema()).full_keys();
  po::options_description description;
  description.add_options()("help,h", "");
  for (const std::string& key : keys)
    description.add_options()(key.c_str(), po::value<std::string>());
  using Style = po::command_line_style::style_t;
  const int style = Style::allow_long | Style::long_allow_adjacent | Style::long_allow_next |
                    Style::allow_short | Style::allow_dash_for_short | Style::short_allow_next;
  po::positional_options_description positional;
  try {
    const auto parsed =
        po::command_line_parser(words).options(description).style(style).allow_unregistered().run();
    std::set<std::string> seen;
    for (const auto& option : parsed.options) {
      if (option.position_key >= 0) {
        line.arguments.push_back(option.value.at(0));
      } else if (option.string_key == "help") {
        line.help = true;
      } else if (option.unregistered) {
        fail_option(option.original_tokens.at(0), keys);
      } else {
        if (!seen.insert(option.string_key).second)
          throw InputError("command line: " + option.string_key + ": given twice");
        line.overrides.emplace_back(option.string_key, option.value.at(0));
      }
    }
  } catch (const po::error& error) {
    throw InputError(std::string("command line: ") + error.what());
  }
  return line;
}

void apply_overrides(Input& input, const CommandLine& line) {
  for (const auto& [key, value] : line.overrides) {
    if (key == "integrator.steps" && input.from_file("integrator.time"))
      input.erase("integrator.time");
    if (key == "integrator.time" && input.from_file("integrator.steps"))
      input.erase("integrator.steps");
    input.set(key, value);
  }
}

}  // namespace md
