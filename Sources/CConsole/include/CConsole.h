#ifndef CCONSOLE_H
#define CCONSOLE_H

#include <stddef.h>

/// A file of Sources/Gateway/Console, as it was when the program was built. Lives as long as the program.
struct console_file {
  /// Its path below that folder, such as "app/console.html".
  const char *path;
  const unsigned char *bytes;
  size_t count;
};

/// How many files there are.
size_t console_file_count(void);

/// The file number `index`, from 0 on; there must be one.
struct console_file console_file_at(size_t index);

#endif
