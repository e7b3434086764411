#pragma once
// The pictures of a programme, one after the other. Private to this module.

#include <map>
#include <memory>

#include "clip_pictures.hpp"
#include "coded_pictures.hpp"
#include "graphics.hpp"

namespace pier::edit::impl {

/// Of which pictures of its source a clip is made at one moment.
struct Share {
  int64_t number = 0;
  double weight = 0;
};
std::vector<Share> shares_at(const PicturePiece& piece, const SourcePlan& source, Rational at, Rational rate,
                             Retime retime);

/// A clip that is seen at a moment, and how much of it.
struct Seen {
  const PicturePiece* piece = nullptr;
  double weight = 0;
};
/// The sum of clips by their weights and of the stages below; a graphic counts as what is below with it drawn over.
struct Stage {
  std::vector<Seen> seen;
  double below = 0;  // weight of the stages below as they are; below the lowest is black
  bool graphics = false;
};
/// What is seen at a moment, the lowest first; nothing: black.
std::vector<Stage> stages_at(const EditPlan& plan, Rational at);

/// A picture of the programme: to be coded, or as it is coded already.
struct Composed {
  Picture picture;
  media::Packet coded;  // without a handle: there is none
};

/// Not thread-safe; pictures are asked for in order.
class Composer {
 public:
  /// `fonts`: none where there are no texts.
  Composer(const EditPlan& plan, const std::vector<OpenInput>& inputs, PixelFormat format, int threads,
           const overlay::Fonts* fonts)
      : x_plan(plan),
        x_inputs(inputs),
        x_format(format),
        x_threads(threads),
        x_converters(inputs.size()),
        x_graphics(plan, inputs, format, fonts) {}

  Result<Composed> at(int64_t number);
  int64_t copied() const { return x_copied; }
  int64_t mixed_pictures() const { return x_mixed; }
  int64_t drawn() const { return x_drawn; }
  int64_t damaged() const { return x_damaged; }
  std::vector<std::string> conversions() const;

 private:
  ClipPictures& reader(const PicturePiece& piece);
  void close_before(Rational at);
  Result<std::optional<media::Packet>> coded(const std::vector<Stage>& stages, Rational at);
  Result<Picture> black();
  Result<Picture> composed(const Stage& stage, const Picture& below, Rational at);
  Result<Picture> drawn(const Seen& seen, const Picture& below, Rational at, double weight);
  Result<void> add(const Seen& seen, Rational at, std::vector<Part>& parts);

  const EditPlan& x_plan;
  const std::vector<OpenInput>& x_inputs;
  PixelFormat x_format;
  int x_threads;
  std::vector<std::optional<colour::Converter>> x_converters;
  std::map<const PicturePiece*, std::unique_ptr<ClipPictures>> x_readers;
  std::map<const PicturePiece*, std::unique_ptr<CodedPictures>> x_coded;
  Graphics x_graphics;
  Picture x_black;
  int64_t x_copied = 0, x_mixed = 0, x_drawn = 0, x_damaged = 0;
};

}  // namespace pier::edit::impl
