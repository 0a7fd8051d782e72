#include <cxxabi.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "tests/emulator/emulator.hpp"
#include "tests/emulator/fiber.hpp"

emulator::Size3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {
namespace {

struct Block;

/// What a thread is doing when it does not run.
enum class Wait { nothing, block, warp, cluster, ended };

struct Copy {
  void* to;
  const void* from;
  std::size_t bytes;
};

struct Thread {
  Block* block = nullptr;
  int rank = 0;
  Wait wait = Wait::nothing;
  bool begun = false;
  Stack* stack = nullptr;
  Fiber fiber;
  // In a collective of its warp.
  unsigned mask = 0;
  Complete complete = nullptr;
  void* argument = nullptr;
  // In the barrier of its cluster.
  unsigned phase = 0;
  bool arrived = false;
  // Asynchronous copies: those not committed, and the commits.
  std::vector<Copy> copies;
  std::vector<std::vector<Copy>> commits;
};

struct Block {
  Size3 index;
  int rank = 0;  // in its cluster
  std::vector<Thread> threads;
  int left = 0, arrived = 0, votes = 0, result = 0;
  char* shared = nullptr;
};

/// The cluster that is running.
struct Cluster {
  std::vector<Block> blocks;
  int left = 0, arrived = 0;
  unsigned phase = 0;
};

enum class Order { forward, reverse, random };

Order order() {
  static const Order value = [] {
    const char* const name = std::getenv("EMULATOR_ORDER");
    if (!name || !std::strcmp(name, "forward")) return Order::forward;
    if (!std::strcmp(name, "reverse")) return Order::reverse;
    if (!std::strcmp(name, "random")) return Order::random;
    fail("EMULATOR_ORDER is forward, reverse or random");
  }();
  return value;
}

std::mt19937& random_numbers() {
  static std::mt19937 random(7);
  return random;
}

/// Where the variables of a kernel are in the shared memory of each of its blocks.
struct Layout {
  std::map<const void*, std::size_t> places;
  std::size_t end = 0;
};

std::map<const void*, Layout> layouts;  // of kernels
const Launch* launch = nullptr;
const std::function<void()>* body = nullptr;
Layout* layout = nullptr;
Cluster cluster;
Thread* current = nullptr;
Fiber scheduler;
std::vector<Thread*> ready;  // the last one runs next
std::vector<std::unique_ptr<Stack>> stacks;
std::vector<Stack*> free_stacks;  // the last one was used last, and is in the cache
Counts counted;

std::string name_of(const void* kernel) {
  Dl_info info{};
  if (!kernel || !dladdr(kernel, &info) || !info.dli_sname) return "a kernel";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), std::free);
  return std::string(text ? text.get() : info.dli_sname).substr(0, 400);
}

/// Makes threads ready that were given in ascending order.
template <class Threads>
void make_ready(Threads& threads) {
  for (Thread* thread : threads) thread->wait = Wait::nothing;
  if (order() == Order::reverse)
    ready.insert(ready.end(), threads.begin(), threads.end());
  else
    ready.insert(ready.end(), threads.rbegin(), threads.rend());
}

Thread* next_ready() {
  if (order() == Order::random) {
    const std::size_t k = random_numbers()() % ready.size();
    std::swap(ready[k], ready.back());
  }
  Thread* const thread = ready.back();
  ready.pop_back();
  return thread;
}

void show(const Thread& thread) {
  const unsigned x = launch->block.x, y = launch->block.y, rank = thread.rank;
  threadIdx = {rank % x, rank / x % y, rank / x / y};
  blockIdx = thread.block->index;
}

void suspend(Wait why) {
  Thread& thread = *current;
  thread.wait = why;
  Fiber::change(thread.fiber, scheduler);
}

void enter() {
  (*body)();
  suspend(Wait::ended);
  std::abort();
}

char* dynamic_part(const Block& block) {
  // At the end, so that static variables that are found later have their place before it.
  return block.shared + (max_shared - launch->dynamic_shared) / 1024 * 1024;
}

void poison_shared(const Block& block) {
  std::memset(block.shared, 0xff, layout->end);
  if (launch->dynamic_shared > 0) std::memset(dynamic_part(block), 0xff, launch->dynamic_shared);
}

void resume(Thread& thread) {
  if (!thread.begun) {
    if (free_stacks.empty()) {
      stacks.push_back(std::make_unique<Stack>());
      free_stacks.push_back(stacks.back().get());
    }
    thread.stack = free_stacks.back();
    free_stacks.pop_back();
    thread.fiber.begin(*thread.stack, enter);
    thread.begun = true;
  }
  show(thread);
  current = &thread;
  Fiber::change(scheduler, thread.fiber);
  current = nullptr;
  if (thread.wait != Wait::ended) return;
  free_stacks.push_back(thread.stack);
  Block& block = *thread.block;
  --cluster.left;
  if (--block.left == 0) poison_shared(block);  // nobody may look into it any more
}

