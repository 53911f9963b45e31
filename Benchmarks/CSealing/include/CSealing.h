#pragma once

#include <stdint.h>

// AES-256-GCM in a loop of C over libcrypto, into memory that is there already: what sealing cannot go below.

/// Seals (or opens, when `opens` is not 0) `length` bytes `count` times under one context, which gets a nonce each time and
/// the key once: nonce, `associated` bytes of associated data, the text, the tag. Returns the nanoseconds of CPU time of this
/// thread, or -1 when libcrypto refuses.
int64_t csealing_loop(int64_t length, int64_t associated, int64_t count, int opens);
