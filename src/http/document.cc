#include "http/document.h"

#include "base/utf8.h"

namespace echod::http {
namespace {

// Strings are written in pieces of this many bytes: an escaped piece may be six times as long.
constexpr size_t kStringPieceSize = 1024;

void append_latin1(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80) {
      out += byte;
    } else {
      out += static_cast<char>(0xc0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
}

}  // namespace

std::string shown_as_text(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  std::string text;
  append_latin1(text, bytes);
  return text;
}

Document::Document(Responder& responder, Response& head)
    : responder_(responder), head_(&head), slice_(responder.session().clock), begun_(false) {
  head.document = true;
}

Document::Document(Responder& responder)
    : responder_(responder), head_(nullptr), slice_(responder.session().clock), begun_(true) {}

Task<> Document::write(std::string_view part) {
  while (!part.empty()) {
    if (pending_.size() == kPartSize) co_await pass_on();
    const std::string_view fitting = part.substr(0, kPartSize - pending_.size());
    pending_ += fitting;
    part.remove_prefix(fitting.size());
  }
}

Task<> Document::write(JsonWriter& json) {
  if (json.text().size() < kStringPieceSize) co_return;
  co_await write(std::string_view(json.text()));
  json.drop_text();
  co_await take_turns();
}

Task<> Document::write_string(JsonWriter& json, std::string_view bytes) {
  if (bytes.size() <= kStringPieceSize) {
    json.value(shown_as_text(bytes));
    co_await write(json);
    co_return;
  }
  const bool utf8 = is_utf8(bytes);
  co_await take_turns();
  std::string piece;
  json.begin_string();
  while (!bytes.empty()) {
    // Only ASCII is escaped, so a piece may end within a character.
    piece.clear();
    const std::string_view next = bytes.substr(0, kStringPieceSize);
    if (utf8) {
      piece = next;
    } else {
      append_latin1(piece, next);
    }
    json.string_part(piece);
    bytes.remove_prefix(next.size());
    co_await write(json);
  }
  json.end_string();
}

Task<> Document::write_member(JsonWriter& json, std::string_view name, std::string_view bytes) {
  json.name(name);
  co_await write_string(json, bytes);
}

Task<> Document::write_rest(JsonWriter& json) {
  std::string rest = json.take();
  rest += '\n';
  co_await write(std::string_view(rest));
}

Task<> Document::end() {
  if (!begun_) {
    co_await responder_.answer(*head_, pending_);
    co_return;
  }
  co_await responder_.write(pending_);
  pending_.clear();
  if (head_ != nullptr) co_await responder_.end();
}

Task<> Document::take_turns() {
  if (slice_.over()) co_await slice_.renew();
}

Task<> Document::pass_on() {
  if (!begun_) co_await responder_.begin(*head_);
  begun_ = true;
  co_await responder_.write(pending_);
  pending_.clear();
  co_await take_turns();
}

}  // namespace echod::http
