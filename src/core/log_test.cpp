#include <algorithm>
#include <regex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <pier/core/log.hpp>

namespace pier {
namespace {

template <typename F>
std::string written_by(F&& function) {
  testing::internal::CaptureStderr();
  function();
  return testing::internal::GetCapturedStderr();
}

TEST(LogTest, WritesOneLineARecord) {
  const std::string line = written_by([] { log::info("job_done", {{"job", "job_1"}, {"seconds", "2.5"}}); });
  EXPECT_TRUE(std::regex_match(
      line, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z info job_done job=job_1 seconds=2\.5\n)")))
      << line;
}

TEST(LogTest, NothingFromOutsideBreaksTheLine) {
  const std::string line = written_by([] {
    log::warn("odd",
              {{"a", "x y"}, {"b", "q\"\\"}, {"c", "1\n2026 error fake"}, {"d", "\x1b[2J"}, {"e", ""}, {"f", "\xff"}});
  });
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_NE(line.find(R"(a="x y" b="q\"\\" c="1\n2026 error fake" d="\x1b[2J" e="" f=)"
                      "\uFFFD\n"),
            std::string::npos)
      << line;
}

TEST(LogTest, LevelHoldsBack) {
  EXPECT_EQ(written_by([] { log::debug("quiet"); }), "");
  log::set_level(log::Level::kDebug);
  EXPECT_NE(written_by([] { log::debug("loud"); }).find(" debug loud\n"), std::string::npos);
  log::set_level(log::Level::kError);
  EXPECT_EQ(written_by([] { log::warn("quiet"); }), "");
  EXPECT_NE(written_by([] { log::error("loud", {}); }), "");
  log::set_level(log::Level::kInfo);
}

TEST(LogTest, ErrorsCarryTheirDetail) {
  const std::string line =
      written_by([] { log::error("probe", Error{ErrorCode::kTruncated, "ends early", "box moov"}); });
  EXPECT_NE(line.find(R"(error probe code=truncated message="ends early" detail="box moov")"), std::string::npos)
      << line;
}

TEST(LogTest, ThreadsDoNotMixLines) {
  const std::string value(9000, 'v');  // more than a pipe takes whole
  const std::string text = written_by([&] {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) log::info("e", {{"k", value}});
      });
    }
  });
  size_t lines = 0;
  for (size_t at = 0; at < text.size(); ++lines) {
    const size_t end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    ASSERT_TRUE(text.substr(at, end - at).ends_with(" info e k=" + value));
    at = end + 1;
  }
  EXPECT_EQ(lines, 200U);
}

}  // namespace
}  // namespace pier
