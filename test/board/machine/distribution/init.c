// The first process of a board whose kernel has its drivers in modules: loads them, mounts the root that the kernel's command line
// names, and becomes the init that it names there. Linked statically; it is all that the initramfs holds beside the modules.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_LINE 8192

static char command_line[MAX_LINE];

// Without an init the kernel stops the machine, and the host shows what stands on the console.
static void fail(const char *format, ...) {
  const char *reason = strerror(errno);
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "board: ");
  vfprintf(stderr, format, arguments);
  fprintf(stderr, ": %s\n", reason);
  va_end(arguments);
  exit(1);
}

static void read_command_line(void) {
  int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t length = read(fd, command_line, sizeof command_line - 1);
  if (length < 0) fail("/proc/cmdline");
  command_line[length] = 0;
  command_line[strcspn(command_line, "\n")] = 0;
  close(fd);
}

// Copies the next word of the command line, without its quotes, and gives what comes behind it; NULL after the last.
static const char *next_word(const char *text, char *word) {
  while (*text == ' ') text++;
  if (!*text) return NULL;
  int quoted = 0;
  for (; *text && (quoted || *text != ' '); text++) {
    if (*text == '"') quoted = !quoted;
    else *word++ = *text;
  }
  *word = 0;
  return text;
}

// The value of NAME=VALUE; the last one wins, as in the kernel.
static char *argument(const char *name) {
  static char word[MAX_LINE];
  size_t length = strlen(name);
  char *value = NULL;
  for (const char *rest = command_line; (rest = next_word(rest, word));) {
    if (strncmp(word, name, length) || word[length] != '=') continue;
    free(value);
    value = strdup(word + length + 1);
  }
  if (!value) {
    errno = EINVAL;
    fail("the kernel's command line has no %s=", name);
  }
  return value;
}

// Sets `parameters` to those that the command line has for a module, as MODULE.PARAMETER=VALUE.
static void parameters_of(const char *module, char *parameters) {
  char word[MAX_LINE];
  size_t length = strlen(module);
  *parameters = 0;
  for (const char *rest = command_line; (rest = next_word(rest, word));) {
    if (strncmp(word, module, length) || word[length] != '.') continue;
    strcat(parameters, word + length + 1);
    strcat(parameters, " ");
  }
}

// The kernel calls modules by underscores, whatever their file is called.
static void load_module(const char *file) {
  char name[256], path[300], parameters[MAX_LINE];
  snprintf(name, sizeof name, "%s", file);
  name[strcspn(name, ".")] = 0;
  for (char *c = name; *c; c++)
    if (*c == '-') *c = '_';
  parameters_of(name, parameters);
  snprintf(path, sizeof path, "/modules/%s", file);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("%s", path);
  if (syscall(SYS_finit_module, fd, parameters, 0)) fail("module %s (%s)", name, parameters);
  close(fd);
  // Memory of the board from here on.
  unlink(path);
}

int main(void) {
  if (mount("proc", "/proc", "proc", 0, NULL)) fail("mounting /proc");
  read_command_line();
  FILE *order = fopen("/modules/order", "re");
  if (!order) fail("/modules/order");
  char file[256];
  while (fgets(file, sizeof file, order)) {
    file[strcspn(file, "\n")] = 0;
    load_module(file);
  }
  fclose(order);
  char *root = argument("root");
  if (mount(root, "/root", argument("rootfstype"), MS_RDONLY, argument("rootflags"))) fail("mounting %s", root);
  char *init = argument("init");
  umount("/proc");
  if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".")) fail("changing the root");
  execl(init, init, (char *)NULL);
  fail("%s", init);
}
