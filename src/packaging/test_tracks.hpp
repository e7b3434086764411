#pragma once
// Tracks for tests: descriptions with real-looking configurations and files written from made-up samples.

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pier/core/file.hpp>
#include <pier/packaging/cmaf_writer.hpp>
#include <pier/packaging/package.hpp>

namespace pier::packaging::test {

/// An anonymous file; gone when closed.
inline UniqueFd scratch_file() {
  return UniqueFd(::memfd_create("pier-test", MFD_CLOEXEC));
}

Bytes bytes_of(std::initializer_list<int> values);
Bytes file_bytes(int fd);

/// HEVC Main 10 level 5.1, AVC High level 4.0, AV1 Main level 5.1 10 bit (configuration bytes as encoders make them).
TrackDescription hevc_track(uint32_t id, int width, int height, Rational rate, int64_t frames);
TrackDescription avc_track(uint32_t id, int width, int height, Rational rate, int64_t frames);
TrackDescription av1_track(uint32_t id, int width, int height, Rational rate, int64_t frames);
TrackDescription aac_track(uint32_t id, int64_t programme_samples);
TrackDescription eac3_track(uint32_t id, int64_t programme_samples);
TrackDescription image_track(uint32_t id, uint32_t timescale, int64_t duration);
Bytes dolby_vision_record(unsigned profile, unsigned level, unsigned compatibility);

/// Samples of one closed GOP: pts first, first + step, ... in decoding order with `b_frames` between references.
std::vector<media::Sample> gop(int64_t first, int64_t step, int frames, int b_frames, size_t size);
/// Sound frames from number `first` on.
std::vector<media::Sample> sound(const TrackDescription& track, int64_t first, int64_t frames, size_t size);

struct StoredTrack {
  UniqueFd fd;
  TrackIndex index;
  Bytes stored_index;
  TrackIndexView view;
};
/// A whole file: fragments of `fragment_frames` pictures, `per_segment` fragments a segment, sample sizes that follow
/// from their number.
StoredTrack store_video(const TrackDescription& track, int fragment_frames, int per_segment, size_t sample_size);
/// One fragment a segment of `segment_frames` sound frames (the first has one more, the priming).
StoredTrack store_audio(const TrackDescription& track, int segment_frames, size_t sample_size);
StoredTrack store_images(const TrackDescription& track);
/// Of 1000 ticks a second, in zh-Hans.
TrackDescription text_track(uint32_t id, media::Codec codec, int64_t duration);
/// Segments of `ticks`; the documents say their number.
StoredTrack store_webvtt(const TrackDescription& track, int64_t ticks);
StoredTrack store_imsc(const TrackDescription& track, int64_t ticks);

PackageTrack package_track(std::string name, const StoredTrack& track, std::string label = {});

/// Equal to tests/golden/packaging/`name`? With UPDATE_GOLDEN=1 in the environment the file is written instead.
void expect_golden(const std::string& name, const std::string& text);

}  // namespace pier::packaging::test
