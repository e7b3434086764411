#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/stat.h>

#include <pier/core/bytes.hpp>
#include <pier/core/id.hpp>
#include <pier/sandbox/channel.hpp>
#include <pier/sandbox/program.hpp>

#include "test_process.hpp"

namespace pier::sandbox {
namespace {

class Program : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(x_folder); }
  void TearDown() override { std::filesystem::remove_all(x_folder); }

  /// A file of these bytes and permissions.
  std::string make(const std::string& name, const std::string& bytes, mode_t mode) {
    const std::string path = x_folder + "/" + name;
    std::ofstream(path) << bytes;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  Error refused(const std::string& path, const std::string& sha256 = {}) {
    const auto opened = open_program(path, sha256);
    EXPECT_FALSE(opened) << path;
    return opened ? Error() : opened.error();
  }
  /// The test child as the program of others, doing `act`; `input` comes by its descriptor 0.
  ChildExit run(std::vector<std::string> act, const std::string& input, std::string& output) {
    auto file = open_program(PIER_TEST_CHILD, "");
    EXPECT_TRUE(file) << file.error().message;
    if (!file) return {};
    Pipe in, out;
    ProgramStart start;
    start.file = &*file;
    start.arguments = std::move(act);
    start.input = in.read_end.get();
    start.output = out.write_end.get();
    start.launcher = PIER_TEST_CHILD;
    auto child = start_program(spawner(), start);
    EXPECT_TRUE(child) << child.error().message;
    if (!child) return {};
    EXPECT_TRUE(write_all(in.write_end.get(), as_bytes(input)));
    in.write_end.reset();
    output = out.all();
    return child->wait(seconds(20)).value_or(ChildExit{});
  }
  ChildExit run(std::vector<std::string> act) {
    std::string output;
    return run(std::move(act), "", output);
  }

  std::string x_folder = testing::TempDir() + "pier-program-" + new_uuid7();
};

TEST_F(Program, takes_bytes_and_gives_bytes) {
  std::string output;
  const std::string text(20000, 'x');
  const ChildExit exit = run({"filter"}, text, output);
  EXPECT_EQ(exit.exit_code, 0) << "signal " << exit.signal << " " << exit.stderr_tail;
  EXPECT_EQ(output, text);
}

TEST_F(Program, may_execute_nothing_else) {
  if (kSanitized) GTEST_SKIP() << "confinement is off in a build with sanitizers";
  const ChildExit by_path = run({"exec"});
  EXPECT_EQ(by_path.signal, SIGSYS) << by_path.exit_code << " " << by_path.stderr_tail;
  // The way it came itself is shut behind it.
  const ChildExit again = run({"exec_again"});
  EXPECT_TRUE(again.exit_code == 10 + ENOSYS) << again.exit_code << " signal " << again.signal << again.stderr_tail;
  const ChildExit at = run({"exec_at"});
  EXPECT_EQ(at.exit_code, 10 + ENOSYS) << "signal " << at.signal << " " << at.stderr_tail;
  const ChildExit forked = run({"fork"});
  EXPECT_EQ(forked.exit_code, 10 + EPERM) << "signal " << forked.signal << " " << forked.stderr_tail;
}

TEST_F(Program, is_confined) {
  if (kSanitized) GTEST_SKIP() << "confinement is off in a build with sanitizers";
  EXPECT_EQ(run({"socket"}).signal, SIGSYS);
  EXPECT_EQ(run({"read", "/etc/passwd"}).exit_code, 10 + EACCES);
  EXPECT_EQ(run({"write", "/tmp/pier-program-writes"}).exit_code, 10 + EPERM);
  EXPECT_EQ(run({"thread"}).exit_code, 0);
}

TEST_F(Program, files_that_cannot_serve_are_named) {
  const std::string elf = *read_file(PIER_TEST_CHILD, 64U << 20U);
  EXPECT_EQ(refused("decoder").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(x_folder + "/none").code, ErrorCode::kNotFound);
  EXPECT_EQ(refused(x_folder).code, ErrorCode::kInvalidArgument);
  const Error plain = refused(make("plain", elf, 0644));
  EXPECT_EQ(plain.code, ErrorCode::kPermission);
  EXPECT_NE(plain.message.find("chmod 755"), std::string::npos) << plain.message;
  EXPECT_EQ(refused(make("open", elf, 0777)).code, ErrorCode::kPermission);
  const Error script = refused(make("script", "#!/bin/sh\ncat\n", 0755));
  EXPECT_EQ(script.code, ErrorCode::kInputUnsupported);
  EXPECT_NE(script.message.find("script"), std::string::npos) << script.message;
  EXPECT_EQ(refused(make("text", "hello", 0755)).code, ErrorCode::kInputUnsupported);
  EXPECT_EQ(refused(make("cut", elf.substr(0, 100), 0755)).code, ErrorCode::kInputUnsupported);
}

TEST_F(Program, a_changed_file_is_refused) {
  const std::string elf = *read_file(PIER_TEST_CHILD, 64U << 20U);
  const std::string digest = to_hex(sha256(as_bytes(elf)));
  const std::string path = make("decoder", elf, 0755);
  EXPECT_TRUE(open_program(path, digest));
  const Error changed = refused(make("decoder", elf + "x", 0755), digest);
  EXPECT_EQ(changed.code, ErrorCode::kInputChanged);
  EXPECT_NE(changed.message.find(digest), std::string::npos) << changed.message;
}

TEST(Questions, are_answered_with_descriptors) {
  auto ends = make_channel_pair();
  ASSERT_TRUE(ends);
  ChildLink server(std::move(ends->first));
  ParentLink task(std::move(ends->second));
  Pipe pipe;
  std::thread asked([&] {
    const auto event = server.next(seconds(10));
    ASSERT_TRUE(event && std::holds_alternative<Question>(*event));
    EXPECT_EQ(string_or(std::get<Question>(*event).body, "what", ""), "pipe");
    EXPECT_TRUE(server.answer({{"id", 7}}, {pipe.write_end.get()}, seconds(1)));
    ASSERT_TRUE(server.next(seconds(10)));
    EXPECT_TRUE(server.refuse({ErrorCode::kPermission, "not this one", {}}, seconds(1)));
  });
  auto answer = task.ask({{"what", "pipe"}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(int_or(answer->body, "id", 0), 7);
  ASSERT_EQ(answer->descriptors.size(), 1U);
  EXPECT_TRUE(write_all(answer->descriptors[0].get(), as_bytes("through")));
  answer->descriptors.clear();
  EXPECT_EQ(pipe.all(), "through");
  const auto refused = task.ask({{"what", "other"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermission);
  EXPECT_EQ(refused.error().message, "not this one");
  asked.join();
}

}  // namespace
}  // namespace pier::sandbox
