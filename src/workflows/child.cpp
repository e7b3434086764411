#include "child.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <pier/core/log.hpp>
#include <pier/sandbox/channel.hpp>
#include <pier/sandbox/confine.hpp>

#include "codec_door.hpp"

namespace pier::workflows {
namespace impl {
namespace {

using namespace std::chrono_literals;

constexpr int kChannelFd = 3;
constexpr int kFirstFd = 4;
constexpr auto kBeat = 1s;
constexpr auto kRangePatience = 30s;  // of a child that asked for bytes and does not take them
// Over what the plan expects, before a child is stopped: at least, and at most, where the machine has it to spare.
constexpr double kMemorySlack = 1.6, kMostSlack = 3;
constexpr uint64_t kLeastMemory = 1536ULL << 20U;

/// $PIER_TASK_MEMORY_LEAST in bytes, for machines (and tests) that hold tasks which say what they need closer to it.
uint64_t least_memory(const TaskRow& task) {
  const char* text = std::getenv("PIER_TASK_MEMORY_LEAST");
  uint64_t bytes = 0;
  if (text == nullptr || task.memory_bytes == 0) return kLeastMemory;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), bytes);
  return error == std::errc() && *end == '\0' && bytes > 0 ? bytes : kLeastMemory;
}

uint64_t memory_limit(const TaskRow& task, const Work& work) {
  const auto times = [&](double slack) {
    return static_cast<uint64_t>(static_cast<double>(task.memory_bytes) * slack);
  };
  const uint64_t spare = std::min(task.memory_bytes + work.memory_spare, times(kMostSlack));
  return std::max({least_memory(task), times(kMemorySlack), spare});
}

/// Gives descriptors their numbers in the child.
class Descriptors {
 public:
  int pass(int parent_fd) {
    x_passed.push_back({parent_fd, x_next});
    return x_next++;
  }
  std::vector<sandbox::PassedFd> take() { return std::move(x_passed); }

 private:
  int x_next = kFirstFd;
  std::vector<sandbox::PassedFd> x_passed;
};

/// Pictures as runs of following numbers and one size: [number, count, size].
json::object describe_sequence(const media::PictureSequence& sequence) {
  json::array runs, others;
  for (size_t i = 0; i < sequence.pictures.size();) {
    const auto& [number, size] = sequence.pictures[i];
    int64_t count = 0;
    for (; i < sequence.pictures.size(); ++i, ++count) {
      if (sequence.pictures[i].number != number + count || sequence.pictures[i].size != size) break;
    }
    runs.push_back(json::array{number, count, size});
  }
  for (const std::string& other : sequence.others) others.emplace_back(other);
  return {{"folder", to_base64(as_bytes(sequence.folder))},
          {"prefix", to_base64(as_bytes(sequence.prefix))},
          {"extension", sequence.extension},
          {"digits", sequence.digits},
          {"rate", json::array{sequence.rate.num, sequence.rate.den}},
          {"others", std::move(others)},
          {"runs", std::move(runs)}};
}

json::object describe_source(const media::Source& source, Descriptors& descriptors) {
  json::array files;
  for (const media::SourceFile& file : source.files) {
    files.push_back(json::object{{"name", to_base64(as_bytes(file.name))},
                                 {"fd", descriptors.pass(file.fd.get())},
                                 {"size", file.state.size},
                                 {"mtime_ns", file.state.mtime_ns},
                                 {"inode", file.state.inode}});
  }
  json::object object{{"path", to_base64(as_bytes(source.path))},
                      {"primary", static_cast<int64_t>(source.primary)},
                      {"package", source.package},
                      {"files", std::move(files)}};
  if (source.sequence) object["sequence"] = describe_sequence(*source.sequence);
  return object;
}

std::string codecs_folder() {
  const char* given = std::getenv("PIER_CODECS");
  return given != nullptr && *given != 0 ? given : share_directory() + "/codecs";
}

json::object describe_task(const TaskKind& kind, Work& work, const CodecDoor& codecs, Descriptors& descriptors) {
  json::array inputs, outputs;
  for (const auto& input : work.inputs) inputs.push_back(descriptors.pass(input.get()));
  for (const auto& output : work.outputs) outputs.push_back(descriptors.pass(output->fd()));
  json::object task{{"kind", kind.name}, {"params", std::move(work.params)}, {"inputs", inputs}, {"outputs", outputs}};
  if (work.source) task["source"] = describe_source(*work.source, descriptors);
  if (work.other) task["other"] = describe_source(*work.other, descriptors);
  task["codecs"] = codecs.describe();
  json::array sources;
  for (const media::Source& source : work.sources) sources.push_back(describe_source(source, descriptors));
  task["sources"] = std::move(sources);
  if (work.scratch) task["scratch"] = descriptors.pass(work.scratch.get());
  if (work.feed) {
    task["feed"] = {{"fd", descriptors.pass(work.feed->input.fd.get())},
                    {"line", descriptors.pass(work.feed->line.get())},
                    {"kind", static_cast<int64_t>(work.feed->input.kind)}};
  }
  return task;
}

/// Follows a started child to its answer.
class Follower {
 public:
  /// `pictures`: of the sequence that the child may read; null when there is none.
  Follower(sandbox::ChildLink& link, sandbox::Child& child, const Beat& beat, const std::stop_token& stop,
           media::PictureFiles* pictures, CodecDoor& codecs, ChildUse* use)
      : x_link(link), x_child(child), x_beat(beat), x_stop(stop), x_pictures(pictures), x_codecs(codecs), x_use(use) {}

