#include <pier/database/value.hpp>

namespace pier::database {
namespace {

template <typename T>
const T* cell(const std::vector<Value>& values, size_t column) {
  return column < values.size() ? std::get_if<T>(&values[column]) : nullptr;
}

}  // namespace

bool Row::is_null(size_t column) const {
  return column >= x_values.size() || std::holds_alternative<std::nullptr_t>(x_values[column]);
}

int64_t Row::integer(size_t column) const {
  return integer_if(column).value_or(0);
}

double Row::real(size_t column) const {
  return real_if(column).value_or(0);
}

const std::string& Row::text(size_t column) const {
  static const std::string kEmpty;
  const auto* found = cell<std::string>(x_values, column);
  return found != nullptr ? *found : kEmpty;
}

const Bytes& Row::bytes(size_t column) const {
  static const Bytes kEmpty;
  const auto* found = cell<Bytes>(x_values, column);
  return found != nullptr ? *found : kEmpty;
}

std::optional<int64_t> Row::integer_if(size_t column) const {
  const auto* found = cell<int64_t>(x_values, column);
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

std::optional<double> Row::real_if(size_t column) const {
  if (const auto* found = cell<double>(x_values, column)) return *found;
  if (const auto whole = integer_if(column)) return static_cast<double>(*whole);
  return std::nullopt;
}

std::optional<std::string> Row::text_if(size_t column) const {
  const auto* found = cell<std::string>(x_values, column);
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

}  // namespace pier::database
