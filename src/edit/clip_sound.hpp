#pragma once
// The samples of one clip at the programme's rate. Private to this module.

#include <deque>

#include <pier/edit/render.hpp>
#include <pier/transcode/source_parts.hpp>

namespace pier::edit::impl {

inline constexpr int kProgrammeRate = 48'000;

/// Windowed sinc, Kaiser, that passes what both rates can hold.
class Kernel {
 public:
  /// `ratio`: samples of the source to one of the output.
  explicit Kernel(double ratio);
  int reach() const { return x_reach; }  // samples of the source at each side
  float at(double distance) const;       // in samples of the source

 private:
  double x_scale;
  int x_reach;
  std::vector<float> x_table;
};

class ClipSound {
 public:
  /// From sample `first` of the programme on, `count` of them.
  static Result<std::unique_ptr<ClipSound>> open(const media::Source& source, const SoundPiece& piece, int64_t first,
                                                 int64_t count);
  /// The next `count` samples, left and right; silence where the source has none.
  Result<std::vector<std::vector<float>>> take(size_t count);

 private:
  ClipSound(transcode::SoundReader reader, const SoundPiece& piece, Rational ratio)
      : x_reader(std::move(reader)), x_piece(piece), x_ratio(ratio), x_kernel(ratio.value()) {}
  Result<void> fill(int64_t until);
  float at(size_t side, int64_t position) const;
  float resampled(size_t side, Rational position) const;
  void drop_before(int64_t position);

  transcode::SoundReader x_reader;
  const SoundPiece& x_piece;
  Rational x_ratio, x_offset;  // the output's sample 0, on the samples that are read
  Kernel x_kernel;
  std::vector<std::deque<float>> x_window{2};
  int64_t x_dropped = 0, x_given = 0;
  bool x_ended = false;
};

}  // namespace pier::edit::impl
