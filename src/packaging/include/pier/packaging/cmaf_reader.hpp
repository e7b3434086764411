#pragma once
// Reads back what CmafWriter wrote, for verification; takes nothing on trust. No media is decoded here.

#include <span>
#include <vector>

#include <pier/media/frame.hpp>
#include <pier/packaging/track_index.hpp>

namespace pier::packaging {

/// Samples of a stored track, segment by segment. `fd` and the bytes of the view are borrowed. Not thread-safe.
class CmafReader {
 public:
  /// Reads the initialisation segment. kInputDamaged when it is not one, kTruncated when the file is too short.
  static Result<CmafReader> open(int fd, const TrackIndexView& index);

  /// As the boxes describe it; what boxes cannot carry (nominal frame rate, chroma site, sound layout) is as in the
  /// index.
  const TrackDescription& description() const { return x_description; }
  ByteView configuration() const { return x_description.configuration; }
  size_t segment_count() const { return x_index.segments().size(); }

  /// Samples in decoding order. pts and dts count from programme time 0 (sound starts at -priming); `duration` is that
  /// of the boxes. Segments are at most 1 GiB here (kTooLarge).
  Result<std::vector<media::Sample>> read_segment(size_t number);

  /// Does the segment hash to what the index says? kVerifyFailed names it.
  Result<void> check_digest(size_t number);

 private:
  int x_fd = -1;
  TrackIndexView x_index;
  TrackDescription x_description;
};

/// The index as the track's own boxes tell it (digests included): the whole file is read once. Fields of the
/// description that boxes cannot carry are left empty.
Result<TrackIndex> index_of_file(int fd);

/// Does the index agree with the file: every range, time, digest and every field of the description that boxes carry?
/// Tile sheets: every range is one JPEG with the right digest; WebVTT: the same of documents. kVerifyFailed says the
/// first difference.
Result<void> check_index_against_file(const TrackIndexView& index, int fd);

}  // namespace pier::packaging
