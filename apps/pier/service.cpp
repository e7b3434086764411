#include "service.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <pier/database/data_directory.hpp>

#include "configuration.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

using namespace std::chrono_literals;

constexpr int kWaitsBeforeTold = 10;        // looks at the job; workers that just begin need a moment
constexpr int64_t kFewestPlannedTasks = 7;  // probe, copy, analyse, judge and plan come before the plan

std::atomic<bool> s_interrupted = false;
int s_wake = -1;

void on_signal(int) {
  s_interrupted = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(s_wake, &one, sizeof one);
}

/// Does a server answer on the directory's socket?
bool answers(const std::string& data) {
  net::ClientOptions options;
  options.connect_timeout = 1000ms;
  options.answer_timeout = 5000ms;
  return net::Client(data_socket(data), options).request("GET", "/healthz").has_value();
}

}  // namespace

net::Endpoint data_socket(const std::string& data) {
  net::Endpoint endpoint;
  endpoint.unix_path = data + "/pier.sock";
  return endpoint;
}

void catch_interrupts() {
  s_wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action{};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
  return s_interrupted;
}

void sleep_interruptibly(std::chrono::milliseconds time) {
  pollfd wake{s_wake, POLLIN, 0};
  if (!s_interrupted) ::poll(&wake, 1, static_cast<int>(time.count()));
}

Result<std::unique_ptr<Service>> Service::start(const workflows::EngineOptions& options,
                                                const std::optional<net::Endpoint>& listen) {
  auto service = std::make_unique<Service>();
  workflows::EngineOptions looking = options;
  looking.look_ahead = true;
  PIER_TRY(service->x_engine, workflows::Engine::open(looking));
  service->x_gateway = std::make_unique<api::Gateway>(*service->x_engine);
  net::ServerOptions server;
  if (listen) server.endpoints.push_back(*listen);
  server.endpoints.push_back(data_socket(options.data));
  server.metrics = &service->x_engine->metrics();
  PIER_TRY(service->x_server, net::Server::start(server, service->x_gateway->handlers()));
  return service;
}

Service::~Service() {
  stop();
}

void Service::stop() {
  if (x_server) x_server->stop(2s);
  if (x_engine) x_engine->stop();
}

Result<Connection> Connection::open(const Globals& globals, const std::string& purpose) {
  Connection connection;
  if (!globals.server.empty()) {
    PIER_TRY(const net::Endpoint endpoint, net::parse_server_url(globals.server));
    connection.x_client = std::make_unique<net::Client>(endpoint);
    return connection;
  }
  const auto holder = database::DataDirectoryLock::holder(globals.data);
  if (!holder || !answers(globals.data)) {
    workflows::EngineOptions options;
    options.data = globals.data;
    PIER_TRY(const Configuration configured, read_configuration(globals));
    options.database = configured.database;
    options.store = configured.store;
    options.prices = configured.prices;
    options.purpose = purpose;
    PIER_TRY(connection.x_service, Service::start(options, std::nullopt));
  }
  connection.x_client = std::make_unique<net::Client>(data_socket(globals.data));
  return connection;
}

void Connection::start_workers() {
  if (x_service) x_service->engine().start();
}

Result<json::object> follow_job(const net::Client& client, const std::string& job_id, const std::string& title,
                                bool silent) {
  // How long a publication is shows once it is planned: what comes before has a bar of its own.
  ProgressBar first("check", silent), second(title, silent);
  int waiting = 0;
  bool early = false;
  while (true) {
    PIER_TRY(const json::value value, client.get("/v1/jobs/" + job_id));
    if (!value.is_object()) return fail(ErrorCode::kInternal, "the server's answer is no job");
    const json::object& view = value.as_object();
    PIER_TRY(const json::object job, get_object(view, "job"));
    const std::string state = string_or(job, "state", "");
    if (state == "done" || state == "failed" || state == "cancelled") return view;
    if (const auto progress = get_object(view, "progress")) {
      const std::string steps = std::to_string(int_or(*progress, "tasks_done", 0)) + "/" +
                                std::to_string(int_or(*progress, "tasks_total", 0)) + " steps";
      const std::string note = string_or(*progress, "note", "");
      const bool unplanned = title == "publish" && int_or(*progress, "tasks_total", 0) < kFewestPlannedTasks;
      (unplanned ? first : second)
          .update(double_or(*progress, "fraction", 0), steps + (note.empty() ? "" : ", " + note), time_left(view));
    }
    const std::string partly = partly_text(view);
    if (!partly.empty() && !early && !silent) {
      first.finish(), second.finish();
      std::fprintf(stderr, "%s can be played: %s\n", string_or(view, "asset_id", "").c_str(), partly.c_str());
    }
    early = early || !partly.empty();
    const std::string waits = waits_text(view);
    waiting = waits.empty() ? 0 : waiting + 1;
    if (waiting == kWaitsBeforeTold && !silent) {
      first.finish(), second.finish();
      std::fprintf(stderr, "%s waits for %s\n", job_id.c_str(), waits.c_str());
    }
    if (const auto trouble = get_object(view, "trouble")) {
      return fail(
          error_code_from(string_or(*trouble, "code", "io")),
          string_or(*trouble, "message", "") + "; then `pier publish --resume` or `pier serve` goes on with the job");
    }
    if (interrupted())
      return fail(ErrorCode::kCancelled,
                  "stopped; what is done is kept. `pier publish --resume` or `pier serve` goes on from there");
    sleep_interruptibly(300ms);
  }
}

}  // namespace pier::app
