#pragma once
// Track files in memory, for the tests of this module.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <pier/core/file.hpp>
#include <pier/imf/jpeg2000.hpp>
#include <pier/imf/track_file.hpp>

namespace pier::imf::test {

inline constexpr const char* kUuid = "0198c2a4-1111-7222-8333-444455556666";

inline TrackIdentity identity() {
  return {kUuid, 1'763'900'000'000'000, "0.0.test"};
}

inline PictureTrack hdr_track() {
  PictureTrack track;
  track.width = 128;
  track.height = 64;
  track.format = {10, Chroma::k422, false};
  track.colour = {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
  track.rate = Rational(24000, 1001);
  track.aspect = Rational(16, 9);
  track.mastering_display =
      MasteringDisplay{{34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}, 40000000, 50};
  return track;
}

/// Noise, so that the bit rate is needed.
inline Picture noise(const PictureTrack& track, uint32_t seed) {
  Picture picture = Picture::allocate(track.format, track.width, track.height, track.colour);
  const MutablePictureView view = picture.writable();
  for (const auto& plane : view.planes) {
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        seed = seed * 1664525U + 1013904223U;
        plane.row<uint16_t>(y)[x] = static_cast<uint16_t>(seed >> (32U - track.format.bit_depth));
      }
    }
  }
  return picture;
}

inline Jpeg2000Options options_of(const PictureTrack& track, int64_t bitrate) {
  return {track.format, track.width, track.height, track.rate, bitrate};
}

class MemoryFile {
 public:
  MemoryFile() : x_fd(::memfd_create("track", MFD_CLOEXEC)) {}
  int fd() const { return x_fd.get(); }
  Bytes bytes() const {
    Bytes all(file_state(fd())->size);
    EXPECT_EQ(*read_at(fd(), 0, all), all.size());
    return all;
  }

 private:
  UniqueFd x_fd;
};

/// A picture track of `pictures` codestreams, all of the same picture.
inline Result<TrackFile> write_pictures(const MemoryFile& file, const PictureTrack& track, int pictures) {
  PIER_TRY(const Jpeg2000Encoder encoder, Jpeg2000Encoder::make(options_of(track, 20'000'000)));
  PIER_TRY(const Bytes codestream, encoder.encode(noise(track, 1)));
  PIER_TRY(PictureTrackWriter writer, PictureTrackWriter::open(file.fd(), identity(), track));
  for (int i = 0; i < pictures; ++i) PIER_CHECK(writer.add(codestream));
  return writer.finish();
}

}  // namespace pier::imf::test
