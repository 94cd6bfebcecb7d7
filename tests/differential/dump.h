// What the programs that dump a parser's view of HTTP/1 requests share. Each reads inputs from
// standard input, a little-endian 32-bit length and that many bytes, each of them all that came on
// one connection, and writes a line of JSON for each:
//
//   {"messages": [{"method", "target", "version", "fields": [[name, value], ...], "body",
//                  "chunks": [size, ...], "keep_alive", "end"}, ...],
//    "verdict": "done" | "incomplete" | "rejected", "at", "why", "status"}
//
// "end" is the offset behind the message, -1 where it is not complete; "chunks" are the pieces the
// body came in, in the chunked coding alone. After a message that ends the connection nothing is
// read any more. Bytes are written as the characters U+0000 to U+00FF.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace echod::differential {

struct Message {
  std::string method = {};
  std::string target = {};
  std::string version = {};
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::string body = {};
  std::vector<size_t> chunks = {};
  bool keep_alive = false;
  long end = -1;
};

struct View {
  std::vector<Message> messages;
  std::string verdict = "done";
  size_t at = 0;    // where it was rejected: bytes taken before
  std::string why;  // a rejection in the parser's words
  int status = 0;   // what would be answered; 0: the parser does not say
};

inline std::string quoted(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      text += c;
    } else {
      text += "\\u00";
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
  }
  return text + '"';
}

inline std::string to_json(const Message& message) {
  std::string text = "{\"method\":" + quoted(message.method) +
                     ",\"target\":" + quoted(message.target) +
                     ",\"version\":" + quoted(message.version) + ",\"fields\":[";
  for (const auto& [name, value] : message.fields) {
    text += (text.ends_with('[') ? "[" : ",[") + quoted(name) + ',' + quoted(value) + ']';
  }
  text += "],\"body\":" + quoted(message.body) + ",\"chunks\":[";
  for (const size_t size : message.chunks) {
    text += (text.ends_with('[') ? "" : ",") + std::to_string(size);
  }
  return text + "],\"keep_alive\":" + (message.keep_alive ? "true" : "false") +
         ",\"end\":" + std::to_string(message.end) + '}';
}

inline std::string to_json(const View& view) {
  std::string text = "{\"messages\":[";
  for (const Message& message : view.messages) {
    text += (text.ends_with('[') ? "" : ",") + to_json(message);
  }
  return text + "],\"verdict\":" + quoted(view.verdict) + ",\"at\":" + std::to_string(view.at) +
         ",\"why\":" + quoted(view.why) + ",\"status\":" + std::to_string(view.status) + "}\n";
}

// The next input; false at the end of them.
inline bool read_input(std::string& bytes) {
  unsigned char head[4];
  if (std::fread(head, 1, sizeof(head), stdin) != sizeof(head)) return false;
  const uint32_t size = static_cast<uint32_t>(head[0]) | static_cast<uint32_t>(head[1]) << 8 |
                        static_cast<uint32_t>(head[2]) << 16 | static_cast<uint32_t>(head[3]) << 24;
  bytes.resize(size);
  return std::fread(bytes.data(), 1, size, stdin) == size;
}

// Dumps the view that `parse` has of each input.
template <typename Parse>
int dump_all(Parse parse) {
  std::string bytes;
  while (read_input(bytes)) {
    const std::string line = to_json(parse(bytes));
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) return 1;
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace echod::differential
