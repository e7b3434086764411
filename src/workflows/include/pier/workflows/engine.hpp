#pragma once
// Records, objects and task kinds of one data directory, put together: submit() takes work in, workers run it in
// sandboxed children, results are committed as one transaction each. kill -9 at any instant loses nothing that was
// committed; the next Engine on the directory goes on from there.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/cicp.hpp>
#include <pier/core/json.hpp>
#include <pier/core/metrics.hpp>
#include <pier/core/result.hpp>
#include <pier/database/data_directory.hpp>
#include <pier/database/database.hpp>
#include <pier/sandbox/spawn.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::workflows {

/// What the machines cost; forecasts then state money.
struct Prices {
  std::string currency = "EUR";  // as it is shown
  double core_hour = 0;
  double terabyte_month = 0;  // stored
};

struct EngineOptions {
  std::string data;                      // directory of lock, socket and what no server of records keeps
  std::string database;                  // URL of records; empty: as before, at first <data>/pier.db
  std::string store;                     // URL of objects; empty: as before, at first <data>/objects
  std::string purpose;                   // "pier serve", for the lock
  int slots = 0;                         // tasks at a time; 0: one a core; below: none
  uint64_t copies_bytes = 64ULL << 30U;  // of objects in S3 kept as local files for tasks, in <data>/spool
  int64_t keep_chunks_us =
      7 * 86400LL * 1'000'000;  // what new versions of a master use again: encoded chunks, parts of analyses
  uint64_t memory_bytes = 0;    // for all running tasks together; 0: half of the machine's
  std::string ladders;          // directory; empty: share_directory() + "/ladders"
  std::map<std::string, std::string> roots;  // --root NAME=PATH: where in-place inputs through the API may lie
  std::string worker_name;                   // empty: that of the machine
  std::vector<std::string> tags;             // what its worker offers: tasks that ask for others are passed over
  std::chrono::microseconds lease = std::chrono::seconds(60);  // a task unheard of for so long is given to another
  std::optional<Prices> prices;
  /// publish() looks into the master in a task process, so that its job is forecast before the first worker comes to
  /// it.
  bool look_ahead = false;
};

/// $PIER_SHARE, else <program>/../share/pier, else the source tree this was built from: ladders/, profiles/, web/.
std::string share_directory();

/// What a verdict "fail" means for a publication. The report is stored whatever the policy.
enum class Policy : uint8_t {
  kBlock,   // nothing is encoded, the job fails with kNotConform
  kWarn,    // published, and the asset says so
  kIgnore,  // published, and nothing is said
};
std::string_view to_string(Policy policy);  // "block", "warn", "ignore"
Result<Policy> policy_from(std::string_view name);

/// A subtitle file to be published with a master, or captions that are in it.
struct SubtitleWish {
  std::string path;      // bytes; absolute; empty: of the master itself, by `from`
  std::string from;      // "cea-608", "cea-708", "teletext"; empty: a file
  int64_t service = 0;   // of these: channel 1 to 4, service 1 to 63, page 100 to 899; 0: the first
  std::string language;  // BCP 47; empty: as the file says
  std::string name;      // for people; empty: made from the language
  std::string encoding;  // subtitles::decode_text; empty: recognised
  std::string offset;    // subtitles::parse_shift: added to the file's times, which count from the first picture of
                         // the programme; captions have their times by the pictures they are in
  bool forced = false, is_default = false;
};

/// What `pier publish` asks for.
struct PublishRequest {
  std::string organisation = "default";
  std::string path;                // bytes; absolute
  std::string title;               // empty: made from the file name
  std::string ladder;              // empty: chosen by the source
  std::vector<std::string> rungs;  // empty: all that fit
  std::string profile;             // empty: chosen by the source
  Policy policy = Policy::kWarn;
  /// The rung that is published, with the sound, before the others are done: "auto" (where that is worth it), "no", or
  /// the name of a video rung.
  std::string first = "auto";
  std::string in, out;    // source timecode "HH:MM:SS:FF" or seconds; empty: all
  std::string audio_map;  // "1-2 stereo, 3-8 5.1"; empty: understood from the source
  std::vector<SubtitleWish> subtitles;
  std::string hdr10_plus;                     // path of HDR10+ JSON, absolute; empty: what the master carries itself
  std::vector<std::string> tags;              // what a worker must offer to encode it (a farm's large machines)
  bool keep_copy = false;                     // --keep copy: copy the master into the store
  std::optional<ContentLight> content_light;  // set by hand, logged
  std::optional<MasteringDisplay> mastering_display;  // set by hand, logged
  /// Not part of what is asked (nor of its JSON): the same key and request again give the job that exists, another
  /// request under it is kConflict. Empty: every call is a new job.
  std::string idempotency_key;
};
json::object to_json(const PublishRequest& request);
Result<PublishRequest> publish_request_from_json(const json::value& value);

