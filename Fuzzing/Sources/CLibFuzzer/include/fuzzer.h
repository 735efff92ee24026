#include <stddef.h>
#include <stdint.h>

/// libFuzzer's loop (compiler-rt, `FuzzerInterface.h`): gives inputs to `check` until time is over.
int LLVMFuzzerRunDriver(
    int *count, char ***arguments, int (*check)(const uint8_t *bytes, size_t length));
