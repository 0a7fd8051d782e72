/// Has a change made the program slower? Processor times of the program, divided by that of plain
/// work measured in the same minute (starting /bin/true, a loop of products), beside ratios stored
/// before: prints a table, and exits with 1 where one is more than 10 % above what is stored.
/// Ratios are stored for each kind of processor; on one that has none it says so. Processor time,
/// not wall time: other processes hardly change it, and threads that spin show. Steps run on one
/// thread. Usage: performance_guard PROGRAM SOURCE_FOLDER [--store]
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

constexpr double tolerance = 0.10;
constexpr int rounds = 11;

/// Processor seconds of a program from its start to its end, its output thrown away.
double spawn(const Arguments& arguments) {
  std::vector<char*> argv;
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  rusage usage{};
  if (failed != 0 || wait4(child, &status, 0, &usage) < 0 || status != 0) {
    std::string line;
    for (const std::string& a : arguments) line += " " + a;
    throw std::runtime_error("this failed:" + line);
  }
  const auto seconds = [](const timeval& t) { return t.tv_sec + 1e-6 * t.tv_usec; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Processor seconds of a plain loop of products, [256, 128] times [128, 256], 60 times.
double products() {
  constexpr int rows = 256, depth = 128, columns = 256, calls = 60;
  static std::vector<float> a(rows * depth, 0.5f), b(depth * columns, 0.01f), c(rows * columns);
  const auto now = [] {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
  };
  const double start = now();
  for (int call = 0; call < calls; ++call)
    for (int i = 0; i < rows; ++i)
      for (int k = 0; k < depth; ++k)
        for (int j = 0; j < columns; ++j)
          c[i * columns + j] += a[i * depth + k] * b[k * columns + j];
  if (c[0] < 0) throw std::logic_error("a sum of positive products is negative");
  return now() - start;
}

/// What is measured: how often in a round, and in units of what.
struct Measure {
  std::string name;
  int repeats;
  std::function<double()> time, unit;
};

/// The least time over the least unit: what disturbs a measurement only ever adds to it.
std::vector<double> ratios(const std::vector<Measure>& measures) {
  constexpr double never = 1e30;
  std::vector<double> time(measures.size(), never), unit(measures.size(), never);
  for (int round = 0; round < rounds; ++round)
    for (std::size_t m = 0; m < measures.size(); ++m)
      for (int repeat = 0; repeat < measures[m].repeats; ++repeat) {
        unit[m] = std::min(unit[m], measures[m].unit());
        time[m] = std::min(time[m], measures[m].time());
      }
  std::vector<double> result;
  for (std::size_t m = 0; m < measures.size(); ++m) result.push_back(time[m] / unit[m]);
  return result;
}

/// Vector width and microarchitecture, for example "AVX-512, GenuineIntel family 6 model 207".
std::string kind_of_processor() {
  std::string vendor, family, model;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const auto colon = line.find(": ");
    const std::string value = colon == std::string::npos ? "" : line.substr(colon + 2);
    if (line.starts_with("vendor_id")) vendor = value;
    if (line.starts_with("cpu family")) family = value;
    if (line.starts_with("model\t")) model = value;
  }
  const char* width = __builtin_cpu_supports("avx512f") ? "AVX-512"
                      : __builtin_cpu_supports("avx2")  ? "AVX2"
                                                        : "SSE";
  return std::string(width) + ", " + vendor + " family " + family + " model " + model;
}

int guard(const std::string& program, const fs::path& source, bool store) {
  const fs::path folder =
      fs::temp_directory_path() / ("understudy_guard." + std::to_string(getpid()));
  fs::create_directories(folder);
  const std::string models = source / "inputs/models", water = source / "inputs/water_clusters";
  const auto command = [&](Arguments rest) {
    rest.insert(rest.begin(), program);
    return [rest] { return spawn(rest); };
  };
  const Arguments quick = {"--run.threads=1", "--run.progress=off", "--output.overwrite=yes",
                           "--output.directory=" + (folder / "run").string()};
  const auto steps = [&](const std::string& input, int n, Arguments rest) {
    rest.insert(rest.begin(), {"run", input, "--integrator.steps=" + std::to_string(n)});
    rest.insert(rest.end(), quick.begin(), quick.end());
    return command(rest);
  };
  const auto start = [] { return spawn({"/bin/true"}); };
  const std::vector<Measure> measures = {
      {"start-up (--version)", 10, command({"--version"}), start},
      {"energy of one molecule", 10,
       command({"energy", "--system.structure=" + water + "/water_pentamer.xyz",
                "--output.file=" + (folder / "out.xyz").string(), "--output.overwrite=yes",
                "--potential.name=painn", "--potential.model=" + models + "/student.safetensors",
                "--run.threads=1"}),
       start},
      {"water demo, 20 steps", 4, steps(water + "/run.ini", 20, {}), products},
      {"argon, 2000 steps", 1,
       steps(source / "inputs/argon/run.ini", 2000, {"--system.replicas=1"}), products}};
  std::vector<double> found;
  try {
    found = ratios(measures);
  } catch (...) {
    fs::remove_all(folder);
    throw;
  }
  fs::remove_all(folder);

  const fs::path path = source / "benchmarks/guard.json";
  Json stored = Json::object();
  if (std::ifstream file(path); file) file >> stored;
  const std::string kind = kind_of_processor();
  const Json before = stored.value(kind, Json::object());
  bool slower = false;
  std::printf("%s\n%-24s %9s %9s %8s\n", kind.c_str(), "", "ratio", "stored", "change");
  for (std::size_t m = 0; m < measures.size(); ++m) {
    const std::string& name = measures[m].name;
    std::printf("%-24s %9.3f", name.c_str(), found[m]);
    if (before.contains(name)) {
      const double change = found[m] / before[name].get<double>() - 1;
      std::printf(" %9.3f %+7.1f %%%s", before[name].get<double>(), 100 * change,
                  change > tolerance ? "  slower" : "");
      slower = slower || change > tolerance;
    }
    std::printf("\n");
    stored[kind][name] = found[m];
  }
  if (store) {
    std::ofstream(path) << stored.dump(2) << "\n";
    std::printf("stored in %s\n", path.c_str());
    return 0;
  }
  if (before.empty())
    std::printf("nothing is stored for this kind of processor: the target guard_store does it\n");
  return slower ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool store = argc == 4 && std::string(argv[3]) == "--store";
  if (argc != 3 && !store) {
    std::fprintf(stderr, "usage: performance_guard PROGRAM SOURCE_FOLDER [--store]\n");
    return 2;
  }
  try {
    return guard(argv[1], argv[2], store);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
