// libevent: a bufferevent whose input is moved to its output without a copy. Reading stops while
// more than 1 MiB waits to be sent.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "listen.h"

enum { kPendingMax = 1024 * 1024 };

static void on_readable(struct bufferevent* connection, void* context) {
  (void)context;
  struct evbuffer* output = bufferevent_get_output(connection);
  evbuffer_add_buffer(output, bufferevent_get_input(connection));
  if (evbuffer_get_length(output) > kPendingMax) bufferevent_disable(connection, EV_READ);
}

static void on_all_written(struct bufferevent* connection, void* context) {
  (void)context;
  bufferevent_enable(connection, EV_READ);
}

static void on_last_written(struct bufferevent* connection, void* context) {
  (void)context;
  bufferevent_free(connection);
}

static void on_event(struct bufferevent* connection, short events, void* context) {
  int pending = evbuffer_get_length(bufferevent_get_output(connection)) > 0;
  if ((events & BEV_EVENT_EOF) != 0 && pending) {
    bufferevent_disable(connection, EV_READ);
    bufferevent_setcb(connection, NULL, on_last_written, on_event, context);
  } else if ((events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) {
    bufferevent_free(connection);
  }
}

static void on_connection(struct evconnlistener* listener, evutil_socket_t accepted,
                          struct sockaddr* address, int size, void* base) {
  (void)listener, (void)address, (void)size;
  struct bufferevent* connection = bufferevent_socket_new(base, accepted, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_set_max_single_read(connection, kBufferSize);
  bufferevent_set_max_single_write(connection, kBufferSize);
  bufferevent_setcb(connection, on_readable, on_all_written, on_event, NULL);
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

static void* serve(void* argument) {
  struct event_config* config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);  // each thread has a base of its own
  struct event_base* base = event_base_new_with_config(config);
  if (evconnlistener_new(base, on_connection, base, LEV_OPT_CLOSE_ON_EXEC, 4096, *(int*)argument) ==
      NULL) {
    die("evconnlistener_new");
  }
  event_base_dispatch(base);
  return NULL;
}

int main(int argc, char** argv) { serve_threads(argc, argv, serve); }
