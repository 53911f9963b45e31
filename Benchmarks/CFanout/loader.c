#define _GNU_SOURCE
#include "CFanout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, LONGEST_FRAME = 4 * 1024 * 1024, EVENTS = 256, EPOCH = 33, ERROR = 400 };
enum phase { CLOSED, CONNECTING, UPGRADING, SUBSCRIBING, LIVE };

struct client {
  int descriptor;
  enum phase phase;
  uint64_t version;
  uint64_t deliveries;
  uint64_t last;
  uint64_t took;
  // A frame, or an answer's head, of which the rest has not come.
  char *rest;
  size_t rest_length;
  char *token;
  char epoch[EPOCH];
};

struct loader_hint {
  size_t offset_from_end;
  size_t stamp_from_start;
};

struct cfanout_loader {
  struct cfanout_options options;
  char *channel;
  char *stamp;
  size_t stamp_length;
  int epoll;
  struct client *clients;
  uint32_t live;
  uint32_t opening;
  atomic_int stopped;
  uint64_t began;
  // Flooding: how many clients have not reached `mark`.
  uint64_t mark;
  uint32_t below_mark;
  struct cfanout_counts counts;
  uint32_t recovered;
  uint32_t snapshots;
  uint64_t *latencies;
  struct loader_hint hint;
  char *buffer;
  char sample[CFANOUT_SAMPLE + 1];
  char error[ERROR];
};

static int fail(struct cfanout_loader *loader, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct cfanout_loader *loader, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(loader->error, sizeof loader->error, format, arguments);
  va_end(arguments);
  return -1;
}

static unsigned number_of(const struct cfanout_loader *loader, const struct client *client) {
  return (unsigned)(client - loader->clients);
}

// MARK: - Making and ending

struct cfanout_loader *cfanout_loader_create(const struct cfanout_options *options) {
  struct cfanout_loader *loader = calloc(1, sizeof *loader);
  if (!loader) return NULL;
  loader->options = *options;
  loader->epoll = epoll_create1(EPOLL_CLOEXEC);
  loader->clients = calloc(options->clients, sizeof *loader->clients);
  loader->latencies = calloc(CFANOUT_BUCKETS, sizeof *loader->latencies);
  // One byte more, so that a text in it can be ended.
  loader->buffer = malloc(LONGEST_FRAME + BUFFER + 1);
  loader->channel = strdup(options->channel);
  loader->stamp = strdup(options->stamp);
  if (loader->epoll < 0 || !loader->clients || !loader->latencies || !loader->buffer || !loader->channel
      || !loader->stamp) {
    cfanout_loader_destroy(loader);
    return NULL;
  }
  loader->options.channel = loader->channel;
  loader->stamp_length = strlen(loader->stamp);
  for (uint32_t i = 0; i < options->clients; i++) {
    loader->clients[i].descriptor = -1;
    if (options->bare) loader->clients[i].version = options->version;
  }
  return loader;
}

void cfanout_loader_destroy(struct cfanout_loader *loader) {
  if (!loader) return;
  if (loader->clients) {
    cfanout_loader_cut(loader);
    for (uint32_t i = 0; i < loader->options.clients; i++) free(loader->clients[i].token);
  }
  if (loader->epoll >= 0) close(loader->epoll);
  free(loader->clients);
  free(loader->latencies);
  free(loader->buffer);
  free(loader->channel);
  free(loader->stamp);
  free(loader);
}

int cfanout_loader_set_token(struct cfanout_loader *loader, uint32_t client, const char *token) {
  char *copy = strdup(token);
  if (!copy) return -1;
  free(loader->clients[client].token);
  loader->clients[client].token = copy;
  return 0;
}

void cfanout_loader_stop(struct cfanout_loader *loader) { atomic_store(&loader->stopped, 1); }

static void close_client(struct cfanout_loader *loader, struct client *client) {
  if (client->descriptor >= 0) close(client->descriptor);
  if (client->phase == LIVE) loader->live--;
  if (client->phase > CLOSED && client->phase < LIVE) loader->opening--;
  client->descriptor = -1;
  client->phase = CLOSED;
  free(client->rest);
  client->rest = NULL;
  client->rest_length = 0;
}

