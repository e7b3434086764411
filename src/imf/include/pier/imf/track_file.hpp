#pragma once
// IMF track files: MXF OP1a with one essence each (SMPTE ST 2067-5), as ST 2067-2 and ST 2067-21 (Application 2E)
// constrain them. Written in one pass, in bounded memory: an index partition follows each minute of pictures; header
// and partition packs get their last values in finish().

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/cicp.hpp>
#include <pier/core/clock.hpp>
#include <pier/core/picture.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>

namespace pier::imf {

/// Who a file is. Equal identities, pictures and samples give equal bytes.
struct TrackIdentity {
  std::string uuid;      // TrackFileId: the material number of the file package's UMID (ST 2067-2 clause 5.1)
  WallTime created = 0;  // said in the header
  std::string version;   // of the program
};

struct PictureTrack {
  int width = 0, height = 0;
  PixelFormat format;  // 4:2:2 Y'CbCr or RGB, 8 to 16 bits
  ColourInfo colour;   // nothing left unspecified but the site of chroma
  Rational rate;       // pictures a second
  Rational aspect;     // of the display
  std::optional<MasteringDisplay> mastering_display;
};

enum class Soundfield : uint8_t { kMono, kStereo, k51, k71 };
std::string_view to_string(Soundfield field);  // "mono", "stereo", "5.1", "7.1"
/// How many channels, in this order: C; L R; L R C LFE Ls Rs; L R C LFE Lss Rss Lrs Rrs (ST 428-12).
int channels_of(Soundfield field);

struct SoundTrack {
  int sample_rate = 48000;  // 48000 or 96000 (ST 2067-2 clause 5.3)
  int bits = 24;            // 16 or 24
  Soundfield soundfield = Soundfield::kStereo;
  std::string language;  // RFC 5646
  std::string title;
  Rational picture_rate;  // of the composition
};

/// What a composition says of a finished track file.
struct TrackFile {
  std::string uuid;
  bool picture = false;
  Rational edit_rate;
  int64_t duration = 0;        // edit units
  std::string descriptor_id;   // UUID of the EssenceDescriptor element
  std::string descriptor_xml;  // RegXML of the descriptor; prefixes r0, r1, r2 are declared by the one around it
  uint64_t bytes = 0;
};

/// Not thread-safe. Writes to `fd`, which is empty, writable and seekable and stays the caller's.
class PictureTrackWriter {
 public:
  /// kInvalidArgument: the track is not as described above.
  static Result<PictureTrackWriter> open(int fd, const TrackIdentity& identity, const PictureTrack& track);
  ~PictureTrackWriter();
  PictureTrackWriter(PictureTrackWriter&&) noexcept;
  PictureTrackWriter& operator=(PictureTrackWriter&&) noexcept;

  /// The next picture as a JPEG 2000 codestream. kInputDamaged: it is none, or its header is not that of the first.
  Result<void> add(ByteView codestream);
  /// Once, after at least one picture.
  Result<TrackFile> finish();

 private:
  struct Impl;
  explicit PictureTrackWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

/// The same for PCM in one clip (ST 382).
class SoundTrackWriter {
 public:
  static Result<SoundTrackWriter> open(int fd, const TrackIdentity& identity, const SoundTrack& track);
  ~SoundTrackWriter();
  SoundTrackWriter(SoundTrackWriter&&) noexcept;
  SoundTrackWriter& operator=(SoundTrackWriter&&) noexcept;

  /// Samples of full scale +-1, one vector a channel, all of one length. Rounded to `bits` (exact where they came from
  /// PCM of no more bits), clipped at full scale.
  Result<void> add(const std::vector<std::vector<float>>& channels);
  Result<TrackFile> finish();

 private:
  struct Impl;
  explicit SoundTrackWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace pier::imf
