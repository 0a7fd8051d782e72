#include "io/async_writer.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

#include "md/errors.hpp"
#include "md/writer.hpp"
#include "tests/io/sample_batch.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

using namespace std::chrono_literals;

/// What a RecordingWriter has seen and what it is told to do.
struct Record {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::int64_t> steps;
  bool closed = false;     // write() waits while closed
  std::int64_t fail = -1;  // write() of this step fails

  void open() {
    const std::lock_guard lock(mutex);
    closed = false;
    changed.notify_all();
  }
};

class RecordingWriter final : public Writer {
 public:
  explicit RecordingWriter(Record& record) : record_(record) {}
  void write(const Frame& frame) override {
    std::unique_lock lock(record_.mutex);
    record_.changed.wait(lock, [&] { return !record_.closed; });
    if (frame.step == record_.fail) throw FileError("disk full at " + std::to_string(frame.step));
    record_.steps.push_back(frame.step);
  }
  std::vector<FileMark> flush() override {
    const std::lock_guard lock(record_.mutex);
    return {{"record", 0, static_cast<std::int64_t>(record_.steps.size())}};
  }

 private:
  Record& record_;
};

std::vector<std::unique_ptr<Writer>> recording(Record& record) {
  std::vector<std::unique_ptr<Writer>> all;
  all.push_back(std::make_unique<RecordingWriter>(record));
  return all;
}

void submit(AsyncWriter& writer, std::int64_t step) {
  Frame frame = writer.take_frame();
  frame.step = step;
  writer.submit(std::move(frame));
}

std::vector<std::int64_t> up_to(std::int64_t n) {
  std::vector<std::int64_t> all;
  for (std::int64_t k = 0; k < n; ++k) all.push_back(k);
  return all;
}

TEST(AsyncWriter, WritesEverythingInOrder) {
  const TemporaryFolder folder;
  Record record;
  AsyncWriter writer(recording(record), std::make_unique<TextLog>(folder.path(), "log.csv", "h\n"),
                     3);
  for (int k = 0; k < 100; ++k) {
    submit(writer, k);
    std::string line = writer.take_text();
    EXPECT_TRUE(line.empty());
    line += std::to_string(k) + "\n";
    writer.submit(std::move(line));
    if (k == 49) {
      EXPECT_EQ(writer.flush()[0].frames, 50);
    }
  }
  const auto marks = writer.finish();
  EXPECT_EQ(record.steps, up_to(100));
  ASSERT_EQ(marks.size(), 2u);
  EXPECT_EQ(marks[0].frames, 100);
  EXPECT_EQ(marks[1].name, "log.csv");
  EXPECT_EQ(marks[1].frames, 100);
  EXPECT_EQ(marks[1].bytes, 2 + 10 * 2 + 90 * 3);
}

TEST(AsyncWriter, WaitsInsteadOfDropping) {
  Record record;
  record.closed = true;
  AsyncWriter writer(recording(record), nullptr, 3);
  auto producer = std::async(std::launch::async, [&] {
    for (int k = 0; k < 20; ++k) submit(writer, k);
  });
  EXPECT_EQ(producer.wait_for(100ms), std::future_status::timeout);
  record.open();
  producer.get();
  writer.finish();
  EXPECT_EQ(record.steps, up_to(20));
}

TEST(AsyncWriter, ThrowsTheFirstErrorFromEveryCallAfterIt) {
  Record record;
  record.fail = 2;
  AsyncWriter writer(recording(record), nullptr, 2);
  EXPECT_THROW(
      {
        for (int k = 0; k < 1000; ++k) submit(writer, k);
        writer.flush();
      },
      FileError);
  EXPECT_THROW(submit(writer, 3), FileError);
  EXPECT_THROW(writer.flush(), FileError);
  EXPECT_EQ(message_of<FileError>([&] { writer.finish(); }), "disk full at 2");
  EXPECT_EQ(record.steps, up_to(2));  // nothing after the failure
}

TEST(AsyncWriter, AnErrorWakesAProducerThatWaits) {
  Record record;
  record.closed = true;
  record.fail = 0;
  AsyncWriter writer(recording(record), nullptr, 1);
  auto producer = std::async(std::launch::async, [&] {
    for (int k = 0; k < 1000; ++k) submit(writer, k);
  });
  EXPECT_EQ(producer.wait_for(50ms), std::future_status::timeout);
  record.open();
  EXPECT_THROW(producer.get(), FileError);
}

TEST(AsyncWriter, ItsEndWritesWhatWaitsAndNeverThrows) {
  Record good, bad;
  bad.fail = 1;
  {
    AsyncWriter first(recording(good), nullptr, 10), second(recording(bad), nullptr, 10);
    for (int k = 0; k < 5; ++k) submit(first, k);
    submit(second, 1);
  }
  EXPECT_EQ(good.steps, up_to(5));
}

TEST(AsyncWriter, UsesTheMemoryOfFramesAlreadyWritten) {
  Record record;
  AsyncWriter writer(recording(record), nullptr, 2);
  std::set<const Vec3*> memory;
  for (int k = 0; k < 200; ++k) {
    Frame frame = writer.take_frame();
    frame.step = k;
    frame.position.resize(1000);
    memory.insert(frame.position.data());
    writer.submit(std::move(frame));
  }
  writer.finish();
  EXPECT_LE(memory.size(), 4u);  // two waiting, one being written, one being filled
}

TEST(AsyncWriter, WritesTrajectoriesAsAWriterAlone) {
  const TemporaryFolder alone, behind;
  const Batch batch = sample_batch();
  const auto make = [&](const TemporaryFolder& folder, const char* format) {
    return make_writer(format,
                       {.directory = folder.path(), .batch = batch, .title = "", .resume = {}});
  };
  std::vector<std::unique_ptr<Writer>> both;
  both.push_back(make(behind, "amber"));
  both.push_back(make(behind, "extxyz"));
  AsyncWriter writer(std::move(both), nullptr);
  const auto amber = make(alone, "amber"), xyz = make(alone, "extxyz");
  for (int k = 0; k < 20; ++k) {
    const Frame frame = sample_frame(batch, k);
    amber->write(frame);
    xyz->write(frame);
    writer.submit(Frame(frame));
  }
  EXPECT_EQ(writer.finish().size(), 6u);
  for (const char* name : {"trajectory.r0000.nc", "trajectory.r0002.nc", "trajectory.r0001.xyz"})
    EXPECT_TRUE(read_text(alone / name) == read_text(behind / name)) << name;
}

}  // namespace
}  // namespace md::test