[[noreturn]] void fail_stuck() {
  const char* const names[] = {"nothing", "__syncthreads", "an operation of its warp",
                               "the barrier of its cluster", "its end"};
  std::string text = "deadlock: some threads wait for others that have ended or wait elsewhere:";
  int n = 0;
  for (const Block& block : cluster.blocks)
    for (const Thread& thread : block.threads)
      if (thread.wait != Wait::ended && ++n <= 8)
        text += "\n  block " + std::to_string(block.index.x) + " thread " +
                std::to_string(thread.rank) + " waits at " + names[static_cast<int>(thread.wait)];
  fail(text);
}

/// The shared memory of a block of the cluster. Who has used it leaves it poisoned.
char* shared_memory(unsigned rank) {
  struct alignas(1024) Memory {
    std::array<char, max_shared> bytes;
  };
  static std::array<std::unique_ptr<Memory>, max_cluster> memory;
  if (!memory[rank]) {
    memory[rank] = std::make_unique<Memory>();
    memory[rank]->bytes.fill(static_cast<char>(0xff));
  }
  return memory[rank]->bytes.data();
}

void run_cluster(unsigned first_block) {
  const std::size_t n_threads = volume(launch->block);
  cluster.blocks.resize(launch->cluster);
  cluster.arrived = 0;
  cluster.phase = 0;
  cluster.left = static_cast<int>(n_threads * launch->cluster);
  std::vector<Thread*> all;
  all.reserve(cluster.left);
  for (unsigned b = 0; b < launch->cluster; ++b) {
    Block& block = cluster.blocks[b];
    const unsigned index = first_block + b, x = launch->grid.x, y = launch->grid.y;
    block.index = {index % x, index / x % y, index / x / y};
    block.rank = static_cast<int>(b);
    block.left = static_cast<int>(n_threads);
    block.arrived = block.votes = block.result = 0;
    block.shared = shared_memory(b);
    block.threads.assign(n_threads, Thread{});
    for (std::size_t t = 0; t < n_threads; ++t) {
      block.threads[t].block = &block;
      block.threads[t].rank = static_cast<int>(t);
      all.push_back(&block.threads[t]);
    }
  }
  make_ready(all);
  while (!ready.empty()) resume(*next_ready());
  if (cluster.left > 0) fail_stuck();
}

std::vector<Thread*> waiting_in(Block& block, Wait why) {
  std::vector<Thread*> threads;
  for (Thread& thread : block.threads)
    if (thread.wait == why) threads.push_back(&thread);
  return threads;
}

}  // namespace

void fail(const std::string& what) {
  std::string place;
  if (launch) place = " in " + name_of(launch->kernel);
  if (current)
    place += ", block " + std::to_string(current->block->index.x) + " thread " +
             std::to_string(current->rank);
  std::fprintf(stderr, "emulator: %s%s\n", what.c_str(), place.c_str());
  std::abort();
}

void run(const Launch& what, const std::function<void()>& each) {
  launch = &what;
  body = &each;
  layout = &layouts[what.kernel];
  blockDim = what.block;
  gridDim = what.grid;
  ++counted.kernels;
  std::vector<unsigned> clusters(volume(what.grid) / what.cluster);
  for (unsigned c = 0; c < clusters.size(); ++c) clusters[c] = c;
  if (order() == Order::reverse) std::reverse(clusters.begin(), clusters.end());
  if (order() == Order::random) std::shuffle(clusters.begin(), clusters.end(), random_numbers());
  for (unsigned c : clusters) run_cluster(c * what.cluster);
  launch = nullptr;
}

int thread_rank() { return current->rank; }

unsigned live_lanes() {
  const std::vector<Thread>& threads = current->block->threads;
  const std::size_t first = current->rank / 32 * 32;
  unsigned mask = 0;
  for (std::size_t k = first; k < std::min(first + 32, threads.size()); ++k)
    if (threads[k].wait != Wait::ended) mask |= 1u << (k - first);
  return mask;
}

int block_barrier(bool vote) {
  Block& block = *current->block;
  block.votes += vote;
  if (++block.arrived < static_cast<int>(block.threads.size())) {
    suspend(Wait::block);
    return block.result;
  }
  ++counted.barriers;
  block.result = std::exchange(block.votes, 0);
  block.arrived = 0;
  std::vector<Thread*> threads = waiting_in(block, Wait::block);
  threads.insert(std::upper_bound(threads.begin(), threads.end(), current), current);
  make_ready(threads);
  suspend(Wait::nothing);
  return block.result;
}

InCluster in_cluster() { return {current->block->rank, static_cast<int>(cluster.blocks.size())}; }

