#include <algorithm>
#include <bit>
#include <map>

#include <pier/database/table_copy.hpp>

namespace pier::database {
namespace {

constexpr size_t kBatchRows = 64;
constexpr size_t kBatchBytes = 1U << 20U;

/// One row of the schema: table, column, place in the primary key (0: none), in any order.
constexpr const char* kSqliteColumns =
    "SELECT m.name, c.name, c.pk FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND"
    " m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
constexpr const char* kServerColumns =
    "SELECT t.relname::text, a.attname::text, coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0)::bigint"
    " FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary WHERE t.relkind IN ('r', 'p') AND t.relnamespace ="
    " (SELECT oid FROM pg_namespace WHERE nspname = current_schema())";
/// Table and the one it refers to.
constexpr const char* kSqliteKeys =
    "SELECT m.name, k.\"table\" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table'";
constexpr const char* kServerKeys =
    "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c WHERE c.contype = 'f' AND"
    " c.connamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())";

std::string quoted(const std::string& name) {
  return "\"" + name + "\"";
}

std::string list_of(const std::vector<std::string>& names, const std::string& behind = {}) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + quoted(name) + behind;
  return text;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  const auto place = std::ranges::lower_bound(names, name);
  if (place == names.end() || *place != name) names.insert(place, name);
}

std::string select_of(const Table& table) {
  std::string order = list_of(table.key);
  // Engines sort nulls to different ends.
  for (const std::string& column : table.key.empty() ? table.columns : std::vector<std::string>())
    order += (order.empty() ? "" : ", ") + quoted(column) + " IS NULL, " + quoted(column);
  return "SELECT " + list_of(table.columns) + " FROM " + quoted(table.name) + " ORDER BY " + order;
}

std::string insert_of(const Table& table, size_t rows) {
  std::string text = "INSERT INTO " + quoted(table.name) + " (" + list_of(table.columns) + ") VALUES ";
  size_t number = 0;
  for (size_t row = 0; row < rows; ++row) {
    text += row == 0 ? "(" : ", (";
    for (size_t column = 0; column < table.columns.size(); ++column)
      text += (column == 0 ? "$" : ", $") + std::to_string(++number);
    text += ")";
  }
  return text;
}

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};

/// A value in bytes that no other value has, whatever stands before or behind it.
void put_value(ByteWriter& out, const Value& value) {
  std::visit(Overloaded{[&](std::nullptr_t) { out.u8('n'); },
                        [&](int64_t whole) {
                          out.u8('i');
                          out.u64(static_cast<uint64_t>(whole));
                        },
                        [&](double real) {
                          out.u8('r');
                          out.u64(std::bit_cast<uint64_t>(real));
                        },
                        [&](const std::string& text) {
                          out.u8('t');
                          out.u64(text.size());
                          out.text(text);
                        },
                        [&](const Bytes& bytes) {
                          out.u8('b');
                          out.u64(bytes.size());
                          out.bytes(bytes);
                        }},
             value);
}

Param param_of(const Value& value) {
  return std::visit([](const auto& content) { return Param(content); }, value);
}

/// Counts and digests what passes.
class Reading {
 public:
  void add(const Row& row) {
    ByteWriter bytes;
    for (size_t column = 0; column < row.size(); ++column) put_value(bytes, row.value(column));
    x_digest.update(bytes.view());
    ++x_rows;
    x_last_bytes = bytes.size();
  }
  size_t last_bytes() const { return x_last_bytes; }
  TableDigest finish(const std::string& table) { return {table, x_rows, x_digest.finish()}; }

 private:
  Sha256Stream x_digest;
  int64_t x_rows = 0;
  size_t x_last_bytes = 0;
};

/// Rows on their way into a table.
class Batch {
 public:
  Batch(Transaction& to, const Table& table) : x_to(to), x_table(table) {}

  Result<void> add(const Row& row, size_t bytes) {
    x_rows.push_back(row);
    x_bytes += bytes;
    return x_rows.size() == kBatchRows || x_bytes >= kBatchBytes ? write() : Result<void>();
  }

  Result<void> write() {
    if (x_rows.empty()) return {};
    std::vector<Param> params;
    params.reserve(x_rows.size() * x_table.columns.size());
    for (const Row& row : x_rows) {
      for (size_t column = 0; column < row.size(); ++column) params.push_back(param_of(row.value(column)));
    }
    if (const auto done = x_to.run(insert_of(x_table, x_rows.size()), params); !done) {
      return fail_in("rows " + name_of(x_rows.front()) + " to " + name_of(x_rows.back()) + " of table " + x_table.name,
                     done.error());
    }
    x_rows.clear();
    x_bytes = 0;
    return {};
  }

