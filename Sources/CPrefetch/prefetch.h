#pragma once

/// Has the processor fetch the cache line at `address`, which may be anything: nothing is accessed.
static inline void prefetch_line(const void *address) { __builtin_prefetch(address, 1, 3); }
