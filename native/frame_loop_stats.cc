#include "frame_loop_stats.h"

#include <algorithm>
#include <cmath>

namespace dmaflow::loop {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

unsigned HighestBit(uint64_t value) { return 63 - static_cast<unsigned>(__builtin_clzll(value)); }

}  // namespace

// Below 2^kStepBits every value has a bucket of its own; above, a bucket is 2^shift wide, and (value >>
// shift) lies in the upper half of 2 * 2^kStepBits.
size_t LatencyHistogram::BucketOf(uint64_t value) {
  value = std::min(value, (uint64_t{1} << kValueBits) - 1);
  if (value < (uint64_t{1} << kStepBits)) return value;
  const unsigned shift = HighestBit(value) - kStepBits;
  return (size_t{shift} << kStepBits) + (value >> shift);
}

int64_t LatencyHistogram::MiddleOf(size_t bucket) {
  const size_t octave = bucket >> kStepBits;
  const size_t shift = octave == 0 ? 0 : octave - 1;
  const int64_t lowest = static_cast<int64_t>((bucket - (shift << kStepBits)) << shift);
  return lowest + ((int64_t{1} << shift) >> 1);
}

void LatencyHistogram::Record(int64_t microseconds) {
  const int64_t value = std::max<int64_t>(microseconds, 0);
  const bool first = count_.load(kRelaxed) == 0;
  if (first || value < min_.load(kRelaxed)) min_.store(value, kRelaxed);
  if (first || value > max_.load(kRelaxed)) max_.store(value, kRelaxed);
  buckets_[BucketOf(static_cast<uint64_t>(value))].fetch_add(1, kRelaxed);
  sum_.fetch_add(value, kRelaxed);
  // Whoever sees the count sees what it counts.
  count_.fetch_add(1, std::memory_order_release);
}

int64_t LatencyHistogram::Percentile(uint64_t count, double fraction) const {
  const uint64_t rank =
      std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count))));
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket].load(kRelaxed);
    if (seen >= rank) return std::clamp(MiddleOf(bucket), min_.load(kRelaxed), max_.load(kRelaxed));
  }
  return max_.load(kRelaxed);
}

LatencySummary LatencyHistogram::Summary() const {
  const uint64_t count = count_.load(std::memory_order_acquire);
  if (count == 0) return {};
  LatencySummary summary;
  summary.min = min_.load(kRelaxed);
  summary.max = max_.load(kRelaxed);
  summary.mean = static_cast<double>(sum_.load(kRelaxed)) / static_cast<double>(count);
  summary.p50 = Percentile(count, 0.5);
  summary.p99 = Percentile(count, 0.99);
  return summary;
}

}  // namespace dmaflow::loop
