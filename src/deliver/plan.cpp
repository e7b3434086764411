#include <algorithm>
#include <cmath>
#include <limits>

#include <pier/deliver/plan.hpp>
#include <pier/transcode/ladder.hpp>

#include "plan_sound.hpp"
#include "words.hpp"

namespace pier::deliver {
namespace {

using media::VideoFacts;

constexpr double kMostDistortion = 0.015;  // of the shape of a picture

Result<const VideoFacts*> pictures_of(const media::Facts& facts, Scan scan) {
  if (facts.main_video < 0) return fail(ErrorCode::kInputUnsupported, "it has no pictures");
  const VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  if (!video.decodable) {
    return fail(ErrorCode::kInputUnsupported, "there is no decoder here for its pictures (" +
                                                  std::string(media::to_string(video.codec)) +
                                                  "); deliver HEVC, AVC, AV1, ProRes, DNxHD or JPEG 2000");
  }
  if (video.dolby_vision && video.dolby_vision->profile == 5) {
    return fail(ErrorCode::kInputUnsupported,
                "Dolby Vision profile 5 has no base layer that can be decoded to right colours; deliver profile 8.1, "
                "8.4 or an HDR10 master");
  }
  if (video.interlaced && scan == Scan::kNotLooked) {
    return fail(
        ErrorCode::kInputUnsupported,
        "its pictures are interlaced and are not taken apart here; make a progressive file of it by pier convert");
  }
  if (video.frame_rate.num <= 0) return fail(ErrorCode::kInputUnsupported, "its frame rate is not known");
  return &video;
}

Matrix matrix_of(Primaries primaries) {
  switch (primaries) {
    case Primaries::kBt2020:
      return Matrix::kBt2020Ncl;
    case Primaries::kSmpte170m:
      return Matrix::kSmpte170m;
    case Primaries::kBt470bg:
      return Matrix::kBt470bg;
    default:
      return Matrix::kBt709;
  }
}

class Planner {
 public:
  Planner(const media::Facts& facts, const VideoFacts& video, const Wish& wish)
      : x_facts(facts), x_video(video), x_wish(wish) {}

  Result<Plan> plan(const Programme& programme) {
    PIER_TRY(x_coding, media::picture_coding(x_wish.format));
    plan_range(programme);
    PIER_CHECK(plan_fields(programme.scan));
    PIER_CHECK(plan_source_colour());
    plan_target_colour();
    PIER_CHECK(plan_conversion());
    PIER_CHECK(plan_raster());
    PIER_CHECK(plan_light());
    plan_timecode(programme);
    x_pictures.coding = x_coding.name;
    x_pictures.quality = x_wish.quality;
    x_pictures.bitrate = x_wish.bitrate;
    x_pictures.preset = x_wish.preset;
    x_plan.file.container = x_wish.container;
    x_plan.file.pictures = x_pictures;
    PIER_CHECK(plan_sounds(x_facts, x_wish, x_plan));
    return std::move(x_plan);
  }

 private:
  void note(std::string text) { x_plan.notes.push_back(std::move(text)); }

  void plan_range(const Programme& programme) {
    x_plan.stream_index = x_video.stream_index;
    x_plan.rotation = x_video.rotation;
    x_plan.time_base = x_video.time_base;
    x_plan.frame_rate = x_video.frame_rate;
    const Rational picture = x_video.frame_rate.inverse(), begin = Rational(x_video.start_pts) * x_video.time_base;
    const auto place = [&](Rational seconds) { return rescale(1, seconds, picture, Rounding::kUp); };
    // Clocks of containers are rounded: a picture is met from half a picture before its time on.
    const auto before = [&](int64_t number) {
      return x_video.start_pts + rescale(2 * number - 1, picture * Rational(1, 2), x_video.time_base);
    };
    const int64_t first = programme.in ? place(*programme.in) : 0;
    x_plan.into = Rational(first) * picture;
    x_plan.start = begin + x_plan.into;
    x_plan.first_pts = first > 0 ? before(first) : x_video.start_pts;
    x_plan.end_pts = std::numeric_limits<int64_t>::max();
    const Rational whole = x_video.duration.num > 0 ? x_video.duration : x_facts.duration;
    int64_t end = rescale(1, whole, picture);
    if (programme.out) {
      end = place(*programme.out);
      x_plan.end_pts = before(end);
    }
    x_plan.pictures = std::max<int64_t>(1, end - first);
    if (x_video.variable_rate) {
      note("the frame rate of the source varies; pictures are repeated or left out to come to " +
           x_video.frame_rate.to_string() + " a second");
    }
  }

