#pragma once
// Files for others: pictures and sound coded and put into one MOV, MP4, MXF (OP1a) or transport stream file, with the
// colour and static HDR metadata that the container has places for. Equal pictures and settings give equal bytes, but
// for MXF: its UMID and dates are new each time (SMPTE ST 330, ST 377-1).

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pier/media/frame.hpp>

namespace pier::media {

enum class Container : uint8_t { kMov, kMp4, kMxf, kTs };
std::string_view to_string(Container container);  // "mov", "mp4", "mxf", "ts"

/// One way of coding pictures, with what it is bound to.
struct DeliveryCoding {
  std::string_view name;   // "prores-422-hq"
  std::string_view title;  // "ProRes 422 HQ"
  Codec codec = Codec::kUnknown;
  PixelFormat format;  // of the pictures that are given
  bool intra = true;
  std::vector<Container> containers;  // the usual one first
  int width = 0, height = 0;          // the only raster; 0: any that is even
  bool fixed_rate = false;            // bits a picture are given by the class and the raster
  bool narrow_only = true;            // no place for full range
  int said_depth = 0;                 // bits that the file says it has, where not those of `format`
  bool interlaced = false;            // frames of two fields, top first, 25 or 30000/1001 a second
  int mono_tracks = 0;                // of sound, that recipients expect where nothing else is asked for
};
std::span<const DeliveryCoding> picture_codings();
/// kInvalidArgument lists the names there are.
Result<DeliveryCoding> picture_coding(std::string_view name);

struct WrittenPictures {
  std::string coding;  // a name of picture_codings()
  int width = 0, height = 0;
  Rational sample_aspect = 1, frame_rate;
  ColourInfo colour;
  std::optional<MasteringDisplay> mastering_display;  // PQ only
  std::optional<ContentLight> content_light;          // PQ only
  std::string timecode;                               // of the first picture, "HH:MM:SS:FF"; empty: none
  int64_t bitrate = 0;                                // bit/s; 0: `quality`. Of long groups of pictures only
  double quality = 18;                                // crf of x265 and x264 where no bit rate is given
  std::string preset;                                 // of x265 and x264; empty: the coding's own
  int threads = 1;                                    // where the bytes do not depend on it
};

struct WrittenSound {
  Codec codec = Codec::kPcm;  // kPcm, kAac, kEac3, kAc3, kOpus, kFlac
  int bit_depth = 24;         // 16 or 24: PCM and FLAC
  int sample_rate = 48000;
  uint64_t channel_mask = 3;  // WAVE order
  int64_t bitrate = 0;        // of lossy codings
  std::string language;       // ISO 639-2, three letters; empty: not said
};
/// Whether the container of files others read takes it (7.1: AAC, Opus, FLAC and PCM only). kInvalidArgument says why
/// not.
Result<void> check_sound(Container container, const WrittenSound& sound);

struct FileConfig {
  Container container = Container::kMov;
  std::optional<WrittenPictures> pictures;
  std::vector<WrittenSound> sounds;
};

/// Not thread-safe. Pictures and sound may be given in any order, but what is given is kept until the other has come as
/// far: give them side by side.
class FileWriter {
 public:
  /// Writes to `fd` (a regular file open for reading and writing, from its start), which stays the caller's and must
  /// outlive this. kInvalidArgument for what the coding or the container does not take.
  static Result<FileWriter> open(int fd, const FileConfig& config);
  ~FileWriter();
  FileWriter(FileWriter&&) noexcept;
  FileWriter& operator=(FileWriter&&) noexcept;
  /// The next picture, in presentation order, each as long as the frame rate says.
  Result<void> add(const Picture& picture);
  /// The next picture as it is coded already, of a stream of just this coding, form and colour: that is the caller's to
  /// know. kInvalidArgument for codings whose pictures do not stand by themselves (ProRes and DNxHR do).
  Result<void> add(const Packet& coded);
  /// The next samples of a sound, which begins with the first picture.
  Result<void> add(size_t sound, const AudioBlock& block);
  /// Once; without it the file is not whole.
  Result<void> finish();

 private:
  struct Impl;
  explicit FileWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace pier::media
