// Looks at a program's system calls from inside, the same for every program that is compared: counts frames,
// and reads the CPU time that the process had at two of them. Preloaded; costs some atomic additions a frame.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"

enum { kMostFds = 256 };

static struct counters *counters;
static uint32_t next_sequence[kMostFds];
static atomic_bool commits_on[kMostFds];
// Microseconds of CLOCK_MONOTONIC: of the frame that was dequeued last, and of the one that was committed
// last. Programs with several cameras have no latencies.
static atomic_uint_least64_t newest_frame, committed_frame;

__attribute__((constructor)) static void open_counters(void) {
  const char *path = getenv("DMAFLOW_BENCH_COUNTERS");
  const int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapping = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapping != MAP_FAILED) counters = mapping;
  close(file);
}

static uint64_t clock_of(clockid_t clock) {
  struct timespec time = {0};
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t add(uint64_t *counter, uint64_t count) {
  return __atomic_add_fetch(counter, count, __ATOMIC_RELAXED);
}

static void take_snapshot(struct snapshot *snapshot, uint64_t dequeued) {
  // The kernel's way to name another thread's CPU clock, include/linux/posix-timers.h; 6: of one thread, by
  // its runtime.
  const clockid_t main_thread = (clockid_t)((~(unsigned)getpid()) << 3 | 6);
  snapshot->time = clock_of(CLOCK_MONOTONIC);
  snapshot->process_cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);
  snapshot->main_cpu = clock_of(main_thread);
  snapshot->frame_cpu = clock_of(CLOCK_THREAD_CPUTIME_ID);
  snapshot->dequeued = dequeued;
  snapshot->shown = counters->shown;
}

static void frame_dequeued(int fd, const struct v4l2_buffer *buffer) {
  newest_frame = (uint64_t)buffer->timestamp.tv_sec * 1000000 + (uint64_t)buffer->timestamp.tv_usec;
  if (fd < kMostFds) {
    if (next_sequence[fd] && buffer->sequence > next_sequence[fd]) {
      add(&counters->lost, buffer->sequence - next_sequence[fd]);
    }
    next_sequence[fd] = buffer->sequence + 1;
  }
  const uint64_t dequeued = add(&counters->dequeued, 1);
  for (int i = 0; i < 2; ++i) {
    if (dequeued == counters->snapshot_at[i]) take_snapshot(&counters->snapshots[i], dequeued);
  }
}

static void frame_shown(uint64_t time) {
  if (add(&counters->shown, 1) == 1) counters->first_shown = time;
}

// Between the two snapshots, where there are any.
static bool in_window(void) {
  const uint64_t *at = counters->snapshot_at;
  return !at[1] || (counters->dequeued > at[0] && counters->dequeued <= at[1]);
}

// `time`: nanoseconds; `captured`: microseconds.
static void record(uint64_t *count, uint64_t *values, uint64_t time, uint64_t captured) {
  if (*count >= kMostLatencies || !captured || !in_window()) return;
  values[(*count)++] = time / 1000 - captured;
}

static void latency_of(uint64_t time, uint64_t captured) {
  record(&counters->latency_count, counters->latencies, time, captured);
}

// Of what waited for its commit the newest wins.
static void committed(int fd) {
  if (fd < kMostFds) commits_on[fd] = true;
  if (committed_frame == newest_frame) return;
  committed_frame = newest_frame;
  record(&counters->commit_count, counters->commits, clock_of(CLOCK_MONOTONIC), newest_frame);
}

// A plane set by the old interface is on the screen when the call returns.
static void plane_set(void) {
  const uint64_t time = clock_of(CLOCK_MONOTONIC);
  frame_shown(time);
  latency_of(time, newest_frame);
}

static void observe(int fd, unsigned long request, void *argument) {
  switch ((unsigned)request) {
    case (unsigned)VIDIOC_DQBUF:
      frame_dequeued(fd, argument);
      break;
    case (unsigned)DRM_IOCTL_MODE_SETPLANE:
      plane_set();
      break;
    case (unsigned)DRM_IOCTL_MODE_ATOMIC:
      committed(fd);
      break;
    default:
      break;
  }
}

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  const long result = syscall(SYS_ioctl, fd, request, argument);
  if (result >= 0 && counters) {
    const int saved = errno;
    observe(fd, request, argument);
    errno = saved;
  }
  return (int)result;
}

static void read_events(const char *bytes, size_t length) {
  struct drm_event_vblank flip;
  for (size_t at = 0; at + sizeof flip <= length; at += flip.base.length) {
    memcpy(&flip, bytes + at, sizeof flip);
    if (flip.base.length < sizeof flip.base) return;
    if (flip.base.type == DRM_EVENT_FLIP_COMPLETE) {
      const uint64_t time = (uint64_t)flip.tv_sec * 1000000000 + (uint64_t)flip.tv_usec * 1000;
      frame_shown(time);
      latency_of(time, committed_frame);
    }
  }
}

// A cancellation point as the real one, which is why that is called.
ssize_t read(int fd, void *buffer, size_t length) {
  static ssize_t (*real_read)(int, void *, size_t);
  if (!real_read) {
    void *symbol = dlsym(RTLD_NEXT, "read");
    memcpy(&real_read, &symbol, sizeof real_read);
  }
  const ssize_t result = real_read(fd, buffer, length);
  if (result > 0 && counters && fd >= 0 && fd < kMostFds && commits_on[fd])
    read_events(buffer, (size_t)result);
  return result;
}