 private:
  /// By its key, for people.
  std::string name_of(const Row& row) const {
    std::string text;
    for (const std::string& part : x_table.key) {
      const auto column = static_cast<size_t>(std::ranges::find(x_table.columns, part) - x_table.columns.begin());
      const Value& value = row.value(column);
      const auto* words = std::get_if<std::string>(&value);
      text +=
          (text.empty() ? "" : "/") + (words != nullptr ? display_text(*words) : std::to_string(row.integer(column)));
    }
    return text.empty() ? "?" : text;
  }

  Transaction& x_to;
  const Table& x_table;
  std::vector<Row> x_rows;
  size_t x_bytes = 0;
};

/// Reads a table to its end or to the first error of `visit`, which is then the outcome.
Result<void> each_row(Session& session, const Table& table, const std::function<Result<void>(const Row&)>& visit) {
  Result<void> outcome;
  PIER_CHECK(session.each(select_of(table), {}, [&](const Row& row) {
    outcome = visit(row);
    return outcome.has_value();
  }));
  return outcome;
}

Result<void> told(const RowProgress& on_progress, int64_t rows) {
  if (!on_progress || on_progress(rows)) return {};
  return fail(ErrorCode::kCancelled, "stopped while rows were read");
}

Result<std::vector<Table>> in_order(std::map<std::string, Table> left) {
  std::vector<Table> ordered;
  while (!left.empty()) {
    const auto next = std::ranges::find_if(left, [&](const auto& entry) {
      return std::ranges::none_of(entry.second.refers, [&](const std::string& name) { return left.contains(name); });
    });
    if (next == left.end()) {
      return fail(ErrorCode::kInternal, "table " + left.begin()->first + " and others refer to each other in a circle");
    }
    ordered.push_back(std::move(next->second));
    left.erase(next);
  }
  return ordered;
}

}  // namespace

Result<std::vector<Table>> list_tables(Database& database) {
  PIER_TRY(Snapshot session, database.read());
  PIER_TRY(const auto columns, session.all(database.shared() ? kServerColumns : kSqliteColumns));
  PIER_TRY(const auto keys, session.all(database.shared() ? kServerKeys : kSqliteKeys));
  std::map<std::string, Table> tables;
  std::map<std::string, std::map<int64_t, std::string>> primary;
  for (const Row& row : columns) {
    if (row.text(0) == "schema_migrations") continue;
    Table& table = tables[row.text(0)];
    table.name = row.text(0);
    add_once(table.columns, row.text(1));
    if (row.integer(2) > 0) primary[table.name][row.integer(2)] = row.text(1);
  }
  for (const auto& [name, parts] : primary) {
    for (const auto& [place, column] : parts) tables[name].key.push_back(column);
  }
  for (const Row& row : keys) {
    if (row.text(0) != row.text(1)) add_once(tables[row.text(0)].refers, row.text(1));
  }
  return in_order(std::move(tables));
}

Result<std::vector<Table>> tables_of_both(Database& from, Database& to) {
  PIER_TRY(std::vector<Table> ours, list_tables(from));
  PIER_TRY(const std::vector<Table> theirs, list_tables(to));
  const auto [left, right] = std::ranges::mismatch(ours, theirs);
  if (left != ours.end() || right != theirs.end()) {
    return fail(ErrorCode::kInternal, "table " + (left != ours.end() ? left->name : right->name) +
                                          " is not the same in both records; was one of them changed by hand?");
  }
  return ours;
}

Result<std::vector<TableDigest>> digest_tables(Session& session, std::span<const Table> tables,
                                               const RowProgress& on_progress) {
  std::vector<TableDigest> digests;
  int64_t rows = 0;
  for (const Table& table : tables) {
    Reading reading;
    PIER_CHECK(each_row(session, table, [&](const Row& row) {
      reading.add(row);
      return told(on_progress, ++rows);
    }));
    digests.push_back(reading.finish(table.name));
  }
  return digests;
}

Result<std::vector<TableDigest>> copy_tables(Session& from, Transaction& to, std::span<const Table> tables,
                                             const RowProgress& on_progress) {
  for (size_t i = tables.size(); i > 0; --i) PIER_CHECK(to.run("DELETE FROM " + quoted(tables[i - 1].name)));
  std::vector<TableDigest> digests;
  int64_t rows = 0;
  for (const Table& table : tables) {
    Reading reading;
    Batch batch(to, table);
    PIER_CHECK(each_row(from, table, [&](const Row& row) -> Result<void> {
      reading.add(row);
      PIER_CHECK(batch.add(row, reading.last_bytes()));
      return told(on_progress, ++rows);
    }));
    PIER_CHECK(batch.write());
    digests.push_back(reading.finish(table.name));
  }
  return digests;
}

Result<int64_t> count_rows(Session& session, std::span<const Table> tables) {
  int64_t rows = 0;
  for (const Table& table : tables) {
    PIER_TRY(const auto found, session.one("SELECT count(*) FROM " + quoted(table.name)));
    rows += found->integer(0);
  }
  return rows;
}

}  // namespace pier::database
