#include <algorithm>
#include <cmath>

#include <pier/core/bytes.hpp>

#include "coded_pictures.hpp"
#include "planner.hpp"

namespace pier::edit {
namespace impl {
namespace {

using media::VideoFacts;
using timeline::Item;
using timeline::ItemKind;

constexpr double kMostDistortion = 0.015;  // of the shape of a picture, else it is fitted with black bars
constexpr int kSampleRate = 48'000;

const VideoFacts* pictures_of(const Input& input) {
  if (!input.facts || input.facts->main_video < 0) return nullptr;
  return &input.facts->video[static_cast<size_t>(input.facts->main_video)];
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool tone_maps(const deliver::Plan& plan, const ColourInfo& target) {
  return plan.source_colour.is_hdr() && !target.is_hdr();
}

std::string light_of(const ColourInfo& colour) {
  if (colour.transfer == Transfer::kPq) return "pq";
  return colour.transfer == Transfer::kHlg ? "hlg" : "sdr";
}

}  // namespace

void Planner::note(const std::string& text) {
  std::vector<std::string>& notes = x_plan.file.notes;
  if (std::ranges::find(notes, text) == notes.end()) notes.push_back(text);
}

Result<size_t> Planner::input_of(const std::string& path) const {
  for (size_t i = 0; i < x_inputs.size(); ++i) {
    if (x_inputs[i].path == path) return i;
  }
  return fail(ErrorCode::kInternal, "its media was not opened");
}

/// By the user's words for it, else by those of the first clip that has some.
Result<std::string> Planner::tags_of(size_t input) const {
  const std::string& path = x_inputs[input].path;
  for (const std::string& name : {path, base_name(path)}) {
    if (const auto said = x_wish.tags.find(name); said != x_wish.tags.end()) return said->second;
  }
  const auto said = x_clip_tags.find(input);
  return said == x_clip_tags.end() ? std::string() : said->second;
}

Result<PicturePiece> Planner::picture_piece(const PlacedItem& placed) {
  PicturePiece piece;
  piece.name = placed.name;
  piece.span = placed.span;
  const Item& item = *placed.item;
  if (item.kind == ItemKind::kGap || !item.enabled) return piece;
  PIER_TRY(const timeline::ClipSettings settings, timeline::settings_of(item));
  piece.place = settings.place;
  if (item.media.kind == timeline::MediaKind::kGenerator) {
    PIER_CHECK(text_piece(item, piece));
    return piece;
  }
  PIER_TRY(piece.input, input_of(item.media.target));
  const Input& input = x_inputs[piece.input];
  if (!input.facts) {
    piece.kind = PicturePiece::Kind::kImage;
    return piece;
  }
  if (piece.place.stated()) {
    return fail(ErrorCode::kInputUnsupported,
                "metadata.pier places " + display_text(input.path) +
                    ", which fills the output; only PNG, SVG and text have a place, a size and an opacity");
  }
  if (!settings.tags.empty()) x_clip_tags.try_emplace(piece.input, settings.tags);
  piece.kind = PicturePiece::Kind::kPictures;
  piece.source_start = source_start(item, *input.facts);
  piece.speed = item.speed.value_or(Rational(1));
  return piece;
}

Result<void> Planner::text_piece(const Item& item, PicturePiece& piece) {
  piece.kind = PicturePiece::Kind::kText;
  PIER_TRY(piece.text, timeline::text_of(item.media));
  if (!piece.text.font.empty()) {
    note(piece.name + " names the font " + display_text(piece.text.font) +
         "; texts are drawn in that of --font and the declared ones");
  }
  return {};
}

/// A track of its own, above all others.
Result<void> Planner::add_logo() {
  PicturePiece piece;
  piece.kind = PicturePiece::Kind::kImage;
  piece.name = "the logo";
  piece.span.end = piece.span.clip_length = x_length;
  piece.place = x_wish.logo->place;
  PIER_TRY(piece.input, input_of(x_wish.logo->path));
  x_plan.pictures.push_back({std::move(piece)});
  return {};
}

Result<void> Planner::plan_tracks() {
  for (const timeline::Track& track : x_timeline.tracks) {
    if (track.kind != timeline::TrackKind::kVideo || !track.enabled) continue;
    PIER_TRY(const std::vector<PlacedItem> placed, place(track));
    std::vector<PicturePiece>& pieces = x_plan.pictures.emplace_back();
    for (const PlacedItem& one : placed) {
      auto piece = picture_piece(one);
      if (!piece) return fail_in(one.name, piece.error());
      pieces.push_back(std::move(*piece));
    }
  }
  if (x_wish.logo) PIER_CHECK(add_logo());
  return {};
}

/// A plan as if the source were delivered by itself, which finds its colour and refuses what cannot be read.
Result<deliver::Plan> Planner::source_plan(const Input& input, const std::string& tags, const std::string& to) {
  deliver::Wish wish;
  wish.format = "prores-4444";
  wish.to = to;
  wish.tags = tags;
  wish.audio = "none";
  wish.peak_nits = x_wish.file.peak_nits;
  PIER_TRY(deliver::Plan plan, deliver::plan_delivery(*input.facts, wish, {}));
  const ColourInfo& target = plan.file.pictures->colour;
  if (tone_maps(plan, target)) wish.tone_map = x_wish.file.tone_map;
  if (!plan.source_colour.is_hdr() && target.is_hdr()) wish.placement = x_wish.file.placement;
  return deliver::plan_delivery(*input.facts, wish, {});
}

Result<void> Planner::plan_sources() {
  x_plan.sources.resize(x_inputs.size());
  std::string to = x_wish.file.to;
  bool mapped = false, placed = false;
  for (const std::vector<PicturePiece>& track : x_plan.pictures) {
    for (const PicturePiece& piece : track) {
      if (piece.kind != PicturePiece::Kind::kPictures || x_plan.sources[piece.input]) continue;
      const Input& input = x_inputs[piece.input];
      const std::string where = piece.name + ", " + display_text(input.path);
      PIER_TRY(const std::string tags, tags_of(piece.input));
      auto plan = source_plan(input, tags, to);
      if (!plan) return fail_in(where, plan.error());
      if (to == "keep") to = light_of(plan->source_colour);
      for (deliver::Repair repair : plan->repairs) {
        repair.field = base_name(input.path) + " " + repair.field;
        x_plan.file.repairs.push_back(std::move(repair));
      }
      for (const std::string& text : plan->notes) {
        if (!text.starts_with("PQ without")) note(display_text(base_name(input.path)) + ": " + text);
      }
      mapped |= tone_maps(*plan, plan->file.pictures->colour);
      placed |= !plan->source_colour.is_hdr() && plan->file.pictures->colour.is_hdr();
      SourcePlan source;
      source.plan = std::move(*plan);
      const VideoFacts& video = *pictures_of(input);
      source.uneven = video.variable_rate;
      source.pictures = video.frames > 0 && !video.variable_rate ? video.frames : source.plan.pictures;
      x_plan.sources[piece.input] = std::move(source);
    }
  }
  if (!x_wish.file.tone_map.empty() && !mapped)
    return fail(ErrorCode::kInvalidArgument, "--tone-map is for HDR to SDR, and no source needs that; leave it out");
  if (!x_wish.file.placement.empty() && !placed)
    return fail(ErrorCode::kInvalidArgument, "--placement is for SDR to HDR, and no source needs that; leave it out");
  return {};
}

/// The programme as if it were one master that has just the form of the output.
media::Facts Planner::programme_facts(const deliver::Plan& first) const {
  media::Facts facts;
  VideoFacts video;
  const auto leading = std::ranges::find_if(x_plan.sources, [](const auto& source) { return source.has_value(); });
  const auto index = static_cast<size_t>(leading - x_plan.sources.begin());
  const VideoFacts& source = *pictures_of(x_inputs[index]);
  video.width = first.file.pictures->width;
  video.height = first.file.pictures->height;
  video.sample_aspect = first.file.pictures->sample_aspect;
  video.format = source.format;
  video.colour = first.source_colour;
  video.frame_rate = x_wish.rate > Rational(0) ? x_wish.rate : source.frame_rate;
  video.time_base = video.frame_rate.inverse();
  video.duration = x_length;
  bool equal = true;
  for (size_t i = 0; i < x_inputs.size(); ++i) {
    const VideoFacts* other = x_plan.sources[i] ? pictures_of(x_inputs[i]) : nullptr;
    if (other == nullptr) continue;
    equal =
        equal && other->mastering_display == source.mastering_display && other->content_light == source.content_light;
  }
  if (equal && first.source_colour.transfer == Transfer::kPq) {
    video.mastering_display = source.mastering_display;
    video.content_light = source.content_light;
  }
  facts.container = "timeline";
  facts.duration = x_length;
  facts.video.push_back(video);
  facts.main_video = 0;
  if (x_timeline.global_start) {
    Timecode timecode;
    timecode.fps = static_cast<int>(std::lround(video.frame_rate.value()));
    timecode.frame = rescale(1, x_timeline.global_start->seconds(), video.frame_rate.inverse());
    const json::value* said = x_timeline.metadata.if_contains("cmx_3600");
    timecode.drop = said != nullptr && said->is_object() && bool_or(said->get_object(), "drop_frame", false) &&
                    video.frame_rate.den == 1001 && timecode.fps % 30 == 0;
    facts.timecode = timecode.to_string();
  }
  for (size_t i = 0; i < x_sound_tracks; ++i) {
    media::AudioFacts audio;
    audio.stream_index = static_cast<int>(i) + 1;
    audio.codec = media::Codec::kPcm;
    audio.layout = "stereo";
    audio.channels = 2;
    audio.channel_mask = 3;
    audio.sample_rate = kSampleRate;
    facts.audio.push_back(audio);
  }
  return facts;
}

Result<void> Planner::plan_file() {
  const auto leading = std::ranges::find_if(x_plan.sources, [](const auto& source) { return source.has_value(); });
  if (leading == x_plan.sources.end())
    return fail(ErrorCode::kInvalidArgument, "the timeline shows no pictures of any media; there is nothing to render");
  deliver::Wish wish = x_wish.file;
  wish.tags.clear();
  wish.tone_map.clear();
  wish.placement.clear();
  wish.audio_map.clear();
  wish.layout.clear();
  PIER_TRY(deliver::Plan plan, deliver::plan_delivery(programme_facts((*leading)->plan), wish, {}));
  plan.notes.insert(plan.notes.begin(), x_plan.file.notes.begin(), x_plan.file.notes.end());
  plan.repairs.insert(plan.repairs.begin(), x_plan.file.repairs.begin(), x_plan.file.repairs.end());
  plan.pictures = std::max<int64_t>(1, rescale(1, x_length, plan.frame_rate.inverse()));
  plan.start = 0;
  x_plan.file = std::move(plan);
  return {};
}

Result<void> Planner::fit(size_t input) {
  SourcePlan& source = *x_plan.sources[input];
  const media::WrittenPictures& from = *source.plan.file.pictures;
  const media::WrittenPictures& to = *x_plan.file.file.pictures;
  const double shape = Rational(from.width, from.height).value() * from.sample_aspect.value();
  const double wanted = Rational(to.width, to.height).value() * to.sample_aspect.value();
  source.width = to.width;
  source.height = to.height;
  source.copied = can_be_copied(*pictures_of(x_inputs[input]), source, to);
  const std::string name = display_text(base_name(x_inputs[input].path));
  if (std::abs(shape / wanted - 1) > kMostDistortion) {
    const auto even = [](double side) { return std::max(2, 2 * static_cast<int>(std::lround(side / 2))); };
    if (shape > wanted)
      source.height = std::min(to.height, even(to.height * wanted / shape));
    else
      source.width = std::min(to.width, even(to.width * shape / wanted));
    source.x = (to.width - source.width) / 4 * 2;
    source.y = (to.height - source.height) / 4 * 2;
    note(name + " has another shape and stands between black bars, " + std::to_string(source.width) + "x" +
         std::to_string(source.height));
  }
  if (source.plan.frame_rate != x_plan.file.frame_rate) {
    note(name + " runs at " + source.plan.frame_rate.to_string() + " pictures a second, the output at " +
         x_plan.file.frame_rate.to_string() +
         (x_plan.retime == Retime::kBlend ? ": pictures are blended" : ": pictures are repeated or left out"));
  }
  return {};
}

Result<void> Planner::check_range(const PicturePiece& piece) {
  const SourcePlan& source = *x_plan.sources[piece.input];
  const auto picture_at = [&](Rational at) {
    return rescale(1, piece.source_start + (at - piece.span.clip_begin) * piece.speed, source.plan.frame_rate.inverse(),
                   Rounding::kDown);
  };
  const Rational last_shown = piece.span.end - x_plan.file.frame_rate.inverse();
  const int64_t first = std::min(picture_at(piece.span.begin), picture_at(last_shown));
  const int64_t last = std::max(picture_at(piece.span.begin), picture_at(last_shown));
  if (piece.span.end <= piece.span.begin || (first >= 0 && last < source.pictures)) return {};
  std::string hint = "; trim it";
  if (piece.span.ramp_in > Rational(0) || piece.span.ramp_out > Rational(0)) hint += ", or shorten its transitions";
  const Input& input = x_inputs[piece.input];
  const std::string& timecode = input.facts->timecode;
  if (first >= source.pictures && !timecode.empty())
    hint += "; if it counts by the file's time code, which begins at " + display_text(timecode) +
            ", say so by the available_range of its media";
  return fail(ErrorCode::kInvalidArgument, piece.name + " needs pictures " + std::to_string(first) + " to " +
                                               std::to_string(last) + " of " + display_text(input.path) +
                                               ", which has 0 to " + std::to_string(source.pictures - 1) + hint);
}

Result<EditPlan> Planner::plan() {
  x_length = 0;
  for (const timeline::Track& track : x_timeline.tracks)
    if (track.enabled) x_length = std::max(x_length, track.length());
  if (x_length <= Rational(0)) return fail(ErrorCode::kInvalidArgument, "the timeline is empty");
  if (x_length > Rational(86'400)) return fail(ErrorCode::kTooLarge, "the timeline is longer than a day");
  x_plan.retime = x_wish.retime;
  x_plan.crossfade = x_wish.crossfade;
  PIER_CHECK(plan_tracks());
  PIER_CHECK(plan_sources());
  PIER_CHECK(plan_sounds());
  PIER_CHECK(plan_file());
  for (size_t i = 0; i < x_plan.sources.size(); ++i)
    if (x_plan.sources[i]) PIER_CHECK(fit(i));
  for (const auto& track : x_plan.pictures) {
    for (const PicturePiece& piece : track)
      if (piece.kind == PicturePiece::Kind::kPictures) PIER_CHECK(check_range(piece));
  }
  if (x_wish.file.audio == "none") x_plan.sounds.clear();
  return std::move(x_plan);
}

}  // namespace impl

Result<EditPlan> plan_edit(const timeline::Timeline& timeline, const std::vector<Input>& inputs, const EditWish& wish) {
  PIER_CHECK(deliver::check_words(wish.file));
  return impl::Planner(timeline, inputs, wish).plan();
}

}  // namespace pier::edit