struct Submitted {
  std::string job_id;
  std::string asset_id;  // empty for jobs about no single asset
};

/// Thread-safe. One Engine is opened on a data directory, in any process; others may be attached to it.
class Engine {
 public:
  /// Takes the lock, opens records and objects, sweeps leftovers, returns abandoned tasks to the queue. Starts no work.
  /// Records on a server may be shared: by any number of engines, each on a data directory of its own.
  /// Errors: kInUse, kPermission, kNoSpace, kInvalidArgument (network file system), kInputUnsupported (newer schema).
  static Result<std::unique_ptr<Engine>> open(const EngineOptions& options);
  /// For a process that only runs tasks, beside the one that opened the directory or alone: takes no lock, sweeps
  /// nothing. kNotFound when no Pier has made the directory.
  static Result<std::unique_ptr<Engine>> attach(const EngineOptions& options);
  ~Engine();  // stop()

  /// Starts the worker slots, and in an engine that was opened what must be done now and then: deleted things are
  /// collected. Running children end with the Engine.
  void start();
  /// Claims nothing more, ends running children (their tasks are ready again) and waits for that.
  void stop();

  /// Checks what can be checked at once (the file opens, names are known, subtitles are read), then a job of kind
  /// "publish". Subtitle files are kept as they are now.
  Result<Submitted> publish(const PublishRequest& request);
  /// A job of kind "verify": every object of the asset against its digest, every track decoded, its index against the
  /// file. Empty asset id: all published assets.
  Result<Submitted> verify(const std::string& organisation, const std::string& asset_id);
  Result<void> cancel(const std::string& organisation, const std::string& job_id);
  /// Takes a failed or cancelled job up again; what is done stays done.
  Result<void> retry(const std::string& organisation, const std::string& job_id);
  Result<void> delete_asset(const std::string& organisation, const std::string& asset_id);

  /// What publish() of this request would take and when it would be finished, with what is in the queue now:
  /// {"forecast", "ladder", "rungs", "left_out", "pictures", "seconds", "chunks"}. A glance at the master in a task
  /// process; nothing is kept. Errors as publish(), and those of probing.
  Result<json::object> estimate(const PublishRequest& request);
  /// {"job", "progress", "forecast"?, "asset_id"?, "partly"?, "waits_for"?, "tried"?, "trouble"?}: GET /v1/jobs/ID.
  /// "forecast" of a job that has not ended: position, finish, core-hours, bytes and, with prices, money. "partly": as
  /// asset_view() has it. "waits_for" [{"tags", "tasks", "since", "hindrances"}]: nobody will start these, for want of
  /// a worker that offers the tags and is not kept from it (no room, a master it cannot read). "tried": tasks of which
  /// an attempt ended badly. "trouble" {"code", "message"}: nothing goes on because records cannot be written (a full
  /// disk).
  Result<json::object> job_view(const std::string& organisation, const std::string& job_id);
  /// {"asset", "tracks", "partly"?, "report"?, "verdict"?, "reports", "findings"?, "hls"?, "dash"?}: GET /v1/assets/ID;
  /// the shape `pier publish --json` ends with. "partly" {"out", "expected", "job", "fraction"?}: only a first
  /// rendition is published; names of the rungs that are out and of those that are not. Report and verdict are the
  /// newest under the asset's profile, "reports" names all.
  Result<json::object> asset_view(const std::string& organisation, const std::string& asset_id);
  /// Judges the stored analysis of an asset by a profile, without decoding. The report is stored, unless the newest one
  /// under that profile says the same: "stored" is false then. {"id", "asset", "profile", "verdict", "body", "created",
  /// "stored"}. Errors: kNotFound (asset, analysis, profile), kInvalidArgument (profile).
  Result<json::object> judge(const std::string& organisation, const std::string& asset_id, const std::string& profile);
  /// This worker was asked to drain, and nothing runs any more.
  bool drained() const;
  /// True while a job has not ended.
  Result<bool> busy();
  /// Blocks until something changed in the queue or the time is over; for followers.
  void wait_for_change(std::chrono::milliseconds timeout);

  database::Database& database();
  storage::ObjectStore& store();
  Metrics& metrics();
  const EngineOptions& options() const;
  /// Layers of protection around media tasks, for the start message and /healthz.
  std::vector<sandbox::Layer> layers() const;

  struct Impl;

 private:
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

/// The whole life of a task process (`pier task`, started by an Engine): confines itself, takes its task from
/// descriptor 3, runs it, answers, exits. Gives the exit code.
int run_task_process();

}  // namespace pier::workflows
