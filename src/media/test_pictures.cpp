#include "test_pictures.hpp"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

namespace pier::media::test {

Picture make_picture(PixelFormat format, int width, int height, int number, const ColourInfo& colour) {
  Picture picture = Picture::allocate(format, width, height, colour);
  const MutablePictureView view = picture.writable();
  const unsigned shift = format.bit_depth - 8U;
  uint32_t noise = 12345;
  for (int p = 0; p < format.plane_count(); ++p) {
    const auto& plane = view.planes[static_cast<size_t>(p)];
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        noise = noise * 1664525U + 1013904223U;
        const bool block = (x + number * 5) % plane.width < plane.width / 5 && y > plane.height / 3;
        const auto value =
            static_cast<unsigned>((x * 3 + y * 2 + number * 4 + p * 50) % 180 + (block ? 40 : 20)) + (noise >> 29U);
        if (format.bytes_per_sample() == 1) {
          plane.row<uint8_t>(y)[x] = static_cast<uint8_t>(value);
        } else {
          plane.row<uint16_t>(y)[x] = static_cast<uint16_t>((value << shift) + (noise >> 30U));
        }
      }
    }
  }
  return picture;
}

uint64_t picture_digest(const Picture& picture) {
  uint64_t digest = 1469598103934665603ULL;
  const auto add = [&](const std::byte* bytes, size_t count) {
    for (size_t i = 0; i < count; ++i) digest = (digest ^ std::to_integer<uint64_t>(bytes[i])) * 1099511628211ULL;
  };
  const std::string format =
      picture.format().to_string() + std::to_string(picture.width()) + "x" + std::to_string(picture.height());
  add(as_bytes(format).data(), format.size());
  for (int p = 0; p < picture.format().plane_count(); ++p) {
    const auto& plane = picture.view().planes[static_cast<size_t>(p)];
    for (int y = 0; y < plane.height; ++y) {
      add(plane.row<std::byte>(y), static_cast<size_t>(plane.width * picture.format().bytes_per_sample()));
    }
  }
  return digest;
}

Directory::Directory() {
  std::string name = std::filesystem::temp_directory_path().string() + "/pier-media-XXXXXX";
  x_path = mkdtemp(name.data());
}

Directory::~Directory() {
  std::error_code ignored;
  std::filesystem::remove_all(x_path, ignored);
}

bool run_ffmpeg(const std::string& arguments) {
  const std::string command = "ffmpeg -y -nostdin -hide_banner -loglevel error " + arguments;
  const bool done = std::system(command.c_str()) == 0;
  EXPECT_TRUE(done) << command;
  return done;
}

std::vector<Seen> decode_all(const std::string& path, int threads, int stream) {
  std::vector<Seen> seen;
  auto source = open_source(path);
  EXPECT_TRUE(source) << source.error().message;
  if (!source) return seen;
  auto demuxer = Demuxer::open(*source);
  EXPECT_TRUE(demuxer) << demuxer.error().message;
  if (!demuxer) return seen;
  const int index = stream >= 0 ? stream : demuxer->main_video().value_or(-1);
  demuxer->select({index});
  auto decoder = VideoDecoder::open(*demuxer, index, threads);
  EXPECT_TRUE(decoder) << decoder.error().message;
  if (!decoder) return seen;
  const auto take = [&] {
    for (;;) {
      auto frame = decoder->receive();
      EXPECT_TRUE(frame) << frame.error().message;
      if (!frame || !*frame) return;
      seen.push_back({(*frame)->pts, picture_digest((*frame)->picture), (*frame)->damaged});
    }
  };
  for (;;) {
    auto packet = demuxer->read();
    EXPECT_TRUE(packet) << packet.error().message;
    if (!packet || !*packet) break;
    EXPECT_TRUE(decoder->send(**packet));
    take();
  }
  EXPECT_TRUE(decoder->send_end());
  take();
  return seen;
}

}  // namespace pier::media::test
