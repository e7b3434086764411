#include <charconv>
#include <cmath>
#include <utility>

#include <boost/json/parser.hpp>

#include <pier/core/json.hpp>

namespace pier {
namespace {

std::string_view kind_name(json::kind kind) {
  switch (kind) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "true or false";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "unknown";
}

// The number as int64 when it is whole and fits.
std::optional<int64_t> whole(const json::value& value) {
  if (const int64_t* number = value.if_int64()) return *number;
  if (const uint64_t* number = value.if_uint64()) {
    if (*number <= static_cast<uint64_t>(INT64_MAX)) return static_cast<int64_t>(*number);
    return std::nullopt;
  }
  if (const double* number = value.if_double()) {
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    if (*number >= -kLimit && *number < kLimit && std::trunc(*number) == *number) return static_cast<int64_t>(*number);
  }
  return std::nullopt;
}

std::optional<double> finite(const json::value& value) {
  if (const int64_t* number = value.if_int64()) return static_cast<double>(*number);
  if (const uint64_t* number = value.if_uint64()) return static_cast<double>(*number);
  if (const double* number = value.if_double(); number != nullptr && std::isfinite(*number)) return *number;
  return std::nullopt;
}

Failure wrong_kind(std::string_view key, std::string_view wanted, const json::value& value) {
  return fail(ErrorCode::kInvalidArgument, "member \"" + std::string(key) + "\" must be " + std::string(wanted) +
                                               ", not " + std::string(kind_name(value.kind())));
}

Result<const json::value*> member(const json::object& object, std::string_view key, std::string_view wanted) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                "member \"" + std::string(key) + "\" is missing; it must be " + std::string(wanted));
  }
  return value;
}

void write_double(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  const std::string_view written(text, static_cast<size_t>(end - text));
  out += written;
  if (written.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void write_pretty(std::string& out, const json::value& value, size_t indent) {
  const auto line = [&out](size_t blanks) {
    out += '\n';
    out.append(blanks, ' ');
  };
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : *object) {
      if (!std::exchange(first, false)) out += ',';
      line(indent + 2);
      out += json::serialize(json::string_view(key));
      out += ": ";
      write_pretty(out, item, indent + 2);
    }
    line(indent);
    out += '}';
  } else if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
    out += '[';
    for (const json::value& item : *array) {
      if (&item != array->data()) out += ',';
      line(indent + 2);
      write_pretty(out, item, indent + 2);
    }
    line(indent);
    out += ']';
  } else if (const double* number = value.if_double()) {
    write_double(out, *number);
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

Result<json::value> parse_json(std::string_view text, int max_depth) {
  json::parse_options options;
  options.max_depth = static_cast<size_t>(max_depth < 1 ? 1 : max_depth);
  json::parser parser(json::storage_ptr{}, options);
  json::error_code error;
  const size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error && used < text.size()) error = json::error::extra_data;
  if (error) {
    return fail(ErrorCode::kInvalidArgument,
                "not valid JSON near byte " + std::to_string(used) + ": " + error.message());
  }
  return parser.release();
}

std::string pretty_json(const json::value& value) {
  std::string out;
  write_pretty(out, value, 0);
  return out;
}

Result<std::string> get_string(const json::object& object, std::string_view key) {
  PIER_TRY(const json::value* value, member(object, key, "a string"));
  if (const json::string* text = value->if_string()) return std::string(text->data(), text->size());
  return wrong_kind(key, "a string", *value);
}

Result<int64_t> get_int(const json::object& object, std::string_view key) {
  PIER_TRY(const json::value* value, member(object, key, "a whole number"));
  if (const auto number = whole(*value)) return *number;
  return wrong_kind(key, "a whole number of 64 bits", *value);
}

Result<double> get_double(const json::object& object, std::string_view key) {
  PIER_TRY(const json::value* value, member(object, key, "a number"));
  if (const auto number = finite(*value)) return *number;
  return wrong_kind(key, "a finite number", *value);
}

Result<bool> get_bool(const json::object& object, std::string_view key) {
  PIER_TRY(const json::value* value, member(object, key, "true or false"));
  if (const bool* flag = value->if_bool()) return *flag;
  return wrong_kind(key, "true or false", *value);
}

Result<json::object> get_object(const json::object& object, std::string_view key) {
  PIER_TRY(const json::value* value, member(object, key, "an object"));
  if (const json::object* inner = value->if_object()) return *inner;
  return wrong_kind(key, "an object", *value);
}

Result<json::array> get_array(const json::object& object, std::string_view key) {
  PIER_TRY(const json::value* value, member(object, key, "an array"));
  if (const json::array* inner = value->if_array()) return *inner;
  return wrong_kind(key, "an array", *value);
}

std::string string_or(const json::object& object, std::string_view key, std::string_view otherwise) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string(otherwise) : std::string(text->data(), text->size());
}

int64_t int_or(const json::object& object, std::string_view key, int64_t otherwise) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? otherwise : whole(*value).value_or(otherwise);
}

double double_or(const json::object& object, std::string_view key, double otherwise) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? otherwise : finite(*value).value_or(otherwise);
}

bool bool_or(const json::object& object, std::string_view key, bool otherwise) {
  const json::value* value = object.if_contains(key);
  const bool* flag = value == nullptr ? nullptr : value->if_bool();
  return flag == nullptr ? otherwise : *flag;
}

}  // namespace pier
