#include "program/help/completion.hpp"

#include <algorithm>
#include <map>

#include "md/text.hpp"
#include "program/help/listing.hpp"
#include "program/help/topics.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

using Lists = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// A function of the shell that prints the words of one of some lists.
std::string function(const std::string& name, const Lists& lists) {
  std::string text = name + "() {\n  case $1 in\n";
  for (const auto& [of, words] : lists)
    if (!words.empty()) text += "    " + of + ") echo '" + join(words, " ") + "' ;;\n";
  return text + "  esac\n}\n";
}

/// What the arguments of a verb are, in the words of its usage.
std::string arguments_of(const Verb& verb) {
  const std::string usage = verb.usage + verb.help;
  for (const char* const word : {"INPUT.ini", "DIRECTORY", "[FILE]", "[WORD]"})
    if (usage.find(word) != std::string::npos) return word;
  return "";
}

/// Keys by section and values by key. A key of several components takes the values of each.
void collect(Lists& keys, Lists& values) {
  std::map<std::string, std::vector<std::string>> known;
  for (const std::string& name : section_names()) {
    std::vector<std::string> names;
    for (const Place& place : all_places()) {
      if (place.section != name) continue;
      auto [it, fresh] = known.emplace(place.full(), place.values);
      if (fresh)
        names.push_back(place.key.name);
      else
        for (const std::string& value : place.values)
          if (std::find(it->second.begin(), it->second.end(), value) == it->second.end())
            it->second.push_back(value);
      if (place.key.kind == Kind::file || place.key.kind == Kind::files) it->second = {"FILE"};
    }
    keys.emplace_back(name, names);
  }
  values.assign(known.begin(), known.end());
}

const char* const script = R"bash(
_understudy() {
  local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}
  local option='' value='' lead='' stage='' key words
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$(_understudy_lists verbs) --help --version" -- "$cur")
    return
  fi
  # bash parts --key=value at the = into three words, unless it is told not to.
  if [[ $cur == --*=* ]]; then
    option=${cur%%=*} value=${cur#*=} lead=$option=
  elif [[ $cur == = ]]; then
    option=$before
  elif [[ $before == = ]]; then
    option=${COMP_WORDS[COMP_CWORD-2]} value=$cur
  elif [[ $before == --*.* && $cur != -* ]]; then
    option=$before value=$cur
  fi
  if [[ $option ]]; then
    key=${option#--}
    [[ $key =~ ^[0-9]+\. ]] && key=${key#*.}
    words=$(_understudy_values "$key")
    if [[ $words == FILE ]]; then
      lead+=${value%"${value##*,}"}  # of a list the last one
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -P "$lead" -- "${value##*,}")
    else
      mapfile -t COMPREPLY < <(compgen -W "$words" -P "$lead" -- "$value")
    fi
  elif [[ $cur == -* ]]; then
    key=${cur#--}
    if [[ " $(_understudy_lists stages) " == *" $verb "* && $key =~ ^[0-9]+\. ]]; then
      stage=${BASH_REMATCH[0]} key=${key#*.}
    fi
    words=$(_understudy_sections "$verb")
    # shellcheck disable=SC2086
    if [[ $key == *.* && " $words " == *" ${key%%.*} "* ]]; then
      words=$(_understudy_keys "${key%%.*}")
      words=$(printf -- "--$stage${key%%.*}.%s= " $words)
    elif [[ $words ]]; then
      words=$(printf -- "--$stage%s. " $words)
    fi
    [[ $verb == help ]] && words='--bash-completion --man'
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    [[ ${COMPREPLY[0]} == *[.=] ]] && compopt -o nospace 2>/dev/null
  else
    case $(_understudy_arguments "$verb") in
      DIRECTORY) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
      INPUT.ini) mapfile -t COMPREPLY < <(compgen -f -X '!*.ini' -- "$cur"; compgen -d -- "$cur") ;;
      '[FILE]') mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
      '[WORD]')
        mapfile -t COMPREPLY < <(compgen -W "$(_understudy_lists topics)" -- "$cur")
        return
        ;;
    esac
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _understudy understudy
)bash";

}  // namespace

std::string bash_completion() {
  Lists of_verbs, keys, values, arguments;
  std::vector<std::string> staged;
  for (const std::string& name : verbs_in_order()) {
    const Verb& verb = verbs().find(name);
    of_verbs.emplace_back(name, verb.sections);
    arguments.emplace_back(name, std::vector{arguments_of(verb)});
    if (verb.stages) staged.push_back(name);
  }
  collect(keys, values);
  return "# Completion of understudy in bash; made by `understudy help --bash-completion`.\n\n" +
         function("_understudy_lists",
                  {{"verbs", verbs_in_order()}, {"stages", staged}, {"topics", all_topics()}}) +
         function("_understudy_sections", of_verbs) + function("_understudy_arguments", arguments) +
         function("_understudy_keys", keys) + function("_understudy_values", values) + script;
}

}  // namespace md
