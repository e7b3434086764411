#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <sys/stat.h>

#include <pier/database/database.hpp>
#include <pier/database/testing/fresh_records.hpp>
#include <pier/database/testing/postgres_server.hpp>

namespace pier::database::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEmpty = "template0";

/// A database with the schema of this program in it, made once a process: copying it is quicker than migrating.
const std::string& template_with_schema(const PostgresServer& server) {
  static const std::string s_name = [&server]() -> std::string {
    const std::string name = "pier_template";
    const auto made = server.query("CREATE DATABASE " + name + " TEMPLATE template0");
    EXPECT_TRUE(made) << made.error().detail;
    const auto opened = Database::open(server.url(name));
    EXPECT_TRUE(opened) << opened.error().message << " " << opened.error().detail;
    return name;
  }();
  return s_name;
}

std::string number_of_this() {
  static int s_count = 0;
  return std::to_string(++s_count);
}

}  // namespace

std::string engine_name(const testing::TestParamInfo<Engine>& info) {
  return info.param == Engine::kSqlite ? "sqlite" : "postgresql";
}

FreshRecords::FreshRecords(Engine engine, Schema schema) : x_postgresql(engine == Engine::kPostgresql) {
  x_directory = (std::filesystem::temp_directory_path() / "pier-test-XXXXXX").string();
  if (::mkdtemp(x_directory.data()) == nullptr) {
    ADD_FAILURE() << "cannot make " << x_directory;
    return;
  }
  ::chmod(x_directory.c_str(), 0755);
  if (!x_postgresql) {
    x_url = "sqlite:" + x_directory + "/pier.db";
    return;
  }
  const PostgresServer* server = PostgresServer::shared();
  if (server == nullptr) return;
  const std::string source = schema == Schema::kCurrent ? template_with_schema(*server) : kEmpty;
  const std::string name = "test_" + number_of_this();
  auto made = server->query("CREATE DATABASE " + name + " TEMPLATE " + source + " STRATEGY FILE_COPY");
  for (int i = 0; !made && i < 50; ++i) {  // whoever made the template may still be leaving it
    std::this_thread::sleep_for(20ms);
    made = server->query("CREATE DATABASE " + name + " TEMPLATE " + source + " STRATEGY FILE_COPY");
  }
  if (!made) {
    ADD_FAILURE() << made.error().message << " " << made.error().detail;
    return;
  }
  x_database = name;
  x_url = server->url(name);
}

FreshRecords::~FreshRecords() {
  if (!x_database.empty()) {
    const auto dropped = PostgresServer::shared()->query("DROP DATABASE IF EXISTS " + x_database + " WITH (FORCE)");
    EXPECT_TRUE(dropped) << dropped.error().detail;
  }
  std::error_code ignored;
  std::filesystem::remove_all(x_directory, ignored);
}

int FreshRecords::end_connections() const {
  const auto ended = PostgresServer::shared()->query(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '" + x_database + "'");
  EXPECT_TRUE(ended) << ended.error().detail;
  return ended ? std::atoi(ended->c_str()) : 0;
}

void FreshRecords::wait_until_unused() const {
  if (!x_postgresql) return;
  for (int i = 0; i < 1000; ++i) {
    const auto left =
        PostgresServer::shared()->query("SELECT count(*) FROM pg_stat_activity WHERE datname = '" + x_database + "'");
    if (left && *left == "0") return;
    std::this_thread::sleep_for(5ms);
  }
  ADD_FAILURE() << "somebody stays connected to " << x_database;
}

}  // namespace pier::database::test
