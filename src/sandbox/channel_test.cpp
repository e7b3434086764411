#include <random>
#include <thread>

#include <sys/socket.h>

#include <pier/sandbox/channel.hpp>

#include "test_process.hpp"

namespace pier::sandbox {
namespace {

struct Ends {
  UniqueFd parent, child;
  Ends() {
    auto pair = make_channel_pair();
    EXPECT_TRUE(pair);
    parent = std::move(pair->first);
    child = std::move(pair->second);
  }
};

std::string frame(uint8_t kind, std::string_view body, size_t claimed_json, size_t claimed_data = 0) {
  ByteWriter writer;
  writer.u8(kind);
  writer.u32(claimed_json);
  writer.u32(claimed_data);
  writer.text(body);
  return std::string(as_text(writer.view()));
}
std::string frame(MessageKind kind, std::string_view body) {
  return frame(static_cast<uint8_t>(kind), body, body.size());
}

/// What the parent makes of bytes that a child sends.
Result<TaskEvent> heard(std::string_view bytes) {
  Ends ends;
  EXPECT_TRUE(write_all(ends.child.get(), as_bytes(bytes)));
  return ChildLink(std::move(ends.parent)).next(milliseconds(200));
}

Bytes pattern(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + (i >> 8U));
  return bytes;
}

/// Serves source 7 out of `source` until the task ends.
Result<TaskEvent> serve(ChildLink& link, ByteView source, std::vector<Progress>& seen) {
  for (;;) {
    PIER_TRY(TaskEvent event, link.next(seconds(10)));
    if (const auto* progress = std::get_if<Progress>(&event)) {
      seen.push_back(*progress);
    } else if (const auto* request = std::get_if<RangeRequest>(&event)) {
      if (request->source != 7) return fail(ErrorCode::kInternal, "wrong source");
      const size_t start = std::min<size_t>(request->offset, source.size());
      PIER_CHECK(link.send_range(source.subspan(start, std::min<size_t>(request->length, source.size() - start)),
                                 seconds(10)));
    } else {
      return event;
    }
  }
}

TEST(Channel, a_confined_task_talks_and_reads_through_its_parent) {
  Ends ends;
  ChildSpec spec = test_child({"confined", "task"});
  spec.descriptors = {{ends.child.get(), 3}};
  auto child = spawner().start(spec);
  ASSERT_TRUE(child);
  ends.child.reset();
  ChildLink link(std::move(ends.parent));
  const Bytes source = pattern(9'000'000);  // two full answers and a part
  ASSERT_TRUE(link.send_task({{"bytes", 10'000'000}, {"name", "栈桥"}}, seconds(5)));
  std::vector<Progress> seen;
  const auto last = serve(link, source, seen);
  ASSERT_TRUE(last) << last.error().message;
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].fraction, 0.5);
  EXPECT_EQ(seen[0].frames, 25U);
  EXPECT_EQ(seen[0].note, "halfway");
  const auto* result = std::get_if<TaskResult>(&*last);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(string_or(result->value, "sha256", ""), to_hex(sha256(ByteView(source).subspan(100))));
  EXPECT_EQ(string_or(result->value, "name", ""), "栈桥");
  EXPECT_EQ(child->wait(seconds(5))->exit_code, 0);
  EXPECT_EQ(link.next(seconds(1)).error().code, ErrorCode::kCrashed) << "closed";
}

TEST(Channel, a_refused_range_reaches_the_task_as_its_error) {
  Ends ends;
  ChildSpec spec = test_child({"confined", "task"});
  spec.descriptors = {{ends.child.get(), 3}};
  auto child = spawner().start(spec);
  ASSERT_TRUE(child);
  ends.child.reset();
  ChildLink link(std::move(ends.parent));
  ASSERT_TRUE(link.send_task({{"bytes", 10}}, seconds(5)));
  ASSERT_TRUE(std::holds_alternative<Progress>(*link.next(seconds(5))));
  ASSERT_TRUE(std::holds_alternative<RangeRequest>(*link.next(seconds(5))));
  ASSERT_TRUE(link.refuse_range({ErrorCode::kInputChanged, "the master has changed", "size"}, seconds(5)));
  const auto event = link.next(seconds(5));
  ASSERT_TRUE(event);
  const auto* failure = std::get_if<TaskFailure>(&*event);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->error.code, ErrorCode::kInputChanged);
  EXPECT_EQ(failure->error.message, "the master has changed");
}

TEST(Channel, garbage_is_an_error_for_good) {
  Ends ends;
  ASSERT_TRUE(write_all(ends.child.get(), as_bytes("GET / HTTP/1.1\r\n\r\n")));
  ChildLink link(std::move(ends.parent));
  EXPECT_EQ(link.next(milliseconds(200)).error().code, ErrorCode::kInputDamaged);
  ASSERT_TRUE(write_all(ends.child.get(), as_bytes(frame(MessageKind::kResult, "{}"))));
  EXPECT_EQ(link.next(milliseconds(200)).error().code, ErrorCode::kInputDamaged);
}

