#pragma once
// Writes one track as a fragmented CMAF file (ISO/IEC 23000-19 on ISO/IEC 14496-12, brands cmfc and cmf2):
//
//   ftyp moov | styp (moof mdat)+ | styp (moof mdat)+ | ...        one styp starts each segment
//
// Video has no edit list and `trun` version 1: decoding times are made here (the i-th smallest presentation time of the
// fragment), composition offsets are signed. Sound has one edit list: media_time = priming, length = the programme.
// TTML is a document a sample (ISO/IEC 14496-30 clause 5), with times of the track's timeline, without edit list.
// A picture or document lasts until the next one; the last sample of the track lasts until the end the description
// gives.

#include <memory>
#include <span>
#include <vector>

#include <pier/media/frame.hpp>
#include <pier/packaging/track_index.hpp>

namespace pier::packaging {

/// Streams to a descriptor; keeps at most two fragments in memory. Not thread-safe. After an error nothing more may be
/// called; what was written is not a track.
class CmafWriter {
 public:
  /// `fd` is borrowed, written from its current position 0 on; `description.duration` (video) or
  /// `audio.programme_samples` must be the true length. kInvalidArgument when the description is not usable.
  static Result<CmafWriter> create(int fd, const TrackDescription& description);
  ~CmafWriter();
  CmafWriter(CmafWriter&&) noexcept;
  CmafWriter& operator=(CmafWriter&&) noexcept;

  /// The next fragment starts a new segment. Called before the first fragment too.
  Result<void> begin_segment();

  /// One fragment, samples in decoding order with `pts` in ticks of description.timescale (`dts` and, for pictures,
  /// `duration` are not read). Video (TTML: of key samples): a closed GOP: the first sample is a key and has the
  /// smallest pts, all pts differ and are later than those of the fragment before. Sound: whole frames, `pts` from
  /// -priming on without gap. Breaking this gives kInvalidArgument; a full disk kNoSpace.
  Result<void> add_fragment(std::span<const media::Sample> samples);

  /// Writes what is pending and checks that the track ends where the description says. The file is not synced.
  Result<TrackIndex> finish();

 private:
  struct Impl;
  explicit CmafWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

/// The initialisation segment alone (ftyp and moov), as create() writes it.
Result<Bytes> make_init_segment(const TrackDescription& description);

/// A track of JPEG tile sheets: the file is the sheets one after the other, each one segment of the index.
/// Not thread-safe.
class ImageTrackWriter {
 public:
  static Result<ImageTrackWriter> create(int fd, const TrackDescription& description);
  /// A whole JPEG of columns x rows tiles; unused tiles of the last sheet are black.
  Result<void> add_sheet(ByteView jpeg);
  /// As many sheets as description.duration needs must have been added.
  Result<TrackIndex> finish();

 private:
  int x_fd = -1;
  TrackIndex x_index;
};

}  // namespace pier::packaging
