#pragma once
// Text tracks. IMSC is written and read as CMAF (cmaf_writer.hpp, cmaf_reader.hpp). A track of WebVTT is the whole
// document, which DASH names, and then its segments for HLS, which follow one another without gap:
//
//   whole.vtt | 1.vtt | 2.vtt | ...          the index has the whole document where other tracks have their header

#include <string>
#include <string_view>

#include <pier/packaging/track_index.hpp>

namespace pier::packaging {

/// Not thread-safe. After an error nothing more may be called.
class WebVttTrackWriter {
 public:
  /// `fd` is borrowed and written from its current position 0 on. kInvalidArgument when the description is not of a
  /// WebVTT track or `whole` is no WebVTT document.
  static Result<WebVttTrackWriter> create(int fd, const TrackDescription& description, std::string_view whole);
  /// The next segment, which lasts until `end` (ticks of the track).
  Result<void> add_segment(std::string_view document, int64_t end);
  /// The last segment must end where the description says.
  Result<TrackIndex> finish();

 private:
  int x_fd = -1;
  TrackIndex x_index;
};

/// The document in one piece, of a WebVTT track. kVerifyFailed when it is none, kTruncated, kTooLarge (over 1 GiB).
Result<std::string> read_whole_text(int fd, const TrackIndexView& index);
/// Of a WebVTT track, segment `number` from 0: kVerifyFailed when it is not the document the index names.
Result<std::string> read_text_segment(int fd, const TrackIndexView& index, size_t number);

}  // namespace pier::packaging
