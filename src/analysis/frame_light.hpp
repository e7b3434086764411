#pragma once
// Light of one frame, counted row by row.

#include <cstdint>
#include <memory>

#include "signal_rows.hpp"

namespace pier::analysis {

/// Of max(R, G, B) in display light, millionths of cd/m2.
struct FrameLight {
  int64_t largest = 0;       // of every pixel
  int64_t smallest = 0;      // this and the others: of the pixels that are counted
  int64_t largest_9999 = 0;  // what 99.99 % of them do not exceed
  int64_t average = 0;
  int64_t counted = 0;  // pixels
};

/// Pictures of up to kEveryRow pixels are counted whole. Of larger ones counted is an eighth of the rows: of sixteen
/// the first and the fourteenth, so that both fields have their share; with HLG, whose OOTF needs all components, every
/// fourth pixel of them, all columns in turn.
inline constexpr int64_t kEveryRow = 2'500'000;

class LightCounter {
 public:
  /// `rows` must outlive it; its buffers are used.
  static std::unique_ptr<LightCounter> make(SignalRows& rows, const Signal& signal);
  virtual ~LightCounter() = default;

  /// Takes a row into the statistics, if it is one that is counted.
  virtual void count_row(int y) = 0;
  /// Whether a pixel may be brighter than all so far when its largest component is at most this 14-bit signal.
  virtual bool may_lead(int largest) const = 0;
  /// Looks for the brightest among all pixels of a span, of which the largest component is known.
  virtual void look(int y, const SignalRows::Span& span, int largest) = 0;
  /// Looks for a bright one among some pixels of a row, so that fewer spans are worth a look.
  virtual void glance(int y) = 0;
  virtual FrameLight finish() = 0;
};

}  // namespace pier::analysis
