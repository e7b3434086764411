#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pier/core/file.hpp>

namespace pier {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "pier_file_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    x_folder = pattern;
  }
  void TearDown() override { fs::remove_all(x_folder); }
  std::string path(const std::string& name) const { return x_folder + "/" + name; }
  size_t entries() const { return static_cast<size_t>(std::distance(fs::directory_iterator(x_folder), {})); }

  std::string x_folder;
};

TEST_F(FileTest, ReplaceThenRead) {
  ASSERT_TRUE(replace_file(path("a"), as_bytes("one")));
  EXPECT_EQ(read_file(path("a")).value(), "one");
  ASSERT_TRUE(replace_file(path("a"), as_bytes("")));
  EXPECT_EQ(read_file(path("a")).value(), "");
  const std::string odd = path("\xff 栈桥\n");
  ASSERT_TRUE(replace_file(odd, as_bytes("two")));
  EXPECT_EQ(read_file(odd).value(), "two");
  EXPECT_EQ(entries(), 2U);
}

TEST_F(FileTest, ReadFileKeepsItsLimit) {
  ASSERT_TRUE(replace_file(path("a"), as_bytes(std::string(200000, 'x'))));
  EXPECT_EQ(read_file(path("a"), 200000).value().size(), 200000U);
  EXPECT_EQ(read_file(path("a"), 199999).error().code, ErrorCode::kTooLarge);
}

TEST_F(FileTest, ErrorsNameThePath) {
  const auto missing = read_file(path("missing"));
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("missing"), std::string::npos);
  EXPECT_EQ(open_read("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(open_read(path(std::string("a\0b", 3))).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(read_file(x_folder).error().code, ErrorCode::kInvalidArgument) << "a directory has no bytes";
  EXPECT_EQ(replace_file(path("no/such/folder"), as_bytes("x")).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(sync_directory(path("missing")));
}

TEST_F(FileTest, AFailedReplaceLeavesNothingBehind) {
  ASSERT_TRUE(make_directories(path("taken/inner")));
  EXPECT_FALSE(replace_file(path("taken"), as_bytes("x")));
  EXPECT_EQ(entries(), 1U);
  EXPECT_TRUE(fs::is_directory(path("taken/inner")));
}

TEST_F(FileTest, AFifoDoesNotHang) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  const auto fd = open_read(path("fifo"));
  ASSERT_TRUE(fd);
  EXPECT_FALSE(file_state(fd->get())->regular);
}

TEST_F(FileTest, StateSeesChange) {
  ASSERT_TRUE(replace_file(path("a"), as_bytes("one")));
  const auto state = [&] { return file_state(open_read(path("a")).value().get()).value(); };
  const FileState first = state();
  EXPECT_EQ(first, state());
  EXPECT_EQ(first.size, 3U);
  EXPECT_TRUE(first.regular);
  EXPECT_FALSE(first.directory);
  ASSERT_TRUE(replace_file(path("a"), as_bytes("two")));
  EXPECT_NE(first, state());
  EXPECT_TRUE(file_state(open_read(x_folder).value().get())->directory);
  EXPECT_FALSE(file_state(-1));
}

TEST_F(FileTest, ReadAtGivesWhatIsThere) {
  ASSERT_TRUE(replace_file(path("a"), as_bytes("0123456789")));
  const UniqueFd fd = open_read(path("a")).value();
  Bytes out(4);
  EXPECT_EQ(read_at(fd.get(), 3, out).value(), 4U);
  EXPECT_EQ(as_text(out), "3456");
  EXPECT_EQ(read_at(fd.get(), 8, out).value(), 2U);
  EXPECT_EQ(read_at(fd.get(), 100, out).value(), 0U);
  EXPECT_EQ(read_at(fd.get(), UINT64_MAX, out).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(read_at(-1, 0, out));
}

TEST_F(FileTest, UniqueFdClosesOnce) {
  ASSERT_TRUE(replace_file(path("a"), as_bytes("x")));
  const auto is_open = [](int fd) { return file_state(fd).has_value(); };
  UniqueFd fd = open_read(path("a")).value();
  const int number = fd.get();
  UniqueFd moved = std::move(fd);
  EXPECT_FALSE(fd);  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_TRUE(is_open(number));
  UniqueFd copy = moved.duplicate().value();
  EXPECT_NE(copy.get(), number);
  moved.reset();
  EXPECT_FALSE(is_open(number));
  EXPECT_TRUE(is_open(copy.get()));
  const int released = copy.release();
  EXPECT_TRUE(is_open(released));
  ::close(released);
  EXPECT_FALSE(moved.duplicate());
}

TEST_F(FileTest, MakeDirectoriesIsLikeMkdirP) {
  EXPECT_TRUE(make_directories(path("a/b/c")));
  EXPECT_TRUE(make_directories(path("a/b/c")));
  EXPECT_TRUE(make_directories(path("a//b/d/")));
  EXPECT_TRUE(fs::is_directory(path("a/b/d")));
  ASSERT_TRUE(replace_file(path("f"), as_bytes("x")));
  EXPECT_EQ(make_directories(path("f")).error().code, ErrorCode::kAlreadyExists);
  EXPECT_FALSE(make_directories(path("f/g")));
}

// A child replaces the file as fast as it can and is killed at any moment: the bytes are whole each time.
TEST_F(FileTest, ReplaceSurvivesKill) {
  const std::string one(300000, '1');
  const std::string two(300000, '2');
  ASSERT_TRUE(replace_file(path("a"), as_bytes(one)));
  for (int round = 0; round < 15; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (size_t i = 0;; ++i) {
        if (!replace_file(path("a"), as_bytes(i % 2 == 0 ? two : one))) ::_exit(1);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3 + round * 2));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child stopped by itself";
    const auto text = read_file(path("a"));
    ASSERT_TRUE(text);
    ASSERT_TRUE(*text == one || *text == two) << "round " << round << ", " << text->size() << " bytes";
  }
}

TEST(PathJsonTest, KeepsEveryByte) {
  for (const std::string path : {"/a/b.mp4", "/a/栈桥.mov", "/a/\xff\xfe.ts", "a\nb", "\xC3"}) {
    json::object object;
    put_path(object, "path", "\xff");
    put_path(object, "path", path);
    EXPECT_EQ(object.contains("path_bytes"), !is_utf8(path));
    const auto back = parse_json(json::serialize(object)).value();
    EXPECT_EQ(get_path(back.as_object(), "path").value(), path);
  }
}

TEST(PathJsonTest, RefusesDamage) {
  for (const auto* text :
       {R"({})", R"({"path":1})", R"({"path":""})", R"({"path":"a\u0000b"})", R"({"path":"a","path_bytes":"?"})",
        R"({"path":"a","path_bytes":3})", R"({"path":"a","path_bytes":"YQBi"})"}) {
    EXPECT_FALSE(get_path(parse_json(text).value().as_object(), "path")) << text;
  }
}

}  // namespace
}  // namespace pier
