#include "app/serve/connection_registry.h"

#include "base/check.h"
#include "net/socket_options.h"

namespace echod {

ConnectionRegistry::Entry::Entry(ConnectionRegistry& registry, const Session& session,
                                 const SocketTransport& transport, size_t listener)
    : registry_(&registry),
      session_(&session),
      transport_(&transport),
      listener_(static_cast<uint16_t>(listener)) {
  List& list = registry_->list_of(transport_->number());
  std::lock_guard lock(list.mutex);
  insert_before(list.head);
}

ConnectionRegistry::Entry::~Entry() {
  if (registry_ == nullptr) return;
  std::lock_guard lock(registry_->list_of(transport_->number()).mutex);
  unlink();
}

void ConnectionRegistry::Entry::insert_before(Entry& next) {
  next_ = &next;
  previous_ = next.previous_;
  previous_->next_ = this;
  next.previous_ = this;
}

void ConnectionRegistry::Entry::unlink() {
  previous_->next_ = next_;
  next_->previous_ = previous_;
  next_ = previous_ = this;
}

ConnectionRegistry::Facts ConnectionRegistry::Entry::facts() const {
  return {.number = transport_->number(),
          .peer = transport_->peer(),
          .listener = listener_,
          .protocol = session_->protocol,
          .established = session_->established,
          .bytes_received = session_->bytes_received,
          .bytes_sent = session_->bytes_sent,
          .requests = session_->requests,
          .fd = transport_->stream().fd()};
}

ConnectionRegistry::~ConnectionRegistry() {
  for (const List& list : lists_) ECHOD_CHECK(list.head.next_ == &list.head);
}

// Calls `take` for each entry of `list` until it returns false.
void ConnectionRegistry::walk(List& list, const std::function<bool(Entry&)>& take) {
  Entry bookmark;
  std::unique_lock lock(list.mutex);
  struct Removal {  // also if `take` throws, with the lock held
    ~Removal() { entry.unlink(); }
    Entry& entry;
  } const removal{bookmark};
  bookmark.insert_before(*list.head.next_);
  while (bookmark.next_ != &list.head) {
    for (size_t i = 0; i < kStepMax && bookmark.next_ != &list.head; ++i) {
      Entry& entry = *bookmark.next_;
      bookmark.unlink();
      bookmark.insert_before(*entry.next_);
      if (entry.is_connection() && !take(entry)) return;
    }
    lock.unlock();  // a worker that waits gets its turn
    lock.lock();
  }
}

void ConnectionRegistry::visit(const std::function<void(const Facts&)>& visit) {
  for (List& list : lists_) {
    walk(list, [&](Entry& entry) {
      visit(entry.facts());
      return true;
    });
  }
}

ConnectionRegistry::Closing ConnectionRegistry::close(uint64_t number) {
  Closing outcome = Closing::kUnknown;
  walk(list_of(number), [&](Entry& entry) {
    if (entry.transport_->number() != number) return true;
    const int fd = entry.transport_->stream().fd();
    outcome = fd < 0 ? Closing::kImpossible : Closing::kClosed;
    if (outcome == Closing::kImpossible) return false;
    entry.closed_.store(true, std::memory_order_relaxed);
    shut_down_both(fd);
    return false;
  });
  return outcome;
}

}  // namespace echod
