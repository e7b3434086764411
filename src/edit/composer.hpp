#pragma once
// The pictures of a programme, one after the other. Private to this module.

#include <map>
#include <memory>

#include "clip_pictures.hpp"
#include "coded_pictures.hpp"

namespace pier::edit::impl {

/// Of which pictures of its source a clip is made at one moment.
struct Share {
  int64_t number = 0;
  double weight = 0;
};
std::vector<Share> shares_at(const PicturePiece& piece, const SourcePlan& source, Rational at, Rational rate,
                             Retime retime);

/// Which clips are seen at a moment, and how much of each; what is missing to 1 is black.
struct Seen {
  const PicturePiece* piece = nullptr;
  double weight = 0;
};
std::vector<Seen> seen_at(const EditPlan& plan, Rational at);

/// A picture of the programme: to be coded, or as it is coded already.
struct Composed {
  Picture picture;
  media::Packet coded;  // without a handle: there is none
};

/// Not thread-safe; pictures are asked for in order.
class Composer {
 public:
  Composer(const EditPlan& plan, const std::vector<OpenInput>& inputs, PixelFormat format, int threads)
      : x_plan(plan), x_inputs(inputs), x_format(format), x_threads(threads), x_converters(inputs.size()) {}

  Result<Composed> at(int64_t number);
  int64_t copied() const { return x_copied; }
  int64_t mixed_pictures() const { return x_mixed; }
  int64_t damaged() const { return x_damaged; }
  std::vector<std::string> conversions() const;

 private:
  ClipPictures& reader(const PicturePiece& piece);
  void close_before(Rational at);
  Result<std::optional<media::Packet>> coded(const std::vector<Seen>& seen, Rational at);
  Result<Picture> composed(const std::vector<Seen>& seen, Rational at);
  Result<void> add(const Seen& seen, Rational at, std::vector<Part>& parts);

  const EditPlan& x_plan;
  const std::vector<OpenInput>& x_inputs;
  PixelFormat x_format;
  int x_threads;
  std::vector<std::optional<colour::Converter>> x_converters;
  std::map<const PicturePiece*, std::unique_ptr<ClipPictures>> x_readers;
  std::map<const PicturePiece*, std::unique_ptr<CodedPictures>> x_coded;
  Picture x_black;
  int64_t x_copied = 0, x_mixed = 0, x_damaged = 0;
};

}  // namespace pier::edit::impl