TEST(Channel, hostile_frames_are_refused) {
  const auto damaged = [](std::string_view bytes) { return heard(bytes).error().code == ErrorCode::kInputDamaged; };
  EXPECT_TRUE(damaged(frame(0, "", 0)));
  EXPECT_TRUE(damaged(frame(200, "", 0)));
  EXPECT_TRUE(damaged(frame(3, "", 0xffffffff)));
  EXPECT_TRUE(damaged(frame(3, "", 0, kMaxMessageBytes + 1)));
  EXPECT_TRUE(damaged(frame(MessageKind::kResult, "{")));
  EXPECT_TRUE(damaged(frame(MessageKind::kResult, "[1]")));
  EXPECT_TRUE(damaged(frame(MessageKind::kResult, std::string(100'000, '['))));
  EXPECT_TRUE(damaged(frame(MessageKind::kTask, "{}")));
  EXPECT_TRUE(damaged(frame(MessageKind::kRangeData, "{}")));
  EXPECT_TRUE(damaged(frame(MessageKind::kProgress, "{}")));
  EXPECT_TRUE(damaged(frame(MessageKind::kProgress, R"({"fraction":1.5,"frames":1})")));
  EXPECT_TRUE(damaged(frame(MessageKind::kProgress, R"({"fraction":0.5,"frames":-1})")));
  EXPECT_TRUE(damaged(frame(MessageKind::kProgress, R"({"fraction":"half","frames":1})")));
  EXPECT_TRUE(damaged(frame(MessageKind::kReadRange, R"({"source":0,"offset":-5,"length":10})")));
  EXPECT_TRUE(damaged(frame(MessageKind::kReadRange, R"({"source":0,"offset":0,"length":0})")));
  EXPECT_TRUE(damaged(frame(MessageKind::kReadRange, R"({"source":0,"offset":0,"length":99999999})")));
  EXPECT_TRUE(heard(frame(MessageKind::kReadRange, R"({"source":0,"offset":0,"length":10})"))) << "the control";
}

TEST(Channel, texts_of_the_child_are_tamed) {
  std::string body = R"({"code":"no_such_code","message":")";
  body += std::string(100'000, 'm') + R"(","detail":"a\u001b[31m\nb)" + "\xff" + R"("})";
  const auto event = heard(frame(MessageKind::kError, body));
  if (!event) {  // not UTF-8: the JSON parser may refuse it as a whole
    EXPECT_EQ(event.error().code, ErrorCode::kInputDamaged);
  } else {
    const Error& error = std::get<TaskFailure>(*event).error;
    EXPECT_EQ(error.code, ErrorCode::kInternal);
    EXPECT_LE(error.message.size(), 2048U);
    EXPECT_TRUE(is_utf8(error.detail));
  }
  const auto clean = heard(frame(MessageKind::kError, R"({"code":"input_damaged","message":"x\u001b[31m\ny"})"));
  ASSERT_TRUE(clean);
  EXPECT_EQ(std::get<TaskFailure>(*clean).error.code, ErrorCode::kInputDamaged);
  EXPECT_EQ(std::get<TaskFailure>(*clean).error.message, "x [31m y");
}

TEST(Channel, random_bytes_never_pass_as_a_result_or_crash) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string bytes = frame(MessageKind::kResult, R"({"a":[1,2,{"b":"c"}]})");
    bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(random() % (bytes.size() + 1));
    Ends ends;
    ASSERT_TRUE(write_all(ends.child.get(), as_bytes(bytes)));
    ends.child.reset();
    ChildLink link(std::move(ends.parent));
    const auto event = link.next(milliseconds(200));
    if (!event) {
      EXPECT_NE(event.error().code, ErrorCode::kTimeout);
    }
  }
}

TEST(Channel, a_slow_message_survives_a_timeout) {
  Ends ends;
  const std::string bytes = frame(MessageKind::kResult, R"({"a":1})");
  ChildLink link(std::move(ends.parent));
  ASSERT_TRUE(write_all(ends.child.get(), as_bytes(bytes.substr(0, 5))));
  EXPECT_EQ(link.next(milliseconds(20)).error().code, ErrorCode::kTimeout);
  ASSERT_TRUE(write_all(ends.child.get(), as_bytes(bytes.substr(5))));
  const auto event = link.next(milliseconds(200));
  ASSERT_TRUE(event);
  EXPECT_EQ(int_or(std::get<TaskResult>(*event).value, "a", 0), 1);
}

TEST(Channel, a_child_that_does_not_read_cannot_hold_the_parent) {
  Ends ends;
  ChildLink link(std::move(ends.parent));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(link.send_range(pattern(kMaxMessageBytes), milliseconds(100)).error().code, ErrorCode::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(2));
  ends.child.reset();
  EXPECT_EQ(link.send_range(pattern(10), milliseconds(100)).error().code, ErrorCode::kCrashed);
}

TEST(Channel, too_large_a_message_is_not_sent) {
  Ends ends;
  ParentLink link(std::move(ends.child));
  EXPECT_EQ(link.result({{"text", std::string(kMaxMessageJson, 'x')}}).error().code, ErrorCode::kTooLarge);
}

TEST(Channel, descriptors_sent_by_a_child_do_not_stay_with_us) {
  Ends ends;
  const std::string bytes = frame(MessageKind::kResult, "{}");
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  Pipe sent;
  const int fd = sent.write_end.get();
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  ASSERT_GT(sendmsg(ends.child.get(), &message, 0), 0);
  ChildLink link(std::move(ends.parent));
  ASSERT_TRUE(link.next(milliseconds(200)));
  EXPECT_EQ(sent.all(), "") << "the pipe ends: nobody holds its other end";
}

}  // namespace
}  // namespace pier::sandbox
