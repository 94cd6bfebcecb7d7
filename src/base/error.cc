#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace echod {

Error os_failure(int os_error, During during) {
  auto classify = [](int number) {
    switch (number) {
      case ECONNREFUSED:
        return Errc::kRefused;
      case ECONNRESET:
      case EPIPE:
        return Errc::kReset;
      case ETIMEDOUT:
        return Errc::kTimeout;
      case EMFILE:
      case ENFILE:
        return Errc::kNoDescriptors;
      case ENOBUFS:
      case ENOMEM:
        return Errc::kNoMemory;
      case EADDRINUSE:
        return Errc::kAddressInUse;
      case EACCES:
      case EPERM:
        return Errc::kPermissionDenied;
      case EADDRNOTAVAIL:
      case EAFNOSUPPORT:
      case EINVAL:
        return Errc::kAddressInvalid;
      default:
        return Errc::kSystem;
    }
  };
  return {.code = classify(os_error), .during = during, .os_error = os_error};
}

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::kSystem:
      return "system";
    case Errc::kRefused:
      return "refused";
    case Errc::kReset:
      return "reset";
    case Errc::kTimeout:
      return "timeout";
    case Errc::kAborted:
      return "aborted";
    case Errc::kDrained:
      return "drained";
    case Errc::kNoDescriptors:
      return "no-descriptors";
    case Errc::kNoMemory:
      return "no-memory";
    case Errc::kAddressInUse:
      return "address-in-use";
    case Errc::kPermissionDenied:
      return "permission-denied";
    case Errc::kAddressInvalid:
      return "address-invalid";
    case Errc::kProtocol:
      return "protocol";
  }
  return "unknown";
}

std::string_view text_of(Detail detail) {
  switch (detail) {
    case Detail::kNone:
      break;
    case Detail::kClosedByAdmin:
      return "closed by the admin interface";
    case Detail::kNoSocket:
      return "cannot open a socket";
    case Detail::kUnknownHost:
      return "unknown host";
    case Detail::kResolverFailed:
      return "no answer from the resolver";
    case Detail::kCorruptData:
      return "corrupt data received";
    case Detail::kClosedEarly:
      return "connection closed early";
    case Detail::kUnexpectedReply:
      return "unexpected reply";
  }
  return "";
}

std::string describe(const Error& error) {
  std::string text(text_of(error.detail));
  if (!text.empty()) text += ": ";
  std::string code(name_of(error.code));
  std::ranges::replace(code, '-', ' ');  // a name for programs, as words for people
  text += code;
  switch (error.during) {
    case During::kNone:
      break;
    case During::kAccept:
      text += " while accepting";
      break;
    case During::kConnect:
      text += " while connecting";
      break;
    case During::kReceive:
      text += " while receiving";
      break;
    case During::kSend:
      text += " while sending";
      break;
  }
  if (error.os_error != 0) {
    text += " (" + std::generic_category().message(error.os_error) + ")";
  }
  return text;
}

}  // namespace echod
