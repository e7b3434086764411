#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pier/database/testing/postgres_server.hpp>

namespace pier::database::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";
constexpr const char* kSettings =
    "listen_addresses = ''\n"
    "max_connections = 60\n"
    "shared_buffers = 32MB\n"
    "jit = off\n"
    "deadlock_timeout = 50ms\n"  // so that tests with a deadlock do not wait for a second
    "wal_level = minimal\n"
    "max_wal_senders = 0\n";
constexpr const char* kNotDurable = "fsync = off\nfull_page_writes = off\n";
constexpr const char* kAccess =
    "local all locked scram-sha-256\n"
    "local all all trust\n";

/// PostgreSQL refuses to run as root.
std::string as_server_user() {
  return ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : "";
}

Result<void> shell(const std::string& command) {
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c): our own words only
  if (status == 0) return {};
  return fail(ErrorCode::kIo, "failed (" + std::to_string(status) + "): " + command);
}

/// A shell that waits for the end of its input, which comes when this process is gone, then stops and removes all.
Result<UniqueFd> start_supervisor(const std::string& directory) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Failure(errno_error(errno, "pipe"));
  UniqueFd input(ends[0]);
  UniqueFd lifeline(ends[1]);
  const std::string script = "trap '' INT TERM HUP; read -r _; " + as_server_user() + kPrograms + "pg_ctl -D " +
                             directory + "/data -m immediate -w -t 20 stop >/dev/null 2>&1; rm -rf " + directory;
  const pid_t child = ::fork();
  if (child < 0) return Failure(errno_error(errno, "fork"));
  if (child == 0) {
    ::setsid();  // a Ctrl-C meant for the tests does not reach it
    ::dup2(input.get(), 0);
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, 1);
    ::dup2(nowhere, 2);  // nor does it keep the tests' output open
    ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    ::_exit(127);
  }
  return lifeline;
}

Result<std::string> make_directory() {
  std::string pattern = "/tmp/pier-pg-XXXXXX";  // a socket's path must be short
  if (::mkdtemp(pattern.data()) == nullptr) return Failure(errno_error(errno, "mkdtemp " + pattern));
  if (::geteuid() != 0) return pattern;
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr || ::chown(pattern.c_str(), user->pw_uid, user->pw_gid) != 0) {
    return fail(ErrorCode::kPermission, "there is no user \"postgres\"; apt-get install postgresql-15 makes it");
  }
  return pattern;
}

}  // namespace

Result<std::unique_ptr<PostgresServer>> PostgresServer::start(bool durable) {
  if (::access((std::string(kPrograms) + "initdb").c_str(), X_OK) != 0) {
    return fail(ErrorCode::kNotFound,
                "PostgreSQL 15 is not installed, and these tests run on it: apt-get install postgresql-15");
  }
  PIER_TRY(std::string directory, make_directory());
  PIER_TRY(UniqueFd lifeline, start_supervisor(directory));
  std::unique_ptr<PostgresServer> server(new PostgresServer(std::move(directory), std::move(lifeline)));
  PIER_CHECK(server->initialise(durable));
  PIER_CHECK(server->resume());
  PIER_CHECK(server->query("CREATE USER locked PASSWORD 'open sesame'"));
  return server;
}

PostgresServer* PostgresServer::shared() {
  static Result<std::unique_ptr<PostgresServer>> s_server = start();
  if (s_server) return s_server->get();
  ADD_FAILURE() << s_server.error().message << " " << s_server.error().detail;
  return nullptr;
}

PostgresServer::~PostgresServer() {
  // Waits until all is removed: the supervisor is our child.
  x_lifeline.reset();
  for (int i = 0; i < 500 && std::filesystem::exists(x_directory); ++i) std::this_thread::sleep_for(10ms);
}

Result<void> PostgresServer::initialise(bool durable) {
  PIER_CHECK(shell("cd / && " + as_server_user() + kPrograms + "initdb -D " + x_directory +
                   "/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >" + x_directory +
                   "/initdb.log 2>&1"));
  std::ofstream(x_directory + "/data/postgresql.conf", std::ios::app)
      << kSettings << (durable ? "" : kNotDurable) << "unix_socket_directories = '" << x_directory << "'\n";
  std::ofstream(x_directory + "/data/pg_hba.conf") << kAccess;
  return {};
}

Result<void> PostgresServer::control(const std::string& words) const {
  return shell("cd / && " + as_server_user() + kPrograms + "pg_ctl -D " + x_directory + "/data -w -t 30 -l " +
               x_directory + "/server.log " + words + " >/dev/null 2>&1 </dev/null");
}

std::string PostgresServer::url(std::string_view database, std::string_view user, std::string_view password) const {
  std::string address = "postgresql://" + std::string(user);
  if (!password.empty()) address += ":" + std::string(password);
  return address + "@/" + std::string(database) + "?host=" + x_directory;
}

Result<std::string> PostgresServer::query(const std::string& sql) const {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> handle(PQconnectdb(url("postgres").c_str()), PQfinish);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> answer(PQexec(handle.get(), sql.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(answer.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    return fail(ErrorCode::kIo, sql, PQerrorMessage(handle.get()));
  }
  return PQntuples(answer.get()) > 0 ? std::string(PQgetvalue(answer.get(), 0, 0)) : std::string();
}

Result<void> PostgresServer::kill() {
  std::ifstream file(x_directory + "/data/postmaster.pid");
  pid_t process = 0;
  if (!(file >> process) || ::kill(process, SIGKILL) != 0) return fail(ErrorCode::kIo, "the server does not run");
  for (int i = 0; i < 500 && ::kill(process, 0) == 0; ++i) std::this_thread::sleep_for(10ms);
  return {};
}

Result<void> PostgresServer::stop() {
  return control("-m immediate stop");
}

Result<void> PostgresServer::resume() {
  Result<void> started;
  for (int i = 0; i < 20; ++i) {  // children of a killed one may still hold its memory
    started = control("start");
    if (started) return started;
    std::this_thread::sleep_for(100ms);
  }
  return started;
}

}  // namespace pier::database::test
