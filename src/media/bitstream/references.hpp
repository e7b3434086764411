#pragma once
// Whether pictures that a picture refers to were in the stream, told from headers alone, in decoding order. Bounded
// memory. What cannot be told is never reported: before the first picture that decoding may start at, behind a slice
// whose header could not be read up to the next such picture, and long-term references.

#include <cstdint>
#include <optional>
#include <vector>

#include <pier/media/access_unit.hpp>

#include "bitstream/slice_header.hpp"

namespace pier::media::impl {

constexpr int kReachOfLoss = 16;  // pictures after a loss, in decoding order, that are followed

/// H.265: picture order counts (8.3.1) and what each picture says must be there (8.3.2).
class HevcReferences {
 public:
  void slice(const HevcSlice& slice);
  void end_of_sequence() { x_ended = true; }
  /// After the last slice of an access unit. True: a picture that it uses never came, or is made from one that did not.
  bool finish();

 private:
  struct Held {
    int64_t poc = 0;
    bool broken = false;
  };
  void begin(const HevcSlice& slice);
  void close();
  int64_t order_count(const HevcSlice& slice, bool restarts) const;
  void hold(const HevcSlice& slice, int64_t poc);

  std::vector<Held> x_held;  // what every picture since has named; at most 33
  bool x_sure = false;       // all since an access point could be read
  bool x_ended = false;      // the next access point starts afresh
  bool x_skip_rasl = false;
  int64_t x_previous_poc = 0;  // of prevTid0Pic
  int x_left = 0;              // pictures to which a loss may yet spread

  // Of the picture being read.
  std::optional<int64_t> x_poc;
  bool x_open = false, x_intra = true, x_missing = false, x_broken = false;
  bool x_found = false;  // of the access unit
};

/// H.264: frame_num counts reference pictures without a gap (7.4.3).
class AvcReferences {
 public:
  void slice(const AvcSlice& slice);
  /// After the last slice of an access unit, which is entered as `access` says.
  bool finish(PictureAccess access);

 private:
  void begin(const AvcSlice& slice);
  bool start(PictureAccess access);
  bool second_field() const;
  bool decide(PictureAccess access);
  bool leads(uint32_t point) const;

  bool x_started = false;
  uint32_t x_previous = 0;          // PrevRefFrameNum
  std::optional<uint32_t> x_entry;  // started here, which is no IDR: pictures that led it may have been taken off
  std::optional<uint32_t> x_point;  // recovery point after a loss: only what leads it is touched
  int x_left = 0;

  // Of the access unit being read, and of the one before.
  std::optional<AvcSlice> x_first, x_now, x_before;
  bool x_intra = true, x_gap = false, x_unread = false, x_before_found = false;
};

}  // namespace pier::media::impl
