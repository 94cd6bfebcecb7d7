#include "protocol/client_driver.h"

namespace echod {

Task<> ClientDriver::run(Deadline open_by) {
  stream_.expires_at(open_by);
  Result<void> outcome = co_await client_.open().observed();
  stream_.expires_at(kNever);
  Nursery sending;
  if (outcome) {
    sending.spawn(send());
    outcome = co_await client_.receive().observed();
  }
  receiving_over_ = true;
  stream_.abort({Errc::kAborted});  // for a send to a peer that has disconnected
  wake();
  co_await sending.join();
  co_await std::move(outcome);
}

Task<> ClientDriver::send() {
  while (!receiving_over_) {
    Result<void> sent = co_await client_.send().observed();
    if (!sent) {
      stream_.abort(sent.error());  // receiving then ends with the same error
      break;
    }
    if (traffic_.is_finished()) {
      // The server's FIN, after ours, shows that no more bytes came back than were sent.
      [[maybe_unused]] Result<void> finished = co_await client_.finish().observed();
      break;
    }
    if (!receiving_over_) co_await may_send_.wait();
  }
}

}  // namespace echod
