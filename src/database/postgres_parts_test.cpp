// The parts of the PostgreSQL engine that need no server: addresses, SQLSTATEs, parameters.

#include <gtest/gtest.h>

#include "postgres_address.hpp"
#include "postgres_error.hpp"
#include "postgres_values.hpp"

namespace pier::database::impl {
namespace {

TEST(PostgresAddress, IsShownWithoutItsPassword) {
  const auto address = parse_postgres_url("postgresql://pier:s%40cret@db.example:5433/records?sslmode=require");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->where, "postgresql://pier@db.example:5433/records");
  EXPECT_EQ(address->user, "pier");
  EXPECT_EQ(address->database, "records");
  const auto socket = parse_postgres_url("postgres://pier@/records?host=/run/postgresql&password=secret");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->where.substr(0, 35), "postgresql://pier@/run/postgresql:5");
  EXPECT_EQ(socket->where.find("secret"), std::string::npos);
}

TEST(PostgresAddress, AWrongOneIsRefusedWithoutItsPassword) {
  for (const char* url : {"postgresql://pier:sec:r/et@host/x/y?nonsense", "postgresql://pier:sec%zzret@host/x",
                          "postgresql://h/x?passwort=secret", "postgresql://h/x?password=secret&port"}) {
    const auto refused = parse_postgres_url(url);
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ((refused.error().message + refused.error().detail).find("sec"), std::string::npos)
        << refused.error().message << refused.error().detail;
  }
  EXPECT_EQ(without_password("mysql://root:secret@host/x?password=secret"), "mysql://host/x");
  EXPECT_EQ(without_password("sqlite:/a/b"), "sqlite:/a/b");
}

TEST(PostgresAddress, IsRememberedWithoutItsPassword) {
  const auto one = remembered_url("postgresql://pier:s%40cret@db.example:5433/re%20cords?sslmode=require");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->find("cret"), std::string::npos) << *one;
  EXPECT_EQ(*one, remembered_url("postgres://db.example:5433/re%20cords?password=x&sslmode=require&user=pier").value());
  const auto again = parse_postgres_url(*one);
  ASSERT_TRUE(again) << *one;
  EXPECT_EQ(again->where, "postgresql://pier@db.example:5433/re cords");
  EXPECT_NE(*one, remembered_url("postgresql://pier@db.example:5434/re%20cords?sslmode=require").value());
  const auto socket = remembered_url("postgresql://pier@/records?host=/run/postgresql&port=5433");
  EXPECT_EQ(parse_postgres_url(socket.value())->where, "postgresql://pier@/run/postgresql:5433/records");
  EXPECT_FALSE(remembered_url("postgresql://h/x?passwort=secret"));
}

TEST(SqlState, IsFoundInTheMessageOfARefusal) {
  EXPECT_EQ(sql_state_in("connection to server on socket \"/tmp/.s\" failed: FATAL:  28P01: password authentication"),
            "28P01");
  EXPECT_EQ(sql_state_in("\xE8\x87\xB4\xE5\x91\xBD\xE9\x94\x99\xE8\xAF\xAF:  3D000: x"), "3D000");
  EXPECT_EQ(sql_state_in("connection refused:  Is the server running?"), "");
  EXPECT_EQ(sql_state_in("FATAL:  28P0"), "");
}

TEST(SqlState, HasAMeaning) {
  EXPECT_EQ(meaning_of("23505").code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(meaning_of("23514").code, ErrorCode::kConflict);
  EXPECT_EQ(meaning_of("40001").code, ErrorCode::kOverloaded);
  EXPECT_TRUE(meaning_of("40P01").clash);
  EXPECT_FALSE(meaning_of("55P03").clash);
  EXPECT_EQ(meaning_of("53100").code, ErrorCode::kNoSpace);
  EXPECT_NE(meaning_of("53200").text.find("max_locks_per_transaction"), std::string_view::npos);
  EXPECT_EQ(meaning_of("3D000").code, ErrorCode::kNotFound);
  EXPECT_TRUE(meaning_of("57P01").lost);
  EXPECT_FALSE(meaning_of("57014").lost);
  EXPECT_TRUE(meaning_of("").lost);
  EXPECT_EQ(meaning_of("42601").code, ErrorCode::kInternal);
  EXPECT_EQ(meaning_of("08P01").code, ErrorCode::kInternal);
  EXPECT_EQ(meaning_of("XX001").code, ErrorCode::kIo);
  EXPECT_EQ(meaning_of("XX000").code, ErrorCode::kInternal);
}

TEST(Parameters, AreCounted) {
  EXPECT_EQ(*count_parameters("SELECT 1"), 0U);
  EXPECT_EQ(*count_parameters("SELECT $2, $1, $2 || '$7' || \"$8\" -- $9\n, '' , $3"), 3U);
  EXPECT_EQ(*count_parameters("SELECT $1 -- to the end $2"), 1U);
  EXPECT_EQ(*count_parameters("SELECT $12, $1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11"), 12U);
  for (const char* sql : {"SELECT $2", "SELECT $0", "SELECT $", "SELECT $x", "SELECT $99999999999"}) {
    EXPECT_FALSE(count_parameters(sql)) << sql;
  }
}

TEST(Parameters, AreBoundByType) {
  const Param params[] = {1, 0.5, "t", Bytes(3), nullptr};
  const auto bound = BoundParams::of(params);
  ASSERT_TRUE(bound);
  EXPECT_EQ(bound->signature(), "irtbn");
  const auto values = bound->values();
  EXPECT_EQ(std::string(values[0], 8), std::string("\0\0\0\0\0\0\0\1", 8));
  EXPECT_EQ(std::string(values[1], 8), std::string("\x3f\xe0\0\0\0\0\0\0", 8));
  EXPECT_EQ(values[4], nullptr);
  EXPECT_EQ(bound->lengths()[3], 3);
}

}  // namespace
}  // namespace pier::database::impl
