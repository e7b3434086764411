#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <pier/net/endpoint.hpp>

#include "test_peer.hpp"

namespace pier::net {
namespace {

TEST(Endpoint, ReadsAndWrites) {
  for (const char* text : {"127.0.0.1:8080", "[::1]:0", "localhost:65535", "unix:/tmp/a:b"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint.has_value()) << text;
    EXPECT_EQ(endpoint->to_string(), text);
  }
  for (const char* text :
       {"", "8080", ":80", "a:", "a:b", "a:65536", "a:-1", "::1:80", "[::1]", "a b:1", "unix:", "a/b:1"}) {
    EXPECT_FALSE(parse_endpoint(text).has_value()) << text;
  }
}

TEST(Endpoint, PortInUseIsNamed) {
  const auto first = listen_on(Endpoint{{}, "127.0.0.1", 0}, 8);
  ASSERT_TRUE(first.has_value());
  const auto taken = local_endpoint(first->get());
  ASSERT_TRUE(taken.has_value());
  EXPECT_GT(taken->port, 0);
  const auto second = listen_on(*taken, 8);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kInUse);
  EXPECT_NE(second.error().message.find(std::to_string(taken->port)), std::string::npos) << second.error().message;
}

TEST(Endpoint, AnAddressOfAnotherMachine) {
  const auto fd = listen_on(Endpoint{{}, "192.0.2.1", 0}, 8);
  ASSERT_FALSE(fd.has_value());
  EXPECT_EQ(fd.error().code, ErrorCode::kInvalidArgument);
}

TEST(UnixSocket, LongPathsPrivateModeAndLeftovers) {
  const TemporaryFolder folder;
  std::string deep = folder.path;
  for (int i = 0; i < 10; i++) deep += "/" + std::string(100, static_cast<char>('a' + i));
  ASSERT_TRUE(make_directories(deep).has_value());
  const Endpoint endpoint{deep + "/pier.sock", {}, 0};
  {
    const auto listening = listen_on(endpoint, 8);
    ASSERT_TRUE(listening.has_value()) << listening.error().message;
    struct stat info{};
    ASSERT_EQ(::stat(endpoint.unix_path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U & ~0U);
    EXPECT_TRUE(connect_to(endpoint, 1000).has_value());
    const auto second = listen_on(endpoint, 8);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, ErrorCode::kInUse);
  }
  const auto nobody = connect_to(endpoint, 1000);
  ASSERT_FALSE(nobody.has_value());
  EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(listen_on(endpoint, 8).has_value());
}

TEST(UnixSocket, AFileInTheWayIsKept) {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/pier.sock";
  ASSERT_TRUE(replace_file(path, as_bytes("precious")).has_value());
  const auto fd = listen_on(Endpoint{path, {}, 0}, 8);
  ASSERT_FALSE(fd.has_value());
  EXPECT_EQ(fd.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(read_file(path).value(), "precious");
}

TEST(UnixSocket, NoFolder) {
  EXPECT_FALSE(listen_on(Endpoint{"/nonexistent/pier.sock", {}, 0}, 8).has_value());
  EXPECT_EQ(connect_to(Endpoint{"/nonexistent/pier.sock", {}, 0}, 100).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace pier::net
