#include <pier/core/bytes.hpp>
#include <pier/edit/plan.hpp>

namespace pier::edit {
namespace {

const char* name_of(PicturePiece::Kind kind) {
  switch (kind) {
    case PicturePiece::Kind::kGap:
      return "gap";
    case PicturePiece::Kind::kPictures:
      return "pictures";
    case PicturePiece::Kind::kImage:
      return "image";
    case PicturePiece::Kind::kText:
      return "text";
  }
  return "gap";
}

json::object describe(const SourcePlan& source) {
  const deliver::Plan& plan = source.plan;
  return {{"pictures", source.pictures},
          {"frame_rate", json::array{plan.frame_rate.num, plan.frame_rate.den}},
          {"transfer", to_string(plan.source_colour.transfer)},
          {"primaries", to_string(plan.source_colour.primaries)},
          {"width", source.width},
          {"height", source.height}};
}

json::array describe(const std::vector<PicturePiece>& track, const std::vector<Input>& inputs, Rational rate) {
  json::array clips;
  for (const PicturePiece& piece : track) {
    json::object clip{{"name", piece.name},
                      {"kind", name_of(piece.kind)},
                      {"first", rescale(1, piece.span.begin, rate.inverse(), Rounding::kUp)},
                      {"end", rescale(1, piece.span.end, rate.inverse(), Rounding::kUp)}};
    const bool file = piece.kind == PicturePiece::Kind::kPictures || piece.kind == PicturePiece::Kind::kImage;
    if (file) clip["media"] = display_text(inputs[piece.input].path);
    if (piece.speed != Rational(1)) clip["speed"] = piece.speed.to_string();
    clips.push_back(std::move(clip));
  }
  return clips;
}

}  // namespace

json::object describe(const EditPlan& plan, const std::vector<Input>& inputs) {
  json::array sources, tracks;
  for (size_t i = 0; i < inputs.size(); ++i) {
    json::object source = plan.sources[i] ? describe(*plan.sources[i]) : json::object();
    put_path(source, "path", inputs[i].path);
    sources.push_back(std::move(source));
  }
  for (const auto& track : plan.pictures) tracks.push_back(describe(track, inputs, plan.file.frame_rate));
  const media::WrittenPictures& wanted = *plan.file.file.pictures;
  return {{"pictures", plan.file.pictures},
          {"frame_rate", json::array{wanted.frame_rate.num, wanted.frame_rate.den}},
          {"width", wanted.width},
          {"height", wanted.height},
          {"transfer", to_string(wanted.colour.transfer)},
          {"primaries", to_string(wanted.colour.primaries)},
          {"timecode", wanted.timecode},
          {"retime", plan.retime == Retime::kBlend ? "blend" : "nearest"},
          {"crossfade", plan.crossfade == Crossfade::kLinear ? "linear" : "equal power"},
          {"sound_tracks", plan.file.sounds.size()},
          {"sources", std::move(sources)},
          {"tracks", std::move(tracks)}};
}

}  // namespace pier::edit
