// A load generator that shares nothing with `echod bench`, to check that one's figures by: plain
// epoll, a closed loop, every byte compared.
//
//   independent_client PORT [-c CONNECTIONS] [-s SIZE] [-p PIPELINE] [-t THREADS] [-d SECONDS]
//                      [-w WARMUP_SECONDS] [--churn] [--cpus LIST]
//
// Thread i is pinned to the i-th processor of LIST ("0,1"). --churn connects, echoes one message
// and closes, again and again. The last line of its output is JSON; window_begin_ns and
// window_end_ns are of CLOCK_MONOTONIC, so that whoever started it can relate the window to
// measurements of its own.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  kPatternPeriod = 65521,  // prime, so that a shift by any power of two is noticed
  kReceiveMax = 256 * 1024,
  kSendMax = 1024 * 1024,
  kPatternSize = kPatternPeriod + kSendMax,
  kSubBuckets = 64,  // of each power of two: latencies are exact to 1.6 %
  kBuckets = 64 * kSubBuckets,
  kSources = 50,  // addresses that --churn connects from, so that ports do not run out
  kThreadsMax = 64,
};

struct options {
  int port, connections, size, pipeline, threads, churn;
  double seconds, warm_up;
  int cpus[kThreadsMax], cpu_count;
};

struct connection {
  int socket;
  int connecting;
  int wants_to_write;  // EPOLLOUT is asked for
  uint64_t sent;       // bytes, since the beginning
  uint64_t allowed;    // bytes that may be sent: the answers so far and the pipeline
  uint64_t received;
  uint64_t* begun_ns;  // when each message of the pipeline was first handed to the kernel
};

struct client {
  pthread_t thread;
  int index, count, epoll, sources;
  struct connection* connections;
  uint64_t messages, errors;
  uint64_t latencies[kBuckets];
  char* received;
  struct timespec cpu_begin, cpu_end;
};

static struct options options = {
    .connections = 1, .size = 64, .pipeline = 1, .threads = 1, .seconds = 1, .warm_up = 0.25};
static char pattern[kPatternSize];
enum phase { kConnecting, kWarmingUp, kMeasuring, kDone };
static atomic_int phase = kConnecting;
static atomic_int connected;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int bucket_of(uint64_t value) {
  if (value < kSubBuckets) return (int)value;
  int shift = 63 - __builtin_clzll(value) - 6;
  return (shift + 1) * kSubBuckets + (int)((value >> shift) - kSubBuckets);
}

static uint64_t bucket_value(int bucket) {
  if (bucket < kSubBuckets) return (uint64_t)bucket;
  int shift = bucket / kSubBuckets - 1;
  uint64_t low = (uint64_t)(bucket % kSubBuckets + kSubBuckets) << shift;
  return low + ((1ull << shift) >> 1);
}

static void die(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static void watch(struct client* client, int operation, struct connection* connection,
                  unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(client->epoll, operation, connection->socket, &event) < 0) die("epoll_ctl");
}