  /// Frames of two fields become twice as many pictures, and pictures frames of two fields.
  Result<void> plan_fields(const SourceScan& source) {
    x_plan.scan = source.scan;
    if (!source.note.empty()) note(source.note);
    const bool fields = source.scan == Scan::kTopFirst || source.scan == Scan::kBottomFirst;
    if (fields && x_video.rotation != 0)
      return fail(ErrorCode::kInputUnsupported, "its pictures are interlaced and turned; deliver it upright");
    if (fields) {
      x_plan.frame_rate = x_plan.frame_rate * Rational(2);
      x_plan.pictures *= 2;
    }
    x_pictures.frame_rate = x_plan.frame_rate;
    if (!x_coding.interlaced) {
      if (fields)
        note("interlaced, " + std::string(to_string(source.scan)) + ": each field becomes a picture, " +
             x_plan.frame_rate.to_string() + " a second");
      return {};
    }
    if (source.scan == Scan::kNotLooked)
      return fail(ErrorCode::kInvalidArgument, std::string(x_coding.title) + " is made of one master by pier convert");
    for (const Rational rate : {Rational(25), Rational(30'000, 1'001)}) {
      if (x_plan.frame_rate != rate && x_plan.frame_rate != rate * Rational(2)) continue;
      x_plan.weave = x_plan.frame_rate != rate;
      x_pictures.frame_rate = rate;
      note(x_plan.weave ? "interlaced, top field first: each picture becomes a field"
                        : "interlaced, top field first: both fields of a frame are of one picture");
      return {};
    }
    return fail(ErrorCode::kInvalidArgument, std::string(x_coding.title) + " has 25 or 29.97 frames a second, and " +
                                                 x_plan.frame_rate.to_string() +
                                                 " pictures a second do not become fields of these");
  }

  Result<void> plan_source_colour() {
    ColourInfo& colour = x_plan.source_colour;
    colour = x_video.colour;
    PIER_TRY(x_plan.repairs, repair_colour(x_wish.tags, colour));
    std::string missing;
    if (colour.transfer == Transfer::kUnspecified) missing = "transfer characteristics";
    if (colour.primaries == Primaries::kUnspecified) missing += missing.empty() ? "primaries" : " and primaries";
    if (!missing.empty()) {
      return fail(ErrorCode::kInvalidArgument, "it does not say its " + missing +
                                                   "; say it by --tags bt709, hlg or pq, or one by one as "
                                                   "transfer=bt709,primaries=bt709");
    }
    if (colour.matrix == Matrix::kUnspecified && !x_video.format.rgb) {
      colour.matrix = matrix_of(colour.primaries);
      note("the source does not say its matrix; taken as " + to_string(colour.matrix) + ", as its primaries have it");
    }
    if (colour.range == Range::kUnspecified) {
      colour.range = x_video.format.rgb ? Range::kFull : Range::kNarrow;
      note("the source does not say its range; taken as " + to_string(colour.range));
    }
    return {};
  }

