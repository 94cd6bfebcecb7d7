// A text about a request, sent as it is written: a client that does not read makes the server hold
// a buffer of it, not the document, and the others on the event loop get their turn while a large
// one is made.
#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "base/task.h"
#include "base/timer.h"
#include "http/responder.h"

namespace echod::http {

// Any number of write() calls, then end(). A document of at most kPartSize bytes is sent with its
// size (Content-Length), a larger one in chunks.
class Document {
 public:
  static constexpr size_t kPartSize = 4096;  // bytes that are gathered before they are passed on

  // `exchange`, whose request has come to its end, and `head`, whose size and `document` are set
  // here, must outlive it.
  Document(Responder& responder, Response& response);

  // The same as a part of a response that has begun, and that end() does not end.
  explicit Document(Responder& responder);

  Task<> write(std::string_view part);

  // What `json` has written so far, which is taken from it where it is worth a call.
  Task<> write(JsonWriter& json);

  // `bytes` as the next value of `json`, a string: UTF-8 as it is, anything else as if it were
  // ISO 8859-1, which loses nothing.
  Task<> write_string(JsonWriter& json, std::string_view bytes);

  // The same behind a name.
  Task<> write_member(JsonWriter& json, std::string_view name, std::string_view bytes);

  // The rest of `json`, in which nothing is open any more, and a line's end.
  Task<> write_rest(JsonWriter& json);

  // The response's end; of a part, what is not passed on yet.
  Task<> end();

  // To be called between steps of work that write nothing.
  Task<> take_turns();

 private:
  Task<> pass_on();

  Responder& responder_;
  Response* head_;  // null: of a response that has begun
  TimeSlice slice_;
  std::string pending_;
  bool begun_;
};

// Bytes as text: what is not UTF-8 is shown as if each byte were a character, which loses nothing.
std::string shown_as_text(std::string_view bytes);

}  // namespace echod::http