static void start_connecting(struct client* client, struct connection* connection, int flags) {
  int one = 1;
  struct sockaddr_in server = {.sin_family = AF_INET,
                               .sin_port = htons((unsigned short)options.port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (connection->socket < 0) die("socket");
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (options.churn) {
    uint32_t number = (uint32_t)(client->index * 64 + client->sources++ % kSources);
    struct sockaddr_in source = {.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number)};
    setsockopt(connection->socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(connection->socket, (struct sockaddr*)&source, sizeof source) < 0) die("bind");
  }
  if (connect(connection->socket, (struct sockaddr*)&server, sizeof server) < 0 &&
      errno != EINPROGRESS) {
    die("connect");
  }
  connection->sent = connection->received = 0;
  connection->allowed = (uint64_t)options.size * (uint64_t)options.pipeline;
}

static void restart(struct client* client, struct connection* connection) {
  if (connection->socket >= 0) close(connection->socket);
  connection->begun_ns[0] = now_ns();
  start_connecting(client, connection, SOCK_NONBLOCK);
  connection->connecting = connection->wants_to_write = 1;
  watch(client, EPOLL_CTL_ADD, connection, EPOLLIN | EPOLLOUT);
}

static void fail(struct client* client, struct connection* connection) {
  ++client->errors;
  if (options.churn) return restart(client, connection);
  close(connection->socket);
  connection->socket = -1;
}

// Sends what is allowed, until the socket takes no more.
static void send_some(struct client* client, struct connection* connection) {
  uint64_t size = (uint64_t)options.size;
  while (connection->sent < connection->allowed) {
    uint64_t rest = connection->allowed - connection->sent;
    if (rest > kSendMax) rest = kSendMax;
    if (!options.churn) {
      uint64_t first = (connection->sent + size - 1) / size;  // messages that begin in this call
      uint64_t end = (connection->sent + rest + size - 1) / size;
      uint64_t now = first < end ? now_ns() : 0;
      for (; first < end; ++first) connection->begun_ns[first % (uint64_t)options.pipeline] = now;
    }
    ssize_t sent =
        send(connection->socket, pattern + connection->sent % kPatternPeriod, rest, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return fail(client, connection);
    if (sent > 0) connection->sent += (uint64_t)sent;
    if (sent < (ssize_t)rest) break;
  }
  int blocked = connection->sent < connection->allowed;
  if (blocked != connection->wants_to_write) {
    connection->wants_to_write = blocked;
    watch(client, EPOLL_CTL_MOD, connection, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
}

static void count_message(struct client* client, uint64_t begun_ns, uint64_t now) {
  ++client->latencies[bucket_of(now - begun_ns)];
  ++client->messages;
}

static void receive_some(struct client* client, struct connection* connection) {
  ssize_t size = recv(connection->socket, client->received, kReceiveMax, 0);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) return fail(client, connection);
  if (memcmp(client->received, pattern + connection->received % kPatternPeriod, (size_t)size)) {
    return fail(client, connection);
  }
  uint64_t message = connection->received / (uint64_t)options.size;
  connection->received += (uint64_t)size;
  uint64_t end = connection->received / (uint64_t)options.size;
  if (message == end) return;
  uint64_t now = now_ns();
  for (; message < end; ++message) {
    count_message(client, connection->begun_ns[message % (uint64_t)options.pipeline], now);
    connection->allowed += options.churn ? 0 : (uint64_t)options.size;
  }
  if (options.churn) return restart(client, connection);
  send_some(client, connection);
}

static void on_event(struct client* client, struct connection* connection, unsigned events) {
  if (connection->socket < 0) return;
  if (connection->connecting) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return fail(client, connection);
    connection->connecting = 0;
    send_some(client, connection);
  } else if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
    receive_some(client, connection);
  } else if (events & EPOLLOUT) {
    send_some(client, connection);
  }
}

static void connect_all(struct client* client) {
  for (int i = 0; i < client->count; ++i) {
    struct connection* connection = &client->connections[i];
    connection->begun_ns = calloc((size_t)options.pipeline, sizeof *connection->begun_ns);
    connection->socket = -1;
    if (options.churn) {
      restart(client, connection);
      continue;
    }
    start_connecting(client, connection, 0);
    fcntl(connection->socket, F_SETFL, O_NONBLOCK);
    watch(client, EPOLL_CTL_ADD, connection, EPOLLIN);
  }
}

static void* run(void* argument) {
  struct client* client = argument;
  if (options.cpu_count > 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(options.cpus[client->index % options.cpu_count], &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) die("sched_setaffinity");
  }
  client->received = malloc(kReceiveMax);
  client->epoll = epoll_create1(EPOLL_CLOEXEC);
  connect_all(client);
  atomic_fetch_add(&connected, 1);
  while (atomic_load(&phase) == kConnecting) usleep(1000);
  if (!options.churn) {
    for (int i = 0; i < client->count; ++i) send_some(client, &client->connections[i]);
  }
  struct epoll_event events[256];
  int seen = kWarmingUp, current;
  while ((current = atomic_load_explicit(&phase, memory_order_relaxed)) != kDone) {
    if (current == kMeasuring && seen == kWarmingUp) {
      seen = current;
      client->messages = 0;
      memset(client->latencies, 0, sizeof client->latencies);
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &client->cpu_begin);
    }
    int ready = epoll_wait(client->epoll, events, 256, 10);
    for (int i = 0; i < ready; ++i) on_event(client, events[i].data.ptr, events[i].events);
  }
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &client->cpu_end);
  return NULL;
}

