#include "codec_door.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <unistd.h>

namespace pier::workflows::impl {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerPatience = 30s;
constexpr auto kEndPatience = 5s;    // of a program whose pipes are closed
constexpr size_t kMostRunning = 64;  // of one task
constexpr int kPipeBytes = 1 << 20;  // a raw picture takes fewer turns
constexpr size_t kLongestLastLine = 300;

struct Pipe {
  UniqueFd read_end, write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) return Failure(errno_error(errno, "cannot make a pipe"));
  fcntl(fds[0], F_SETPIPE_SZ, kPipeBytes);  // a wish: an unprivileged user may have used up his share
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

/// The last line a program wrote to standard error.
std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const size_t start = text.find_last_of("\r\n");
  if (start != std::string::npos) text.erase(0, start + 1);
  return display_text(text.substr(0, kLongestLastLine));
}

std::optional<Error> error_of(const sandbox::ChildExit& exit) {
  if (exit.success()) return std::nullopt;
  Error error = sandbox::child_error(exit, "it");
  const std::string last = last_line(exit.stderr_tail);
  if (!last.empty()) error.message += "; its last words: " + last;
  return error;
}

class LinkedCodecs final : public media::CodecPrograms {
 public:
  LinkedCodecs(std::vector<media::CodecProgram> programs, sandbox::ParentLink& link)
      : x_programs(std::move(programs)), x_link(link) {}

  const media::CodecProgram* decoder_of(std::string_view codec) const override {
    const auto found = std::ranges::find(x_programs, codec, &media::CodecProgram::codec);
    return found == x_programs.end() ? nullptr : &*found;
  }
  Result<Running> start_decoder(std::string_view codec) override {
    PIER_TRY(sandbox::ParentLink::Answer answer, x_link.ask({{"what", "start_decoder"}, {"codec", codec}}));
    if (answer.descriptors.size() != 2) return fail(ErrorCode::kInternal, "the server passed no pipes");
    return Running{std::move(answer.descriptors[0]), std::move(answer.descriptors[1]), int_or(answer.body, "id", 0)};
  }
  std::optional<Error> ended(int64_t id) override {
    const auto answer = x_link.ask({{"what", "ended"}, {"id", id}});
    return answer ? std::nullopt : std::optional(answer.error());
  }

 private:
  std::vector<media::CodecProgram> x_programs;
  sandbox::ParentLink& x_link;
};

}  // namespace

json::array CodecDoor::describe() const {
  json::array all;
  for (const transcode::CodecFile& file : x_files) {
    all.push_back(json::object{{"name", file.program.name},
                               {"codec", file.program.codec},
                               {"sha256", file.program.sha256},
                               {"patience_ms", file.program.patience.count()}});
  }
  return all;
}

Result<void> CodecDoor::serve(sandbox::ChildLink& link, const json::object& question) {
  const std::string what = string_or(question, "what", "");
  if (what == "start_decoder") return start(link, string_or(question, "codec", ""));
  if (what == "ended") return end(link, int_or(question, "id", 0));
  return link.refuse({ErrorCode::kInvalidArgument, "the server does not know what is asked", {}}, kAnswerPatience);
}

Result<void> CodecDoor::start(sandbox::ChildLink& link, const std::string& codec) {
  const auto refuse = [&](const Error& error) { return link.refuse(error, kAnswerPatience); };
  const auto found = std::ranges::find_if(x_files, [&](const auto& file) { return file.program.codec == codec; });
  if (found == x_files.end()) return refuse({ErrorCode::kNotFound, "no codec program is configured for it", {}});
  std::erase_if(x_running, [](const auto& entry) { return !entry.second.running(); });
  if (x_running.size() >= kMostRunning) return refuse({ErrorCode::kOverloaded, "too many codec programs run", {}});
  const auto file = sandbox::open_program(found->path, found->program.sha256);
  if (!file) return refuse(fail_in("codecs/" + found->program.name + ".toml", file.error()).value());
  auto in = make_pipe(), out = make_pipe();
  if (!in || !out) return refuse(!in ? in.error() : out.error());
  sandbox::ProgramStart start;
  start.file = &*file;
  start.arguments = found->arguments;
  start.read_paths = found->read_paths;
  start.input = in->read_end.get();
  start.output = out->write_end.get();
  start.memory_limit_bytes = found->memory_bytes;
  auto child = sandbox::start_program(x_spawner, start);
  if (!child) return refuse(child.error());
  x_running.insert_or_assign(++x_last_id, std::move(*child));
  return link.answer({{"id", x_last_id}}, {in->write_end.get(), out->read_end.get()}, kAnswerPatience);
}

Result<void> CodecDoor::end(sandbox::ChildLink& link, int64_t id) {
  const auto found = x_running.find(id);
  if (found == x_running.end()) return link.answer({}, {}, kAnswerPatience);
  sandbox::Child child = std::move(found->second);
  x_running.erase(found);
  const Result<sandbox::ChildExit> exit = child.wait(kEndPatience);
  // Its input has ended or it hangs: the task knows which.
  if (!exit) return link.answer({}, {}, kAnswerPatience);
  const std::optional<Error> error = error_of(*exit);
  return error ? link.refuse(*error, kAnswerPatience) : link.answer({}, {}, kAnswerPatience);
}

std::shared_ptr<media::CodecPrograms> linked_codecs(const json::object& task, sandbox::ParentLink& link) {
  std::vector<media::CodecProgram> programs;
  const auto known = get_array(task, "codecs");
  for (size_t i = 0; known && i < known->size(); ++i) {
    const json::object& each = (*known)[i].as_object();
    programs.push_back({string_or(each, "name", ""), string_or(each, "codec", ""), string_or(each, "sha256", ""),
                        std::chrono::milliseconds(int_or(each, "patience_ms", 0))});
  }
  if (programs.empty()) return nullptr;
  return std::make_shared<LinkedCodecs>(std::move(programs), link);
}

}  // namespace pier::workflows::impl