  Result<json::object> answer(std::string_view what) {
    auto next_beat = std::chrono::steady_clock::now() + kBeat;
    while (true) {
      if (x_stop.stop_requested()) return end(Error{ErrorCode::kCancelled, "the server stops", {}});
      Result<sandbox::TaskEvent> event = x_link.next(250ms);
      if (event && std::holds_alternative<sandbox::TaskResult>(*event)) {
        return std::move(std::get<sandbox::TaskResult>(*event).value);
      }
      if (event && std::holds_alternative<sandbox::TaskFailure>(*event))
        return Failure(std::get<sandbox::TaskFailure>(*event).error);
      if (event && std::holds_alternative<sandbox::Progress>(*event)) x_last = std::get<sandbox::Progress>(*event);
      if (event && std::holds_alternative<sandbox::RangeRequest>(*event)) {
        PIER_CHECK(give_range(std::get<sandbox::RangeRequest>(*event)));
      }
      if (event && std::holds_alternative<sandbox::Question>(*event)) {
        PIER_CHECK(x_codecs.serve(x_link, std::get<sandbox::Question>(*event).body));
      }
      if (!event && event.error().code != ErrorCode::kTimeout) return ended(what, event.error());
      if (std::chrono::steady_clock::now() < next_beat) continue;
      next_beat = std::chrono::steady_clock::now() + kBeat;
      const Result<void> alive = x_beat(x_last.fraction, static_cast<int64_t>(x_last.frames));
      if (!alive) return end(alive.error());
    }
  }

 private:
  Result<void> give_range(const sandbox::RangeRequest& asked) {
    if (x_pictures == nullptr)
      return x_link.refuse_range({ErrorCode::kInternal, "inputs are passed as descriptors", {}}, kRangePatience);
    Bytes bytes(asked.length);
    const Result<size_t> got = x_pictures->read(asked.source, asked.offset, bytes);
    if (!got) return x_link.refuse_range(got.error(), kRangePatience);
    return x_link.send_range(ByteView(bytes).first(*got), kRangePatience);
  }

  Result<json::object> end(Error error) {
    x_child.terminate(500ms);
    (void)x_child.wait(5s);
    return Failure(std::move(error));
  }
  /// The link broke: how the child died says more than that it did.
  Result<json::object> ended(std::string_view what, const Error& link_error) {
    Result<sandbox::ChildExit> exit = x_child.wait(2s);
    if (!exit) return end(link_error);
    if (exit->success()) return Failure(link_error);
    if (x_use != nullptr) *x_use = {exit->killed_for == sandbox::KilledFor::kMemory, exit->peak_rss_bytes};
    return Failure(sandbox::child_error(*exit, what));
  }

