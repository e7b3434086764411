// What ./dev bench queue runs: claimers, each a process with a connection of its own, take and finish tasks of a full
// queue as a worker does, and write down every (task, attempt) they won. One JSON object on standard output.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pier/core/json.hpp>
#include <pier/database/testing/postgres_server.hpp>
#include <pier/jobs/queue.hpp>

namespace pier::jobs {
namespace {

using namespace std::chrono_literals;
using Words = std::map<std::string, std::string>;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kLease = 10min;
constexpr int64_t kTasksOfJob = 500;
constexpr int64_t kRound = 100'000;  // the queue is filled again after so many
constexpr const char* kWeights[] = {"1", "2", "5"};

Words words_of(int count, char** values) {
  Words words;
  for (int i = 1; i + 1 < count; i += 2) words[values[i]] = values[i + 1];
  return words;
}

int64_t number(const Words& words, const std::string& name) {
  return std::stoll(words.at(name));
}

template <typename T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s %s\n", result.error().message.c_str(), result.error().detail.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// --- a claimer

Result<std::optional<TaskRow>> claim_next(database::Database& records, const std::string& worker) {
  std::optional<TaskRow> task;
  PIER_CHECK(records.write([&](Transaction& tx) -> Result<void> {
    PIER_TRY(task, claim(tx, worker, {}, kLease));
    return {};
  }));
  return task;
}

/// The fault that the proof must find: what is read is not held, and nothing is asked when it is written.
Result<std::optional<TaskRow>> claim_carelessly(database::Database& records, const std::string& worker) {
  std::optional<TaskRow> task;
  std::string id;
  {
    PIER_TRY(database::Snapshot snapshot, records.read());
    PIER_TRY(const auto row, snapshot.one("SELECT id FROM tasks WHERE state = 'ready' ORDER BY id LIMIT 1"));
    if (!row) return task;
    id = row->text(0);
  }
  PIER_CHECK(records.write([&](Transaction& tx) -> Result<void> {
    PIER_TRY(const auto row, tx.one("UPDATE tasks SET state = 'running', worker = $2, attempt = attempt + 1,"
                                    " lease_until = $3 WHERE id = $1 RETURNING attempt",
                                    {id, worker, tx.now() + Microseconds(kLease).count()}));
    task.emplace();
    task->id = id;
    task->attempt = static_cast<uint32_t>(row->integer(0));
    return {};
  }));
  return task;
}

/// As a worker commits: the fencing token first, then the end.
Result<void> finish(database::Database& records, const TaskRow& task) {
  return records.write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(heartbeat(tx, task.id, task.attempt, kLease, 1));
    PIER_CHECK(complete(tx, task.id, task.attempt, json::object{{"objects", json::array()}}));
    return {};
  });
}

/// Wins `count` tasks for each line "go count" it reads, then says "done".
int run_claimer(const Words& words) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  database::OpenOptions options;
  options.readers = options.writers = 1;
  const auto records = must(database::Database::open(words.at("--url"), options));
  const bool careless = words.at("--careless") == "yes";
  const std::string worker = words.at("--claimer");
  FILE* log = std::fopen((words.at("--logs") + "/claimer-" + worker + ".log").c_str(), "a");
  std::string go;
  int64_t count = 0;
  std::printf("ready\n");
  std::fflush(stdout);
  while (std::cin >> go >> count) {
    for (int64_t won = 0; won < count;) {
      const auto task = must(careless ? claim_carelessly(*records, worker) : claim_next(*records, worker));
      if (!task) continue;
      std::fprintf(log, "%s %u\n", task->id.c_str(), task->attempt);
      ++won;
      if (const auto done = finish(*records, *task); !done && !careless) must(done);
    }
    std::fflush(log);
    std::printf("done\n");
    std::fflush(stdout);
  }
  std::fclose(log);
  return 0;
}

// --- the parent

class Claimer {
 public:
  Claimer(const Words& words, const std::string& url, int number) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) std::exit(1);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    const std::string name = std::to_string(number);
    std::vector<std::string> arguments{"pier_queue_bench", "--url",      url,
                                       "--claimer",        name,         "--logs",
                                       words.at("--logs"), "--careless", words.at("--careless")};
    std::vector<char*> pointers;
    for (std::string& one : arguments) pointers.push_back(one.data());
    pointers.push_back(nullptr);
    if (::posix_spawn(&x_process, "/proc/self/exe", &actions, nullptr, pointers.data(), environ) != 0) std::exit(1);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    x_in = ::fdopen(in[1], "w");
    x_out = ::fdopen(out[0], "r");
  }
  Claimer(const Claimer&) = delete;
  Claimer& operator=(const Claimer&) = delete;
  ~Claimer() {
    std::fclose(x_in);
    std::fclose(x_out);
    ::waitpid(x_process, nullptr, 0);
  }
  void go(int64_t count) {
    std::fprintf(x_in, "go %ld\n", static_cast<long>(count));
    std::fflush(x_in);
  }
  void wait_for_word() {
    char line[16];
    if (std::fgets(line, sizeof line, x_out) == nullptr) std::exit(1);  // it has said why
  }

 private:
  pid_t x_process = 0;
  FILE* x_in = nullptr;
  FILE* x_out = nullptr;
};

