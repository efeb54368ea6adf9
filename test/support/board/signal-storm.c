/* Sends SIGUSR2 to the process in its argument, a thousand times a second, until it is killed or the process is gone. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
  const struct timespec pause = {0, 1000000};
  const pid_t pid = argc > 1 ? atoi(argv[1]) : 0;
  while (pid > 0 && kill(pid, SIGUSR2) == 0) nanosleep(&pause, NULL);
  return 0;
}