unsigned cluster_arrive() {
  if (current->arrived) fail("a thread arrives twice at the barrier of its cluster");
  current->arrived = true;
  const unsigned phase = cluster.phase;
  const int all = static_cast<int>(cluster.blocks.size() * cluster.blocks[0].threads.size());
  if (++cluster.arrived == all) {
    ++counted.cluster_barriers;
    cluster.arrived = 0;
    ++cluster.phase;
    std::vector<Thread*> threads;
    for (Block& block : cluster.blocks)
      for (Thread& thread : block.threads) {
        thread.arrived = false;
        if (thread.wait == Wait::cluster) threads.push_back(&thread);
      }
    make_ready(threads);
  }
  return phase;
}

void cluster_wait(unsigned phase) {
  while (cluster.phase == phase) suspend(Wait::cluster);
}

void collective(unsigned mask, void* argument, Complete complete) {
  Thread& thread = *current;
  std::vector<Thread>& threads = thread.block->threads;
  const std::size_t first = thread.rank / 32 * 32;
  if (!(mask >> (thread.rank % 32) & 1)) fail("a lane is not in the mask it gives");
  thread.mask = mask;
  thread.argument = argument;
  thread.complete = complete;
  void* arguments[32]{};
  for (int k = 0; k < 32; ++k) {
    if (!(mask >> k & 1)) continue;
    // A warp at the end of the block may have fewer lanes; nobody can wait for the others.
    if (first + k >= threads.size()) {
      if (mask != 0xffffffffu) fail("the mask has lanes that do not exist");
      continue;
    }
    Thread& other = threads[first + k];
    if (other.wait == Wait::ended) fail("the mask has lanes that have ended");
    if (&other != &thread && other.wait != Wait::warp) return suspend(Wait::warp);
    if (other.mask != mask || other.complete != complete)
      fail("the lanes of a warp are at different operations");
    arguments[k] = other.argument;
  }
  ++counted.collectives;
  if (complete) complete(mask, arguments);
  std::vector<Thread*> all;
  for (int k = 0; k < 32; ++k)
    if (mask >> k & 1 && first + k < threads.size()) all.push_back(&threads[first + k]);
  make_ready(all);
  suspend(Wait::nothing);
}

void* shared_variable(const void* place, std::size_t bytes, std::size_t alignment) {
  auto found = layout->places.find(place);
  if (found == layout->places.end()) {
    const std::size_t begin = (layout->end + alignment - 1) / alignment * alignment;
    layout->end = begin + bytes;
    if (layout->end > static_shared) fail("more than 48 KiB of static shared memory");
    if ((layout->end + 1023) / 1024 * 1024 + launch->dynamic_shared > max_shared)
      fail("more than 227 KiB of shared memory");
    found = layout->places.emplace(place, begin).first;
  }
  return current->block->shared + found->second;
}

void* dynamic_shared() { return dynamic_part(*current->block); }

void* in_block(void* pointer, int rank) {
  if (rank < 0 || rank >= static_cast<int>(cluster.blocks.size()))
    fail("the cluster has no block " + std::to_string(rank));
  const std::ptrdiff_t offset = static_cast<char*>(pointer) - current->block->shared;
  if (offset < 0 || offset >= static_cast<std::ptrdiff_t>(max_shared))
    fail("not a pointer into shared memory");
  if (cluster.blocks[rank].left == 0) fail("a look into the memory of a block that has ended");
  return cluster.blocks[rank].shared + offset;
}

void copy_later(void* to, const void* from, std::size_t bytes) {
  const auto low = reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from);
  if (bytes >= 4 && low % std::min<std::size_t>(bytes & -bytes, 16) != 0)
    fail("an asynchronous copy that is not aligned to its size");
  ++counted.copies;
  current->copies.push_back({to, from, bytes});
}

void commit_copies() {
  current->commits.push_back(std::move(current->copies));
  current->copies.clear();
}

void wait_for_copies(std::size_t n) {
  std::vector<std::vector<Copy>>& commits = current->commits;
  while (commits.size() > n) {
    for (const Copy& copy : commits.front()) std::memcpy(copy.to, copy.from, copy.bytes);
    commits.erase(commits.begin());
  }
}

namespace {

template <class T>
void multiply_add(int m, int n, int k, const T* a, const T* b, T* c) {
  for (int i = 0; i < m; ++i)
    for (int x = 0; x < k; ++x)
      for (int j = 0; j < n; ++j) c[i * n + j] = std::fma(a[i * k + x], b[x * n + j], c[i * n + j]);
}

}  // namespace

void multiply(int m, int n, int k, const float* a, const float* b, float* c) {
  multiply_add(m, n, k, a, b, c);
}
void multiply(int m, int n, int k, const double* a, const double* b, double* c) {
  multiply_add(m, n, k, a, b, c);
}

Counts& counts() { return counted; }

}  // namespace emulator