void cfanout_loader_cut(struct cfanout_loader *loader) {
  for (uint32_t i = 0; i < loader->options.clients; i++) close_client(loader, &loader->clients[i]);
}

// MARK: - Counting

void cfanout_loader_reset(struct cfanout_loader *loader) {
  memset(&loader->counts, 0, sizeof loader->counts);
  memset(loader->latencies, 0, CFANOUT_BUCKETS * sizeof *loader->latencies);
  loader->recovered = 0;
  loader->snapshots = 0;
  for (uint32_t i = 0; i < loader->options.clients; i++) {
    loader->clients[i].deliveries = 0;
    loader->clients[i].last = 0;
  }
}

struct cfanout_counts cfanout_loader_counts(const struct cfanout_loader *loader) {
  struct cfanout_counts counts = loader->counts;
  counts.fewest = UINT64_MAX;
  uint64_t now = cfanout_now();
  for (uint32_t i = 0; i < loader->options.clients; i++) {
    const struct client *client = &loader->clients[i];
    if (client->phase != LIVE) continue;
    if (client->deliveries < counts.fewest) counts.fewest = client->deliveries;
    if (client->deliveries > counts.most) counts.most = client->deliveries;
    if (client->last && now - client->last > counts.longest_pause) counts.longest_pause = now - client->last;
  }
  if (!loader->live) counts.fewest = 0;
  return counts;
}

struct cfanout_state cfanout_loader_state(const struct cfanout_loader *loader) {
  struct cfanout_state state = {
    .live = loader->live, .recovered = loader->recovered, .snapshots = loader->snapshots, .lowest_version = UINT64_MAX};
  for (uint32_t i = 0; i < loader->options.clients; i++) {
    const struct client *client = &loader->clients[i];
    if (client->phase != LIVE) continue;
    if (client->version < state.lowest_version) state.lowest_version = client->version;
    if (client->version > state.highest_version) state.highest_version = client->version;
  }
  return state;
}

const uint64_t *cfanout_loader_latencies(const struct cfanout_loader *loader) { return loader->latencies; }

uint64_t cfanout_loader_took(const struct cfanout_loader *loader, uint32_t client) {
  return loader->clients[client].took;
}

const char *cfanout_loader_sample(const struct cfanout_loader *loader) { return loader->sample; }

const char *cfanout_loader_error(const struct cfanout_loader *loader) { return loader->error; }

static void record(struct cfanout_loader *loader, uint64_t latency) {
  uint32_t shift = 0;
  while (latency >> shift >= 2048) shift++;
  uint32_t bucket = 1024 * shift + (uint32_t)(latency >> shift);
  loader->latencies[bucket < CFANOUT_BUCKETS ? bucket : CFANOUT_BUCKETS - 1]++;
}

// MARK: - What clients say

static int send_all(struct cfanout_loader *loader, struct client *client, const char *bytes, size_t length) {
  ssize_t sent = send(client->descriptor, bytes, length, MSG_NOSIGNAL);
  if (sent == (ssize_t)length) return 0;
  return fail(loader, "client %u could not send: %s", number_of(loader, client), strerror(sent < 0 ? errno : EAGAIN));
}

static int send_frame(
  struct cfanout_loader *loader, struct client *client, unsigned char opcode, const char *text, size_t length) {
  static const unsigned char mask[4] = {0x1f, 0x2e, 0x3d, 0x4c};
  char frame[16 * 1024];
  if (length > sizeof frame - 8) return fail(loader, "client %u has too long a token", number_of(loader, client));
  size_t head = 0;
  frame[head++] = (char)(0x80 | opcode);
  if (length < 126) {
    frame[head++] = (char)(0x80 | length);
  } else {
    frame[head++] = (char)(0x80 | 126);
    frame[head++] = (char)(length >> 8);
    frame[head++] = (char)length;
  }
  memcpy(frame + head, mask, 4);
  head += 4;
  for (size_t i = 0; i < length; i++) frame[head + i] = (char)(text[i] ^ mask[i % 4]);
  return send_all(loader, client, frame, head + length);
}