/// Organisations with one job for every kTasksOfJob tasks; what is added after `first` is ready at once.
Result<void> fill(Transaction& tx, int64_t first, int64_t count) {
  for (const char* weight : kWeights) {
    PIER_CHECK(tx.run("INSERT INTO organisations (id, title, created) VALUES ($1, '', 0) ON CONFLICT DO NOTHING",
                      {"org" + std::string(weight)}));
  }
  const std::string kOrganisation = "CASE i % 3 WHEN 0 THEN 'org1' WHEN 1 THEN 'org2' ELSE 'org5' END";
  const std::string kNumbers =
      "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2) ";
  const std::string kDigits = "substr('00000000000000000000000000000000' || i, length(CAST(i AS TEXT)) + 1)";
  PIER_CHECK(tx.run(kNumbers +
                        "INSERT INTO jobs (id, organisation, kind, state, request, created, updated) SELECT 'job_'"
                        " || " +
                        kDigits + ", " + kOrganisation + ", 'bench', 'queued', '{}', 0, 0 FROM n",
                    {first / kTasksOfJob, (first + count) / kTasksOfJob}));
  PIER_CHECK(tx.run(
      kNumbers +
          "INSERT INTO tasks (id, job_id, organisation, kind, name, params, state, priority, cost, memory_bytes, "
          "run_at,"
          " created) SELECT 'tsk_' || substr('00000000000000000000000000000000' || t, length(CAST(t AS TEXT)) + 1),"
          " 'job_' || " +
          kDigits + ", " + kOrganisation +
          ", 'encode', 'name ' || t, '{}', 'ready', 0, t * 7919 % 100,"
          " 0, 0, 0 FROM (SELECT i AS t, i / 500 AS i FROM n) tasks_of_jobs",
      {first, first + count}));
  return {};
}

Result<std::string> records_of(const Words& words, std::unique_ptr<database::test::PostgresServer>& server) {
  if (words.at("--engine") == "sqlite") return "sqlite:" + words.at("--logs") + "/pier.db";
  PIER_TRY(server, database::test::PostgresServer::start(true));
  // As Debian's package sets it; the tests are content with less.
  PIER_CHECK(server->query("ALTER SYSTEM SET shared_buffers = '128MB'"));
  PIER_CHECK(server->stop());
  PIER_CHECK(server->resume());
  PIER_CHECK(server->query("CREATE DATABASE bench TEMPLATE template0"));
  if (words.at("--durable") == "no") PIER_CHECK(server->query("ALTER DATABASE bench SET synchronous_commit = off"));
  return server->url("bench");
}

Result<json::object> counted(database::Database& records) {
  PIER_TRY(database::Snapshot snapshot, records.read());
  json::object counts;
  PIER_TRY(const auto rows,
           snapshot.all("SELECT organisation, state, count(*), max(attempt) FROM tasks GROUP BY 1, 2"));
  json::array states;
  for (const auto& row : rows) states.push_back(json::array{row.text(0), row.text(1), row.integer(2), row.integer(3)});
  counts["states"] = std::move(states);
  return counts;
}

int run_parent(const Words& words) {
  std::unique_ptr<database::test::PostgresServer> server;
  const std::string url = must(records_of(words, server));
  const auto records = must(database::Database::open(url));
  const int64_t claimers = number(words, "--claimers"), queued = number(words, "--queued");
  int64_t left = number(words, "--claims") / claimers * claimers;
  int64_t added = 0, claims = 0;
  double seconds = 0;
  json::array rounds;
  std::vector<std::unique_ptr<Claimer>> processes;
  for (int i = 0; i < claimers; ++i) processes.push_back(std::make_unique<Claimer>(words, url, i));
  for (const auto& process : processes) process->wait_for_word();
  while (left > 0) {
    const int64_t round = std::min(left, kRound / claimers * claimers);
    const int64_t wanted = (claims + round + queued + kTasksOfJob) / kTasksOfJob * kTasksOfJob;
    must(records->write([&](Transaction& tx) { return fill(tx, added, wanted - added); }));
    added = wanted;
    const auto started = SteadyClock::now();
    for (const auto& process : processes) process->go(round / claimers);
    for (const auto& process : processes) process->wait_for_word();
    const double taken = std::chrono::duration<double>(SteadyClock::now() - started).count();
    rounds.emplace_back(static_cast<double>(round) / taken);
    std::fprintf(stderr, "%s: %ld claims at %.0f/s\n", words.at("--engine").c_str(), static_cast<long>(round),
                 static_cast<double>(round) / taken);
    seconds += taken;
    claims += round;
    left -= round;
  }
  processes.clear();
  json::object answer = must(counted(*records));
  answer["claims"] = claims;
  answer["seconds"] = seconds;
  answer["rounds"] = std::move(rounds);
  std::printf("%s\n", json::serialize(answer).c_str());
  return 0;
}

}  // namespace
}  // namespace pier::jobs

int main(int count, char** values) {
  const pier::jobs::Words words = pier::jobs::words_of(count, values);
  return words.contains("--claimer") ? pier::jobs::run_claimer(words) : pier::jobs::run_parent(words);
}