  void plan_target_colour() {
    const ColourInfo& source = x_plan.source_colour;
    ColourInfo& colour = x_pictures.colour;
    if (x_wish.to == "sdr") {
      colour = {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kUnspecified};
    } else if (x_wish.to == "keep") {
      colour = {source.primaries, source.transfer, matrix_of(source.primaries), Range::kNarrow,
                ChromaSite::kUnspecified};
    } else {
      colour = {Primaries::kBt2020, x_wish.to == "pq" ? Transfer::kPq : Transfer::kHlg, Matrix::kBt2020Ncl,
                Range::kNarrow, ChromaSite::kUnspecified};
    }
    if (x_coding.format.chroma == Chroma::k420)
      colour.chroma_site = colour.is_hdr() ? ChromaSite::kTopLeft : ChromaSite::kLeft;
    if (source.range == Range::kFull) note("full range becomes narrow range");
  }

  Result<void> plan_conversion() {
    colour::ConversionOptions& options = x_plan.conversion;
    options.peak_nits = x_wish.peak_nits > 0 ? x_wish.peak_nits : transcode::source_peak_nits(repaired_video(), {});
    if (x_wish.tone_map == "bt2446c") options.tone_map = colour::ToneMap::kBt2446C;
    if (x_wish.tone_map == "bt2390") options.tone_map = colour::ToneMap::kBt2390;
    if (x_wish.placement == "bt2446a") options.placement = colour::SdrPlacement::kInverseBt2446A;
    const bool down = x_plan.source_colour.is_hdr() && !x_pictures.colour.is_hdr();
    const bool up = !x_plan.source_colour.is_hdr() && x_pictures.colour.is_hdr();
    if (!x_wish.tone_map.empty() && !down)
      return fail(ErrorCode::kInvalidArgument, "--tone-map is for HDR to SDR, and this is not; leave it out");
    if (!x_wish.placement.empty() && !up)
      return fail(ErrorCode::kInvalidArgument, "--placement is for SDR to HDR, and this is not; leave it out");
    return x_wish.lut.empty() ? Result<void>() : plan_table();
  }

  Result<void> plan_table() {
    if (!x_wish.tone_map.empty() || !x_wish.placement.empty())
      return fail(ErrorCode::kInvalidArgument, "--lut takes the place of --tone-map and --placement; leave them out");
    auto cube = colour::parse_cube(x_wish.lut);
    if (!cube) return fail_in("--lut", std::move(cube).error());
    const ColourInfo &from = x_plan.source_colour, &to = x_pictures.colour;
    note("the table \"" + display_text(cube->title) + "\" is taken to map " + to_string(from.transfer) + " " +
         to_string(from.primaries) + " to " + to_string(to.transfer) + " " + to_string(to.primaries) +
         "; its file does not say so");
    x_plan.conversion.lut = {std::make_shared<const colour::Cube>(std::move(*cube)), from, to};
    return {};
  }

  VideoFacts repaired_video() const {
    VideoFacts video = x_video;
    video.colour = x_plan.source_colour;
    return video;
  }

  Result<void> plan_raster() {
    int width = x_video.width, height = x_video.height;
    Rational aspect = x_video.sample_aspect.num > 0 ? x_video.sample_aspect : Rational(1);
    if (x_video.rotation == 90 || x_video.rotation == 270) {
      std::swap(width, height);
      aspect = aspect.inverse();
    }
    x_pictures.width = width & ~1;
    x_pictures.height = height & ~1;
    x_pictures.sample_aspect = aspect;
    const bool bound = x_coding.width != 0 && x_wish.size.empty();
    if (bound || !x_wish.size.empty()) {
      std::pair<int, int> size{x_coding.width, x_coding.height};
      if (!bound) {
        PIER_TRY(size, parse_size(x_wish.size));
      }
      x_pictures.width = size.first;
      x_pictures.height = size.second;
      const double shape = Rational(width, height).value() * aspect.value();
      const double wanted = static_cast<double>(size.first) / size.second;
      if (std::abs(shape / wanted - 1) > kMostDistortion) {
        return fail(ErrorCode::kInvalidArgument, "pictures of " + raster(width, height) + " would be distorted at " +
                                                     raster(size.first, size.second) +
                                                     "; give a --size of the same shape");
      }
      x_pictures.sample_aspect = 1;
    }
    // Fields of the same lines come out as they went in.
    x_plan.smooth = x_plan.weave && (x_plan.scan == Scan::kProgressive || x_pictures.height != height);
    if (x_pictures.width > width || x_pictures.height > height)
      note("scaled up from " + raster(width, height) + " to " + raster(x_pictures.width, x_pictures.height));
    else if (x_pictures.width != width || x_pictures.height != height)
      note("scaled from " + raster(width, height) + " to " + raster(x_pictures.width, x_pictures.height));
    return {};
  }

