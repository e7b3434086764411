#include <gtest/gtest.h>

#include "drop/drops.hpp"

namespace pier::storage::impl {
namespace {

TEST(SftpPlace, IsReadFromAUrl) {
  const auto place = parse_sftp_url("sftp://otto@files.example.org/in/box/");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->user, "otto");
  EXPECT_EQ(place->host, "files.example.org");
  EXPECT_EQ(place->port, 22);
  EXPECT_EQ(place->folder, "/in/box");
  EXPECT_EQ(place->url("/in/a b#c.mov"), "sftp://files.example.org:22/in/a%20b%23c.mov");
  const auto six = parse_sftp_url("sftp://u@[::1]:2222/");
  ASSERT_TRUE(six) << six.error().message;
  EXPECT_EQ(six->host, "[::1]");
  EXPECT_EQ(six->port, 2222);
  EXPECT_EQ(six->folder, "");
}

TEST(SftpPlace, WrongOnesAreNamedAndNoPasswordIsRepeated) {
  for (const char* url :
       {"sftp://host/folder", "sftp://u@/folder", "sftp://u@host", "sftp://u@host:0/x", "sftp://u@host:x/x",
        "sftp://u@ho st/x", "http://u@host/x", "sftp://u@host/a\nb", "sftp://@host/x"}) {
    const auto place = parse_sftp_url(url);
    ASSERT_FALSE(place) << url;
    EXPECT_EQ(place.error().code, ErrorCode::kInvalidArgument);
  }
  const auto place = parse_sftp_url("sftp://u:secret@host/x");
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().message.find("secret"), std::string::npos);
  EXPECT_NE(place.error().message.find("--password-file"), std::string::npos);
}

}  // namespace
}  // namespace pier::storage::impl
