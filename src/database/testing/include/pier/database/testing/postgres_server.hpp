#pragma once
// For tests: a PostgreSQL 15 of one's own, from Debian's package, on a Unix socket only. As root it runs as the user
// "postgres". A supervisor process stops and removes it when the test process is gone, killed or not.

#include <memory>
#include <string>
#include <string_view>

#include <pier/core/file.hpp>
#include <pier/core/result.hpp>

namespace pier::database::test {

class PostgresServer {
 public:
  /// `durable`: fsync as in production; else off, which only the death of the whole machine could tell.
  static Result<std::unique_ptr<PostgresServer>> start(bool durable = false);
  /// The one of this process, or null after a test failure that says why.
  static PostgresServer* shared();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  /// postgresql://user@/name?host=...; `user` "postgres" needs no password, "locked" has "open sesame".
  std::string url(std::string_view database, std::string_view user = "postgres", std::string_view password = {}) const;
  const std::string& socket_directory() const { return x_directory; }

  /// One statement on the database "postgres"; gives the first value of the answer as text.
  Result<std::string> query(const std::string& sql) const;

  /// kill -9 of the server process: its children notice and go.
  Result<void> kill();
  Result<void> stop();    // at once, without a last checkpoint
  Result<void> resume();  // after kill() or stop()

 private:
  PostgresServer(std::string directory, UniqueFd lifeline)
      : x_directory(std::move(directory)), x_lifeline(std::move(lifeline)) {}
  Result<void> initialise(bool durable);
  Result<void> control(const std::string& words) const;

  std::string x_directory;
  UniqueFd x_lifeline;  // its closing ends the supervisor, and that the server
};

}  // namespace pier::database::test
