// Rates of allocating and freeing, and of empty read accesses to a mapped buffer.
//
//   alloc HEAP LENGTH SECONDS alloc|sync
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "heap.h"

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "%s HEAP LENGTH SECONDS alloc|sync\n", argv[0]);
    return 2;
  }
  const int heap = heap_open(argv[1]);
  const size_t length = (size_t)atoll(argv[2]);
  const double seconds = atof(argv[3]);
  const int sync = strcmp(argv[4], "sync") == 0;
  const int buffer = heap_alloc(heap, length);
  if (mmap(NULL, length, PROT_READ, MAP_SHARED, buffer, 0) == MAP_FAILED) FAIL("mmap");

  // Looks at the clock once in a batch; the first batch is the warm-up.
  const unsigned long batch = sync ? 256 : 8;
  unsigned long done = 0;
  double begin = now(), end = begin;
  for (int round = 0; end - begin < seconds; ++round) {
    if (round == 1) {
      begin = now();
      done = 0;
    }
    for (unsigned long i = 0; i < batch; ++i, ++done) {
      if (sync) {
        buffer_sync(buffer, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
        buffer_sync(buffer, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
      } else {
        close(heap_alloc(heap, length));
      }
    }
    end = now();
  }
  printf("{\"operations\":%lu,\"seconds\":%.9f}\n", done, end - begin);
  return 0;
}
