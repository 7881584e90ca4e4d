#include "flow/json_text.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>

namespace flow {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 1000;  // as Jackson

/// Builds the value from the parser's events; only doubles differ from Boost's own handler.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  explicit Handler(json::storage_ptr storage = {}) { stack_.reset(std::move(storage)); }
  json::value release() { return stack_.release(); }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t size, json::error_code&) {
    stack_.push_object(size);
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t size, json::error_code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(json::string_view text, std::size_t, json::error_code&) {
    stack_.push_chars(text);
    return true;
  }
  bool on_key(json::string_view text, std::size_t, json::error_code&) {
    stack_.push_key(text);
    return true;
  }
  bool on_string_part(json::string_view text, std::size_t, json::error_code&) {
    stack_.push_chars(text);
    return true;
  }
  bool on_string(json::string_view text, std::size_t, json::error_code&) {
    stack_.push_string(text);
    return true;
  }
  bool on_number_part(json::string_view text, json::error_code&) {
    digits_.append(text.data(), text.size());
    return true;
  }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
    digits_.clear();
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
    digits_.clear();
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double near, json::string_view text, json::error_code&) {
    digits_.append(text.data(), text.size());
    double exact = 0;
    const auto [end, error] = std::from_chars(digits_.data(), digits_.data() + digits_.size(), exact);
    stack_.push_double(error == std::errc{} ? exact : near);  // out of range: infinite or zero, as Boost says
    digits_.clear();
    return true;
  }
  bool on_bool(bool truth, json::error_code&) {
    stack_.push_bool(truth);
    return true;
  }
  bool on_null(json::error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  json::value_stack stack_;
  std::string digits_;  // of the number that is being read
};

json::parse_options options() {
  json::parse_options options;
  options.max_depth = kDepthMax;
  return options;
}

base::Failure<base::Error> broken(std::size_t place, const json::error_code& error) {
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("not valid JSON at byte {}: {}", place + 1, error.message()));
}

}  // namespace

struct JsonParser::State {
  json::basic_parser<Handler> parser{options()};
  std::size_t read = 0;
};

JsonParser::JsonParser() : state_(std::make_unique<State>()) {}
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;
JsonParser::~JsonParser() = default;

base::Status JsonParser::write(std::string_view piece) {
  json::error_code error;
  const auto used = state_->parser.write_some(true, piece.data(), piece.size(), error);
  if (!error && used < piece.size() && piece.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
    error = json::error::extra_data;
  if (error) return broken(state_->read + used, error);
  state_->read += piece.size();
  return {};
}

base::Result<json::value> JsonParser::finish() {
  json::error_code error;
  if (!state_->parser.done()) state_->parser.write_some(false, nullptr, 0, error);
  if (error) return broken(state_->read, error);
  return state_->parser.handler().release();
}

base::Result<json::value> parse_json(std::string_view text) {
  JsonParser parser;
  TRY_VOID(parser.write(text));
  return parser.finish();
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
  out += '"';
}

void append_json_text(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: out += "null"; return;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
    case json::kind::int64: fmt::format_to(std::back_inserter(out), "{}", value.get_int64()); return;
    case json::kind::uint64: fmt::format_to(std::back_inserter(out), "{}", value.get_uint64()); return;
    case json::kind::double_:
      if (std::isfinite(value.get_double()))
        out += java_double(value.get_double());
      else
        append_json_string(out, java_double(value.get_double()));  // JSON has no such number
      return;
    case json::kind::string: append_json_string(out, value.get_string()); return;
    case json::kind::array: {
      out += '[';
      bool first = true;
      for (const auto& element : value.get_array()) {
        if (!std::exchange(first, false)) out += ',';
        append_json_text(out, element);
      }
      out += ']';
      return;
    }
    case json::kind::object: {
      out += '{';
      bool first = true;
      for (const auto& member : value.get_object()) {
        if (!std::exchange(first, false)) out += ',';
        append_json_string(out, member.key());
        out += ':';
        append_json_text(out, member.value());
      }
      out += '}';
      return;
    }
  }
}

std::string json_text(const json::value& value) {
  std::string out;
  append_json_text(out, value);
  return out;
}

std::string java_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  const double size = std::abs(value);
  std::array<char, 64> buffer{};
  if (size == 0 || (size >= 1e-3 && size < 1e7)) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed).ptr;
    std::string text(buffer.data(), end);
    if (text.find('.') == std::string::npos) text += ".0";
    return text;
  }
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const std::string text(buffer.data(), end);
  const auto e = text.find('e');
  auto digits = text.substr(0, e);
  if (digits.find('.') == std::string::npos) digits += ".0";
  return fmt::format("{}E{}", digits, std::stoi(text.substr(e + 1)));
}

}  // namespace flow
