#pragma once

/// How many processors the calling thread may use; 0 where that is not known.
int available_processors(void);
