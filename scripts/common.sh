# Sourced by the scripts beside it: where things are, which preset, messages, the build.
# Messages go to standard error, so that standard output is the program's alone.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
me=${0##*/}
venv=$root/.venv

say() { printf '%s: %s\n' "$me" "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# cuda where a GPU answers, else release; UNDERSTUDY_PRESET=NAME chooses otherwise.
find_preset() {
  preset=${UNDERSTUDY_PRESET:-}
  [ -n "$preset" ] && return
  preset=release
  if [ -e /dev/nvidia0 ] || nvidia-smi -L >/dev/null 2>&1; then preset=cuda; fi
}

# As many compilers as there are cores and memory for; a file that includes LibTorch takes 1.5 GB.
count_jobs() {
  local cores kib limit
  cores=$(nproc)
  kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  [ "$limit" != max ] && [ $((limit / 1024)) -lt "$kib" ] && kib=$((limit / 1024))
  jobs=$((kib / 1500000))
  [ "$jobs" -gt "$cores" ] && jobs=$cores
  [ "$jobs" -lt 1 ] && jobs=1
  return 0
}

# One setup or build at a time in one checkout; the lock ends with the script.
take_lock() {
  mkdir -p "$root/build"
  exec 9>"$root/build/.lock"
  flock -n 9 && return
  say "waiting for another build in $root"
  flock 9
}
release_lock() { exec 9>&-; }

# build PRESET TARGET...: configures and builds what is out of date, silent when nothing is.
build() {
  local folder=$root/build/$1 name=$1 log=$root/build/$1.log plan started=$SECONDS
  shift
  take_lock
  local cache=$folder/CMakeCache.txt configure=(cmake --preset "$name")
  if [ -e "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
    configure+=(--fresh) # the checkout was moved or copied
    rm -f "$folder/.configured"
  fi
  # After a setup that changed something, what CMake found may be no longer true.
  if [ ! -e "$folder/.configured" ] || [ ! -e "$folder/build.ninja" ] || [ "$venv/.understudy" -nt "$folder/.configured" ]; then
    say "configuring (preset $name)"
    logged "$log" "CMake could not configure the build" "${configure[@]}" -S "$root"
    touch "$folder/.configured"
  fi
  plan=$(ninja -C "$folder" -n "$@" 2>&1 9>&- | tail -1)
  if [ "$plan" != "ninja: no work to do." ]; then
    count_jobs
    local todo=${plan#*/}
    say "building ${*:-everything} (preset $name, up to ${todo%%]*} steps, $jobs at a time; log in ${log#"$root"/})"
    logged "$log" "the build failed" ninja -C "$folder" -j "$jobs" "$@"
    say "built in $((SECONDS - started)) s"
  fi
  release_lock
}

# logged LOG MESSAGE COMMAND...: runs it, on a terminal in sight, else into the log; where it fails,
# ends with the end of the log and the message.
logged() {
  local log=$1 message=$2
  shift 2
  if [ -t 2 ]; then
    "$@" >&2 9>&- || die "$message"
  elif ! "$@" >"$log" 2>&1 9>&-; then
    grep -v '^\[[0-9]*/[0-9]*\] \(Building\|Linking\)' "$log" | tail -n "${log_lines:-40}" >&2
    die "$message; everything it said is in $log"
  fi
}
