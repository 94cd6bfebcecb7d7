// The other live lower bound: client and server in one thread, four system calls a message and
// nothing else, on every processor it is told. What servers and clients that share their processors
// can reach together at most.
//
//   same_thread_floor [-c CONNECTIONS] [-s SIZE] [-d SECONDS] [--cpus LIST]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kThreadsMax = 64, kConnectionsMax = 1024, kSizeMax = 16 * 1024 };

static int size = 64, connections = 50, cpus[kThreadsMax], cpu_count;
static double seconds = 1;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void connect_pair(int* client, int* server) {
  int one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) < 0 || listen(listener, 1) < 0 ||
      getsockname(listener, (struct sockaddr*)&address, &length) < 0) {
    die("listen");
  }
  *client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(*client, (struct sockaddr*)&address, sizeof address) < 0) die("connect");
  *server = accept(listener, NULL, NULL);
  if (*server < 0) die("accept");
  setsockopt(*client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(*server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  close(listener);
}

static void pass_on(int from, int to, char* buffer) {
  if (send(from, buffer, (size_t)size, MSG_NOSIGNAL) != size) die("send");
  if (recv(to, buffer, (size_t)size, MSG_WAITALL) != size) die("recv");
}

static void* run(void* argument) {
  int index = *(int*)argument;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpus[index], &set);
  if (sched_setaffinity(0, sizeof set, &set) < 0) die("sched_setaffinity");
  int clients[kConnectionsMax], servers[kConnectionsMax];
  int count = connections / cpu_count;
  if (count < 1) count = 1;
  char* buffer = calloc(1, (size_t)size);
  for (int i = 0; i < count; ++i) connect_pair(&clients[i], &servers[i]);
  uint64_t* messages = calloc(1, sizeof *messages);
  for (double end = now() + seconds; now() < end;) {
    for (int i = 0; i < count; ++i) pass_on(clients[i], servers[i], buffer);
    for (int i = 0; i < count; ++i) pass_on(servers[i], clients[i], buffer);
    *messages += (uint64_t)count;
  }
  return messages;
}

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "-c") == 0) connections = atoi(argv[i + 1]);
    if (strcmp(argv[i], "-s") == 0) size = atoi(argv[i + 1]);
    if (strcmp(argv[i], "-d") == 0) seconds = atof(argv[i + 1]);
    if (strcmp(argv[i], "--cpus") == 0) {
      for (char* next = argv[i + 1]; next && cpu_count < kThreadsMax;) {
        cpus[cpu_count++] = atoi(next);
        next = strchr(next, ',');
        if (next) ++next;
      }
    }
  }
  if (cpu_count == 0) cpu_count = 1;
  if (size < 1 || size > kSizeMax || connections / cpu_count > kConnectionsMax) return 2;
  pthread_t threads[kThreadsMax];
  int indexes[kThreadsMax];
  for (int i = 0; i < cpu_count; ++i) {
    indexes[i] = i;
    if (pthread_create(&threads[i], NULL, run, &indexes[i]) != 0) die("pthread_create");
  }
  double rate = 0;
  for (int i = 0; i < cpu_count; ++i) {
    void* messages;
    pthread_join(threads[i], &messages);
    rate += (double)*(uint64_t*)messages / seconds;
  }
  printf("{\"rate\": %.1f}\n", rate);
}