  sandbox::ChildLink& x_link;
  sandbox::Child& x_child;
  const Beat& x_beat;
  const std::stop_token& x_stop;
  media::PictureFiles* x_pictures;
  CodecDoor& x_codecs;
  ChildUse* x_use;
  sandbox::Progress x_last;
};

/// The pictures of a sequence, as the server hands them out.
class LinkedPictures final : public media::PictureFiles {
 public:
  explicit LinkedPictures(sandbox::ParentLink& link) : x_link(link) {}
  Result<size_t> read(size_t index, uint64_t offset, std::span<std::byte> out) override {
    return x_link.read_range(static_cast<uint32_t>(index), offset, out);
  }

 private:
  sandbox::ParentLink& x_link;
};

std::string packed_text(const json::object& object, std::string_view key) {
  const auto bytes = from_base64(string_or(object, key, ""));
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

std::optional<media::PictureSequence> read_sequence(const json::object& source, sandbox::ParentLink& link) {
  const auto packed = get_object(source, "sequence");
  if (!packed) return std::nullopt;
  media::PictureSequence sequence;
  sequence.folder = packed_text(*packed, "folder");
  sequence.prefix = packed_text(*packed, "prefix");
  sequence.extension = string_or(*packed, "extension", "");
  sequence.digits = static_cast<int>(int_or(*packed, "digits", 0));
  const json::array& rate = packed->at("rate").as_array();
  sequence.rate = Rational(rate.at(0).as_int64(), rate.at(1).as_int64());
  for (const json::value& other : packed->at("others").as_array()) sequence.others.emplace_back(other.as_string());
  for (const json::value& run : packed->at("runs").as_array()) {
    const json::array& part = run.as_array();
    for (int64_t i = 0; i < part.at(1).to_number<int64_t>(); ++i)
      sequence.pictures.push_back({part.at(0).to_number<int64_t>() + i, part.at(2).to_number<uint64_t>()});
  }
  sequence.files = std::make_shared<LinkedPictures>(link);
  return sequence;
}

media::Source read_source(const json::object& packed, sandbox::ParentLink& link) {
  media::Source source;
  source.path = packed_text(packed, "path");
  source.sequence = read_sequence(packed, link);
  source.primary = static_cast<size_t>(int_or(packed, "primary", 0));
  source.package = bool_or(packed, "package", false);
  const auto files = get_array(packed, "files");
  for (size_t i = 0; files && i < files->size(); i++) {
    const json::object& file = (*files)[i].as_object();
    FileState state;
    state.size = static_cast<uint64_t>(int_or(file, "size", 0));
    state.mtime_ns = int_or(file, "mtime_ns", 0);
    state.inode = static_cast<uint64_t>(int_or(file, "inode", 0));
    state.regular = true;
    source.files.push_back({packed_text(file, "name"), UniqueFd(static_cast<int>(int_or(file, "fd", -1))), state});
  }
  return source;
}

media::Source read_source(const json::object& task, std::string_view key, sandbox::ParentLink& link) {
  const auto packed = get_object(task, key);
  return packed ? read_source(*packed, link) : media::Source();
}

std::vector<media::Source> read_sources(const json::object& task, sandbox::ParentLink& link) {
  std::vector<media::Source> sources;
  const auto packed = get_array(task, "sources");
  for (size_t i = 0; packed && i < packed->size(); i++) sources.push_back(read_source((*packed)[i].as_object(), link));
  return sources;
}

std::vector<int> read_fds(const json::object& task, std::string_view key) {
  std::vector<int> fds;
  const auto packed = get_array(task, key);
  for (size_t i = 0; packed && i < packed->size(); i++) fds.push_back(static_cast<int>((*packed)[i].as_int64()));
  return fds;
}

std::optional<ChildFiles::Feed> read_feed(const json::object& task) {
  const auto packed = get_object(task, "feed");
  if (!packed) return std::nullopt;
  return ChildFiles::Feed{static_cast<int>(int_or(*packed, "fd", -1)), static_cast<int>(int_or(*packed, "line", -1)),
                          static_cast<media::FeedKind>(int_or(*packed, "kind", 0))};
}

Result<json::object> run_kind(const json::object& task, sandbox::ParentLink& link) {
  const TaskKind* kind = find_kind(string_or(task, "kind", ""));
  media::set_codec_programs(linked_codecs(task, link));
  if (kind == nullptr || kind->run == nullptr) return fail(ErrorCode::kInternal, "no such task kind");
  PIER_TRY(const json::object params, get_object(task, "params"));
  ChildFiles files{read_source(task, "source", link),
                   read_fds(task, "inputs"),
                   read_fds(task, "outputs"),
                   static_cast<int>(int_or(task, "scratch", -1)),
                   read_feed(task),
                   read_source(task, "other", link),
                   read_sources(task, link)};
  auto last = std::chrono::steady_clock::time_point();
  const Progress progress = [&](double fraction, int64_t frames) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last < 200ms) return true;
    last = now;
    return link.progress({std::clamp(fraction, 0.0, 1.0), static_cast<uint64_t>(std::max<int64_t>(0, frames)), {}})
        .has_value();
  };
  return kind->run(params, files, progress);
}

