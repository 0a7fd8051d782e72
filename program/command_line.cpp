#include "program/command_line.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <set>

#include "md/errors.hpp"
#include "md/text.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace po = boost::program_options;
namespace {

/// "2." of "2.output.every", which is of the second stage; "" of a key of all stages.
std::string stage_prefix(const std::string& name) {
  const auto end = name.find_first_not_of("0123456789");
  return end > 0 && end < name.size() && name[end] == '.' ? name.substr(0, end + 1) : "";
}

int stage_of(const std::string& name) {
  const std::string prefix = stage_prefix(name);
  if (prefix.empty()) return 0;
  const int stage = prefix.size() > 6 ? 0 : std::stoi(prefix);
  if (stage > 0) return stage;
  throw InputError("command line: " + name + ": there is no such stage; they are counted from 1");
}

[[noreturn]] void fail_option(const std::string& option, const std::vector<std::string>& keys) {
  std::string name = option;
  name.erase(0, name.find_first_not_of('-'));
  name = name.substr(0, name.find('='));
  const std::string prefix = stage_prefix(name);
  name.erase(0, prefix.size());
  std::string hint = nearest(name, keys);
  for (const std::string& key : keys)  // --steps for --integrator.steps
    if (hint.empty() && key.ends_with("." + name)) hint = key;
  throw InputError("command line: no option is called '" + option + "'; " +
                   (hint.empty()
                        ? "keys are given as --section.key=value, see `understudy help run`"
                        : "did you mean --" + prefix + hint + "?"));
}

[[noreturn]] void fail_empty(const std::string& name) {
  throw InputError("command line: " + name + ": has no value; give one, or --" + name +
                   "=default to go without that of the file");
}

/// Throws InputError where a key is of a stage that is not there.
void check_stages(const CommandLine& line) {
  if (line.of_stage.empty()) return;
  const auto& [stage, overrides] = *line.of_stage.rbegin();
  const std::string where =
      "command line: " + std::to_string(stage) + "." + overrides[0].first + ": ";
  if (!verbs().find(line.verb).stages)
    throw InputError(where + "`understudy " + line.verb + "` has no stages; give --" +
                     overrides[0].first + "=VALUE");
  const int stages = std::max(1, static_cast<int>(line.arguments.size()));
  if (stage > stages)
    throw InputError(where + "there is no stage " + std::to_string(stage) + ", only " +
                     (stages == 1 ? "one" : std::to_string(stages)));
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  std::vector<std::string> words(argv + 1, argv + argc);
  line.text = "understudy";
  for (const std::string& word : words) line.text += " " + word;
  if (words.empty())
    throw InputError("command line: a verb is missing; there are: " + join(verbs_in_order(), ", ") +
                     " (`understudy --help` explains them)");
  line.verb = words[0];
  if (line.verb == "--version" || line.verb == "-V") line.verb = "version";
  if (line.verb == "--help" || line.verb == "-h") line.verb = "help";
  verbs().find(line.verb);  // throws where there is none
  words.erase(words.begin());
  if (line.verb == "help") {
    line.arguments = words;
    return line;
  }

  const std::vector<std::string> keys = Input(full_schema()).full_keys();
  std::set<std::string> prefixes{""};
  for (const std::string& word : words)
    if (word.starts_with("--")) prefixes.insert(stage_prefix(word.substr(2)));
  po::options_description description;
  description.add_options()("help,h", "");
  for (const std::string& prefix : prefixes)
    for (const std::string& key : keys)
      description.add_options()((prefix + key).c_str(), po::value<std::string>());
  using Style = po::command_line_style::style_t;
  const int style = Style::allow_long | Style::long_allow_adjacent | Style::long_allow_next |
                    Style::allow_short | Style::allow_dash_for_short | Style::short_allow_next;
  bool help = false;
  try {
    const auto parsed =
        po::command_line_parser(words).options(description).style(style).allow_unregistered().run();
    std::set<std::string> seen;
    for (const auto& option : parsed.options) {
      const std::string& name = option.string_key;
      if (option.position_key >= 0) {
        line.arguments.push_back(option.value.at(0));
      } else if (name == "help") {
        help = true;
      } else if (option.unregistered) {
        fail_option(option.original_tokens.at(0), keys);
      } else {
        if (!seen.insert(name).second) throw InputError("command line: " + name + ": given twice");
        const int stage = stage_of(name);
        (stage == 0 ? line.overrides : line.of_stage[stage])
            .emplace_back(name.substr(stage_prefix(name).size()), option.value.at(0));
      }
    }
  } catch (const po::invalid_command_line_syntax& error) {
    if (error.kind() == po::invalid_syntax::empty_adjacent_parameter ||
        error.kind() == po::invalid_syntax::missing_parameter)
      fail_empty(error.get_option_name().substr(2));  // without its dashes
    throw InputError(std::string("command line: ") + error.what());
  } catch (const po::error& error) {
    throw InputError(std::string("command line: ") + error.what());
  }
  if (help) {
    line.arguments = {line.verb};
    line.verb = "help";
  } else {
    check_stages(line);
  }
  return line;
}

void apply_overrides(Input& input, const CommandLine& line, int stage) {
  const auto apply = [&](const Overrides& overrides, const std::string& prefix,
                         const std::string& origin) {
    const auto given = [&](const std::string& key) {
      return std::any_of(overrides.begin(), overrides.end(),
                         [&](const auto& override) { return override.first == key; });
    };
    for (const auto& [key, value] : overrides) {
      if (key == "integrator.steps" && !given("integrator.time")) input.erase("integrator.time");
      if (key == "integrator.time" && !given("integrator.steps")) input.erase("integrator.steps");
      if (trim(value).empty()) fail_empty(prefix + key);
      if (trim(value) == "default")
        input.erase(key);
      else
        input.set(key, value, origin);
    }
  };
  apply(line.overrides, "", "command line");
  const std::string number = std::to_string(stage);
  if (const auto own = line.of_stage.find(stage); own != line.of_stage.end())
    apply(own->second, number + ".", "command line, stage " + number);
}

}  // namespace md
