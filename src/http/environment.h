// The environment variables that the operator shows to every client (--show-environment), so that
// one sees which replica answered. They are read once, when the program starts, and passed in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http/field_list.h"

namespace echod::http {

inline constexpr std::string_view kEnvironmentField = "X-Echo-Environment";

// Maximum size of list(), in bytes. Proxies limit the size of a response's head: nginx to 4 KiB or
// 8 KiB with its default settings.
inline constexpr size_t kEnvironmentListSizeMax = 2048;

struct ShownVariable {
  std::string name;                  // a token (wire::is_token)
  std::optional<std::string> value;  // any bytes; none: the variable is unset
  bool listed = false;               // is in list(): set, and it had room there
};

class ShownEnvironment {
 public:
  ShownEnvironment() = default;
  explicit ShownEnvironment(std::vector<ShownVariable> variables);

  bool empty() const { return variables_.empty(); }

  // In the operator's order.
  const std::vector<ShownVariable>& variables() const { return variables_; }

  // "POD_NAME=web-1, NODE_NAME=a%20b": the variables that are set, as far as they have room. Values
  // are encoded as those of W3C Baggage: printable ASCII without space, quotes, commas,
  // semicolons and backslashes; other bytes, and "%" itself, are %XX. Empty: there are none.
  std::string_view list() const { return list_; }

  // X-Echo-Environment with list(). Empty if that is.
  wire::FieldList field() const { return wire::FieldList(field_); }

 private:
  std::vector<ShownVariable> variables_;
  std::string list_;
  std::string field_;
};

}  // namespace echod::http
