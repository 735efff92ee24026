// Declared by the C library only where this is, which Swift's module of it is made without.
#define _GNU_SOURCE
#include "affinity.h"

#include <sched.h>

int available_processors(void) {
  cpu_set_t allowed;
  // Fails where a machine has more than CPU_SETSIZE of them.
  return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 0;
}
