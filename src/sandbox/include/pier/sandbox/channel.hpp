#pragma once
// The wire between a server and its task process: a stream socket pair. Both trust only the frame: the parent takes
// what comes from the child for hostile.
//
// Frame: u8 kind, u32 length of the JSON object, u32 length of the raw bytes (big-endian), then both.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/file.hpp>
#include <pier/core/json.hpp>
#include <pier/core/result.hpp>

namespace pier::sandbox {

inline constexpr size_t kMaxMessageJson = 16U << 20U;
inline constexpr size_t kMaxMessageBytes = 4U << 20U;
inline constexpr size_t kMostPassed = 4;

/// Close-on-exec both; pass one with PassedFd and close it after start().
Result<std::pair<UniqueFd, UniqueFd>> make_channel_pair();

enum class MessageKind : uint8_t {
  kTask = 1,
  kProgress,
  kResult,
  kError,
  kReadRange,
  kRangeData,
  kRefused,
  kAsk,
  kAnswer
};

struct Message {
  MessageKind kind = MessageKind::kProgress;
  json::object body;
  Bytes data;
  std::vector<int> passed = {};         // descriptors to send; the caller keeps and closes its own
  std::vector<UniqueFd> received = {};  // that came with it; only kAnswer brings some
};

/// Frames over a socket. send() may be called by any thread; receive() by one at a time.
class Channel {
 public:
  /// `takes_descriptors`: those the other side passes are kept; else the kernel closes them.
  explicit Channel(UniqueFd socket, bool takes_descriptors = false)
      : x_socket(std::move(socket)), x_takes_descriptors(takes_descriptors) {}

  /// kTimeout when the other side does not take it in time: the stream is then of no more use.
  Result<void> send(const Message& message, std::chrono::milliseconds timeout);
  /// kTimeout when no whole message has come (what has come is kept), kCrashed when the other side has closed,
  /// kInputDamaged when what came is no message: every later call then says the same.
  Result<Message> receive(std::chrono::milliseconds timeout);
  int fd() const { return x_socket.get(); }

 private:
  Result<std::optional<Message>> take_frame();
  ssize_t take_bytes(std::span<std::byte> block);
  UniqueFd x_socket;
  bool x_takes_descriptors;
  std::vector<UniqueFd> x_descriptors;
  std::mutex x_send_mutex;
  Bytes x_buffer;
  std::optional<Error> x_broken;
};

struct Progress {
  double fraction = 0;  // 0 ... 1
  uint64_t frames = 0;
  std::string note;
};
struct TaskResult {
  json::object value;
};
struct TaskFailure {
  Error error;
};
/// The child asks for bytes of input `source` (the number the task description gave it).
struct RangeRequest {
  uint32_t source = 0;
  uint64_t offset = 0;
  uint32_t length = 0;  // 1 ... kMaxMessageBytes
};
/// The child asks the server for something it may not do itself.
struct Question {
  json::object body;
};
using TaskEvent = std::variant<Progress, TaskResult, TaskFailure, RangeRequest, Question>;

/// The server's end. One thread at a time.
class ChildLink {
 public:
  explicit ChildLink(UniqueFd socket) : x_channel(std::move(socket)) {}

  Result<void> send_task(const json::object& task, std::chrono::milliseconds timeout);
  /// The next event, checked: numbers in range, texts short and UTF-8. Errors as Channel::receive().
  Result<TaskEvent> next(std::chrono::milliseconds timeout);
  /// Answers a RangeRequest: at most the asked length; fewer bytes mean the end of the source.
  Result<void> send_range(ByteView bytes, std::chrono::milliseconds timeout);
  Result<void> refuse_range(const Error& error, std::chrono::milliseconds timeout);
  /// Answers a Question; the child gets copies of `descriptors` (at most kMostPassed).
  Result<void> answer(const json::object& body, const std::vector<int>& descriptors, std::chrono::milliseconds timeout);
  Result<void> refuse(const Error& error, std::chrono::milliseconds timeout);
  int fd() const { return x_channel.fd(); }

 private:
  Channel x_channel;
};

/// The task process's end. Thread-safe; writes wait for the parent (it dies with it).
class ParentLink {
 public:
  explicit ParentLink(UniqueFd socket) : x_channel(std::move(socket), true) {}

  /// The task description; once, first.
  Result<json::object> task(std::chrono::milliseconds timeout);
  Result<void> progress(const Progress& progress);
  Result<void> result(const json::object& value);
  Result<void> error(const Error& error);
  /// Reads input `source` through the parent until `out` is full or the source ends; gives the count.
  Result<size_t> read_range(uint32_t source, uint64_t offset, std::span<std::byte> out);
  struct Answer {
    json::object body;
    std::vector<UniqueFd> descriptors;
  };
  /// Asks the server and waits for its answer, or the error with which it refuses.
  Result<Answer> ask(const json::object& question);

 private:
  Channel x_channel;
  std::mutex x_ask_mutex;
};

}  // namespace pier::sandbox
