// The one way out of a reference program when the kernel refuses.
#pragma once

#include <stdio.h>
#include <stdlib.h>

#define FAIL(what)      \
  do {                  \
    perror(what);       \
    exit(EXIT_FAILURE); \
  } while (0)

#define CHECK(call, what)       \
  do {                          \
    if ((call) < 0) FAIL(what); \
  } while (0)
