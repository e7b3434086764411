#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include <pier/colour/convert.hpp>
#include <pier/core/clock.hpp>
#include <pier/media/decode.hpp>
#include <pier/media/encode.hpp>
#include <pier/reports/stills.hpp>

#include "document_json.hpp"
#include "series.hpp"

namespace pier::reports {
namespace {

constexpr int64_t kPatienceUs = 60'000'000;
constexpr int kQuality = 85;
constexpr int kTallest = 960;
const ColourInfo kJpegColour{Primaries::kBt709, Transfer::kBt709, Matrix::kSmpte170m, Range::kFull,
                             ChromaSite::kCenter};

// ---- which

class Planner {
 public:
  Planner(const media::Facts& facts, const analysis::AnalysisResult& result, const analysis::Report& report)
      : x_video(facts.video[static_cast<size_t>(facts.main_video)]), x_result(result), x_report(report) {
    for (const analysis::Finding& finding : result.findings) {
      if (finding.kind == "damaged") x_damaged.push_back(finding.time);
    }
  }

  std::vector<StillRequest> plan() {
    for (const bool severe : {true, false}) {
      for (const analysis::RuleReport& rule : x_report.rules) {
        if (wanted(rule, severe)) first_of(rule);
      }
    }
    for (const analysis::RuleReport& rule : x_report.rules) {
      if (wanted(rule, true)) longest_of(rule);
    }
    for (const ShotPlace& shot : shots_of(x_result)) add({{}, {}, time_of(shot.key_frame), shot.key_frame});
    return std::move(x_requests);
  }

 private:
  static bool wanted(const analysis::RuleReport& rule, bool severe) {
    return rule.outcome == analysis::RuleOutcome::kBroken &&
           (rule.deciding() && rule.severity == analysis::Severity::kFail) == severe;
  }

  const analysis::Finding* find(const std::string& id) const {
    const auto found = std::ranges::find(x_result.findings, id, &analysis::Finding::id);
    const bool shows = found != x_result.findings.end() && found->first_frame >= 0 && found->kind != "damaged" &&
                       found->stream_index == x_result.video_stream;
    return shows ? &*found : nullptr;
  }

  void add_finding(const analysis::RuleReport& rule, const analysis::Finding& finding) {
    add({rule.rule, finding.id, finding.time.start, finding.first_frame});
  }

  void first_of(const analysis::RuleReport& rule) {
    for (const std::string& id : rule.findings) {
      if (const analysis::Finding* finding = find(id)) return add_finding(rule, *finding);
    }
    const std::string measure = string_or(rule.values, "measure", "");
    if (!measure.starts_with("luminance.")) return;
    const json::value* light = x_result.measures.if_contains("luminance");
    if (light == nullptr || !light->is_object()) return;
    const bool average = measure.find("fall") != std::string::npos;
    const int64_t frame = int_or(light->get_object(), average ? "max_fall_frame" : "max_cll_frame", -1);
    if (frame >= 0) add({rule.rule, {}, time_of(frame), frame});
  }

  void longest_of(const analysis::RuleReport& rule) {
    const analysis::Finding* longest = nullptr;
    const auto length = [](const analysis::Finding* f) { return f->time.end - f->time.start; };
    for (const std::string& id : rule.findings) {
      const analysis::Finding* finding = find(id);
      if (finding != nullptr && (longest == nullptr || length(finding) > length(longest))) longest = finding;
    }
    if (longest != nullptr) add_finding(rule, *longest);
  }

  Rational time_of(int64_t frame) const {
    const auto& frames = x_result.frames.frames;
    if (frame < static_cast<int64_t>(frames.size()))
      return Rational(frames[static_cast<size_t>(frame)].pts) * x_result.frames.time_base;
    const Rational start = Rational(x_video.start_pts) * x_video.time_base;
    return x_video.frame_rate.num > 0 ? start + Rational(frame) / x_video.frame_rate : start;
  }

  void add(StillRequest request) {
    const bool damaged = std::ranges::any_of(x_damaged, [&](const analysis::TimeRange& range) {
      return range.start <= request.time && request.time < range.end;
    });
    if (damaged || x_requests.size() >= kMaxStills || !x_taken.insert(request.time).second) return;
    x_requests.push_back(std::move(request));
  }

