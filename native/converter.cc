#include "converter.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace dmaflow {

namespace {

// How long a fence may keep a stop waiting.
constexpr auto kFenceTurn = std::chrono::milliseconds(50);

Picture PictureOf(const ConverterSide& side, uint32_t index) {
  const SyncedBuffer& buffer = *side.buffers[index];
  Picture picture;
  picture.width = side.layout.width;
  picture.height = side.layout.height;
  for (size_t plane = 0; plane < side.layout.planes.size(); ++plane) {
    const PictureLayout::Plane& layout = side.layout.planes[plane];
    picture.planes[plane] = {buffer.data(layout.memory) + layout.offset, layout.stride};
  }
  return picture;
}

}  // namespace

Converter::Converter(const PixelConversion& conversion, ConverterSide from, ConverterSide to,
                     std::function<void(const KernelError&)> on_error)
    : pixels_(conversion),
      compressed_(conversion.from == PictureFormat::kMjpeg),
      from_(std::move(from)),
      to_(std::move(to)),
      on_error_(std::move(on_error)) {}

bool Converter::Start(const FrameTaker* taker, const FrameFiller* filler) {
  const std::lock_guard<std::mutex> life(life_mutex_);
  if (stopping() || std::exchange(started_, true)) return false;
  taker->retain(taker->self);
  taker_.reset(taker);
  filler->retain(filler->self);
  filler_.reset(filler);
  // Signals are for the program's own threads: this one inherits the mask of the moment.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread(&Converter::Run, this);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  filler_->set_listener(
      filler_->self,
      [](void* user) {
        auto& converter = *static_cast<Converter*>(user);
        {
          const std::lock_guard<std::mutex> lock(converter.mutex_);
          converter.freed_ = true;
        }
        converter.changed_.notify_one();
      },
      this);
  taker_->set_receiver(
      taker_->self,
      [](void* user, const ExchangeFrame* frame) {
        auto& converter = *static_cast<Converter*>(user);
        {
          const std::lock_guard<std::mutex> lock(converter.mutex_);
          converter.waiting_.push_back(*frame);
        }
        converter.changed_.notify_one();
      },
      [](void* user) {
        auto& converter = *static_cast<Converter*>(user);
        {
          const std::lock_guard<std::mutex> lock(converter.mutex_);
          converter.ended_ = true;
        }
        converter.changed_.notify_one();
      },
      this);
  return true;
}

void Converter::Stop() {
  const std::lock_guard<std::mutex> life(life_mutex_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (taker_) taker_->set_receiver(taker_->self, nullptr, nullptr, nullptr);
  if (filler_) filler_->set_listener(filler_->self, nullptr, nullptr);
  if (thread_.joinable()) thread_.join();
  for (const ExchangeFrame& frame : waiting_) taker_->give_back(taker_->self, frame.index);
  waiting_.clear();
  taker_.reset();
  filler_.reset();
  from_.buffers.clear();
  to_.buffers.clear();
}

bool Converter::stopping() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stopping_;
}

bool Converter::NextFrame(ExchangeFrame& frame) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || ended_ || !waiting_.empty(); });
  if (stopping_ || waiting_.empty()) return false;
  frame = waiting_.front();
  waiting_.pop_front();
  return true;
}

bool Converter::AcquireTarget(uint32_t& index) {
  for (;;) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return false;
      // What becomes free from here on is not missed.
      freed_ = false;
    }
    const int error = filler_->acquire(filler_->self, &index);
    if (error != EAGAIN) return error == 0;
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || freed_; });
  }
}

void Converter::Run() {
  ::pthread_setname_np(::pthread_self(), "dmaflow-convert");
  ExchangeFrame frame;
  try {
    while (NextFrame(frame)) {
      uint32_t target = 0;
      const bool acquired = AcquireTarget(target);
      try {
        if (acquired) Work(frame, target);
      } catch (const KernelError&) {
        taker_->give_back(taker_->self, frame.index);
        filler_->cancel(filler_->self, target);
        throw;
      }
      taker_->give_back(taker_->self, frame.index);
      if (!acquired) return;
    }
    if (!stopping()) filler_->end(filler_->self);
  } catch (const KernelError& error) {
    on_error_(error);
  }
}

bool Converter::WaitReady(const SyncedBuffer& buffer, bool write) {
  while (!buffer.WaitReady(write, kFenceTurn)) {
    if (stopping()) return false;
  }
  return true;
}

void Converter::Work(const ExchangeFrame& frame, uint32_t target) {
  if (frame.index >= from_.buffers.size() || target >= to_.buffers.size()) throw KernelError("mmap", EINVAL);
  if (!WaitReady(*from_.buffers[frame.index], false) || !WaitReady(*to_.buffers[target], true) ||
      !ConvertPixels(frame, target)) {
    filler_->cancel(filler_->self, target);
    return;
  }
  ExchangeFrame made = frame;
  made.index = target;
  made.planes = static_cast<uint32_t>(std::min<size_t>(to_.lengths.size(), kExchangePlanes));
  std::copy_n(to_.lengths.begin(), made.planes, made.bytes_used);
  filler_->submit(filler_->self, &made);
}

bool Converter::ConvertPixels(const ExchangeFrame& frame, uint32_t target) {
  Picture source = PictureOf(from_, frame.index);
  source.length = compressed_ ? std::min<uint64_t>(frame.bytes_used[0], from_.lengths[0]) : 0;
  SyncScope reading(*from_.buffers[frame.index], false, counters_.sync);
  SyncScope writing(*to_.buffers[target], true, counters_.sync);
  const bool good = pixels_.Convert(source, PictureOf(to_, target));
  writing.End();
  reading.End();
  counters_.bytes_read.fetch_add(compressed_ ? source.length : from_.bytes());
  counters_.bytes_written.fetch_add(good ? to_.bytes() : 0);
  (good ? counters_.converted : counters_.damaged).fetch_add(1);
  return good;
}

}  // namespace dmaflow
