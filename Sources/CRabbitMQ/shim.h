#pragma once
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

// amqp_login is variadic, which Swift does not import. PLAIN, two channels are used, frames of 128 KiB. The library merges
// the capabilities with its own: without them the server would not say that it ended a consumer whose queue was deleted, nor that
// it takes nothing in.
static inline amqp_rpc_reply_t usher_amqp_login(amqp_connection_state_t connection, const char *vhost, int heartbeat,
                                                const char *name, const char *user, const char *password) {
  amqp_table_entry_t capabilities[2];
  capabilities[0].key = amqp_cstring_bytes("consumer_cancel_notify");
  capabilities[1].key = amqp_cstring_bytes("connection.blocked");
  for (int i = 0; i < 2; i++) {
    capabilities[i].value.kind = AMQP_FIELD_KIND_BOOLEAN;
    capabilities[i].value.value.boolean = 1;
  }
  amqp_table_entry_t entries[2];
  entries[0].key = amqp_cstring_bytes("connection_name");
  entries[0].value.kind = AMQP_FIELD_KIND_UTF8;
  entries[0].value.value.bytes = amqp_cstring_bytes(name);
  entries[1].key = amqp_cstring_bytes("capabilities");
  entries[1].value.kind = AMQP_FIELD_KIND_TABLE;
  entries[1].value.value.table.num_entries = 2;
  entries[1].value.value.table.entries = capabilities;
  amqp_table_t properties;
  properties.num_entries = 2;
  properties.entries = entries;
  return amqp_login_with_properties(connection, vhost, 16, 131072, heartbeat, &properties, AMQP_SASL_METHOD_PLAIN, user,
                                    password);
}

// The method numbers are macros with casts.
enum usher_amqp_method {
  USHER_AMQP_OTHER,
  USHER_AMQP_ACK,
  USHER_AMQP_NACK,
  USHER_AMQP_RETURN,
  USHER_AMQP_CANCEL,
  USHER_AMQP_CHANNEL_CLOSE,
  USHER_AMQP_CONNECTION_CLOSE,
  USHER_AMQP_BLOCKED,
  USHER_AMQP_UNBLOCKED,
};

static inline enum usher_amqp_method usher_amqp_method_of(amqp_method_number_t number) {
  switch (number) {
    case AMQP_BASIC_ACK_METHOD: return USHER_AMQP_ACK;
    case AMQP_BASIC_NACK_METHOD: return USHER_AMQP_NACK;
    case AMQP_BASIC_RETURN_METHOD: return USHER_AMQP_RETURN;
    case AMQP_BASIC_CANCEL_METHOD: return USHER_AMQP_CANCEL;
    case AMQP_CHANNEL_CLOSE_METHOD: return USHER_AMQP_CHANNEL_CLOSE;
    case AMQP_CONNECTION_CLOSE_METHOD: return USHER_AMQP_CONNECTION_CLOSE;
    case AMQP_CONNECTION_BLOCKED_METHOD: return USHER_AMQP_BLOCKED;
    case AMQP_CONNECTION_UNBLOCKED_METHOD: return USHER_AMQP_UNBLOCKED;
    default: return USHER_AMQP_OTHER;
  }
}
