#include <gtest/gtest.h>

#include <pier/net/target.hpp>

namespace pier::net {
namespace {

using Segments = std::vector<std::string>;

TEST(Target, SplitsAndDecodes) {
  const auto target = parse_target("/media/a%20b/%E6%A0%88?x=1&y=a+b%2B&flag&=v");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, (Segments{"media", "a b", "\xE6\xA0\x88"}));
  ASSERT_EQ(target->query.size(), 4U);
  EXPECT_EQ(target->query[0], (std::pair<std::string, std::string>{"x", "1"}));
  EXPECT_EQ(target->query[1].second, "a b+");
  EXPECT_EQ(target->query[2], (std::pair<std::string, std::string>{"flag", ""}));
  EXPECT_EQ(target->query[3], (std::pair<std::string, std::string>{"", "v"}));
}

TEST(Target, FormsOfTheRoot) {
  EXPECT_TRUE(parse_target("/")->path.empty());
  EXPECT_TRUE(parse_target("*")->path.empty());
  EXPECT_TRUE(parse_target("http://host")->path.empty());
  EXPECT_EQ(parse_target("http://host:80/a?b")->path, Segments{"a"});
  EXPECT_EQ(parse_target("/a/")->path, (Segments{"a", ""}));
}

TEST(Target, APlusInThePathIsAPlus) {
  EXPECT_EQ(parse_target("/a+b")->path, Segments{"a+b"});
}

TEST(Target, RefusesWhatMeansAnotherPlace) {
  for (const char* target : {"/..",
                             "/../etc/passwd",
                             "/a/../b",
                             "/%2e%2e/a",
                             "/%2E%2e",
                             "/.%2e/a",
                             "/a/%2e",
                             "/.",
                             "/a%2fb",
                             "/a%2Fb",
                             "/..%5c..",
                             "/a\\b",
                             "//etc/passwd",
                             "/a//b",
                             "/%00",
                             "/a%0ab",
                             "/%7f",
                             "/%c0%ae%c0%ae/",
                             "/%ff",
                             "/%",
                             "/%2",
                             "/%zz",
                             "/a?x=%0d%0a",
                             "/a#b",
                             "",
                             "a",
                             "?x",
                             "media/a",
                             "http:/x"}) {
    const auto parsed = parse_target(target);
    EXPECT_FALSE(parsed.has_value()) << target;
    if (!parsed) {
      EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
    }
  }
}

TEST(Target, EncodeIsTheInverseOfDecode) {
  std::string text;
  for (int c = 0x20; c < 0x7F; c++) text.push_back(static_cast<char>(c));
  text += "\xE6\xA1\xA5";
  EXPECT_EQ(percent_decode(percent_encode(text)).value(), text);
  EXPECT_EQ(percent_encode("a/b c"), "a%2Fb%20c");
}

}  // namespace
}  // namespace pier::net
