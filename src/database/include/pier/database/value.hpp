#pragma once
// What goes into a statement and what comes out of it: 64-bit integers, doubles, text, bytes, null.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <pier/core/bytes.hpp>

namespace pier::database {

/// One bound parameter; borrows text and bytes, so it lives no longer than the call it is written in.
class Param {
 public:
  using Content = std::variant<std::nullptr_t, int64_t, double, std::string_view, ByteView>;

  Param(std::nullptr_t) : x_content(nullptr) {}                  // NOLINT(google-explicit-constructor)
  Param(bool value) : x_content(static_cast<int64_t>(value)) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Param(T value) : x_content(static_cast<int64_t>(value)) {}               // NOLINT(google-explicit-constructor)
  Param(double value) : x_content(value) {}                                // NOLINT(google-explicit-constructor)
  Param(std::string_view value) : x_content(value) {}                      // NOLINT(google-explicit-constructor)
  Param(const std::string& value) : x_content(std::string_view(value)) {}  // NOLINT(google-explicit-constructor)
  Param(const char* value) : x_content(std::string_view(value)) {}         // NOLINT(google-explicit-constructor)
  Param(ByteView value) : x_content(value) {}                              // NOLINT(google-explicit-constructor)
  Param(const Bytes& value) : x_content(ByteView(value)) {}                // NOLINT(google-explicit-constructor)
  Param(const Sha256& value) : x_content(ByteView(value)) {}               // NOLINT(google-explicit-constructor)
  /// Absent = null.
  template <typename T>
  Param(const std::optional<T>& value) : Param(nullptr) {  // NOLINT(google-explicit-constructor)
    if (value) x_content = Param(*value).x_content;
  }

  const Content& content() const { return x_content; }

 private:
  Content x_content;
};

using Value = std::variant<std::nullptr_t, int64_t, double, std::string, Bytes>;

/// One row of a result, owned. Columns count from 0. A null reads as 0, empty text or empty bytes: ask is_null or the
/// optional readers where that differs. A column of another type, or past the end, reads like null.
class Row {
 public:
  explicit Row(std::vector<Value> values) : x_values(std::move(values)) {}

  size_t size() const { return x_values.size(); }
  const Value& value(size_t column) const { return x_values.at(column); }  // as it was read; `column` is there
  bool is_null(size_t column) const;
  int64_t integer(size_t column) const;
  double real(size_t column) const;  // integers are widened
  const std::string& text(size_t column) const;
  const Bytes& bytes(size_t column) const;
  std::optional<int64_t> integer_if(size_t column) const;
  std::optional<double> real_if(size_t column) const;
  std::optional<std::string> text_if(size_t column) const;

 private:
  std::vector<Value> x_values;
};

}  // namespace pier::database
