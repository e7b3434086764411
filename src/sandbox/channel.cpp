#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

#include <pier/sandbox/channel.hpp>

namespace pier::sandbox {
namespace {

using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr size_t kHeaderBytes = 9;
constexpr size_t kMaxText = 2048;
constexpr milliseconds kForever{-1};

std::optional<TimePoint> deadline_of(milliseconds timeout) {
  if (timeout < milliseconds(0)) return std::nullopt;
  return std::chrono::steady_clock::now() + timeout;
}

/// False at the deadline.
Result<bool> wait_ready(int fd, short events, const std::optional<TimePoint>& deadline) {
  for (;;) {
    int timeout = -1;
    if (deadline) {
      const auto left = std::chrono::ceil<milliseconds>(*deadline - std::chrono::steady_clock::now());
      timeout = static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT32_MAX));
    }
    pollfd wait{fd, events, 0};
    const int ready = poll(&wait, 1, timeout);
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return Failure(errno_error(errno, "task channel"));
  }
}

Failure closed() {
  return fail(ErrorCode::kCrashed, "the task channel was closed by the other side");
}

Failure malformed(std::string detail) {
  return fail(ErrorCode::kInputDamaged, "the task process sent a malformed message", std::move(detail));
}

/// A text of the other side's making, fit to be shown: short, UTF-8, without control characters.
std::string tame(std::string_view text) {
  std::string result = display_text(text.substr(0, kMaxText));
  std::replace_if(result.begin(), result.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return result;
}

json::object error_object(const Error& error) {
  return {{"code", std::string(to_string(error.code))},
          {"message", display_text(error.message)},
          {"detail", display_text(error.detail)}};
}

Error error_of(const json::object& body) {
  return {error_code_from(string_or(body, "code", "internal")), tame(string_or(body, "message", "the task failed")),
          tame(string_or(body, "detail", ""))};
}

Result<TaskEvent> progress_event(const json::object& body) {
  PIER_TRY(const double fraction, get_double(body, "fraction"));
  PIER_TRY(const int64_t frames, get_int(body, "frames"));
  if (!std::isfinite(fraction) || fraction < 0 || fraction > 1 || frames < 0) return malformed("progress out of range");
  return Progress{fraction, static_cast<uint64_t>(frames), tame(string_or(body, "note", ""))};
}

Result<TaskEvent> range_event(const json::object& body) {
  PIER_TRY(const int64_t source, get_int(body, "source"));
  PIER_TRY(const int64_t offset, get_int(body, "offset"));
  PIER_TRY(const int64_t length, get_int(body, "length"));
  if (source < 0 || source > INT32_MAX || offset < 0 || length < 1 ||
      static_cast<uint64_t>(length) > kMaxMessageBytes) {
    return malformed("range out of bounds");
  }
  return RangeRequest{static_cast<uint32_t>(source), static_cast<uint64_t>(offset), static_cast<uint32_t>(length)};
}

Result<TaskEvent> event_of(Message message) {
  switch (message.kind) {
    case MessageKind::kProgress:
      return progress_event(message.body);
    case MessageKind::kResult:
      return TaskResult{std::move(message.body)};
    case MessageKind::kError:
      return TaskFailure{error_of(message.body)};
    case MessageKind::kReadRange:
      return range_event(message.body);
    case MessageKind::kAsk:
      return Question{std::move(message.body)};
    default:
      return malformed("a kind that only the server sends");
  }
}

/// As send(); descriptors go with the first byte (SCM_RIGHTS, unix(7)).
ssize_t send_with(int socket, ByteView bytes, const std::vector<int>& descriptors) {
  if (descriptors.empty()) return ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(kMostPassed * sizeof(int))> room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
  return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> make_channel_pair() {
  std::array<int, 2> fds{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) {
    return Failure(errno_error(errno, "cannot make a task channel"));
  }
  return std::pair{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Result<void> Channel::send(const Message& message, milliseconds timeout) {
  const std::string body = message.body.empty() ? std::string() : json::serialize(message.body);
  if (body.size() > kMaxMessageJson || message.data.size() > kMaxMessageBytes) {
    return fail(ErrorCode::kTooLarge, "a message of " + std::to_string(body.size() + message.data.size()) +
                                          " bytes is too large for the task channel");
  }
  ByteWriter frame;
  frame.u8(static_cast<uint8_t>(message.kind));
  frame.u32(body.size());
  frame.u32(message.data.size());
  frame.text(body);
  frame.bytes(message.data);
  if (message.passed.size() > kMostPassed) return fail(ErrorCode::kTooLarge, "too many descriptors for one message");
  std::vector<int> passed = message.passed;

  const std::optional<TimePoint> deadline = deadline_of(timeout);
  std::lock_guard lock(x_send_mutex);
  ByteView left = frame.view();
  while (!left.empty()) {
    const ssize_t count = send_with(x_socket.get(), left, passed);
    if (count > 0) {
      passed.clear();
      left = left.subspan(static_cast<size_t>(count));
      continue;
    }
    if (errno == EPIPE || errno == ECONNRESET) return closed();
    if (errno != EAGAIN && errno != EINTR) return Failure(errno_error(errno, "task channel"));
    PIER_TRY(const bool ready, wait_ready(x_socket.get(), POLLOUT, deadline));
    if (!ready) return fail(ErrorCode::kTimeout, "the other side of the task channel does not read");
  }
  return {};
}

Result<std::optional<Message>> Channel::take_frame() {
  if (x_buffer.size() < kHeaderBytes) return std::nullopt;
  ByteReader reader(x_buffer);
  const uint8_t kind = reader.u8();
  const size_t json_size = reader.u32();
  const size_t data_size = reader.u32();
  if (kind < static_cast<uint8_t>(MessageKind::kTask) || kind > static_cast<uint8_t>(MessageKind::kAnswer)) {
    return malformed("kind " + std::to_string(kind));
  }
  if (json_size > kMaxMessageJson || data_size > kMaxMessageBytes) return malformed("length over the limit");
  const size_t whole = kHeaderBytes + json_size + data_size;
  if (x_buffer.size() < whole) return std::nullopt;

  Message message;
  message.kind = static_cast<MessageKind>(kind);
  const std::string_view text = as_text(reader.bytes(json_size));
  const ByteView data = reader.bytes(data_size);
  message.data.assign(data.begin(), data.end());
  if (!text.empty()) {
    auto value = parse_json(text);
    if (!value) return malformed(value.error().message);
    if (!value->is_object()) return malformed("not a JSON object");
    message.body = std::move(value->get_object());
  }
  x_buffer.erase(x_buffer.begin(), x_buffer.begin() + static_cast<ptrdiff_t>(whole));
  if (message.kind == MessageKind::kAnswer) message.received = std::move(x_descriptors);
  x_descriptors.clear();
  return message;
}

ssize_t Channel::take_bytes(std::span<std::byte> block) {
  if (!x_takes_descriptors) return recv(x_socket.get(), block.data(), block.size(), MSG_DONTWAIT);
  iovec part{block.data(), block.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(kMostPassed * sizeof(int))> room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  const ssize_t count = recvmsg(x_socket.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count <= 0) return count;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = 0; at + sizeof(int) <= header->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
      x_descriptors.emplace_back(fd);
    }
  }
  return count;
}

Result<Message> Channel::receive(milliseconds timeout) {
  if (x_broken) return Failure(*x_broken);
  const std::optional<TimePoint> deadline = deadline_of(timeout);
  std::vector<std::byte> block(64U << 10U);
  for (;;) {
    auto frame = take_frame();
    if (!frame) {
      x_broken = frame.error();
      return Failure(*x_broken);
    }
    if (*frame) return std::move(**frame);
    PIER_TRY(const bool ready, wait_ready(x_socket.get(), POLLIN, deadline));
    if (!ready) return fail(ErrorCode::kTimeout, "no message came through the task channel in time");
    const ssize_t count = take_bytes(block);
    if (count == 0 || (count < 0 && errno == ECONNRESET)) return closed();
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Failure(errno_error(errno, "task channel"));
    if (count > 0) x_buffer.insert(x_buffer.end(), block.begin(), block.begin() + count);
  }
}

Result<void> ChildLink::send_task(const json::object& task, milliseconds timeout) {
  return x_channel.send({MessageKind::kTask, task, {}}, timeout);
}

Result<TaskEvent> ChildLink::next(milliseconds timeout) {
  PIER_TRY(Message message, x_channel.receive(timeout));
  auto event = event_of(std::move(message));
  if (!event && event.error().code != ErrorCode::kInputDamaged) return malformed(event.error().message);
  return event;
}

Result<void> ChildLink::send_range(ByteView bytes, milliseconds timeout) {
  return x_channel.send({MessageKind::kRangeData, {}, Bytes(bytes.begin(), bytes.end())}, timeout);
}

Result<void> ChildLink::refuse_range(const Error& error, milliseconds timeout) {
  return x_channel.send({MessageKind::kRefused, error_object(error), {}}, timeout);
}

Result<void> ChildLink::answer(const json::object& body, const std::vector<int>& descriptors, milliseconds timeout) {
  return x_channel.send({MessageKind::kAnswer, body, {}, descriptors}, timeout);
}

Result<void> ChildLink::refuse(const Error& error, milliseconds timeout) {
  return x_channel.send({MessageKind::kRefused, error_object(error), {}}, timeout);
}

Result<ParentLink::Answer> ParentLink::ask(const json::object& question) {
  std::lock_guard lock(x_ask_mutex);
  PIER_CHECK(x_channel.send({MessageKind::kAsk, question, {}}, kForever));
  PIER_TRY(Message answer, x_channel.receive(kForever));
  if (answer.kind == MessageKind::kRefused) return Failure(error_of(answer.body));
  if (answer.kind != MessageKind::kAnswer)
    return fail(ErrorCode::kInternal, "the server answered a question with something else");
  return Answer{std::move(answer.body), std::move(answer.received)};
}

Result<json::object> ParentLink::task(milliseconds timeout) {
  PIER_TRY(Message message, x_channel.receive(timeout));
  if (message.kind != MessageKind::kTask) return fail(ErrorCode::kInternal, "the first message is not the task");
  return std::move(message.body);
}

Result<void> ParentLink::progress(const Progress& progress) {
  return x_channel.send({MessageKind::kProgress,
                         {{"fraction", std::clamp(progress.fraction, 0.0, 1.0)},
                          {"frames", progress.frames},
                          {"note", display_text(progress.note)}},
                         {}},
                        kForever);
}

Result<void> ParentLink::result(const json::object& value) {
  return x_channel.send({MessageKind::kResult, value, {}}, kForever);
}

Result<void> ParentLink::error(const Error& error) {
  return x_channel.send({MessageKind::kError, error_object(error), {}}, kForever);
}

Result<size_t> ParentLink::read_range(uint32_t source, uint64_t offset, std::span<std::byte> out) {
  std::lock_guard lock(x_ask_mutex);
  size_t got = 0;
  while (got < out.size()) {
    const size_t length = std::min(out.size() - got, kMaxMessageBytes);
    json::object request{{"source", source}, {"offset", offset + got}, {"length", length}};
    PIER_CHECK(x_channel.send({MessageKind::kReadRange, std::move(request), {}}, kForever));
    PIER_TRY(const Message answer, x_channel.receive(kForever));
    if (answer.kind == MessageKind::kRefused) return Failure(error_of(answer.body));
    if (answer.kind != MessageKind::kRangeData || answer.data.size() > length) {
      return fail(ErrorCode::kInternal, "the server answered a range request with something else");
    }
    std::copy(answer.data.begin(), answer.data.end(), out.begin() + static_cast<ptrdiff_t>(got));
    got += answer.data.size();
    if (answer.data.size() < length) break;
  }
  return got;
}

}  // namespace pier::sandbox
