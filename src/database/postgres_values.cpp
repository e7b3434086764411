#include "postgres_values.hpp"

#include <array>
#include <bit>
#include <limits>

namespace pier::database::impl {
namespace {

// pg_type.dat: these numbers are fixed for ever.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kName = 19;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kUnknown = 705;
constexpr Oid kVarchar = 1043;
constexpr Oid kVoid = 2278;

uint64_t big_endian(const char* bytes, int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8U | static_cast<unsigned char>(bytes[i]);
  return value;
}

Result<Value> value_of(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return Value(nullptr);
  const char* data = PQgetvalue(result, row, column);
  const int size = PQgetlength(result, row, column);
  switch (PQftype(result, column)) {
    case kInt8:
      return Value(static_cast<int64_t>(big_endian(data, size)));
    case kInt4:
      return Value(int64_t{static_cast<int32_t>(big_endian(data, size))});
    case kInt2:
      return Value(int64_t{static_cast<int16_t>(big_endian(data, size))});
    case kBool:
      return Value(int64_t{*data != 0});
    case kFloat8:
      return Value(std::bit_cast<double>(big_endian(data, size)));
    case kFloat4:
      return Value(double{std::bit_cast<float>(static_cast<uint32_t>(big_endian(data, size)))});
    case kText:
    case kVarchar:
    case kName:
    case kUnknown:
      return Value(std::string(data, static_cast<size_t>(size)));
    case kBytea: {
      const auto* bytes = reinterpret_cast<const std::byte*>(data);
      return Value(Bytes(bytes, bytes + size));
    }
    case kVoid:
      return Value(nullptr);
    default:
      return fail(ErrorCode::kInternal, "column " + std::to_string(column) + " of a statement has type " +
                                            std::to_string(PQftype(result, column)) + ", which is not read; cast it");
  }
}

/// Past a quoted text, quoted name or comment that begins at `at`; `at` itself where none does.
size_t skip_quoted(std::string_view sql, size_t at) {
  if (sql[at] == '\'' || sql[at] == '"') {
    const size_t end = sql.find(sql[at], at + 1);  // a doubled quote begins the next one
    return end == std::string_view::npos ? sql.size() : end + 1;
  }
  if (sql.substr(at, 2) == "--") return std::min(sql.find('\n', at), sql.size());
  return at;
}

}  // namespace

Result<size_t> count_parameters(std::string_view sql) {
  std::vector<bool> used;
  for (size_t at = 0; at < sql.size();) {
    if (const size_t behind = skip_quoted(sql, at); behind > at) {
      at = behind;
      continue;
    }
    if (sql[at++] != '$') continue;
    size_t number = 0;
    while (at < sql.size() && sql[at] >= '0' && sql[at] <= '9' && number < 10'000) {
      number = number * 10 + static_cast<size_t>(sql[at++] - '0');
    }
    if (number == 0 || number > std::numeric_limits<uint16_t>::max()) {
      return fail(ErrorCode::kInternal, "a statement has a parameter without a proper number", std::string(sql));
    }
    if (number > used.size()) used.resize(number);
    used[number - 1] = true;
  }
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) {
      return fail(ErrorCode::kInternal, "a statement has no parameter $" + std::to_string(i + 1), std::string(sql));
    }
  }
  return used.size();
}

Result<BoundParams> BoundParams::of(std::span<const Param> params) {
  BoundParams bound;
  bound.x_numbers.reserve(params.size() * sizeof(uint64_t));
  for (const Param& param : params) PIER_CHECK(bound.add(param.content()));
  return bound;
}

Result<void> BoundParams::add(const Param::Content& content) {
  if (const auto* whole = std::get_if<int64_t>(&content)) {
    add_number(kInt8, 'i', static_cast<uint64_t>(*whole));
  } else if (const auto* real = std::get_if<double>(&content)) {
    add_number(kFloat8, 'r', std::bit_cast<uint64_t>(*real));
  } else if (const auto* text = std::get_if<std::string_view>(&content)) {
    if (text->find('\0') != std::string_view::npos) {
      return fail(ErrorCode::kInvalidArgument, "text with a zero byte in it cannot be stored",
                  "parameter $" + std::to_string(x_types.size() + 1));
    }
    add_bytes(kText, 't', text->data(), text->size());
  } else if (const auto* bytes = std::get_if<ByteView>(&content)) {
    add_bytes(kBytea, 'b', reinterpret_cast<const char*>(bytes->data()), bytes->size());
  } else {
    x_types.push_back(0);
    x_places.emplace_back();
    x_lengths.push_back(0);
    x_formats.push_back(1);
    x_signature += 'n';
  }
  if (x_lengths.back() < 0) return fail(ErrorCode::kTooLarge, "a value is too large for a record");
  return {};
}

void BoundParams::add_bytes(Oid type, char letter, const char* data, size_t size) {
  x_types.push_back(type);
  x_places.push_back({data != nullptr ? data : "", 0});
  x_lengths.push_back(size <= size_t{std::numeric_limits<int>::max()} ? static_cast<int>(size) : -1);
  x_formats.push_back(1);
  x_signature += letter;
}

void BoundParams::add_number(Oid type, char letter, uint64_t bits) {
  x_types.push_back(type);
  x_places.push_back({nullptr, x_numbers.size() + 1});
  for (int shift = 56; shift >= 0; shift -= 8) x_numbers.push_back(static_cast<char>(bits >> shift & 0xffU));
  x_lengths.push_back(sizeof bits);
  x_formats.push_back(1);
  x_signature += letter;
}

std::vector<const char*> BoundParams::values() const {
  std::vector<const char*> values;
  values.reserve(x_places.size());
  for (const Place& place : x_places) {
    values.push_back(place.number > 0 ? x_numbers.data() + place.number - 1 : place.borrowed);
  }
  return values;
}

Result<Row> row_of(const PGresult* result, int row) {
  const int columns = PQnfields(result);
  std::vector<Value> values;
  values.reserve(static_cast<size_t>(columns));
  for (int column = 0; column < columns; ++column) {
    PIER_TRY(Value value, value_of(result, row, column));
    values.push_back(std::move(value));
  }
  return Row(std::move(values));
}

}  // namespace pier::database::impl
