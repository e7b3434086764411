#pragma once
// Pictures and files that the tests of this module make when they run.

#include <cstdint>
#include <string>
#include <vector>

#include <pier/core/picture.hpp>
#include <pier/media/decode.hpp>

namespace pier::media::test {

/// Moving detail: gradients, a travelling block and noise of a fixed seed; different at each `number`.
Picture make_picture(PixelFormat format, int width, int height, int number, const ColourInfo& colour = {});

/// Digest over raster, format and samples.
uint64_t picture_digest(const Picture& picture);

/// A directory that goes with the object.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string file(const std::string& name) const { return x_path + "/" + name; }

 private:
  std::string x_path;
};

/// Runs `ffmpeg -y -loglevel error <arguments>`; false (and a test failure) when it fails.
bool run_ffmpeg(const std::string& arguments);

struct Seen {
  int64_t pts;
  uint64_t digest;
  bool damaged;
  friend bool operator==(const Seen&, const Seen&) = default;
};

/// All pictures of a stream (-1: the main one) from the start.
std::vector<Seen> decode_all(const std::string& path, int threads = 1, int stream = -1);

}  // namespace pier::media::test
