// llhttp's view of requests: the parser of Node.js, from Debian's node-llhttp, as strict as it is
// unless told otherwise.
#pragma once

#include <llhttp.h>

#include "dump.h"

namespace echod::differential {

// One connection's bytes, parsed in one piece.
class LlhttpParse {
 public:
  explicit LlhttpParse(std::string_view bytes) : bytes_(bytes) {
    llhttp_settings_init(&settings_);
    settings_.on_message_begin = [](llhttp_t* parser) { return of(parser).begin(); };
    settings_.on_method = [](llhttp_t* parser, const char* at, size_t size) {
      of(parser).message().method.append(at, size);
      return 0;
    };
    settings_.on_url = [](llhttp_t* parser, const char* at, size_t size) {
      of(parser).message().target.append(at, size);
      return 0;
    };
    settings_.on_header_field = [](llhttp_t* parser, const char* at, size_t size) {
      return of(parser).take_name({at, size});
    };
    settings_.on_header_value = [](llhttp_t* parser, const char* at, size_t size) {
      return of(parser).take_value({at, size});
    };
    settings_.on_header_value_complete = [](llhttp_t* parser) {
      of(parser).value_complete_ = true;
      return 0;
    };
    settings_.on_headers_complete = [](llhttp_t* parser) { return of(parser).end_head(); };
    settings_.on_body = [](llhttp_t* parser, const char* at, size_t size) {
      return of(parser).take_body({at, size});
    };
    settings_.on_message_complete = [](llhttp_t* parser) { return of(parser).end(); };
    llhttp_init(&parser_, HTTP_REQUEST, &settings_);
    parser_.data = this;
  }
  LlhttpParse(const LlhttpParse&) = delete;
  LlhttpParse& operator=(const LlhttpParse&) = delete;

  View run() {
    const char* at = bytes_.data();
    const char* const end = at + bytes_.size();
    while (true) {
      const llhttp_errno_t error = llhttp_execute(&parser_, at, static_cast<size_t>(end - at));
      if (error == HPE_OK) {
        drop_unfinished_head();
        view_.verdict = in_message_ ? "incomplete" : "done";
        return view_;
      }
      const char* const stopped = llhttp_get_error_pos(&parser_);
      if (error != HPE_PAUSED && error != HPE_PAUSED_UPGRADE) return rejected(error, stopped);
      at = stopped;
      if (error == HPE_PAUSED_UPGRADE) llhttp_resume_after_upgrade(&parser_);
      if (error == HPE_PAUSED) llhttp_resume(&parser_);
      if (view_.messages.empty() || in_message_) continue;
      Message& last = view_.messages.back();
      if (last.end < 0) last.end = at - bytes_.data();
      if (!last.keep_alive || last.method == "CONNECT") return view_;
    }
  }

 private:
  static LlhttpParse& of(llhttp_t* parser) { return *static_cast<LlhttpParse*>(parser->data); }

  Message& message() { return view_.messages.back(); }

  int begin() {
    view_.messages.emplace_back();
    in_message_ = true;
    head_complete_ = false;
    value_complete_ = true;
    return 0;
  }

  int take_name(std::string_view part) {
    if (head_complete_) return 0;  // a trailer
    if (value_complete_) message().fields.emplace_back();
    value_complete_ = false;
    message().fields.back().first += part;
    return 0;
  }

  int take_value(std::string_view part) {
    if (!head_complete_ && !message().fields.empty()) message().fields.back().second += part;
    return 0;
  }

  int end_head() {
    head_complete_ = true;
    message().version =
        std::to_string(parser_.http_major) + "." + std::to_string(parser_.http_minor);
    message().keep_alive = llhttp_should_keep_alive(&parser_) != 0;
    chunked_ = (parser_.flags & F_CHUNKED) != 0;
    return 0;
  }

  int take_body(std::string_view part) {
    message().body += part;
    if (chunked_) message().chunks.push_back(part.size());
    return 0;
  }

  // Pausing makes llhttp say where the message ended.
  int end() {
    in_message_ = false;
    return HPE_PAUSED;
  }

  View rejected(llhttp_errno_t error, const char* stopped) {
    drop_unfinished_head();
    view_.verdict = "rejected";
    view_.at = stopped == nullptr ? 0 : static_cast<size_t>(stopped - bytes_.data());
    view_.why = llhttp_errno_name(error);
    if (const char* reason = llhttp_get_error_reason(&parser_)) {
      view_.why += std::string(": ") + reason;
    }
    return view_;
  }

  void drop_unfinished_head() {
    if (in_message_ && !head_complete_) view_.messages.pop_back();
  }

  std::string_view bytes_;
  llhttp_settings_t settings_;
  llhttp_t parser_;
  View view_;
  bool in_message_ = false;
  bool head_complete_ = false;
  bool value_complete_ = true;
  bool chunked_ = false;
};

}  // namespace echod::differential
