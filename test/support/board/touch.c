/*
 * A stray pointer: when it is loaded, touches the 16th byte of the first dma-buf that the process has mapped; writes it
 * where $TOUCH is `write`. Loaded with process.dlopen, which then refuses it, as it is no addon.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void touch(void) {
  const char *how = getenv("TOUCH");
  char line[512];
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    if (strstr(line, "dmabuf") == NULL) continue;
    volatile char *memory = (volatile char *)strtoul(line, NULL, 16);
    if (how != NULL && strcmp(how, "write") == 0) memory[16] = 1;
    printf("touched %d\n", memory[16]);
    fflush(stdout);
    break;
  }
  if (maps != NULL) fclose(maps);
}
