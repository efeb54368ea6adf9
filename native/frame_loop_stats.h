// The figures of a frame loop. The loop's thread writes them, the owner's thread reads them at any time:
// single figures are exact, two of them may be a frame apart while the loop runs.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace dmaflow::loop {

// Microseconds.
struct LatencySummary {
  int64_t min = 0;
  double mean = 0;
  int64_t p50 = 0;
  int64_t p99 = 0;
  int64_t max = 0;
};

// Durations in buckets on a logarithmic scale: 64 steps in each octave, so a percentile is off by less than
// 0.8 %, in 5.5 KiB however many are recorded. One writer.
class LatencyHistogram {
 public:
  // Negative ones count as 0.
  void Record(int64_t microseconds);
  LatencySummary Summary() const;

 private:
  static constexpr unsigned kStepBits = 6;
  // Everything from 2^27 us (134 s) on shares the last bucket.
  static constexpr unsigned kValueBits = 27;
  static constexpr size_t kBuckets = (size_t{kValueBits - kStepBits} + 1) << kStepBits;

  static size_t BucketOf(uint64_t value);
  static int64_t MiddleOf(size_t bucket);
  int64_t Percentile(uint64_t count, double fraction) const;

  std::array<std::atomic<uint32_t>, kBuckets> buckets_{};
  std::atomic<uint64_t> count_{0};
  std::atomic<int64_t> sum_{0};
  std::atomic<int64_t> min_{0};
  std::atomic<int64_t> max_{0};
};

// Of a capture or pool. `queued` of a pool: its free buffers.
struct CaptureCounters {
  std::atomic<uint64_t> captured{0};
  std::atomic<uint64_t> lost{0};
  std::atomic<uint64_t> errored{0};
  std::atomic<uint64_t> copied{0};
  std::atomic<uint64_t> copied_bytes{0};
  std::atomic<uint32_t> queued{0};
  uint32_t buffers = 0;
};

struct DisplayCounters {
  std::atomic<uint64_t> committed{0};
  std::atomic<uint64_t> shown{0};
  std::atomic<uint64_t> dropped{0};
  std::atomic<int64_t> last_flip{0};
  LatencyHistogram latency;
};

struct TapCounters {
  std::atomic<uint64_t> delivered{0};
  std::atomic<uint64_t> skipped{0};
  // Frames between two that the interval asks for.
  std::atomic<uint64_t> not_due{0};
};

// In deques: what is there keeps its address when a tap is added while the loop runs.
struct Counters {
  std::deque<CaptureCounters> captures;
  std::deque<DisplayCounters> displays;
  std::deque<TapCounters> taps;
  std::atomic<bool> realtime{false};
};

}  // namespace dmaflow::loop
