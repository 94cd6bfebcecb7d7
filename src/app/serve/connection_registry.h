// The open connections, so that another thread can list them, with their counters, and close one. A
// connection enters when it begins and leaves when it ends; in between it pays nothing: its Session
// has counters that any thread may read.
//
// The connections are spread over lists with a lock each, so that the workers do not contend. A
// reader holds a lock for kStepMax connections at a time, with a bookmark in the list: it never
// keeps a worker waiting for as long as a long list takes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "base/clock.h"
#include "net/endpoint.h"
#include "stream/session.h"
#include "stream/socket_transport.h"

namespace echod {

class ConnectionRegistry {
 public:
  struct Facts;

  // A connection's membership, from its construction to its destruction. It must be destroyed
  // before the socket is closed.
  class Entry {
   public:
    // The arguments must outlive it.
    Entry(ConnectionRegistry& registry, const Session& session, const SocketTransport& transport,
          size_t listener);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();

    // Whether close() was called for it.
    bool was_closed() const { return closed_.load(std::memory_order_relaxed); }

   private:
    friend class ConnectionRegistry;
    Entry() = default;  // a bookmark, or the head of a list

    bool is_connection() const { return session_ != nullptr; }
    void insert_before(Entry& next);
    void unlink();
    Facts facts() const;

    ConnectionRegistry* registry_ = nullptr;
    Entry* next_ = this;
    Entry* previous_ = this;
    const Session* session_ = nullptr;  // null: no connection
    const SocketTransport* transport_ = nullptr;
    uint16_t listener_ = 0;
    std::atomic<bool> closed_{false};
  };

  // A connection at one moment. Its numbers are read one after the other, while it goes on.
  struct Facts {
    uint64_t number = 0;
    Endpoint peer;
    size_t listener = 0;
    Protocol protocol{};
    Time established;
    uint64_t bytes_received = 0;
    uint64_t bytes_sent = 0;
    uint64_t requests = 0;
    int fd = -1;  // the process's descriptor; -1 for a direct descriptor
  };

  ConnectionRegistry() = default;
  ConnectionRegistry(const ConnectionRegistry&) = delete;
  ConnectionRegistry& operator=(const ConnectionRegistry&) = delete;
  ~ConnectionRegistry();  // Checks that no connection is left.

  // Calls `visit` for each open connection, in no order, from any thread. One that begins or ends
  // meanwhile may be missed. The connection cannot end during its call, so its descriptor is its
  // own; but its worker may wait for the call, which must be short.
  void visit(const std::function<void(const Facts&)>& visit);

  enum class Closing : uint8_t {
    kClosed,
    kUnknown,     // there is no such connection
    kImpossible,  // it has a direct descriptor, which only its loop can close
  };

  // Closes connection `number` both ways, at once; its worker notices and ends it, as aborted.
  Closing close(uint64_t number);

  // How many connections a reader visits before it lets go of the lock.
  static constexpr size_t kStepMax = 64;

 private:
  static constexpr size_t kLists = 32;

  struct alignas(64) List {
    std::mutex mutex;
    Entry head;
  };

  static void walk(List& list, const std::function<bool(Entry&)>& take);

  List& list_of(uint64_t number) { return lists_[number / kNumbersTogether % kLists]; }

  // A worker takes so many numbers at once, and then has one list to itself.
  static constexpr uint64_t kNumbersTogether = 64;

  std::array<List, kLists> lists_;
};

}  // namespace echod