  const media::VideoFacts& x_video;
  const analysis::AnalysisResult& x_result;
  const analysis::Report& x_report;
  std::vector<analysis::TimeRange> x_damaged;
  std::set<Rational> x_taken;
  std::vector<StillRequest> x_requests;
};

// ---- making

int even(double value) {
  return std::clamp(static_cast<int>(std::lround(value / 2)) * 2, 2, kTallest);
}

/// An 8-bit 4:2:0 picture with even sides, turned clockwise.
Picture turned(const Picture& picture, int degrees) {
  if (degrees != 90 && degrees != 180 && degrees != 270) return picture;
  const bool upright = degrees == 180;
  Picture out = Picture::allocate(picture.format(), upright ? picture.width() : picture.height(),
                                  upright ? picture.height() : picture.width(), picture.colour());
  if (!out) return picture;
  const MutablePictureView to = out.writable();
  for (size_t p = 0; p < 3; ++p) {
    const Plane& from = picture.view().planes[p];
    for (int y = 0; y < to.planes[p].height; ++y) {
      auto* row = to.planes[p].row<uint8_t>(y);
      for (int x = 0; x < to.planes[p].width; ++x) {
        const int from_x = degrees == 90 ? y : degrees == 180 ? from.width - 1 - x : from.width - 1 - y;
        const int from_y = degrees == 90 ? from.height - 1 - x : degrees == 180 ? from.height - 1 - y : x;
        row[x] = from.row<uint8_t>(from_y)[from_x];
      }
    }
  }
  return out;
}

ColourInfo filled(ColourInfo colour, const ColourInfo& known) {
  if (colour.primaries == Primaries::kUnspecified) colour.primaries = known.primaries;
  if (colour.transfer == Transfer::kUnspecified) colour.transfer = known.transfer;
  if (colour.matrix == Matrix::kUnspecified) colour.matrix = known.matrix;
  if (colour.range == Range::kUnspecified) colour.range = known.range;
  if (colour.chroma_site == ChromaSite::kUnspecified) colour.chroma_site = known.chroma_site;
  return colour;
}

Result<Picture> shown(Picture picture, const media::VideoFacts& video) {
  picture.set_colour(filled(picture.colour(), video.colour));
  const double aspect = video.sample_aspect.num > 0 ? video.sample_aspect.value() : 1;
  const double wide = std::min<double>(kStillWidth, picture.width() * std::max(1.0, aspect));
  const int width = even(wide);
  const int height = even(wide * picture.height() / (picture.width() * aspect));
  const colour::PictureSpec from{picture.format(), picture.width(), picture.height(), picture.colour()};
  const colour::PictureSpec to{{8, Chroma::k420, false}, width, height, kJpegColour};
  colour::ConversionOptions options;
  if (video.mastering_display && video.mastering_display->max_luminance >= 1'000'000)
    options.peak_nits = std::min(10'000.0, video.mastering_display->max_luminance / 10'000.0);
  PIER_TRY(const colour::Converter converter, colour::Converter::make(from, to, options));
  PIER_TRY(const Picture small, converter.run(picture));
  return turned(small, video.rotation);
}

Result<Still> make_one(const media::Source& source, const media::VideoFacts& video, const StillRequest& request,
                       int threads) {
  const int64_t pts = rescale(1, request.time, video.time_base);
  const int64_t later = rescale(2, Rational(1), video.time_base);  // when rounding of the container put it off a tick
  PIER_TRY(media::FrameRange range,
           media::FrameRange::open(source, video.stream_index, pts, pts + std::max<int64_t>(1, later), {}, threads));
  PIER_TRY(const std::optional<media::Frame> frame, range.next());
  if (!frame) return fail(ErrorCode::kNotFound, "there is no such picture");
  if (frame->damaged) return fail(ErrorCode::kInputDamaged, "the picture is damaged");
  PIER_TRY(const Picture picture, shown(frame->picture, video));
  Still still{request.rule, request.finding, request.time, request.frame, picture.width(), picture.height(), {}};
  PIER_TRY(still.jpeg, media::encode_jpeg(picture.view(), kQuality));
  return still;
}

}  // namespace

std::vector<StillRequest> plan_stills(const media::Facts& facts, const analysis::AnalysisResult& result,
                                      const analysis::Report& report) {
  if (facts.main_video < 0 || result.video_stream < 0) return {};
  return Planner(facts, result, report).plan();
}

Result<Stills> make_stills(const media::Source& source, const media::Facts& facts,
                           const std::vector<StillRequest>& requests, int threads,
                           const std::function<bool(double)>& on_progress) {
  Stills stills;
  if (facts.main_video < 0) return stills;
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  const int64_t end = Clock::system().steady_us() + kPatienceUs;
  for (size_t i = 0; i < std::min(requests.size(), kMaxStills); ++i) {
    if (Clock::system().steady_us() > end) {
      stills.left_out.push_back(std::to_string(requests.size() - i) + " stills were left out: they took too long");
      break;
    }
    if (on_progress && !on_progress(static_cast<double>(i) / static_cast<double>(requests.size())))
      return fail(ErrorCode::kCancelled, "the stills were cancelled");
    Result<Still> still = make_one(source, video, requests[i], threads);
    if (still) {
      stills.made.push_back(std::move(*still));
    } else {
      stills.left_out.push_back("no still of picture " + std::to_string(requests[i].frame) + ": " +
                                still.error().message);
    }
  }
  return stills;
}

json::array to_json(const std::vector<StillRequest>& requests) {
  json::array array;
  for (const StillRequest& request : requests) {
    array.push_back(json::object{{"rule", request.rule},
                                 {"finding", request.finding},
                                 {"time", request.time.to_string()},
                                 {"frame", request.frame}});
  }
  return array;
}

Result<std::vector<StillRequest>> requests_from_json(const json::array& array) {
  std::vector<StillRequest> requests;
  for (const json::value& item : array) {
    if (!item.is_object()) return fail(ErrorCode::kInternal, "a request for a still is no JSON object");
    const json::object& object = item.get_object();
    StillRequest request{
        string_or(object, "rule", ""), string_or(object, "finding", ""), {}, int_or(object, "frame", -1)};
    PIER_TRY(request.time, impl::get_fraction(object, "time"));
    requests.push_back(std::move(request));
  }
  return requests;
}

json::object to_json(const Stills& stills) {
  json::array made;
  for (const Still& still : stills.made) made.push_back(impl::to_json(still));
  return {{"made", std::move(made)}, {"left_out", impl::to_json(stills.left_out)}};
}

Result<Stills> stills_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInternal, "stills are no JSON object");
  Stills stills;
  PIER_TRY(const json::array made, get_array(value.get_object(), "made"));
  for (const json::value& item : made) {
    PIER_TRY(Still still, impl::still_from_json(item));
    stills.made.push_back(std::move(still));
  }
  stills.left_out = impl::strings_from(value.get_object(), "left_out");
  return stills;
}

}  // namespace pier::reports
