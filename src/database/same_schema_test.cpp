// The two engines have the same tables: migrations/sqlite and migrations/postgresql cannot drift apart.

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include <pier/database/database.hpp>
#include <pier/database/testing/fresh_records.hpp>

namespace pier::database {
namespace {

using Facts = std::set<std::string>;

/// One name for both engines' name of a type.
std::string type_of(std::string_view type) {
  if (type == "INTEGER" || type == "bigint") return "integer";
  if (type == "REAL" || type == "double precision") return "real";
  if (type == "TEXT" || type == "text") return "text";
  if (type == "BLOB" || type == "bytea") return "bytes";
  return "other: " + std::string(type);
}

/// A default as a bare value: 'x'::text and '-1'::integer are x and -1.
std::string bare(std::string text) {
  text = text.substr(0, text.find("::"));
  std::erase_if(text, [](char c) { return c == '\'' || c == '(' || c == ')'; });
  return text;
}

void add_rows(Session& session, const char* sql, Facts& facts, const std::function<std::string(const Row&)>& words) {
  const auto rows = session.all(sql);
  ASSERT_TRUE(rows) << rows.error().detail << " " << sql;
  ASSERT_FALSE(rows->empty()) << sql;
  for (const Row& row : *rows) facts.insert(words(row));
}

std::string column(const Row& row) {
  return "column " + row.text(0) + "." + row.text(1) + " " + type_of(row.text(2)) +
         (row.integer(3) != 0 ? " not null" : "") + " default " + (row.is_null(4) ? "none" : bare(row.text(4)));
}
std::string foreign_key(const Row& row) {
  return "key " + row.text(0) + "." + row.text(1) + " -> " + row.text(2) + "." + row.text(3) + " on delete " +
         row.text(4);
}
std::string index(const Row& row) {
  return "index on " + row.text(0) + " (" + row.text(1) + ")" + (row.integer(2) != 0 ? " unique" : "") +
         (row.integer(3) != 0 ? " partial" : "") + " " + row.text(4);
}
std::string checks(const Row& row) {
  return "checks of " + row.text(0) + ": " + std::to_string(row.integer(1));
}

Facts facts_of_sqlite(Session& session) {
  Facts facts;
  add_rows(session,
           "SELECT m.name, c.name, c.type, c.\"notnull\" <> 0 OR c.pk > 0, c.dflt_value FROM sqlite_schema m"
           " JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name <> 'schema_migrations'",
           facts, column);
  add_rows(session,
           "SELECT m.name, k.\"from\", k.\"table\", k.\"to\", lower(k.on_delete) FROM sqlite_schema m"
           " JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table'",
           facts, foreign_key);
  // The primary key of a table without rowid is listed as an index too; names are ours only where "c"reated.
  add_rows(session,
           "SELECT m.name, (SELECT group_concat(x.name || iif(x.\"desc\", ' desc', ''), ', ') FROM"
           " (SELECT * FROM pragma_index_xinfo(i.name) WHERE key = 1 ORDER BY seqno) x), i.\"unique\", i.partial,"
           " iif(i.origin = 'c', i.name, '') FROM sqlite_schema m JOIN pragma_index_list(m.name) i"
           " WHERE m.type = 'table' AND m.name <> 'schema_migrations'",
           facts, index);
  add_rows(session,
           "SELECT name, (length(sql) - length(replace(sql, 'CHECK (', ''))) / length('CHECK (') FROM sqlite_schema"
           " WHERE type = 'table' AND instr(sql, 'CHECK (') > 0",
           facts, checks);
  return facts;
}

Facts facts_of_postgresql(Session& session) {
  Facts facts;
  add_rows(session,
           "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'NO', column_default::text"
           " FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <>"
           " 'schema_migrations'",
           facts, column);
  add_rows(session,
           "SELECT c.conrelid::regclass::text, mine.attname, c.confrelid::regclass::text, theirs.attname,"
           " CASE c.confdeltype WHEN 'c' THEN 'cascade' WHEN 'a' THEN 'no action' ELSE 'other' END FROM pg_constraint c"
           " JOIN pg_attribute mine ON mine.attrelid = c.conrelid AND mine.attnum = c.conkey[1]"
           " JOIN pg_attribute theirs ON theirs.attrelid = c.confrelid AND theirs.attnum = c.confkey[1]"
           " WHERE c.contype = 'f'",
           facts, foreign_key);
  add_rows(
      session,
      "SELECT i.indrelid::regclass::text, (SELECT string_agg(a.attname || CASE WHEN i.indoption[n - 1] & 1 = 1 THEN"
      " ' desc' ELSE '' END, ', ' ORDER BY n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (att, n)"
      " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.att), i.indisunique,"
      " i.indpred IS NOT NULL, CASE WHEN EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid"
      " AND c.contype IN ('p', 'u')) THEN '' ELSE i.indexrelid::regclass::text END"
      " FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid WHERE t.relnamespace ="
      " (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND t.relname <> 'schema_migrations'",
      facts, index);
  add_rows(session,
           "SELECT conrelid::regclass::text, count(*) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
           " AND connamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) GROUP BY 1",
           facts, checks);
  return facts;
}

TEST(SameSchema, OnBothEngines) {
  const test::FreshRecords file(test::Engine::kSqlite);
  const test::FreshRecords server(test::Engine::kPostgresql);
  auto sqlite = Database::open(file.url());
  auto postgresql = Database::open(server.url());
  ASSERT_TRUE(sqlite && postgresql);
  auto left = (*sqlite)->read();
  auto right = (*postgresql)->read();
  ASSERT_TRUE(left && right);
  const Facts ours = facts_of_sqlite(*left);
  const Facts theirs = facts_of_postgresql(*right);
  EXPECT_GT(ours.size(), 150U);
  std::string differ;
  for (const std::string& fact : ours) differ += theirs.contains(fact) ? "" : "\n  only SQLite: " + fact;
  for (const std::string& fact : theirs) differ += ours.contains(fact) ? "" : "\n  only PostgreSQL: " + fact;
  EXPECT_EQ(differ, "");
}

/// Ids sort by their bytes on both engines, whatever the language of the server.
TEST(SameSchema, TextIsComparedByItsBytes) {
  const test::FreshRecords server(test::Engine::kPostgresql);
  auto postgresql = Database::open(server.url());
  ASSERT_TRUE(postgresql);
  auto snapshot = (*postgresql)->read();
  const auto others = snapshot->all(
      "SELECT a.attrelid::regclass::text || '.' || a.attname FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid"
      " JOIN pg_collation c ON c.oid = a.attcollation WHERE t.relkind = 'r' AND c.collname <> 'C' AND t.relname <>"
      " 'schema_migrations' AND t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())");
  ASSERT_TRUE(others) << others.error().detail;
  for (const Row& row : *others) ADD_FAILURE() << row.text(0) << " lacks COLLATE \"C\"";
}

}  // namespace
}  // namespace pier::database
