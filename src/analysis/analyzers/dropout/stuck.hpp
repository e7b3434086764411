#pragma once
// Samples that stick out at one place over many pictures while what is around them changes: dead and stuck pixels.

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include <pier/analysis/analyzer.hpp>

#include "analyzers/dropout/dots.hpp"

namespace pier::analysis::impl {

/// What one scanned picture showed.
struct Scan {
  static constexpr int kColumns = 12, kRows = 8;  // of the grid whose steps make the look
  FrameTime time;
  std::array<uint64_t, 3> look{};  // which of two neighbouring cells is brighter: tells one scene from another
  std::vector<Dot> dots;           // `ring` in thousandths of nominal
};
/// `margin`: codes by which a cell must be brighter, so that noise on a plain ground is not a look.
std::array<uint64_t, 3> look_of(const PictureView& eighth, int margin);

struct StuckPixel {
  int x = 0, y = 0;
  int64_t first_index = 0, last_index = 0;  // scanned frames that showed it
  int64_t start = 0, end = 0;               // ticks
  int64_t scans = 0;                        // that showed it
};

/// Works in windows of kScans scans that are cut at fixed frame numbers, so that a stream in parts gives the same.
class StuckPixels {
 public:
  static constexpr int64_t kEvery = 12;       // frames from scan to scan
  static constexpr int64_t kScans = 32;       // of a window
  static constexpr int64_t kMinScans = 8;     // fewer are not judged
  static constexpr int kMinScenes = 3;        // in which it was there
  static constexpr int kMinChange = 100;      // of what is around it, thousandths of nominal
  static constexpr int kSceneBits = 34;       // of 172 that differ: another scene
  static constexpr size_t kMaxPixels = 4096;  // that are kept

  void take(const Scan& scan);
  /// Once.
  std::vector<StuckPixel> finish();

  json::value save() const;
  Result<void> load(const json::value& state);
  Result<void> merge(const json::value& later);

 private:
  struct Window {
    int64_t number = -1;
    std::vector<Scan> scans;
  };
  void close(const Window& window);
  void keep(const StuckPixel& pixel);

  Window x_head, x_open;                   // the first window stays as it is: what came before may belong to it
  std::map<int64_t, StuckPixel> x_pixels;  // by place
};

}  // namespace pier::analysis::impl
