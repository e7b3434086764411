#pragma once
// Values as PostgreSQL's protocol carries them: every parameter and every column in its binary form, so that integers,
// doubles and bytes are exact.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include <pier/core/result.hpp>
#include <pier/database/value.hpp>

namespace pier::database::impl {

/// How many parameters a statement has; kInternal unless they are $1 ... $n, all of them.
Result<size_t> count_parameters(std::string_view sql);

/// Parameters in the arrays libpq takes. Borrows text and bytes as Param does.
class BoundParams {
 public:
  /// kInvalidArgument for text with a zero byte, which PostgreSQL cannot hold.
  static Result<BoundParams> of(std::span<const Param> params);

  int count() const { return static_cast<int>(x_types.size()); }
  const Oid* types() const { return x_types.data(); }
  std::vector<const char*> values() const;
  const int* lengths() const { return x_lengths.data(); }
  const int* formats() const { return x_formats.data(); }
  /// One letter a type: a statement is prepared once for each combination.
  const std::string& signature() const { return x_signature; }

 private:
  Result<void> add(const Param::Content& content);
  void add_bytes(Oid type, char letter, const char* data, size_t size);
  void add_number(Oid type, char letter, uint64_t bits);

  struct Place {
    const char* borrowed = nullptr;  // text, bytes; null with `number` unset: SQL null
    size_t number = 0;               // 1 + offset in x_numbers
  };
  std::vector<Oid> x_types;
  std::vector<Place> x_places;
  std::vector<int> x_lengths;
  std::vector<int> x_formats;
  std::vector<char> x_numbers;
  std::string x_signature;
};

/// kInternal for a column of a type Pier does not use (cast it).
Result<Row> row_of(const PGresult* result, int row);

}  // namespace pier::database::impl
