// The reference: plain epoll as it is usually written. Level-triggered, one receive of at most
// 64 KiB and one send for each readiness, one thread unless told otherwise. What the socket does
// not take is kept, and the connection is not read until it is gone.
#include <sys/epoll.h>

#include "listen.h"

struct connection {
  int socket;
  size_t pending_size;  // bytes the socket did not take yet
  size_t pending_sent;
  char* pending;
};

static void forget(struct connection* connection) {
  close(connection->socket);  // which takes it out of the epoll set too
  free(connection->pending);
  free(connection);
}

static void watch(int epoll, int operation, struct connection* connection, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(epoll, operation, connection->socket, &event) < 0) die("epoll_ctl");
}

static void accept_all(int epoll, int listener) {
  for (;;) {
    int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) return;
    struct connection* connection = calloc(1, sizeof *connection);
    connection->socket = accepted;
    watch(epoll, EPOLL_CTL_ADD, connection, EPOLLIN);
  }
}

static void on_writable(int epoll, struct connection* connection) {
  ssize_t sent = send(connection->socket, connection->pending + connection->pending_sent,
                      connection->pending_size - connection->pending_sent, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) forget(connection);
    return;
  }
  connection->pending_sent += (size_t)sent;
  if (connection->pending_sent < connection->pending_size) return;
  free(connection->pending);
  connection->pending = NULL;
  watch(epoll, EPOLL_CTL_MOD, connection, EPOLLIN);
}

static void on_readable(int epoll, struct connection* connection, char* buffer) {
  ssize_t received = recv(connection->socket, buffer, kBufferSize, 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (received <= 0) return forget(connection);
  ssize_t sent = send(connection->socket, buffer, (size_t)received, MSG_NOSIGNAL);
  if (sent == received) return;
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) return forget(connection);
    sent = 0;
  }
  connection->pending_size = (size_t)(received - sent);
  connection->pending_sent = 0;
  connection->pending = malloc(connection->pending_size);
  memcpy(connection->pending, buffer + sent, connection->pending_size);
  watch(epoll, EPOLL_CTL_MOD, connection, EPOLLOUT);
}

static void* serve(void* argument) {
  int listener = *(int*)argument;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  char* buffer = malloc(kBufferSize);
  struct epoll_event events[256];
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening) < 0) die("epoll_ctl");
  for (;;) {
    int ready = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      struct connection* connection = events[i].data.ptr;
      if (connection == NULL) {
        accept_all(epoll, listener);
      } else if (connection->pending != NULL) {
        on_writable(epoll, connection);
      } else {
        on_readable(epoll, connection, buffer);
      }
    }
  }
  return NULL;
}

int main(int argc, char** argv) { serve_threads(argc, argv, serve); }
