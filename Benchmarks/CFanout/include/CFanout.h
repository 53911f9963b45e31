#pragma once

#include <stdint.h>

// The two ends that `usher-bench fanout` puts around what it measures, both on one epoll each: many WebSocket clients as
// cheap as can be, for they share the cores with the server, and the least server that there can be.
// Messages are JSON texts. `"offset":` gives each its version. Digits behind a key of the server's own are the moment at
// which it was made: microseconds of the monotonic clock, counted from CFANOUT_STAMP so that there are always 16 digits.

#define CFANOUT_STAMP 1000000000000000ull
/// The longest message that is kept as a sample, in bytes.
#define CFANOUT_SAMPLE 2048
/// Latencies in microseconds: 0 to 2,047 one by one, then 1,024 steps for each doubling, up to a minute.
#define CFANOUT_BUCKETS 18432

/// The monotonic clock, in microseconds.
uint64_t cfanout_now(void);
/// The lowest latency that falls in a bucket, in microseconds.
uint64_t cfanout_bucket_floor(uint32_t bucket);
/// Sleeps until that moment of `cfanout_now`.
void cfanout_sleep_until(uint64_t microseconds);

/// Many clients of one server. Everything but `cfanout_loader_stop` is called by one thread at a time.
struct cfanout_loader;

struct cfanout_options {
  /// On 127.0.0.1.
  uint16_t port;
  uint32_t clients;
  /// So many at most are between connecting and being live at one time, below what the server's backlog holds.
  uint32_t connecting;
  /// Whether a client is live once its socket is a WebSocket, without saying anything: the floor.
  int bare;
  /// The version that bare clients begin at.
  uint64_t version;
  /// What is subscribed to.
  const char *channel;
  /// What stands before the moment in an event, such as `"order":`.
  const char *stamp;
};

/// What came in since the last reset.
struct cfanout_counts {
  /// Events, each of which followed the one before.
  uint64_t deliveries;
  uint64_t frames;
  uint64_t bytes;
  uint64_t pings;
  /// Events of the client that got the fewest and of the one that got the most.
  uint64_t fewest;
  uint64_t most;
  /// The longest that a client was without an event between two, in microseconds.
  uint64_t longest_pause;
};

/// Where the clients stand.
struct cfanout_state {
  uint32_t live;
  /// Subscriptions that were answered with what was missed, and with a snapshot, since the last reset.
  uint32_t recovered;
  uint32_t snapshots;
  /// Of the live clients.
  uint64_t lowest_version;
  uint64_t highest_version;
};

/// NULL when there is no memory or no epoll.
struct cfanout_loader *cfanout_loader_create(const struct cfanout_options *options);
void cfanout_loader_destroy(struct cfanout_loader *loader);
/// The access token of a client; copied. 0, or -1 without memory.
int cfanout_loader_set_token(struct cfanout_loader *loader, uint32_t client, const char *token);
/// Makes what is under way end soon with an error; from any thread.
void cfanout_loader_stop(struct cfanout_loader *loader);

// Each of the following is 0, or -1 with `cfanout_loader_error` telling why: a gap, a client cut off, no time left.

/// Connects and subscribes the first `count` clients that are not live. Those that were live recover from where they were.
int cfanout_loader_connect(struct cfanout_loader *loader, uint32_t count, uint32_t milliseconds);
/// Receives for so long.
int cfanout_loader_run(struct cfanout_loader *loader, uint32_t milliseconds);
/// Receives until every live client is at `version`.
int cfanout_loader_await(struct cfanout_loader *loader, uint64_t version, uint32_t milliseconds);
/// Receives for so long, and writes `publish N` to `commands` so that the slowest client is always between three quarters of
/// `window` and `window` events behind what was ordered. The clients begin at one version; `ordered` is it and becomes
/// the last version ordered.
int cfanout_loader_flood(
  struct cfanout_loader *loader, int commands, uint32_t window, uint64_t *ordered, uint32_t milliseconds);
/// Closes every client's socket at once.
void cfanout_loader_cut(struct cfanout_loader *loader);

/// Forgets what was counted.
void cfanout_loader_reset(struct cfanout_loader *loader);
struct cfanout_counts cfanout_loader_counts(const struct cfanout_loader *loader);
struct cfanout_state cfanout_loader_state(const struct cfanout_loader *loader);
/// CFANOUT_BUCKETS numbers of events, by latency.
const uint64_t *cfanout_loader_latencies(const struct cfanout_loader *loader);
/// How long a client took to be live, from the beginning of `cfanout_loader_connect`, in microseconds.
uint64_t cfanout_loader_took(const struct cfanout_loader *loader, uint32_t client);
/// The first event that came, as text; empty before.
const char *cfanout_loader_sample(const struct cfanout_loader *loader);
/// Why the last call failed.
const char *cfanout_loader_error(const struct cfanout_loader *loader);

/// The floor: a server on one thread that writes each event to each WebSocket by a call of its own, in the order of the
/// versions, the next one as soon as the socket takes it. `message` is an event; its offset and moment are replaced. Says
/// `ready PORT` on `output`, obeys `publish N` and `steady RATE COUNT` from `input`, answers the latter with `done` after
/// the last, and ends with `input`. At most `clients` sockets, at most `window` events behind. 0, or an errno.
int cfanout_floor(int input, int output, const char *message, uint64_t version, uint32_t clients, uint32_t window);
