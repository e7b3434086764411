#include <algorithm>

#include <pier/media/decode.hpp>
#include <pier/media/lossless.hpp>
#include <pier/reports/bundle.hpp>

namespace pier::reports {
namespace {

/// Ticks from and before which the pictures lie.
struct Span {
  int64_t first, end;
};

Span span_of(const media::VideoFacts& video, const analysis::Finding& finding) {
  const Rational picture = video.frame_rate.num > 0 ? video.frame_rate.inverse() : Rational(1, 25);
  const Rational start = Rational(video.start_pts) * video.time_base;
  const Rational from = std::max(start, finding.time.start - picture * kBundleMargin);
  const Rational to = std::min(finding.time.end + picture * kBundleMargin, from + picture * kMostBundled);
  return {rescale(1, from, video.time_base),
          std::max(rescale(1, from, video.time_base) + 1, rescale(1, to, video.time_base))};
}

media::LosslessConfig config_of(const media::VideoFacts& video, const media::Frame& frame) {
  media::LosslessConfig config;
  config.format = frame.picture.format();
  config.width = frame.picture.width();
  config.height = frame.picture.height();
  config.sample_aspect = video.sample_aspect;
  config.colour = frame.picture.colour();
  config.mastering_display = frame.mastering_display ? frame.mastering_display : video.mastering_display;
  config.content_light = frame.content_light ? frame.content_light : video.content_light;
  config.time_base = video.time_base;
  config.frame_rate = video.frame_rate;
  return config;
}

}  // namespace

Result<BundledFrames> write_bundle(const media::Source& source, const media::Facts& facts,
                                   const analysis::Finding& finding, int fd, int threads,
                                   const std::function<bool(double)>& on_progress) {
  const auto video = std::ranges::find(facts.video, finding.stream_index, &media::VideoFacts::stream_index);
  if (video == facts.video.end() || finding.first_frame < 0)
    return fail(ErrorCode::kInputUnsupported,
                "finding " + finding.id + " is not about pictures; only these are exported");
  const Span span = span_of(*video, finding);
  PIER_TRY(media::FrameRange range,
           media::FrameRange::open(source, finding.stream_index, span.first, span.end, {}, threads));
  const int64_t finding_pts = rescale(1, finding.time.start, video->time_base);
  BundledFrames written;
  int64_t before = 0, first_pts = 0, last_end = span.first;
  std::optional<media::LosslessWriter> writer;
  for (;;) {
    PIER_TRY(const std::optional<media::Frame> frame, range.next());
    if (!frame || written.frames >= kMostBundled) break;
    if (!writer) {
      PIER_TRY(auto opened, media::LosslessWriter::open(fd, config_of(*video, *frame)));
      writer.emplace(std::move(opened));
      first_pts = frame->pts;
    }
    PIER_CHECK(writer->add(frame->picture, frame->pts - first_pts));
    ++written.frames;
    written.damaged += frame->damaged ? 1 : 0;
    before += frame->pts < finding_pts ? 1 : 0;
    last_end = frame->pts + std::max<int64_t>(1, frame->duration);
    if (on_progress && !on_progress(static_cast<double>(written.frames) / kMostBundled))
      return fail(ErrorCode::kCancelled, "the export was cancelled");
  }
  if (!writer) return fail(ErrorCode::kNotFound, "there is no picture at the place of finding " + finding.id);
  PIER_CHECK(writer->finish());
  written.first_frame = finding.first_frame - before;
  written.cut = last_end < rescale(1, finding.time.end, video->time_base, Rounding::kDown);
  return written;
}

json::object bundle_case(const Document& document, const analysis::Finding& finding, const BundledFrames& frames) {
  json::array rules;
  for (const analysis::RuleReport& rule : document.report.rules) {
    if (std::ranges::find(rule.findings, finding.id) == rule.findings.end()) continue;
    rules.push_back(json::object{{"rule", rule.rule},
                                 {"clause", rule.clause},
                                 {"outcome", analysis::to_string(rule.outcome)},
                                 {"values", rule.values}});
  }
  const int64_t last = std::min(finding.last_frame - frames.first_frame, frames.frames - 1);
  return {{"format", 1},
          {"pictures", "frames.mkv"},
          {"exported", to_json(frames)},
          {"expected",
           {{"kind", finding.kind},
            {"first_frame", finding.first_frame - frames.first_frame},
            {"last_frame", last},
            {"measures", finding.measures}}},
          {"finding", analysis::to_json(finding)},
          {"rules", std::move(rules)},
          {"profile",
           {{"id", document.report.profile},
            {"version", document.report.profile_version},
            {"sha256", document.report.profile_digest},
            {"rules_sha256", document.rules_sha256}}},
          {"engine", document.report.engine},
          {"program", document.program},
          {"report", document.id},
          {"master_sha256", document.master.sha256}};
}

json::object to_json(const BundledFrames& frames) {
  return {
      {"frames", frames.frames}, {"first_frame", frames.first_frame}, {"cut", frames.cut}, {"damaged", frames.damaged}};
}

BundledFrames bundled_frames_from_json(const json::object& object) {
  return {int_or(object, "frames", 0), int_or(object, "first_frame", 0), bool_or(object, "cut", false),
          int_or(object, "damaged", 0)};
}

}  // namespace pier::reports
