#define _GNU_SOURCE
#include "CReactor.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static __thread void *owner;

static uint32_t to_kernel(uint32_t readiness) {
  uint32_t events = 0;
  if (readiness & CREACTOR_READABLE) events |= EPOLLIN;
  if (readiness & CREACTOR_WRITABLE) events |= EPOLLOUT;
  if (readiness & CREACTOR_PEER_CLOSED) events |= EPOLLRDHUP;
  return events;
}

static uint32_t from_kernel(uint32_t events) {
  uint32_t readiness = 0;
  if (events & EPOLLIN) readiness |= CREACTOR_READABLE;
  if (events & EPOLLOUT) readiness |= CREACTOR_WRITABLE;
  if (events & EPOLLRDHUP) readiness |= CREACTOR_PEER_CLOSED;
  if (events & (EPOLLHUP | EPOLLERR)) readiness |= CREACTOR_BROKEN;
  return readiness;
}

static int control(int epoll, int operation, int descriptor, uint32_t readiness, uint64_t token) {
  struct epoll_event event = {.events = to_kernel(readiness), .data = {.u64 = token}};
  return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : -errno;
}

int creactor_epoll_create(void) {
  int descriptor = epoll_create1(EPOLL_CLOEXEC);
  return descriptor >= 0 ? descriptor : -errno;
}

int creactor_epoll_add(int epoll, int descriptor, uint32_t readiness, uint64_t token) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, readiness, token);
}

int creactor_epoll_modify(int epoll, int descriptor, uint32_t readiness, uint64_t token) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, readiness, token);
}

int creactor_epoll_remove(int epoll, int descriptor) {
  return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

int creactor_epoll_wait(int epoll, struct creactor_event *events, int timeout) {
  struct epoll_event reported[CREACTOR_MAX_EVENTS];
  int count = epoll_wait(epoll, reported, CREACTOR_MAX_EVENTS, timeout);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    events[i].token = reported[i].data.u64;
    events[i].readiness = from_kernel(reported[i].events);
  }
  return count;
}

int creactor_eventfd_create(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor >= 0 ? descriptor : -errno;
}

void creactor_eventfd_signal(int descriptor) {
  uint64_t one = 1;
  // EAGAIN means that the counter is full, so the descriptor is readable already.
  while (write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void creactor_eventfd_consume(int descriptor) {
  uint64_t count;
  while (read(descriptor, &count, sizeof count) < 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return;
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
    poll(&wanted, 1, -1);
  }
}

void creactor_thread_prepare(const char *name) {
  char cut[16];
  strncpy(cut, name, sizeof cut - 1);
  cut[sizeof cut - 1] = 0;
  pthread_setname_np(pthread_self(), cut);

  // Process-wide signals belong to the threads that handle them; faults must still reach the crash reporter. A blocked
  // SIGPIPE leaves the C libraries the EPIPE that they check for.
  sigset_t blocked;
  sigfillset(&blocked);
  const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&blocked, faults[i]);
  pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

void *creactor_thread_owner(void) { return owner; }

void creactor_thread_set_owner(void *value) { owner = value; }

uint64_t creactor_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