/// A mistake of ours ends the task with a message, not with a crash that would be tried again.
Result<json::object> guarded_run(const json::object& task, sandbox::ParentLink& link) try {
  return run_kind(task, link);
} catch (const std::exception& error) {
  return fail(ErrorCode::kInternal, "the task met an unexpected error; please report it", error.what());
}

}  // namespace

Result<json::object> run_child(sandbox::Spawner& spawner, const TaskKind& kind, const TaskRow& task, Work& work,
                               const Beat& beat, const std::stop_token& stop, ChildUse* use) {
  for (const auto& output : work.outputs) {
    if (output->fd() >= 0) continue;
    const auto why = output->commit();
    return why ? Failure(Error{ErrorCode::kInternal, "an output has no file", {}}) : Failure(why.error());
  }
  PIER_TRY(auto ends, sandbox::make_channel_pair());
  Descriptors descriptors;
  PIER_TRY(auto codec_files, transcode::load_codecs(codecs_folder()));
  CodecDoor codecs(spawner, std::move(codec_files));
  const json::object description = describe_task(kind, work, codecs, descriptors);
  sandbox::ChildSpec spec;
  spec.program = "/proc/self/exe";
  spec.arguments = {"task"};
  spec.environment = {{"LANG", "C.UTF-8"}, {"PIER_TASK", std::string(kind.name)}};
  if (const char* level = std::getenv("PIER_LOG")) spec.environment.emplace_back("PIER_LOG", level);
  spec.descriptors = descriptors.take();
  spec.descriptors.push_back({ends.second.get(), kChannelFd});
  spec.memory_limit_bytes = memory_limit(task, work);
  spec.nice = 5;
  PIER_TRY(sandbox::Child child, spawner.start(spec));
  ends.second.reset();
  sandbox::ChildLink link(std::move(ends.first));
  const std::string what = "task " + std::string(kind.name);
  if (const Result<void> sent = link.send_task(description, 10s); !sent) {
    const auto exit = child.wait(2s);
    if (exit && !exit->success()) return Failure(sandbox::child_error(*exit, what));
    return Failure(sent.error());
  }
  media::PictureFiles* pictures = work.source && work.source->sequence ? work.source->sequence->files.get() : nullptr;
  Result<json::object> result = Follower(link, child, beat, stop, pictures, codecs, use).answer(what);
  if (!result) return result;
  PIER_TRY(const sandbox::ChildExit exit, child.wait(30s));
  if (!exit.success()) return Failure(sandbox::child_error(exit, what));
  (*result)["peak_rss"] = exit.peak_rss_bytes;
  (*result)["cpu_seconds"] = static_cast<double>(exit.user_cpu_us + exit.system_cpu_us) * 1e-6;
  (*result)["wall_seconds"] = static_cast<double>(exit.wall_us) * 1e-6;
  return result;
}

}  // namespace impl

int run_task_process() {
  using namespace std::chrono_literals;
  std::signal(SIGPIPE, SIG_IGN);  // a codec program that ends early is an error, not our end
  sandbox::ParentLink link{UniqueFd(impl::kChannelFd)};
  const Result<sandbox::ConfinementReport> confined = sandbox::confine();
  if (!confined) {
    (void)link.error(confined.error());
    return 2;
  }
  log::debug("confined", {{"layers", confined->to_string()}});
  const Result<json::object> task = link.task(30s);
  if (!task) return 2;
  const Result<json::object> result = impl::guarded_run(*task, link);
  if (!result) {
    (void)link.error(result.error());
    return 0;  // an orderly answer
  }
  return link.result(*result) ? 0 : 2;
}

}  // namespace pier::workflows