static int send_upgrade(struct cfanout_loader *loader, struct client *client) {
  char request[512];
  int length = snprintf(
    request, sizeof request,
    "GET /connection/websocket HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    loader->options.port);
  client->phase = UPGRADING;
  return send_all(loader, client, request, (size_t)length);
}

// Both commands in one frame, as the SDKs send them.
static int send_commands(struct cfanout_loader *loader, struct client *client) {
  char text[12 * 1024];
  char recovery[128] = "";
  if (client->epoch[0]) {
    snprintf(
      recovery, sizeof recovery, ",\"recover\":true,\"epoch\":\"%s\",\"offset\":%llu", client->epoch,
      (unsigned long long)client->version);
  }
  int length = snprintf(
    text, sizeof text,
    "{\"id\":1,\"connect\":{\"token\":\"%s\",\"name\":\"bench\"}}\n"
    "{\"id\":2,\"subscribe\":{\"channel\":\"%s\",\"data\":{\"limit\":1}%s}}",
    client->token ? client->token : "", loader->options.channel, recovery);
  if (length >= (int)sizeof text) return fail(loader, "client %u has too long a token", number_of(loader, client));
  client->phase = SUBSCRIBING;
  return send_frame(loader, client, 1, text, (size_t)length);
}

static void become_live(struct cfanout_loader *loader, struct client *client) {
  client->phase = LIVE;
  client->took = cfanout_now() - loader->began;
  loader->opening--;
  loader->live++;
}

// MARK: - What clients hear

static uint64_t digits(const char *text, const char *end) {
  uint64_t value = 0;
  for (; text < end && *text >= '0' && *text <= '9'; text++) value = value * 10 + (uint64_t)(*text - '0');
  return value;
}

static int unexpected(struct cfanout_loader *loader, struct client *client, const char *text, size_t length) {
  return fail(
    loader, "client %u got what it does not understand: %.*s", number_of(loader, client),
    (int)(length < 200 ? length : 200), text);
}

static int follow(struct cfanout_loader *loader, struct client *client, uint64_t version) {
  if (version == client->version + 1) {
    client->version = version;
    return 0;
  }
  return fail(
    loader, "client %u saw a gap: version %llu came after %llu", number_of(loader, client),
    (unsigned long long)version, (unsigned long long)client->version);
}

static int event(struct cfanout_loader *loader, struct client *client, const char *text, size_t length, uint64_t now) {
  static const char offset_key[] = "\"offset\":";
  const size_t offset_length = sizeof offset_key - 1;
  const char *end = text + length;
  // Where it was in the event before is where it is in this one.
  const char *offset = end - loader->hint.offset_from_end;
  if (loader->hint.offset_from_end < offset_length || loader->hint.offset_from_end > length
      || memcmp(offset, offset_key, offset_length) != 0) {
    const char *next = text;
    offset = NULL;
    while ((next = memmem(next, (size_t)(end - next), offset_key, offset_length))) offset = next++;
    if (!offset) return unexpected(loader, client, text, length);
    loader->hint.offset_from_end = (size_t)(end - offset);
  }
  if (follow(loader, client, digits(offset + offset_length, end)) != 0) return -1;
  const char *stamp = text + loader->hint.stamp_from_start;
  if (loader->hint.stamp_from_start + loader->stamp_length > length
      || memcmp(stamp, loader->stamp, loader->stamp_length) != 0) {
    stamp = memmem(text, length, loader->stamp, loader->stamp_length);
    if (!stamp) return unexpected(loader, client, text, length);
    loader->hint.stamp_from_start = (size_t)(stamp - text);
  }
  uint64_t made = digits(stamp + loader->stamp_length, end) - CFANOUT_STAMP;
  record(loader, now > made ? now - made : 0);
  if (client->version == loader->mark) loader->below_mark--;
  client->deliveries++;
  loader->counts.deliveries++;
  if (!loader->sample[0] && length <= CFANOUT_SAMPLE) memcpy(loader->sample, text, length);
  return 0;
}

// The reply's own offset, and that of each publication in it.
static int subscribed(struct cfanout_loader *loader, struct client *client, const char *text, size_t length) {
  const char *end = text + length;
  const char *epoch = memmem(text, length, "\"epoch\":\"", 9);
  const char *own = memmem(text, length, "\"offset\":", 9);
  const char *missed = memmem(text, length, "\"publications\":[", 16);
  if (!epoch || !own || (missed && missed < own)) return unexpected(loader, client, text, length);
  uint64_t version = digits(own + 9, end);
  if (memmem(text, length, "\"recovered\":true", 16)) {
    const char *next = own + 9;
    while ((next = memmem(next, (size_t)(end - next), "\"offset\":", 9))) {
      next += 9;
      if (follow(loader, client, digits(next, end)) != 0) return -1;
    }
    if (client->version != version) return fail(loader, "client %u recovered to another version", number_of(loader, client));
    loader->recovered++;
  } else {
    client->version = version;
    loader->snapshots++;
  }
  epoch += 9;
  size_t count = strcspn(epoch, "\"");
  if (count >= EPOCH) return unexpected(loader, client, text, length);
  memcpy(client->epoch, epoch, count);
  client->epoch[count] = 0;
  become_live(loader, client);
  return 0;
}

static int message(struct cfanout_loader *loader, struct client *client, char *text, size_t length, uint64_t now) {
  if (client->phase == LIVE && length > 8 && memcmp(text, "{\"push\":", 8) == 0) {
    return event(loader, client, text, length, now);
  }
  if (length == 2 && memcmp(text, "{}", 2) == 0) {
    loader->counts.pings++;
    return send_frame(loader, client, 1, "{}", 2);
  }
  char last = text[length];
  text[length] = 0;
  int result = 0;
  if (client->phase == SUBSCRIBING && memmem(text, length, "\"subscribe\":", 12) && !memmem(text, length, "\"error\":", 8)) {
    result = subscribed(loader, client, text, length);
  } else if (client->phase != SUBSCRIBING || !memmem(text, length, "\"connect\":", 10)) {
    result = unexpected(loader, client, text, length);
  }
  text[length] = last;
  return result;
}

static int text_frame(struct cfanout_loader *loader, struct client *client, char *text, size_t length, uint64_t now) {
  loader->counts.frames++;
  uint64_t before = client->deliveries;
  char *end = text + length;
  while (text < end) {
    char *newline = memchr(text, '\n', (size_t)(end - text));
    char *stop = newline ? newline : end;
    if (message(loader, client, text, (size_t)(stop - text), now) != 0) return -1;
    text = stop + 1;
  }
  // Once a frame: what is joined came at one time.
  if (client->deliveries > before) {
    if (client->last && now - client->last > loader->counts.longest_pause) {
      loader->counts.longest_pause = now - client->last;
    }
    client->last = now;
  }
  return 0;
}

// The whole frames in `bytes`; gives back how many bytes they are, or -1.
static ssize_t frames(struct cfanout_loader *loader, struct client *client, char *bytes, size_t length, uint64_t now) {
  size_t done = 0;
  while (length - done >= 2) {
    unsigned char *head = (unsigned char *)bytes + done;
    size_t size = head[1] & 0x7f, header = 2;
    if (head[1] & 0x80 || !(head[0] & 0x80)) return fail(loader, "client %u got a masked or a split frame", number_of(loader, client));
    if (size == 126) {
      if (length - done < 4) break;
      size = (size_t)head[2] << 8 | head[3];
      header = 4;
    } else if (size == 127) {
      if (length - done < 10) break;
      size = 0;
      for (int i = 2; i < 10; i++) size = size << 8 | head[i];
      header = 10;
    }
    if (size > LONGEST_FRAME - 10) return fail(loader, "client %u got a frame of %zu bytes", number_of(loader, client), size);
    if (length - done < header + size) break;
    char *payload = bytes + done + header;
    switch (head[0] & 0x0f) {
      case 1:
        if (text_frame(loader, client, payload, size, now) != 0) return -1;
        break;
      case 8:
        return fail(
          loader, "client %u was cut off: %d %.*s", number_of(loader, client),
          size >= 2 ? (unsigned char)payload[0] << 8 | (unsigned char)payload[1] : 1005, size > 2 ? (int)size - 2 : 0,
          payload + 2);
      case 9:
        if (send_frame(loader, client, 10, payload, size) != 0) return -1;
        break;
      default: return fail(loader, "client %u got a frame of kind %d", number_of(loader, client), head[0] & 0x0f);
    }
    done += header + size;
  }
  return (ssize_t)done;
}

static ssize_t upgraded(struct cfanout_loader *loader, struct client *client, char *bytes, size_t length) {
  char *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (!end) return length < 4096 ? 0 : fail(loader, "client %u got a long answer", number_of(loader, client));
  size_t head = (size_t)(end + 4 - bytes);
  if (memcmp(bytes, "HTTP/1.1 101", 12) != 0 || !memmem(bytes, head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28)) {
    return fail(loader, "client %u was not let in: %.*s", number_of(loader, client), (int)(head < 60 ? head : 60), bytes);
  }
  if (loader->options.bare) {
    become_live(loader, client);
  } else if (send_commands(loader, client) != 0) {
    return -1;
  }
  return (ssize_t)head;
}

static int receive(struct cfanout_loader *loader, struct client *client) {
  size_t kept = client->rest_length;
  if (kept) memcpy(loader->buffer, client->rest, kept);
  ssize_t count = recv(client->descriptor, loader->buffer + kept, BUFFER, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (count <= 0) {
    return fail(
      loader, "client %u was cut off: %s", number_of(loader, client), count < 0 ? strerror(errno) : "the socket was closed");
  }
  uint64_t now = cfanout_now();
  loader->counts.bytes += (uint64_t)count;
  size_t length = kept + (size_t)count, done = 0;
  if (client->phase == UPGRADING) {
    ssize_t head = upgraded(loader, client, loader->buffer, length);
    if (head < 0) return -1;
    done = (size_t)head;
  }
  if (client->phase > UPGRADING) {
    ssize_t whole = frames(loader, client, loader->buffer + done, length - done, now);
    if (whole < 0) return -1;
    done += (size_t)whole;
  }
  size_t rest = length - done;
  if (rest) {
    char *copy = realloc(client->rest, rest);
    if (!copy) return fail(loader, "no memory for client %u", number_of(loader, client));
    memcpy(copy, loader->buffer + done, rest);
    client->rest = copy;
  } else if (client->rest) {
    free(client->rest);
    client->rest = NULL;
  }
  client->rest_length = rest;
  return 0;
}

// MARK: - Turns

// One turn: waits at most until `end`, and hears everyone who has something.
static int turn(struct cfanout_loader *loader, uint64_t end) {
  if (atomic_load_explicit(&loader->stopped, memory_order_relaxed)) return fail(loader, "stopped");
  uint64_t now = cfanout_now();
  uint64_t left = end > now ? (end - now + 999) / 1000 : 0;
  struct epoll_event events[EVENTS];
  int count = epoll_wait(loader->epoll, events, EVENTS, left > 100 ? 100 : (int)left);
  if (count < 0 && errno != EINTR) return fail(loader, "epoll: %s", strerror(errno));
  for (int i = 0; i < count; i++) {
    struct client *client = events[i].data.ptr;
    if (client->phase == CONNECTING) {
      int error = 0;
      socklen_t length = sizeof error;
      getsockopt(client->descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
      if (error) return fail(loader, "client %u could not connect: %s", number_of(loader, client), strerror(error));
      struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = client};
      epoll_ctl(loader->epoll, EPOLL_CTL_MOD, client->descriptor, &wanted);
      if (send_upgrade(loader, client) != 0) return -1;
    } else if (client->phase != CLOSED && receive(loader, client) != 0) {
      return -1;
    }
  }
  return 0;
}

static int open_client(struct cfanout_loader *loader, struct client *client) {
  client->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client->descriptor < 0) {
    return fail(loader, "no socket for client %u: %s", number_of(loader, client), strerror(errno));
  }
  client->phase = CONNECTING;
  loader->opening++;
  int one = 1;
  setsockopt(client->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in address = {
    .sin_family = AF_INET, .sin_port = htons(loader->options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(client->descriptor, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
    return fail(loader, "client %u could not connect: %s", number_of(loader, client), strerror(errno));
  }
  struct epoll_event wanted = {.events = EPOLLOUT, .data.ptr = client};
  if (epoll_ctl(loader->epoll, EPOLL_CTL_ADD, client->descriptor, &wanted) != 0) {
    return fail(loader, "epoll: %s", strerror(errno));
  }
  return 0;
}

int cfanout_loader_connect(struct cfanout_loader *loader, uint32_t count, uint32_t milliseconds) {
  loader->began = cfanout_now();
  uint64_t end = loader->began + (uint64_t)milliseconds * 1000;
  uint32_t next = 0;
  if (count > loader->options.clients) return fail(loader, "there are no %u clients", count);
  while (next < count || loader->opening) {
    while (next < count && loader->opening < loader->options.connecting) {
      struct client *client = &loader->clients[next++];
      if (client->phase == CLOSED && open_client(loader, client) != 0) return -1;
    }
    if (turn(loader, end) != 0) return -1;
    if (cfanout_now() >= end && (next < count || loader->opening)) {
      return fail(loader, "%u of %u clients are connected after %u ms", loader->live, count, milliseconds);
    }
  }
  return 0;
}

int cfanout_loader_run(struct cfanout_loader *loader, uint32_t milliseconds) {
  uint64_t end = cfanout_now() + (uint64_t)milliseconds * 1000;
  while (cfanout_now() < end) {
    if (turn(loader, end) != 0) return -1;
  }
  return 0;
}

int cfanout_loader_await(struct cfanout_loader *loader, uint64_t version, uint32_t milliseconds) {
  uint64_t end = cfanout_now() + (uint64_t)milliseconds * 1000;
  while (1) {
    struct cfanout_state state = cfanout_loader_state(loader);
    if (!state.live || state.lowest_version >= version) return 0;
    if (cfanout_now() >= end) {
      return fail(
        loader, "after %u ms a client is at version %llu, not at %llu", milliseconds,
        (unsigned long long)state.lowest_version, (unsigned long long)version);
    }
    if (turn(loader, cfanout_now() + 20000) != 0) return -1;
  }
}

static int publish(struct cfanout_loader *loader, int commands, uint32_t count) {
  char line[32];
  int length = snprintf(line, sizeof line, "publish %u\n", count);
  if (write(commands, line, (size_t)length) != length) return fail(loader, "the server takes no orders: %s", strerror(errno));
  return 0;
}

// Counts who is below a mark once; from then on whoever reaches it counts himself off.
static void set_mark(struct cfanout_loader *loader, uint64_t mark) {
  loader->mark = mark;
  loader->below_mark = 0;
  for (uint32_t i = 0; i < loader->options.clients; i++) {
    const struct client *client = &loader->clients[i];
    if (client->phase == LIVE && client->version < mark) loader->below_mark++;
  }
}

int cfanout_loader_flood(
  struct cfanout_loader *loader, int commands, uint32_t window, uint64_t *ordered, uint32_t milliseconds) {
  uint64_t end = cfanout_now() + (uint64_t)milliseconds * 1000;
  uint32_t part = window / 4 ? window / 4 : 1;
  struct cfanout_state state = cfanout_loader_state(loader);
  if (!state.live) return fail(loader, "no client is live");
  while (*ordered < state.lowest_version + window - part) {
    if (publish(loader, commands, part) != 0) return -1;
    *ordered += part;
  }
  set_mark(loader, *ordered + part - window);
  int result = 0;
  while (result == 0 && cfanout_now() < end) {
    while (loader->below_mark == 0 && result == 0) {
      result = publish(loader, commands, part);
      *ordered += part;
      set_mark(loader, *ordered + part - window);
    }
    if (result == 0) result = turn(loader, end);
  }
  loader->mark = 0;
  return result;
}