static double percentile_us(const uint64_t* latencies, uint64_t total, double share) {
  uint64_t rank = (uint64_t)(share * (double)total), seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    seen += latencies[i];
    if (seen > rank) return (double)bucket_value(i) / 1000;
  }
  return 0;
}

static void parse(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: see the head of its source\n");
    exit(2);
  }
  options.port = atoi(argv[1]);
  for (int i = 2; i < argc; ++i) {
    const char* name = argv[i];
    if (strcmp(name, "--churn") == 0) {
      options.churn = 1;
      continue;
    }
    if (++i == argc) exit(2);
    const char* value = argv[i];
    if (strcmp(name, "-c") == 0) options.connections = atoi(value);
    if (strcmp(name, "-s") == 0) options.size = atoi(value);
    if (strcmp(name, "-p") == 0) options.pipeline = atoi(value);
    if (strcmp(name, "-t") == 0) options.threads = atoi(value);
    if (strcmp(name, "-d") == 0) options.seconds = atof(value);
    if (strcmp(name, "-w") == 0) options.warm_up = atof(value);
    if (strcmp(name, "--cpus") == 0) {
      for (const char* next = value; next && options.cpu_count < kThreadsMax;) {
        options.cpus[options.cpu_count++] = atoi(next);
        next = strchr(next, ',');
        if (next) ++next;
      }
    }
  }
}

static void prepare(void) {
  signal(SIGPIPE, SIG_IGN);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  uint64_t state = 88172645463325252u;  // xorshift
  for (int i = 0; i < kPatternPeriod; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    pattern[i] = (char)(state >> 32);
  }
  for (int i = kPatternPeriod; i < kPatternSize; ++i) pattern[i] = pattern[i - kPatternPeriod];
}

static double seconds_between(const struct timespec* begin, const struct timespec* end) {
  return (double)(end->tv_sec - begin->tv_sec) + (double)(end->tv_nsec - begin->tv_nsec) / 1e9;
}

int main(int argc, char** argv) {
  parse(argc, argv);
  prepare();
  struct client* clients = calloc((size_t)options.threads, sizeof *clients);
  for (int i = 0; i < options.threads; ++i) {
    struct client* client = &clients[i];
    client->index = i;
    client->count =
        options.connections / options.threads + (i < options.connections % options.threads);
    client->connections = calloc((size_t)client->count + 1, sizeof *client->connections);
    if (pthread_create(&client->thread, NULL, run, client) != 0) die("pthread_create");
  }
  while (atomic_load(&connected) < options.threads) usleep(1000);
  atomic_store(&phase, kWarmingUp);
  usleep((useconds_t)(options.warm_up * 1e6));
  atomic_store(&phase, kMeasuring);
  uint64_t begin = now_ns();
  usleep((useconds_t)(options.seconds * 1e6));
  atomic_store(&phase, kDone);
  uint64_t end = now_ns();
  uint64_t messages = 0, errors = 0;
  double cpu = 0;
  static uint64_t latencies[kBuckets];
  for (int i = 0; i < options.threads; ++i) {
    pthread_join(clients[i].thread, NULL);
    messages += clients[i].messages;
    errors += clients[i].errors;
    cpu += seconds_between(&clients[i].cpu_begin, &clients[i].cpu_end);
    for (int j = 0; j < kBuckets; ++j) latencies[j] += clients[i].latencies[j];
  }
  double seconds = (double)(end - begin) / 1e9;
  printf(
      "{\"messages\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"rate\": %.1f, "
      "\"p50_us\": %.2f, \"p99_us\": %.2f, \"cpu_s\": %.6f, "
      "\"window_begin_ns\": %llu, \"window_end_ns\": %llu}\n",
      (unsigned long long)messages, (unsigned long long)errors, seconds, (double)messages / seconds,
      percentile_us(latencies, messages, 0.5), percentile_us(latencies, messages, 0.99), cpu,
      (unsigned long long)begin, (unsigned long long)end);
  return errors > 0;
}
