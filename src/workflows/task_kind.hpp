#pragma once
// A task kind: what it reads, what runs in the child, what is committed. One file a kind, one list: kinds.cpp.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <pier/catalogue/asset.hpp>
#include <pier/catalogue/object_rows.hpp>
#include <pier/jobs/job.hpp>
#include <pier/jobs/queue.hpp>
#include <pier/jobs/view.hpp>
#include <pier/media/feed.hpp>
#include <pier/media/source.hpp>
#include <pier/storage/local_copies.hpp>
#include <pier/storage/object_store.hpp>
#include <pier/workflows/engine.hpp>

namespace pier::workflows::impl {

using database::Session;
using database::Transaction;
using jobs::TaskRow;
using storage::ObjectInfo;
using storage::ObjectKey;

/// What the server side of a task may use.
struct Context {
  database::Database& database;
  storage::ObjectStore& store;
  const EngineOptions& options;
  storage::LocalCopies& copies;  // objects as files
};

/// Everything a task needs to run, opened by the server: the child opens nothing itself.
struct Work {
  json::object params;                  // for the child; for a kind without child: what commit() needs
  std::optional<media::Source> source;  // the master
  std::vector<UniqueFd> inputs;         // objects, read-only
  std::vector<std::unique_ptr<storage::ObjectWriter>> outputs;
  UniqueFd scratch;  // an unnamed file, gone with the task
  struct Feed {
    media::FeedInput input;
    UniqueFd line;  // events go out by it; when it can be read, the feed is to end
  };
  std::optional<Feed> feed = {};
  std::optional<media::Source> other = {};  // what the master is held against; no image sequence
  std::vector<media::Source> sources = {};  // of a timeline; no image sequences
  uint64_t memory_spare = 0;                // bytes of this machine that no running task was promised
};

/// The same descriptors as the child has them.
struct ChildFiles {
  media::Source source;
  std::vector<int> inputs, outputs;
  int scratch = -1;
  struct Feed {
    int fd = -1, line = -1;
    media::FeedKind kind = media::FeedKind::kPipe;
  };
  std::optional<Feed> feed = {};
  media::Source other = {};
  std::vector<media::Source> sources = {};
};

using Progress = std::function<bool(double fraction, int64_t frames)>;

struct TaskKind {
  std::string_view name;
  int version = 1;        // raised by hand when the output of equal inputs changes
  bool ends_job = false;  // the job is done with this task's result
  Result<Work> (*prepare)(Context&, const TaskRow&) = nullptr;
  /// In the child; null: the task runs in the server (plans and rows, never media).
  Result<json::object> (*run)(const json::object& params, ChildFiles& files, const Progress&) = nullptr;
  /// In the transaction that also completes the task; objects already have their rows. Gives the task's result.
  Result<json::object> (*commit)(Context&, Transaction&, const TaskRow&, const json::object& result,
                                 std::span<const ObjectInfo> outputs) = nullptr;
  /// Settings with which it holds less memory and gives the same result, for a task whose memory ran out; prepare()
  /// finds them in TaskRow::settings. Null: there are none.
  json::object (*thrifty)() = nullptr;
};

const TaskKind* find_kind(std::string_view name);
/// Of all kinds this version knows.
std::vector<std::string> known_kinds();

extern const TaskKind kProbeTask, kCopyTask, kAnalyseTask, kJudgeTask, kPlanTask, kEncodeTask, kSoundTask,
    kAssembleTask, kVerifyTask, kVerifySoundTask, kPublishFirstTask, kPublishTask, kCheckTask, kFixityTask,
    kVerifiedTask, kStillsTask, kBundleTask, kFeedTask, kDiffTask, kScanTask, kSplitTask, kPartTask, kSubtitlesTask,
    kCompareTask, kTextTask, kVerifyTextTask, kCalibrateTask, kSteerTask, kTrialTask, kImfTask, kDeliverTask, kEditTask,
    kHdr10PlusTask;

/// Name under which an equal task finds this one's result: a hash of organisation, kind, version and `inputs`.
std::string task_name(const TaskRow& like, const TaskKind& kind, const json::value& inputs);

/// A pure task: reused when one of equal name is done and its objects still exist (they are then held by this job too).
jobs::NewTask pure_task(const TaskRow& like, const TaskKind& kind, const json::object& params,
                        const json::value& inputs);
jobs::NewTask plain_task(const TaskKind& kind, const json::object& params);

/// {"objects": [keys]} of the outputs, as every pure task gives it, with more members.
json::object with_objects(json::object result, std::span<const ObjectInfo> outputs);
Result<std::vector<ObjectKey>> objects_of(const json::value& task_result);

Result<std::unique_ptr<storage::ObjectWriter>> new_output(Context& context, const TaskRow& task, std::string_view kind);
Result<std::unique_ptr<storage::ObjectReader>> open_object(Context& context, const ObjectKey& key);
/// The same as a file: of the store, or a local copy.
Result<UniqueFd> open_input(Context& context, const ObjectKey& key);
Result<catalogue::AssetRow> asset_of(Context& context, const TaskRow& task);
/// The master of the task's asset, unchanged since it was taken in (kInputChanged), from its place or our copy.
Result<media::Source> open_master(Context& context, const catalogue::AssetRow& asset);
Result<jobs::JobRow> job_of(Context& context, const TaskRow& task);
Result<PublishRequest> request_of(Context& context, const TaskRow& task);
/// Results of the tasks this one waits for, in the order they were named.
Result<std::vector<TaskRow>> dependency_rows(Context& context, const TaskRow& task);

/// Seconds from the first picture for "HH:MM:SS:FF" (source time code) or plain seconds; nullopt for "".
Result<std::optional<Rational>> parse_point(const std::string& text, const json::object& facts);

struct Points {
  std::optional<Rational> in, out;
};
/// The programme: as given, else as the master declares it (Facts::programme), else all of it.
Result<Points> programme_points(const std::string& in, const std::string& out, const json::object& facts);

}  // namespace pier::workflows::impl