  static std::string raster(int width, int height) { return std::to_string(width) + "x" + std::to_string(height); }

  /// ST 2086 and content light: copied where the light stays as it is, or set by hand; never invented.
  Result<void> plan_light() {
    const bool pq = x_pictures.colour.transfer == Transfer::kPq;
    if (!pq && !(x_wish.mastering_display.empty() && x_wish.content_light.empty())) {
      return fail(ErrorCode::kInvalidArgument,
                  "--mastering-display and --content-light belong to PQ, and the output is not; leave them out");
    }
    if (!pq) return {};
    if (x_plan.source_colour.transfer == Transfer::kPq) {
      x_pictures.mastering_display = x_video.mastering_display;
      x_pictures.content_light = x_video.content_light;
    }
    if (!x_wish.mastering_display.empty()) {
      PIER_TRY(x_pictures.mastering_display, parse_mastering_display(x_wish.mastering_display));
      x_plan.repairs.push_back(
          {"mastering_display", x_video.mastering_display ? "of the source" : "none", x_wish.mastering_display});
    }
    if (!x_wish.content_light.empty()) {
      PIER_TRY(x_pictures.content_light, parse_content_light(x_wish.content_light));
      x_plan.repairs.push_back(
          {"content_light", x_video.content_light ? "of the source" : "none", x_wish.content_light});
    }
    if (!x_pictures.mastering_display)
      note("PQ without mastering display: the source states none; --mastering-display sets it");
    if (!x_pictures.content_light) note("PQ without content light: the source states none; --content-light sets it");
    if (x_video.hdr10_plus || x_video.hdr_vivid || x_video.dolby_vision)
      note("dynamic HDR metadata of the source is not written into this file");
    return {};
  }

  void plan_timecode(const Programme& programme) {
    if (x_wish.container != media::Container::kMov && x_wish.container != media::Container::kMxf) {
      if (!x_facts.timecode.empty()) note("the time code " + x_facts.timecode + " has no place in this container");
      return;
    }
    const std::string& text = x_facts.timecode.empty() ? x_video.timecode : x_facts.timecode;
    if (text.empty()) return;
    auto timecode = parse_timecode(text, x_video.frame_rate);
    if (!timecode) return note("the time code " + display_text(text) + " of the source is not one at this frame rate");
    if (programme.in) timecode->frame += rescale(1, *programme.in, x_video.frame_rate.inverse(), Rounding::kUp);
    x_pictures.timecode = at_rate_of_file(*timecode).to_string();
  }

  /// The same moment counted in frames of the file, where fields were taken apart or together.
  Timecode at_rate_of_file(Timecode timecode) const {
    const Rational change = x_pictures.frame_rate / x_video.frame_rate;
    timecode.frame = timecode.frame * change.num / change.den;
    timecode.fps = static_cast<int>(timecode.fps * change.num / change.den);
    return timecode;
  }

  const media::Facts& x_facts;
  const VideoFacts& x_video;
  const Wish& x_wish;
  media::DeliveryCoding x_coding;
  media::WrittenPictures x_pictures;
  Plan x_plan;
};

}  // namespace

Result<Plan> plan_delivery(const media::Facts& facts, const Wish& wish, const Programme& programme) {
  PIER_CHECK(check_words(wish));
  PIER_TRY(const VideoFacts* video, pictures_of(facts, programme.scan.scan));
  return Planner(facts, *video, wish).plan(programme);
}

}  // namespace pier::deliver
