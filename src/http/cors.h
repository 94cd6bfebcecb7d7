// Cross-origin requests of browsers: the server's side of the CORS protocol (Fetch standard,
// section 3.3), for the whole server. Without it a script of another origin can send requests, but
// not read the responses.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace echod::http {

class Cors {
 public:
  // Every origin, without credentials.
  void allow_any() { any_ = true; }

  // A listed origin, with credentials. `origin` is from read_origin().
  void allow(std::string origin) { origins_.push_back(std::move(origin)); }

  bool enabled() const { return any_ || !origins_.empty(); }
  bool allows_any() const { return any_; }
  const std::vector<std::string>& origins() const { return origins_; }

  // Whether responses depend on the request's Origin (Vary).
  bool depends_on_origin() const { return !origins_.empty(); }

  // Whether `request` is a preflight request of an allowed origin, to be answered with
  // add_preflight_fields().
  bool is_preflight(const Request& request) const;

  // Appends the fields of a preflight response that allow the method and the header fields that the
  // request names. Names that are no tokens are left out.
  void add_preflight_fields(FieldBuffer& fields, const Request& request) const;

  // Appends what lets the request's origin read a response, and of it the header fields in
  // `fields`. Nothing for an origin that is not allowed, nor where `fields` say already who may
  // read it (--answer-header, ?header= with --unsafe-answers).
  void add_fields(FieldBuffer& fields, const Request& request) const;

 private:
  // The value of Access-Control-Allow-Origin; empty: the request's origin is not allowed.
  std::string_view allowed_origin(const Request& request) const;

  bool any_ = false;
  std::vector<std::string> origins_;
};

// "https://example.org" or "http://localhost:3000" as browsers write it: in small letters, without
// the scheme's own port. An error for anything else, "null" too: every sandboxed document has that
// origin.
std::expected<std::string, std::string> read_origin(std::string_view text);

}  // namespace echod::http
