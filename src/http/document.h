// A text that describes a request, sent while it is written. If the client does not read, the
// server holds one buffer, not the document. A large document yields to the other connections of
// the event loop.
#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "base/task.h"
#include "base/timer.h"
#include "http/responder.h"

namespace echod::http {

// Any number of write() calls, then end(). A document of at most kPartSize bytes is sent with a
// Content-Length, a larger one in chunks.
class Document {
 public:
  static constexpr size_t kPartSize = 4096;  // bytes buffered before they are passed on

  // The request must be complete. Sets the size and the `document` flag of `response`. Both
  // arguments must outlive this.
  Document(Responder& responder, Response& response);

  // A document as a part of a response that has begun; end() does not end that response.
  explicit Document(Responder& responder);

  Task<> write(std::string_view part);

  // Takes what `json` has written so far, if it is enough to be worth a call.
  Task<> write(JsonWriter& json);

  // Writes `bytes` as a string, the next value of `json`: UTF-8 unchanged, anything else as if it
  // were ISO 8859-1, which loses nothing.
  Task<> write_string(JsonWriter& json, std::string_view bytes);

  // The same with a member name.
  Task<> write_member(JsonWriter& json, std::string_view name, std::string_view bytes);

  // Writes the rest of `json`, which must be complete, and a line end.
  Task<> write_rest(JsonWriter& json);

  // Ends the response; of a part, passes on what is still buffered.
  Task<> end();

  // Call this between steps of work that write nothing.
  Task<> take_turns();

 private:
  Task<> pass_on();

  Responder& responder_;
  Response* head_;  // null: the response has begun
  TimeSlice slice_;
  std::string pending_;
  bool begun_;
};

// Bytes as text: UTF-8 unchanged, anything else as ISO 8859-1, which loses nothing.
std::string shown_as_text(std::string_view bytes);

}  // namespace echod::http
