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
  return Error{classify(os_error), during, os_error};
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

std::string describe(const Error& error) {
  std::string text(name_of(error.code));
  std::ranges::replace(text, '-', ' ');  // a name for programs, as words for people
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
