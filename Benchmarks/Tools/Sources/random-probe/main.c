// What memory allows: probes a table of so many entries of 256 bytes at random, as a tracker must
// that meets its tuples in any order. Prints nanoseconds per probe.
//
//     random-probe ENTRIES PROBES
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct entry {
  uint64_t words[32];
};

static uint64_t next(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: random-probe ENTRIES PROBES\n");
    return 2;
  }
  uint64_t entries = strtoull(arguments[1], NULL, 10);
  uint64_t probes = strtoull(arguments[2], NULL, 10);
  if (entries == 0 || probes == 0) return 2;
  struct entry *table = aligned_alloc(64, entries * sizeof *table);
  if (!table) return 1;
  for (uint64_t index = 0; index < entries; index++) table[index].words[0] = index;

  uint64_t state = 1, sum = 0;
  double start = now();
  for (uint64_t probe = 0; probe < probes; probe++) {
    // Where the next probe goes hangs on this one, as a segment's meaning hangs on the one before.
    state += sum & 1;
    uint64_t index = (uint64_t)(((unsigned __int128)next(&state) * entries) >> 64);
    sum += table[index].words[0]++;
  }
  double seconds = now() - start;
  printf("%.2f\n", seconds / probes * 1e9);
  return sum == 42;
}
