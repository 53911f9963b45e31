#define _GNU_SOURCE
#include "CFanout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EVENTS = 256, LINE = 256, HEAD = 4, ORDER_DIGITS = 16 };

struct peer {
  int descriptor;
  int upgraded;
  int waits;
  // The next version to be written, and how much of it has been.
  uint64_t next;
  size_t written;
};

struct floor {
  int epoll, listener, timer, input, output;
  // The frame of each of the last `window` events.
  char *frames;
  size_t frame_length, offset_place, order_place, offset_digits;
  uint32_t window;
  uint64_t version;
  struct peer *peers;
  uint32_t count, most;
  // Pacing.
  uint64_t due, interval, left;
  char line[LINE];
  size_t line_length;
};

static void put_digits(char *place, size_t count, uint64_t value) {
  while (count--) {
    place[count] = (char)('0' + value % 10);
    value /= 10;
  }
}

static char *frame_of(struct floor *floor, uint64_t version) {
  return floor->frames + (version % floor->window) * floor->frame_length;
}

static void drop(struct peer *peer) {
  if (peer->descriptor >= 0) close(peer->descriptor);
  peer->descriptor = -1;
}

static void want(struct floor *floor, struct peer *peer, int writable) {
  if (peer->waits == writable) return;
  peer->waits = writable;
  struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = peer};
  epoll_ctl(floor->epoll, EPOLL_CTL_MOD, peer->descriptor, &event);
}

// One write an event, until the socket takes no more.
static void write_on(struct floor *floor, struct peer *peer) {
  while (peer->descriptor >= 0 && peer->upgraded && peer->next <= floor->version) {
    if (floor->version - peer->next >= floor->window) return drop(peer);
    char *frame = frame_of(floor, peer->next);
    size_t rest = floor->frame_length - peer->written;
    ssize_t count = send(peer->descriptor, frame + peer->written, rest, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return want(floor, peer, 1);
    if (count < 0) return drop(peer);
    peer->written += (size_t)count;
    if (peer->written < floor->frame_length) return want(floor, peer, 1);
    peer->written = 0;
    peer->next++;
  }
  if (peer->descriptor >= 0) want(floor, peer, 0);
}

static void publish(struct floor *floor) {
  uint64_t version = ++floor->version;
  char *frame = frame_of(floor, version);
  put_digits(frame + floor->offset_place, floor->offset_digits, version);
  put_digits(frame + floor->order_place, ORDER_DIGITS, CFANOUT_STAMP + cfanout_now());
  for (uint32_t i = 0; i < floor->count; i++) {
    if (!floor->peers[i].waits) write_on(floor, &floor->peers[i]);
  }
}

static void set_timer(struct floor *floor) {
  struct itimerspec time = {0};
  if (floor->left) {
    time.it_value.tv_sec = (time_t)(floor->due / 1000000u);
    time.it_value.tv_nsec = (long)(floor->due % 1000000u) * 1000;
  }
  timerfd_settime(floor->timer, TFD_TIMER_ABSTIME, &time, NULL);
}

static void obey(struct floor *floor, char *line) {
  unsigned long count = 0, rate = 0;
  if (sscanf(line, "publish %lu", &count) == 1) {
    while (count--) publish(floor);
  } else if (sscanf(line, "steady %lu %lu", &rate, &count) == 2 && rate > 0) {
    floor->interval = 1000000u / rate;
    floor->due = cfanout_now() + floor->interval;
    floor->left = count;
    set_timer(floor);
  }
}

// 0 at the end of the input.
static int hear(struct floor *floor) {
  ssize_t count = read(floor->input, floor->line + floor->line_length, LINE - 1 - floor->line_length);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) return 0;
  floor->line_length += (size_t)count;
  char *newline;
  while ((newline = memchr(floor->line, '\n', floor->line_length))) {
    *newline = 0;
    char line[LINE];
    memcpy(line, floor->line, (size_t)(newline + 1 - floor->line));
    floor->line_length -= (size_t)(newline + 1 - floor->line);
    memmove(floor->line, newline + 1, floor->line_length);
    obey(floor, line);
  }
  return floor->line_length < LINE - 1;
}

