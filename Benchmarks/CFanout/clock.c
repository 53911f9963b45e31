#define _GNU_SOURCE
#include "CFanout.h"

#include <errno.h>
#include <time.h>

uint64_t cfanout_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}

void cfanout_sleep_until(uint64_t microseconds) {
  struct timespec time = {
    .tv_sec = (time_t)(microseconds / 1000000u), .tv_nsec = (long)(microseconds % 1000000u) * 1000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {
  }
}

uint64_t cfanout_bucket_floor(uint32_t bucket) {
  if (bucket < 2048) return bucket;
  uint32_t shift = (bucket - 1024) / 1024;
  return (uint64_t)(1024 + bucket % 1024) << shift;
}
