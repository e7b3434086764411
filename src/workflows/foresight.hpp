#pragma once
// What a job will take and when it will be finished: from the queue, the workers and the measured runs.

#include <optional>
#include <string>
#include <vector>

#include <pier/media/facts.hpp>
#include <pier/workflows/engine.hpp>

#include "cost_model.hpp"
#include "task_kind.hpp"

namespace pier::workflows::impl {

/// Everything a forecast is made from, as of one snapshot.
struct Outlook {
  std::vector<jobs::OpenJob> jobs;  // oldest first
  std::vector<jobs::TasksAlike> waiting, running;
  std::vector<jobs::Measured> measured;
  std::vector<Slots> workers;  // active ones
};
Result<Outlook> read_outlook(Session& session);

/// What concerns the one job that is asked about.
struct OwnShare {
  std::vector<jobs::TasksAlike> done;
  uint64_t stored_bytes = 0;  // held for it now
  uint64_t chunk_bytes = 0;   // of these, chunks: kept for some days only
};
Result<OwnShare> read_own_share(Session& session, const std::string& job_id);

struct Amount {
  double least = 0, likely = 0, most = 0;
};

struct Forecast {
  Finish finish;
  Amount cpu_seconds;  // of the whole job, with what was spent
  double spent_cpu_seconds = 0;
  double peak_bytes = 0;  // stored at one time
  double kept_bytes = 0;  // what stays of them
  Basis basis = Basis::kFormula;
  double measured_share = 0;  // of the CPU seconds to come, those that rest on measured runs
};

/// `job_id` is one of the open jobs; what it is expected to do counts until it is planned. Pure.
Forecast foresee(const Outlook& outlook, const OwnShare& own, const std::string& job_id);

/// Seconds, times, core-hours, bytes and, with prices, money: the member "forecast" of a job.
json::object to_json(const Forecast& forecast, WallTime now, const std::optional<Prices>& prices);

/// What a publication will do, by what is known without analysing its master.
struct ExpectedPublication {
  std::vector<jobs::TasksAlike> tasks;
  json::object about;  // ladder, rungs, left_out, pictures, seconds, chunks
};
Result<ExpectedPublication> expect_publication(const media::Facts& facts, const json::object& facts_json,
                                               const PublishRequest& request, const EngineOptions& options);

/// "expected" of a job, and its reading.
json::array packed(const std::vector<jobs::TasksAlike>& tasks);
std::vector<jobs::TasksAlike> expected_tasks(const json::value& expected);

}  // namespace pier::workflows::impl
