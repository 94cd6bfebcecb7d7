#include "app/serve/inherited_sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "app/serve/take_variable.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::expected<std::vector<InheritedSocket>, std::string> take_inherited_sockets() {
  const std::optional<std::string> count_text = take_variable("LISTEN_FDS");
  const std::optional<std::string> process = take_variable("LISTEN_PID");
  const std::string names = take_variable("LISTEN_FDNAMES").value_or("");
  std::vector<InheritedSocket> sockets;
  if (!count_text || !process || number_in(*process) != ::getpid()) return sockets;
  const std::optional<int> count = number_in(*count_text);
  if (!count || *count < 0 || *count > kInheritedSocketsMax) {
    return Failure(fmt::format("LISTEN_FDS: '{}' is not a number from 0 to {}", *count_text,
                               kInheritedSocketsMax));
  }
  std::string_view rest = names;
  for (int fd = kFirst; fd < kFirst + *count; ++fd) {
    const int flags = ::fcntl(fd, F_GETFD);
    if (flags < 0 || ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0) {
      return Failure(fmt::format("LISTEN_FDS is {}, but descriptor {} is not open", *count, fd));
    }
    const std::string_view name = rest.substr(0, rest.find(':'));
    sockets.push_back({.socket = Fd(fd), .name = std::string(name)});
    rest.remove_prefix(name.size() < rest.size() ? name.size() + 1 : rest.size());
  }
  return sockets;
}

}  // namespace echod