static void tick(struct floor *floor) {
  uint64_t expirations;
  if (read(floor->timer, &expirations, sizeof expirations) < 0) return;
  while (floor->left && cfanout_now() >= floor->due) {
    publish(floor);
    floor->due += floor->interval;
    if (--floor->left == 0 && write(floor->output, "done\n", 5) != 5) return;
  }
  set_timer(floor);
}

static void accept_all(struct floor *floor) {
  while (floor->count < floor->most) {
    int descriptor = accept4(floor->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    int one = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct peer *peer = &floor->peers[floor->count++];
    *peer = (struct peer){.descriptor = descriptor};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    epoll_ctl(floor->epoll, EPOLL_CTL_ADD, descriptor, &event);
  }
}

// The clients are our own: they ask once, in one piece, and say nothing afterwards.
static void read_from(struct floor *floor, struct peer *peer) {
  static const char answer[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  char buffer[4096];
  ssize_t count = recv(peer->descriptor, buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return drop(peer);
  if (peer->upgraded) return;
  if (send(peer->descriptor, answer, sizeof answer - 1, MSG_NOSIGNAL) != sizeof answer - 1) return drop(peer);
  peer->upgraded = 1;
  peer->next = floor->version + 1;
}

static int prepare(struct floor *floor, const char *message, uint64_t version) {
  size_t length = strlen(message);
  const char *offset = NULL, *next = message, *order = strstr(message, "\"order\":");
  while ((next = strstr(next, "\"offset\":"))) offset = next++;
  if (length < 126 || length > 65535 || !offset || !order) return EINVAL;
  floor->frame_length = HEAD + length;
  floor->offset_place = HEAD + (size_t)(offset + 9 - message);
  floor->order_place = HEAD + (size_t)(order + 8 - message);
  floor->offset_digits = strspn(offset + 9, "0123456789");
  floor->version = version;
  floor->frames = malloc(floor->frame_length * floor->window);
  floor->peers = calloc(floor->most, sizeof *floor->peers);
  if (!floor->frames || !floor->peers) return ENOMEM;
  for (uint32_t i = 0; i < floor->window; i++) {
    char *frame = floor->frames + i * floor->frame_length;
    frame[0] = (char)0x81;
    frame[1] = 126;
    frame[2] = (char)(length >> 8);
    frame[3] = (char)length;
    memcpy(frame + HEAD, message, length);
  }
  return 0;
}

static int listen_on_loopback(struct floor *floor) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  floor->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  floor->epoll = epoll_create1(EPOLL_CLOEXEC);
  floor->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (floor->listener < 0 || floor->epoll < 0 || floor->timer < 0
      || bind(floor->listener, (struct sockaddr *)&address, length) != 0 || listen(floor->listener, 1024) != 0
      || getsockname(floor->listener, (struct sockaddr *)&address, &length) != 0) {
    return errno;
  }
  int *watched[] = {&floor->listener, &floor->timer, &floor->input};
  for (int i = 0; i < 3; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watched[i]};
    if (epoll_ctl(floor->epoll, EPOLL_CTL_ADD, *watched[i], &event) != 0) return errno;
  }
  char line[32];
  int count = snprintf(line, sizeof line, "ready %u\n", ntohs(address.sin_port));
  return write(floor->output, line, (size_t)count) == count ? 0 : errno;
}

int cfanout_floor(int input, int output, const char *message, uint64_t version, uint32_t clients, uint32_t window) {
  struct floor floor = {.input = input, .output = output, .window = window, .most = clients};
  int error = prepare(&floor, message, version);
  if (error == 0) error = listen_on_loopback(&floor);
  if (error) return error;
  // What is left at the end goes with the process.
  while (1) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(floor.epoll, events, EVENTS, -1);
    if (count < 0 && errno != EINTR) return errno;
    for (int i = 0; i < count; i++) {
      void *what = events[i].data.ptr;
      if (what == &floor.listener) {
        accept_all(&floor);
      } else if (what == &floor.timer) {
        tick(&floor);
      } else if (what == &floor.input) {
        if (!hear(&floor)) return 0;
      } else {
        struct peer *peer = what;
        if (peer->descriptor >= 0 && events[i].events & ~(uint32_t)EPOLLOUT) read_from(&floor, peer);
        if (peer->descriptor >= 0 && events[i].events & EPOLLOUT) write_on(&floor, peer);
      }
    }
  }
}
