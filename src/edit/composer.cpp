#include "composer.hpp"

#include <algorithm>
#include <array>

#include <pier/transcode/source_parts.hpp>

namespace pier::edit::impl {
namespace {

constexpr double kNothing = 1e-6;     // of a weight
constexpr int64_t kMostBlended = 32;  // pictures of the source to one

int64_t floor_of(Rational value) {
  return rescale(1, value, 1, Rounding::kDown);
}

/// Overlap of [low, high) with picture `number`.
Rational overlap(Rational low, Rational high, int64_t number) {
  const Rational begin = std::max(low, Rational(number)), end = std::min(high, Rational(number + 1));
  return end > begin ? end - begin : Rational(0);
}

void add_share(std::vector<Share>& shares, int64_t number, double weight, int64_t pictures) {
  number = std::clamp<int64_t>(number, 0, pictures - 1);
  if (weight <= kNothing) return;
  if (!shares.empty() && shares.back().number == number)
    shares.back().weight += weight;
  else
    shares.push_back({number, weight});
}

}  // namespace

std::vector<Share> shares_at(const PicturePiece& piece, const SourcePlan& source, Rational at, Rational rate,
                             Retime retime) {
  const Rational source_rate = source.plan.frame_rate;
  const Rational place = (piece.source_start + (at - piece.span.clip_begin) * piece.speed) * source_rate;
  const Rational signed_step = piece.speed * source_rate / rate;
  const Rational step = signed_step < Rational(0) ? Rational(0) - signed_step : signed_step;
  std::vector<Share> shares;
  const int64_t number = floor_of(place);
  if (retime == Retime::kNearest || step == Rational(0) || step > Rational(kMostBlended)) {
    add_share(shares, number, 1, source.pictures);
  } else if (step > Rational(1)) {
    const Rational low = signed_step < Rational(0) ? place + Rational(1) - step : place, high = low + step;
    for (int64_t i = floor_of(low); Rational(i) < high; ++i)
      add_share(shares, i, (overlap(low, high, i) / step).value(), source.pictures);
  } else {
    const double part = (place - Rational(number)).value();
    add_share(shares, number, 1 - part, source.pictures);
    add_share(shares, number + 1, part, source.pictures);
  }
  return shares;
}

namespace {

/// One track; a picture of a transition is weighed by its middle.
Stage stage_of(const std::vector<PicturePiece>& track, Rational at, Rational middle) {
  Stage stage;
  for (const PicturePiece& piece : track) {
    if (!piece.span.covers(at)) continue;
    const double weight = piece.span.weight(middle);
    if (piece.kind == PicturePiece::Kind::kGap)
      stage.below += weight;
    else if (weight > kNothing)
      stage.seen.push_back({&piece, weight});
    stage.graphics |= piece.graphic() && weight > kNothing;
  }
  if (stage.seen.empty()) stage.below = 1;
  return stage;
}

Rational middle_of(const EditPlan& plan, Rational at) {
  return at + plan.file.frame_rate.inverse() * Rational(1, 2);
}

}  // namespace

std::vector<Stage> stages_at(const EditPlan& plan, Rational at) {
  const Rational middle = middle_of(plan, at);
  std::vector<Stage> stages;
  for (auto track = plan.pictures.rbegin(); track != plan.pictures.rend(); ++track) {
    Stage stage = stage_of(*track, at, middle);
    if (stage.seen.empty()) continue;
    // Tracks of pictures alone are one sum.
    if (!stages.empty() && !stages.back().graphics && !stage.graphics) {
      Stage& above = stages.back();
      for (const Seen& seen : stage.seen) above.seen.push_back({seen.piece, seen.weight * above.below});
      above.below *= stage.below;
    } else {
      stages.push_back(std::move(stage));
    }
    if (!stages.back().graphics && stages.back().below <= kNothing) break;
  }
  for (Stage& stage : stages) std::erase_if(stage.seen, [](const Seen& one) { return one.weight <= kNothing; });
  std::ranges::reverse(stages);
  return stages;
}

ClipPictures& Composer::reader(const PicturePiece& piece) {
  std::unique_ptr<ClipPictures>& found = x_readers[&piece];
  if (!found) {
    found = std::make_unique<ClipPictures>(x_inputs[piece.input].source, *x_plan.sources[piece.input],
                                           *x_plan.file.file.pictures, x_format, x_converters[piece.input], x_threads);
  }
  return *found;
}

void Composer::close_before(Rational at) {
  std::erase_if(x_readers, [&](const auto& one) {
    if (one.first->span.end > at) return false;
    x_damaged += one.second->damaged();
    return true;
  });
  x_graphics.close_before(at);
  std::erase_if(x_coded, [&](const auto& one) { return one.first->span.end <= at; });
}

Result<void> Composer::add(const Seen& seen, Rational at, std::vector<Part>& parts) {
  const PicturePiece& piece = *seen.piece;
  const auto shares = shares_at(piece, *x_plan.sources[piece.input], at, x_plan.file.frame_rate, x_plan.retime);
  for (const Share& share : shares) {
    auto picture = reader(piece).at(share.number);
    if (!picture) return fail_in(piece.name, picture.error());
    parts.push_back({std::move(*picture), seen.weight * share.weight});
  }
  return {};
}

/// The one picture that is seen, where it can be taken over as it is.
Result<std::optional<media::Packet>> Composer::coded(const std::vector<Stage>& stages, Rational at) {
  if (stages.size() != 1 || stages.front().graphics) return std::nullopt;
  const std::vector<Seen>& seen = stages.front().seen;
  if (seen.size() != 1 || seen.front().weight < 1 - kNothing) return std::nullopt;
  const PicturePiece& piece = *seen.front().piece;
  const SourcePlan& source = *x_plan.sources[piece.input];
  if (!source.copied) return std::nullopt;
  const auto shares = shares_at(piece, source, at, x_plan.file.frame_rate, x_plan.retime);
  if (shares.size() != 1) return std::nullopt;
  std::unique_ptr<CodedPictures>& found = x_coded[&piece];
  if (!found) found = std::make_unique<CodedPictures>(x_inputs[piece.input].source, source.plan);
  return found->at(shares.front().number);
}

Result<Picture> Composer::black() {
  const media::WrittenPictures& wanted = *x_plan.file.file.pictures;
  if (!x_black) x_black = transcode::black_picture(x_format, wanted.width, wanted.height, wanted.colour);
  if (!x_black) return fail(ErrorCode::kTooLarge, "no memory for a picture");
  return x_black;
}

Result<Picture> Composer::drawn(const Seen& seen, const Picture& below, Rational at, double weight) {
  const double opacity = weight * opacity_at(*seen.piece, middle_of(x_plan, at));
  PIER_TRY(const overlay::Placed placed, x_graphics.placed(*seen.piece, opacity));
  return overlay::composed(below, std::array{placed});
}

Result<Picture> Composer::composed(const Stage& stage, const Picture& below, Rational at) {
  // A graphic that comes or goes alone is itself fainter: the same, for less work.
  if (stage.graphics && stage.seen.size() == 1) return drawn(stage.seen.front(), below, at, stage.seen.front().weight);
  std::vector<Part> parts;
  for (const Seen& seen : stage.seen) {
    if (seen.piece->graphic()) {
      PIER_TRY(Picture with, drawn(seen, below, at, 1));
      parts.push_back({std::move(with), seen.weight});
    } else {
      PIER_CHECK(add(seen, at, parts));
    }
  }
  double weight = 0;
  for (const Part& part : parts) weight += part.weight;
  if (parts.size() == 1 && weight > 1 - kNothing) return parts.front().picture;
  if (weight < 1 - kNothing) parts.push_back({below, 1 - weight});
  x_mixed++;
  return mixed(parts);
}

Result<Composed> Composer::at(int64_t number) {
  const Rational at = Rational(number) / x_plan.file.frame_rate;
  close_before(at);
  const std::vector<Stage> stages = stages_at(x_plan, at);
  Composed made;
  PIER_TRY(const std::optional<media::Packet> packet, coded(stages, at));
  if (packet) {
    made.coded = *packet;
    x_copied++;
    return made;
  }
  const int64_t mixed_before = x_mixed;
  PIER_TRY(made.picture, black());
  for (const Stage& stage : stages) {
    PIER_TRY(made.picture, composed(stage, made.picture, at));
  }
  x_mixed = std::min(x_mixed, mixed_before + 1);
  if (std::ranges::any_of(stages, &Stage::graphics)) x_drawn++;
  return made;
}

std::vector<std::string> Composer::conversions() const {
  std::vector<std::string> all;
  for (const auto& converter : x_converters) all.push_back(converter ? converter->describe() : "");
  return all;
}

}  // namespace pier::edit::impl
