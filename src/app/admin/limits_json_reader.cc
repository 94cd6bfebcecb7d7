#include "app/admin/limits_json_reader.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace echod {
namespace {

using nlohmann::json;

// Takes the parser's events; there is no tree that a client could make deep or large.
class Events final : public nlohmann::json_sax<json> {
 public:
  std::vector<GivenSetting> settings;
  std::string problem;

  bool null() override { return fail("null is no value"); }
  bool boolean(bool value) override { return take(value ? "on" : "off"); }
  bool number_integer(number_integer_t value) override { return take(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return take(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return take(text); }
  bool string(string_t& value) override { return take(value); }
  bool binary(binary_t&) override { return fail("binary data is no value"); }

  bool start_object(std::size_t) override {
    if (std::exchange(begun_, true)) return fail("an object is no value");
    return true;
  }
  bool key(string_t& name) override {
    if (std::ranges::find(settings, name, &GivenSetting::name) != settings.end()) {
      return fail("it is given twice: " + name);
    }
    settings.push_back({.name = name, .values = {}});
    return true;
  }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override {
    if (settings.empty() || in_array_) return fail("an array does not belong here");
    in_array_ = true;
    return true;
  }
  bool end_array() override {
    in_array_ = false;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return fail("malformed JSON at byte " + std::to_string(position));
  }

 private:
  bool take(std::string value) {
    if (settings.empty()) return fail("write an object of option names and values");
    settings.back().values.push_back(std::move(value));
    return true;
  }
  bool fail(std::string what) {
    if (problem.empty()) problem = std::move(what);
    return false;
  }

  bool begun_ = false;
  bool in_array_ = false;
};

}  // namespace

std::expected<std::vector<GivenSetting>, std::string> parse_limits_json(std::string_view text) {
  Events events;
  const bool read = json::sax_parse(text, &events);
  if (!read) {
    return std::unexpected(events.problem.empty() ? "malformed JSON" : events.problem);
  }
  if (events.settings.empty()) return std::unexpected("there is no option to change");
  return std::move(events.settings);
}

}  // namespace echod
