/*
 * Preloaded into a program, writes down the flags of each DMA_BUF_IOCTL_SYNC with the dma-buf's inode: strace shows the
 * call but not what the argument points to. A line each, `INODE FLAGS`, appended to the file $SYNC_LOG.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int (*next)(int, unsigned long, void *) = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
  int result = next(fd, request, argument);
  const char *path = getenv("SYNC_LOG");
  if (request == DMA_BUF_IOCTL_SYNC && result == 0 && path != NULL) {
    struct stat status;
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log >= 0 && fstat(fd, &status) == 0)
      dprintf(log, "%lu %llu\n", (unsigned long)status.st_ino,
              (unsigned long long)((struct dma_buf_sync *)argument)->flags);
    if (log >= 0) close(log);
  }
  return result;
}
