// The filter's allow-list against the real codecs: ffmpeg, confined by a preloaded library, encodes and decodes with
// descriptors only.

#include <filesystem>

#include <pier/core/clock.hpp>
#include <pier/core/id.hpp>

#include "test_process.hpp"

namespace pier::sandbox {
namespace {

class Codecs : public testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "confinement is off in a build with sanitizers";
    if (access("/usr/bin/ffmpeg", X_OK) != 0) GTEST_SKIP() << "no /usr/bin/ffmpeg on this machine";
    std::filesystem::create_directories(x_folder);
  }
  void TearDown() override { std::filesystem::remove_all(x_folder); }

  UniqueFd file(const std::string& name, int flags) {
    UniqueFd fd(open((x_folder + "/" + name).c_str(), flags | O_CLOEXEC, 0600));
    EXPECT_TRUE(fd);
    return fd;
  }

  /// ffmpeg with `arguments`, confined; input is descriptor 3, output descriptor 4.
  ChildExit ffmpeg(std::vector<std::string> arguments, int input, int output) {
    ChildSpec spec;
    spec.program = "/usr/bin/ffmpeg";
    spec.arguments = {"-v", "error", "-nostdin"};
    spec.arguments.insert(spec.arguments.end(), arguments.begin(), arguments.end());
    spec.environment = {{"LD_PRELOAD", PIER_TEST_PRELOAD}, {"SVT_LOG", "1"}};
    if (input >= 0) spec.descriptors.push_back({input, 3});
    if (output >= 0) spec.descriptors.push_back({output, 4});
    spec.memory_limit_bytes = 2ULL << 30U;
    spec.wall_limit = seconds(60);
    auto child = spawner().start(spec);
    EXPECT_TRUE(child);
    return *child->wait(seconds(60));
  }

  /// Encodes a short clip with `codec`, then decodes it with `decoder`.
  void round_trip(const std::vector<std::string>& codec, const std::string& decoder) {
    std::vector<std::string> encode{"-f", "lavfi", "-i", "testsrc2=s=640x360:d=0.32"};
    encode.insert(encode.end(), codec.begin(), codec.end());
    encode.insert(encode.end(), {"-f", "matroska", "pipe:4"});
    const ChildExit encoded = ffmpeg(encode, -1, file("clip.mkv", O_WRONLY | O_CREAT).get());
    ASSERT_EQ(encoded.exit_code, 0) << "signal " << encoded.signal << " " << encoded.stderr_tail;
    EXPECT_NE(encoded.stderr_tail.find("confined: no_new_privs"), std::string::npos) << encoded.stderr_tail;

    const std::vector<std::string> decode{"-c:v", decoder, "-i", "pipe:3", "-f", "framemd5", "pipe:4"};
    const ChildExit decoded = ffmpeg(decode, file("clip.mkv", O_RDONLY).get(), file("md5", O_WRONLY | O_CREAT).get());
    ASSERT_EQ(decoded.exit_code, 0) << "signal " << decoded.signal << " " << decoded.stderr_tail;
    const auto sums = read_file(x_folder + "/md5");
    ASSERT_TRUE(sums);
    int frames = 0;
    for (size_t at = sums->find("\n0, "); at != std::string::npos; at = sums->find("\n0, ", at + 1)) ++frames;
    EXPECT_EQ(frames, 8);
  }

  std::string x_folder = testing::TempDir() + "pier-codecs-" + new_uuid7();
};

TEST_F(Codecs, x265) {
  round_trip(
      {"-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "pools=2:log-level=0"},
      "hevc");
}
TEST_F(Codecs, x265_alone) {
  round_trip({"-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
              "pools=none:wpp=0:frame-threads=1:log-level=0"},
             "hevc");
}
TEST_F(Codecs, svt_av1_and_dav1d) {
  round_trip({"-pix_fmt", "yuv420p10le", "-c:v", "libsvtav1", "-preset", "12"}, "libdav1d");
}
TEST_F(Codecs, x264) {
  round_trip({"-c:v", "libx264", "-preset", "ultrafast"}, "h264");
}

TEST_F(Codecs, sound_and_filters) {
  const ChildExit exit = ffmpeg({"-f", "lavfi", "-i", "sine=d=0.5", "-f", "lavfi", "-i", "testsrc2=s=640x360:d=0.2",
                                 "-vf", "zscale=w=320:h=180,subtitles=/nowhere.srt", "-f", "null", "-"},
                                -1, -1);
  EXPECT_NE(exit.exit_code, 0) << "a filter that opens a file finds none, and does not crash";
  EXPECT_EQ(exit.signal, 0);
  const ChildExit sound = ffmpeg({"-f", "lavfi", "-i", "sine=d=0.5", "-f", "lavfi", "-i", "testsrc2=s=640x360:d=0.2",
                                  "-vf", "zscale=w=320:h=180,drawtext=text=Pier:font=Sans", "-c:a", "aac", "-c:v",
                                  "mjpeg", "-pix_fmt", "yuvj420p", "-f", "matroska", "pipe:4"},
                                 -1, file("sound.mkv", O_WRONLY | O_CREAT).get());
  EXPECT_EQ(sound.exit_code, 0) << "signal " << sound.signal << " " << sound.stderr_tail;
}

TEST_F(Codecs, a_path_in_the_media_opens_nothing) {
  // The classic: a playlist that names a file of the server.
  const UniqueFd list = file("list.m3u8", O_RDWR | O_CREAT);
  ASSERT_TRUE(write_all(list.get(), as_bytes("ffconcat version 1.0\nfile file:/etc/passwd\n")));
  ASSERT_EQ(lseek(list.get(), 0, SEEK_SET), 0);
  const ChildExit exit =
      ffmpeg({"-f", "concat", "-safe", "0", "-protocol_whitelist", "file,pipe", "-i", "pipe:3", "-f", "null", "-"},
             list.get(), -1);
  EXPECT_NE(exit.exit_code, 0);
  EXPECT_NE(exit.stderr_tail.find("Permission denied"), std::string::npos) << exit.stderr_tail;
}

}  // namespace
}  // namespace pier::sandbox
