#include "md/device/host_memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "md/text.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

/// The same of a field in kB, in bytes; 0 when it is not there.
std::size_t proc_bytes(const char* path, const std::string& field) {
  return std::strtoull(proc_field(path, field).c_str(), nullptr, 10) * 1024;
}

/// The number that a file consists of; nothing where it is not there or says "max".
std::optional<std::size_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  std::size_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

/// The value of a "name value" line.
std::size_t value_in(const fs::path& path, const std::string& name) {
  std::ifstream file(path);
  std::string word;
  for (std::size_t value = 0; file >> word >> value;)
    if (word == name) return value;
  return 0;
}

std::optional<std::size_t> smaller(std::optional<std::size_t> a, std::optional<std::size_t> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

/// What one control group leaves.
std::optional<std::size_t> room_in(const fs::path& group, const char* limit, const char* usage,
                                   const char* cache) {
  const auto most = number_in(group / limit), used = number_in(group / usage);
  if (!most || !used) return std::nullopt;
  const std::size_t taken = *used - std::min(*used, value_in(group / "memory.stat", cache));
  return *most - std::min(*most, taken);
}

/// What a limit of the process leaves over `taken`.
std::optional<std::size_t> room_below(__rlimit_resource what, std::size_t taken) {
  rlimit limit{};
  if (getrlimit(what, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur - std::min<std::size_t>(limit.rlim_cur, taken);
}

}  // namespace

std::string proc_field(const char* path, const std::string& field) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(field))
      if (auto colon = line.find(':'); colon != std::string::npos)
        return trim(line.substr(colon + 1));
  return "";
}

std::optional<std::size_t> control_group_room(const std::string& groups, const std::string& root) {
  std::optional<std::size_t> room;
  std::istringstream lines(groups);
  for (std::string line; std::getline(lines, line);) {  // number:controllers:path
    const std::vector<std::string> parts = split(line, ':');
    if (parts.size() < 3) continue;
    const bool unified = parts[1].empty();
    if (!unified && ("," + parts[1] + ",").find(",memory,") == std::string::npos) continue;
    const fs::path top = unified ? fs::path(root) : fs::path(root) / "memory";
    // Where the path is one of outside the container, the group is at the top.
    fs::path group = top / fs::path(parts[2]).relative_path();
    if (!fs::exists(group)) group = top;
    for (;; group = group.parent_path()) {
      room = smaller(room, unified ? room_in(group, "memory.max", "memory.current", "inactive_file")
                                   : room_in(group, "memory.limit_in_bytes",
                                             "memory.usage_in_bytes", "total_inactive_file"));
      if (group == top || group.parent_path() == group) break;
    }
  }
  return room;
}

std::size_t free_host_memory() {
  std::size_t room = proc_bytes("/proc/meminfo", "MemAvailable");
  if (room == 0) room = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  std::ifstream own("/proc/self/cgroup");
  std::stringstream groups;
  groups << own.rdbuf();
  const auto least = [&](std::optional<std::size_t> other) {
    if (other) room = std::min(room, *other);
  };
  least(control_group_room(groups.str(), "/sys/fs/cgroup"));
  least(room_below(RLIMIT_AS, proc_bytes("/proc/self/status", "VmSize")));
  least(room_below(RLIMIT_DATA, proc_bytes("/proc/self/status", "VmData")));
  return room;
}

std::size_t held_memory() { return proc_bytes("/proc/self/status", "VmRSS"); }

std::size_t peak_memory() {
  if (const std::size_t most = proc_bytes("/proc/self/status", "VmHWM"); most > 0) return most;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024 * static_cast<std::size_t>(usage.ru_maxrss);
}

}  // namespace md
