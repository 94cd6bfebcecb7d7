// The live lower bound: a bare poll loop that asks every socket in turn, with no readiness
// machinery at all, so that what remains is the kernel's receive and send. It always spins, hence
// it is no server to run: it shows what a message costs at least, on this machine and at this
// moment.
#include "listen.h"

enum { kRoundsPerAccept = 64 };

struct connection {
  int socket;
  size_t pending_size;
  size_t pending_sent;
  char* pending;
};

// Sends what is pending. Returns whether the connection lives.
static int flush(struct connection* connection) {
  ssize_t sent = send(connection->socket, connection->pending + connection->pending_sent,
                      connection->pending_size - connection->pending_sent, MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  connection->pending_sent += (size_t)sent;
  if (connection->pending_sent == connection->pending_size) {
    free(connection->pending);
    connection->pending = NULL;
  }
  return 1;
}

static int keep(struct connection* connection, const char* bytes, size_t size) {
  connection->pending = malloc(size);
  memcpy(connection->pending, bytes, size);
  connection->pending_size = size;
  connection->pending_sent = 0;
  return 1;
}

// Asks one socket. Returns whether the connection lives.
static int poll_one(struct connection* connection, char* buffer) {
  if (connection->pending != NULL) return flush(connection);
  ssize_t received = recv(connection->socket, buffer, kBufferSize, 0);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  if (received == 0) return 0;
  ssize_t sent = send(connection->socket, buffer, (size_t)received, MSG_NOSIGNAL);
  if (sent == received) return 1;
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) return 0;
    sent = 0;
  }
  return keep(connection, buffer + sent, (size_t)(received - sent));
}

static void* serve(void* argument) {
  int listener = *(int*)argument;
  char* buffer = malloc(kBufferSize);
  struct connection* connections = NULL;
  size_t count = 0, capacity = 0;
  for (unsigned round = 0;; ++round) {
    while (count == 0 || round % kRoundsPerAccept == 0) {
      int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted < 0) break;
      if (count == capacity) {
        capacity = capacity == 0 ? 64 : capacity * 2;
        connections = realloc(connections, capacity * sizeof *connections);
      }
      connections[count++] = (struct connection){.socket = accepted};
    }
    for (size_t i = 0; i < count;) {
      if (poll_one(&connections[i], buffer)) {
        ++i;
        continue;
      }
      close(connections[i].socket);
      free(connections[i].pending);
      connections[i] = connections[--count];
    }
  }
  return NULL;
}

int main(int argc, char** argv) { serve_threads(argc, argv, serve); }
