#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace md {

/// Bytes of main memory that this process may still take: the least of what the machine has
/// available, what its control groups leave (a container, a job of a queue), and what its own
/// limits leave (RLIMIT_AS, RLIMIT_DATA: `ulimit -v`, `-d`).
std::size_t free_host_memory();
/// What the control groups of `groups`, the text of /proc/self/cgroup, leave, from their own to
/// those above, whose files lie below `root` (/sys/fs/cgroup); of version 1 and 2. Nothing where
/// none of them limits. Cached files that can be given back (inactive_file) do not count as taken.
std::optional<std::size_t> control_group_room(const std::string& groups, const std::string& root);

/// Bytes of main memory that this process holds, and the most that it has held so far. Not
/// ru_maxrss, which begins with what the program had that started it.
std::size_t held_memory();
std::size_t peak_memory();

/// The value of `field` in a "field : value" file of /proc; "" when it is not there.
std::string proc_field(const char* path, const std::string& field);

}  // namespace md
