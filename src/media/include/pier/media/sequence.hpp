#pragma once
// Image sequences: numbered DPX (SMPTE ST 268-1), OpenEXR or TIFF files in a folder. Headers only: no picture is
// decoded here.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/rational.hpp>
#include <pier/media/facts.hpp>

namespace pier::media {

/// What the header of one picture says.
struct ImageHeader {
  std::string kind;  // "dpx", "exr", "tiff"
  int width = 0, height = 0;
  int depth = 0;          // bits a sample
  bool floating = false;  // half or single precision (EXR)
  std::string layout;     // "rgb", "rgba", "gray", "yuv422", ...; empty when unknown
  Transfer transfer = Transfer::kUnspecified;
  Rational frame_rate;        // 0 when it does not say
  uint64_t least_bytes = 0;   // a whole file is no smaller; 0 when that cannot be told
  std::string print() const;  // "3840x2160 rgb 16 bit float": comparable
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

/// Whether a path names a sequence: a pattern ("name.%06d.dpx"), a numbered picture, or a folder with numbered pictures
/// and no asset map.
bool names_sequence(const std::string& path);

/// Reads the folder and the head of every file of its longest sequence (or the one that is named). Errors: kNotFound
/// (no such picture), kCancelled, kTooLarge (more than two million files).
Result<SequenceReport> scan_sequence(const std::string& path, const std::function<bool(double)>& on_progress = {});

/// As facts of one picture stream that nothing here decodes as a whole. `frame_rate`: where headers do not say.
Facts sequence_facts(const SequenceReport& report, Rational frame_rate = {});

}  // namespace pier::media
