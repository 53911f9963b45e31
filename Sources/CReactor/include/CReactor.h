#pragma once

#include <stdint.h>

// What Swift's Glibc module lacks: epoll, eventfd, a thread's name, signal mask and one thread-local pointer.
// Functions that can fail return a negative errno; nothing here allocates or keeps state besides the thread-local.

/// The most events that one creactor_epoll_wait reports.
enum { CREACTOR_MAX_EVENTS = 128 };

/// Readiness bits, independent of the kernel's numbers.
enum {
  CREACTOR_READABLE = 1,
  CREACTOR_WRITABLE = 2,
  /// The peer closed its sending side.
  CREACTOR_PEER_CLOSED = 4,
  /// The descriptor hung up or has an error. The kernel reports it whether asked for or not.
  CREACTOR_BROKEN = 8,
};

/// One report of the kernel: the token given with the descriptor, and readiness bits.
struct creactor_event {
  uint64_t token;
  uint32_t readiness;
};

int creactor_epoll_create(void);
int creactor_epoll_add(int epoll, int descriptor, uint32_t readiness, uint64_t token);
int creactor_epoll_modify(int epoll, int descriptor, uint32_t readiness, uint64_t token);
int creactor_epoll_remove(int epoll, int descriptor);
/// Waits at most `timeout` milliseconds (negative: for ever) and returns the number of events; an interrupted wait is 0.
int creactor_epoll_wait(int epoll, struct creactor_event *events, int timeout);

int creactor_eventfd_create(void);
/// Makes the eventfd readable; safe from any thread.
void creactor_eventfd_signal(int descriptor);
/// Makes it unreadable again, waiting for the signal if it has not come yet.
void creactor_eventfd_consume(int descriptor);

/// Names the calling thread (cut to 15 bytes) and blocks every signal that is not a fault of the thread's own.
void creactor_thread_prepare(const char *name);

/// The pointer that the calling thread was last given; NULL on a thread that never was.
void *creactor_thread_owner(void);
void creactor_thread_set_owner(void *owner);

/// The monotonic clock, in nanoseconds.
uint64_t creactor_now(void);
