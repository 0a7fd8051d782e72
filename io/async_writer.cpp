#include "io/async_writer.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace md {
namespace {

struct Job {
  enum class Kind { frame, text, flush };
  Kind kind = Kind::frame;
  Frame frame;
  std::string text;
};

}  // namespace

struct AsyncWriter::Data {
  std::vector<std::unique_ptr<Writer>> writers;
  std::unique_ptr<TextLog> log;

  std::mutex mutex;
  std::condition_variable job_added, job_done;
  std::vector<Job> ring;  // jobs first ... first + waiting - 1, modulo its size
  std::size_t first = 0, waiting = 0;
  std::vector<Frame> free_frames;
  std::vector<std::string> free_texts;
  std::vector<FileMark> marks;
  std::uint64_t flushes_asked = 0, flushes_done = 0;
  std::exception_ptr error;
  bool stop = false;
  std::thread thread;

  void run();
  void execute(Job& job);
  void recycle(Job& job);
  template <class Fill>
  void submit(Fill fill);
  void throw_error() const {
    if (error) std::rethrow_exception(error);
  }
};

void AsyncWriter::Data::execute(Job& job) {
  if (job.kind == Job::Kind::frame) {
    for (auto& writer : writers) writer->write(job.frame);
  } else if (job.kind == Job::Kind::text) {
    log->append(job.text);
  } else {
    std::vector<FileMark> all;
    for (auto& writer : writers)
      for (FileMark& mark : writer->flush()) all.push_back(std::move(mark));
    if (log) all.push_back(log->flush());
    const std::lock_guard lock(mutex);
    marks = std::move(all);
  }
}

void AsyncWriter::Data::recycle(Job& job) {
  if (job.kind == Job::Kind::flush) ++flushes_done;
  if (job.kind == Job::Kind::frame && free_frames.size() < free_frames.capacity())
    free_frames.push_back(std::move(job.frame));
  if (job.kind == Job::Kind::text && free_texts.size() < free_texts.capacity())
    free_texts.push_back(std::move(job.text));
}

void AsyncWriter::Data::run() {
  std::unique_lock lock(mutex);
  while (true) {
    job_added.wait(lock, [&] { return waiting > 0 || stop; });
    if (waiting == 0) return;
    Job job = std::move(ring[first]);
    first = (first + 1) % ring.size();
    --waiting;
    job_done.notify_all();  // there is room in the queue
    if (!error) {
      lock.unlock();
      std::exception_ptr failure;
      try {
        execute(job);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      if (failure) error = failure;
    }
    recycle(job);
    job_done.notify_all();
  }
}

template <class Fill>
void AsyncWriter::Data::submit(Fill fill) {
  std::unique_lock lock(mutex);
  throw_error();
  if (stop) throw std::logic_error("AsyncWriter: a job after finish()");
  job_done.wait(lock, [&] { return waiting < ring.size() || error; });
  throw_error();
  fill(ring[(first + waiting) % ring.size()]);
  ++waiting;
  job_added.notify_one();
}

AsyncWriter::AsyncWriter(std::vector<std::unique_ptr<Writer>> writers, std::unique_ptr<TextLog> log,
                         std::size_t capacity)
    : data_(std::make_unique<Data>()) {
  Data& d = *data_;
  d.writers = std::move(writers);
  d.log = std::move(log);
  d.ring.resize(std::max<std::size_t>(capacity, 1));
  d.free_frames.reserve(d.ring.size() + 2);
  d.free_texts.reserve(d.ring.size() + 2);
  d.thread = std::thread([&d] { d.run(); });
}

AsyncWriter::~AsyncWriter() {
  {
    const std::lock_guard lock(data_->mutex);
    data_->stop = true;
  }
  data_->job_added.notify_all();
  if (data_->thread.joinable()) data_->thread.join();
}

Frame AsyncWriter::take_frame() {
  const std::lock_guard lock(data_->mutex);
  Frame frame;
  if (!data_->free_frames.empty()) {
    frame = std::move(data_->free_frames.back());
    data_->free_frames.pop_back();
  }
  return frame;
}

std::string AsyncWriter::take_text() {
  const std::lock_guard lock(data_->mutex);
  std::string text;
  if (!data_->free_texts.empty()) {
    text = std::move(data_->free_texts.back());
    data_->free_texts.pop_back();
  }
  text.clear();
  return text;
}

void AsyncWriter::submit(Frame&& frame) {
  data_->submit([&](Job& job) {
    job.kind = Job::Kind::frame;
    job.frame = std::move(frame);
  });
}

void AsyncWriter::submit(std::string&& lines) {
  if (!data_->log) throw std::logic_error("AsyncWriter: lines without a log");
  data_->submit([&](Job& job) {
    job.kind = Job::Kind::text;
    job.text = std::move(lines);
  });
}

std::vector<FileMark> AsyncWriter::flush() {
  Data& d = *data_;
  std::uint64_t ticket = 0;
  d.submit([&](Job& job) {
    job.kind = Job::Kind::flush;
    ticket = ++d.flushes_asked;
  });
  std::unique_lock lock(d.mutex);
  d.job_done.wait(lock, [&] { return d.flushes_done >= ticket; });
  d.throw_error();
  return d.marks;
}

std::vector<FileMark> AsyncWriter::finish() {
  std::vector<FileMark> marks = flush();
  {
    const std::lock_guard lock(data_->mutex);
    data_->stop = true;
  }
  data_->job_added.notify_all();
  data_->thread.join();
  return marks;
}

}  // namespace md
