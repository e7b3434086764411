#pragma once
// Image sequences: numbered DPX (SMPTE ST 268-1), OpenEXR or TIFF files in a folder. Headers only: pictures come out of
// a Demuxer on the same source.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/rational.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/source.hpp>

namespace pier::media {

/// What the header of one picture says.
struct ImageHeader {
  std::string kind;  // "dpx", "exr", "tiff"
  int width = 0, height = 0;
  int depth = 0;          // bits a sample
  bool floating = false;  // half or single precision (EXR)
  std::string layout;     // "rgb", "rgba", "gray", "yuv422", ...; empty when unknown
  Transfer transfer = Transfer::kUnspecified;
  bool logarithmic = false;    // printing density or logarithmic: no light can be told
  Range range = Range::kFull;  // of the codes
  Rational frame_rate;         // 0 when it does not say
  uint64_t least_bytes = 0;    // a whole file is no smaller; 0 when that cannot be told
  std::string print() const;   // "3840x2160 rgb 16 bit float": comparable
};

struct SequenceReport {
  std::string folder, prefix, extension;
  int digits = 0;  // 0: numbers are not padded
  int64_t first = 0, last = 0;
  int64_t frames = 0;  // files
  struct Span {
    int64_t first = 0, last = 0;
  };
  std::vector<Span> gaps;  // at most kMaxSequenceItems
  int64_t missing = 0;     // numbers without a file
  ImageHeader header;      // of most of the pictures
  struct Odd {
    int64_t number = 0;
    std::string found;  // another header, "cut off", "no DPX picture", ...
  };
  std::vector<Odd> odd;  // at most kMaxSequenceItems
  int64_t odd_count = 0;
  uint64_t bytes = 0;
  std::vector<std::string> others;  // other sequences in the folder: "name.[1-20].tif"; at most 20
};

inline constexpr size_t kMaxSequenceItems = 500;

/// Reads the head of every picture of a source that is a sequence. Errors: kCancelled, kInputDamaged (not one is
/// whole).
Result<SequenceReport> scan_sequence(const Source& source, const std::function<bool(double)>& on_progress = {});

inline constexpr std::string_view kSequenceContainer = "image sequence";  // Facts::container of one

/// As facts of one picture stream. `frame_rate`: as the user says; 0: as the headers say. A tick is a picture; without
/// any rate 25 of them are a second.
Facts sequence_facts(const SequenceReport& report, Rational frame_rate = {});

/// Why the pixels of such pictures are not judged: floating point, linear or logarithmic light, a layout that nothing
/// here decodes. Empty: they are.
std::string not_judged_because(const ImageHeader& header);

}  // namespace pier::media
