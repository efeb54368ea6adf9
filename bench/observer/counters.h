// What the observer writes and the harness reads: a file of 64-bit numbers, in this order
// (harness/observed.mjs).
#pragma once

#include <stdint.h>

struct snapshot {
  // Nanoseconds: CLOCK_MONOTONIC, then CPU of the process, of its main thread, of the thread that dequeues
  // frames.
  uint64_t time, process_cpu, main_cpu, frame_cpu;
  uint64_t dequeued, shown;
};

enum { kMostLatencies = 4096 };

struct counters {
  // Written by the launcher: nanoseconds of CLOCK_MONOTONIC, and the frames after which to take the
  // snapshots.
  uint64_t launched, snapshot_at[2];
  uint64_t dequeued, lost, shown;
  // Nanoseconds of CLOCK_MONOTONIC.
  uint64_t first_shown;
  struct snapshot snapshots[2];
  // Microseconds from capture to the flip event, or to the end of a blocking SETPLANE.
  uint64_t latency_count, latencies[kMostLatencies];
  // Microseconds from capture to the atomic commit.
  uint64_t commit_count, commits[kMostLatencies];
};
