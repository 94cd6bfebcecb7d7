// What the peers in C share: their command line, PORT [--threads N], and the listening socket.
// A peer listens on 127.0.0.1:PORT. With several threads each has a socket of its own on the port,
// among which the kernel spreads connections by hash (SO_REUSEPORT), as its users would write it.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kBufferSize = 64 * 1024, kThreadsMax = 64 };

static inline void die(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(errno == EADDRINUSE ? 98 : 1);
}

static inline int listen_on(int port, int shared) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (listener < 0) die("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (shared) setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // accepted sockets inherit it
  if (bind(listener, (struct sockaddr*)&address, sizeof address) < 0) die("bind");
  if (listen(listener, 4096) < 0) die("listen");
  return listener;
}

// Runs `serve` once a thread, each with a listener of its own, and never returns. All listeners are
// there before the first thread starts: a client that connects early is spread like a late one.
static inline void serve_threads(int argc, char** argv, void* (*serve)(void* listener)) {
  int listeners[kThreadsMax];
  int threads = argc == 4 && strcmp(argv[2], "--threads") == 0 ? atoi(argv[3]) : 1;
  if ((argc != 2 && argc != 4) || threads < 1 || threads > kThreadsMax) {
    fprintf(stderr, "usage: %s PORT [--threads N]\n", argv[0]);
    exit(2);
  }
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < threads; ++i) listeners[i] = listen_on(atoi(argv[1]), threads > 1);
  for (int i = 1; i < threads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, &listeners[i]) != 0) die("pthread_create");
  }
  serve(&listeners[0]);
  exit(1);
}
