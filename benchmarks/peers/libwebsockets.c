// libwebsockets: a message is kept until its connection is writable, and then written back, as its
// documentation wants it. Nothing more is read from the connection meanwhile. One thread.
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kMessageSizeMax = 64 * 1024 };

struct session {
  unsigned char* message;  // behind the room that the library needs for a frame's head
  size_t size;
  bool binary;
};

static int take(struct lws* connection, struct session* session, const void* part, size_t size) {
  if (size > kMessageSizeMax - session->size) return -1;
  memcpy(session->message + LWS_PRE + session->size, part, size);
  session->size += size;
  session->binary = lws_frame_is_binary(connection);
  if (!lws_is_final_fragment(connection) || lws_remaining_packet_payload(connection) > 0) return 0;
  lws_rx_flow_control(connection, 0);
  lws_callback_on_writable(connection);
  return 0;
}

static int write_back(struct lws* connection, struct session* session) {
  const enum lws_write_protocol kind = session->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
  const int size = lws_write(connection, session->message + LWS_PRE, session->size, kind);
  if (size < (int)session->size) return -1;
  session->size = 0;
  lws_rx_flow_control(connection, 1);
  return 0;
}

static int on_event(struct lws* connection, enum lws_callback_reasons reason, void* user,
                    void* data, size_t size) {
  struct session* session = user;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      session->message = malloc(LWS_PRE + kMessageSizeMax);
      session->size = 0;
      return session->message == NULL ? -1 : 0;
    case LWS_CALLBACK_RECEIVE:
      return take(connection, session, data, size);
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return write_back(connection, session);
    case LWS_CALLBACK_CLOSED:
      free(session->message);
      return 0;
    default:
      return lws_callback_http_dummy(connection, reason, user, data, size);
  }
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s PORT\n", argv[0]);
    return 2;
  }
  const struct lws_protocols protocols[] = {
      {.name = "echo",
       .callback = on_event,
       .per_session_data_size = sizeof(struct session),
       .rx_buffer_size = kMessageSizeMax},
      {.name = NULL}};
  const struct lws_context_creation_info info = {.port = atoi(argv[1]),
                                                 .iface = "127.0.0.1",
                                                 .protocols = protocols,
                                                 .gid = (gid_t)-1,
                                                 .uid = (uid_t)-1};
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context* context = lws_create_context(&info);
  if (context == NULL) return 98;  // the port is taken
  while (lws_service(context, 0) >= 0) {
  }
  lws_context_destroy(context);
  return 1;
}
