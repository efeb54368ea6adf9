/*
 * Work of a device on a dma-buf that is done when it is told to be: a fence of the kernel's software timeline
 * (CONFIG_SW_SYNC), put on the dma-buf that this program inherits as fd 3. Its argument says what the device does,
 * `read` or `write`. Prints `pending`; for a line on its input signals the fence and prints `signalled`.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* drivers/dma-buf/sw_sync.c; no header has them. */
struct sw_sync_create_fence_data {
  __u32 value;
  char name[32];
  __s32 fence;
};
#define SW_SYNC_IOC_CREATE_FENCE _IOWR('W', 0, struct sw_sync_create_fence_data)
#define SW_SYNC_IOC_INC _IOW('W', 1, __u32)

static int fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return 1;
}

int main(int argc, char **argv) {
  struct sw_sync_create_fence_data point = {.value = 1, .name = "late"};
  struct dma_buf_import_sync_file import = {0};
  __u32 step = 1;
  int timeline = open("/sys/kernel/debug/sync/sw_sync", O_RDWR | O_CLOEXEC);
  if (timeline < 0) return fail("sw_sync");
  if (ioctl(timeline, SW_SYNC_IOC_CREATE_FENCE, &point) < 0) return fail("SW_SYNC_IOC_CREATE_FENCE");
  import.fd = point.fence;
  import.flags = argc > 1 && strcmp(argv[1], "write") == 0 ? DMA_BUF_SYNC_WRITE : DMA_BUF_SYNC_READ;
  if (ioctl(3, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import) < 0) return fail("DMA_BUF_IOCTL_IMPORT_SYNC_FILE");
  printf("pending\n");
  fflush(stdout);
  if (getchar() == EOF) return 0;
  if (ioctl(timeline, SW_SYNC_IOC_INC, &step) < 0) return fail("SW_SYNC_IOC_INC");
  printf("signalled\n");
  return 0;
}
