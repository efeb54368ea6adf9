// One raw request to a dma-buf heap, with what dmaflow itself never asks for: other sizes of the structure, bad flags, a
// structure that the kernel cannot write to.
//
//   heap-request PATH BYTES STRUCT_BYTES FD FD_FLAGS HEAP_FLAGS [read-only]
//
// Prints the error's number (0 for none), the size of the buffer that came (-1 for none), and by how many the process's
// file descriptors grew, the buffer's own counted.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-heap.h>

static int open_descriptors(void) {
  DIR *directory = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(directory)) count++;
  closedir(directory);
  return count;
}

int main(int count, char **words) {
  if (count < 7) return 2;
  const int heap = open(words[1], O_RDONLY | O_CLOEXEC);
  if (heap < 0) return 3;
  const long page = sysconf(_SC_PAGESIZE);
  struct dma_heap_allocation_data *data =
      mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return 4;
  const unsigned int size = strtoul(words[3], NULL, 0);
  // A structure of a later kernel has fields that this one does not know.
  if (size > sizeof(*data)) memset(data + 1, 0x5a, size - sizeof(*data));
  data->len = strtoull(words[2], NULL, 0);
  data->fd = strtoul(words[4], NULL, 0);
  data->fd_flags = strtoul(words[5], NULL, 0);
  data->heap_flags = strtoull(words[6], NULL, 0);
  const int read_only = count > 7;

  const int before = open_descriptors();
  if (read_only) mprotect(data, page, PROT_READ);
  const unsigned int request = _IOC(_IOC_READ | _IOC_WRITE, DMA_HEAP_IOC_MAGIC, 0, size);
  const int error = ioctl(heap, request, data) < 0 ? errno : 0;
  const int grown = open_descriptors() - before;
  const long bytes = error ? -1 : lseek(data->fd, 0, SEEK_END);
  printf("%d %ld %d\n", error, bytes, grown);
  return 0;
}
