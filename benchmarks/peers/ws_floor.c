// The least that a WebSocket echo can do: plain epoll, level-triggered, one thread; the frames of one
// receive are unmasked in place and sent back with one send. No compression, no UTF-8 check, no
// timeouts, no close handshake; a frame has at most kBufferSize bytes, and a client that does not
// read is cut off.
#include <openssl/sha.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "listen.h"

struct connection {
  int socket;
  int open;     // the handshake is done
  size_t size;  // of what was received and is not echoed yet
  unsigned char* kept;
};

static void forget(struct connection* connection) {
  close(connection->socket);
  free(connection->kept);
  free(connection);
}

// Answers the handshake in `text`. Returns 0 if it cannot.
static int shake_hands(struct connection* connection, char* text) {
  static const char kMagic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  char* key = strcasestr(text, "\r\nSec-WebSocket-Key: ");
  char joined[64 + sizeof kMagic], encoded[32], response[256];
  unsigned char digest[SHA_DIGEST_LENGTH];
  if (key == NULL) return 0;
  key += strlen("\r\nSec-WebSocket-Key: ");
  int length = (int)strcspn(key, "\r\n");
  if (length > 63) return 0;
  snprintf(joined, sizeof joined, "%.*s%s", length, key, kMagic);
  SHA1((unsigned char*)joined, strlen(joined), digest);
  EVP_EncodeBlock((unsigned char*)encoded, digest, sizeof digest);
  int size = snprintf(response, sizeof response,
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                      encoded);
  connection->open = 1;
  return send(connection->socket, response, (size_t)size, MSG_NOSIGNAL) == size;
}

// Turns the whole frames at the front of `bytes` into their echo, in place. Returns the size of the
// echo, and in `used` that of the frames; (size_t)-1 for a frame that is too large or not masked.
static size_t echo_frames(unsigned char* bytes, size_t size, size_t* used) {
  size_t out = 0;
  *used = 0;
  while (size - *used >= 6) {
    unsigned char* frame = bytes + *used;
    size_t payload = frame[1] & 0x7f, head = 2;
    if ((frame[1] & 0x80) == 0 || payload == 127) return (size_t)-1;
    if (payload == 126) {
      if (size - *used < 8) break;
      payload = (size_t)frame[2] << 8 | frame[3];
      head = 4;
    }
    if (head + 4 + payload > kBufferSize) return (size_t)-1;
    if (size - *used < head + 4 + payload) break;
    const unsigned char* mask = frame + head;
    unsigned char key[8];
    for (size_t i = 0; i < 8; ++i) key[i] = mask[i % 4];
    const unsigned char* in = mask + 4;
    frame[1] &= 0x7f;
    memmove(bytes + out, frame, head);
    out += head;
    size_t i = 0;
    for (; payload - i >= 8; i += 8) {
      uint64_t word, pattern;
      memcpy(&word, in + i, 8);
      memcpy(&pattern, key, 8);
      word ^= pattern;
      memcpy(bytes + out + i, &word, 8);
    }
    for (; i < payload; ++i) bytes[out + i] = in[i] ^ key[i % 4];
    out += payload;
    *used += head + 4 + payload;
  }
  return out;
}

static int on_readable(struct connection* connection, unsigned char* buffer) {
  if (connection->size > 0) memcpy(buffer, connection->kept, connection->size);
  ssize_t received = recv(connection->socket, buffer + connection->size,
                          kBufferSize - connection->size, 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return 1;
  if (received <= 0) return 0;
  size_t size = connection->size + (size_t)received, used = 0;
  if (!connection->open) {
    buffer[size] = 0;
    if (strstr((char*)buffer, "\r\n\r\n") != NULL) {
      connection->size = 0;
      return shake_hands(connection, (char*)buffer);
    }
  } else {
    size_t out = echo_frames(buffer, size, &used);
    // The echo is never longer than the frames, so what follows them is still in place.
    if (out == (size_t)-1) return 0;
    if (out > 0 && send(connection->socket, buffer, out, MSG_NOSIGNAL) != (ssize_t)out) return 0;
  }
  connection->size = size - used;
  if (connection->size == kBufferSize) return 0;
  if (connection->size > 0) {
    unsigned char* kept = realloc(connection->kept, connection->size);
    if (kept == NULL) return 0;
    connection->kept = kept;
    memcpy(kept, buffer + used, connection->size);
  }
  return 1;
}

static void* serve(void* argument) {
  int listener = *(int*)argument;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  unsigned char* buffer = malloc(kBufferSize + 1);
  struct epoll_event events[256];
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening) < 0) die("epoll_ctl");
  for (;;) {
    int ready = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      struct connection* connection = events[i].data.ptr;
      if (connection == NULL) {
        int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) continue;
        connection = calloc(1, sizeof *connection);
        connection->socket = accepted;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &event) < 0) die("epoll_ctl");
      } else if (!on_readable(connection, buffer)) {
        forget(connection);
      }
    }
  }
  return NULL;
}

int main(int argc, char** argv) { serve_threads(argc, argv, serve); }
