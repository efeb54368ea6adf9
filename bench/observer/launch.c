// Starts a program under the observer, and notes when.
//
//   launch COUNTERS OBSERVER.so FIRST LAST PROGRAM ARGUMENTS...
//
// FIRST and LAST are the frames at which CPU is read.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  const int file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(struct counters)) < 0) {
    perror(argv[1]);
    return EXIT_FAILURE;
  }
  struct counters *counters = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (counters == MAP_FAILED) {
    perror("mmap");
    return EXIT_FAILURE;
  }
  counters->snapshot_at[0] = (uint64_t)atoll(argv[3]);
  counters->snapshot_at[1] = (uint64_t)atoll(argv[4]);
  setenv("DMAFLOW_BENCH_COUNTERS", argv[1], 1);
  setenv("LD_PRELOAD", argv[2], 1);
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  counters->launched = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
  execvp(argv[5], argv + 5);
  perror(argv[5]);
  return EXIT_FAILURE;
}
