#include "analyzers/burnt_in/burnt_in.hpp"

namespace pier::analysis {

namespace {

struct Look final : Measured {
  impl::TextLook text;
};

int64_t ticks(const VideoContext& video, int64_t milliseconds) {
  const Rational base = video.time_base.num > 0 ? video.time_base : Rational(1, 25);
  return rescale(1, Rational(milliseconds, 1000) / base, Rational(1), Rounding::kDown);
}

}  // namespace

BurntInAnalyzer::BurntInAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})),
      x_captions(ticks(x_video, kMinMilliseconds), ticks(x_video, kMaxMilliseconds)) {}

std::unique_ptr<Analyzer> BurntInAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<BurntInAnalyzer>(context);
}

std::unique_ptr<Measured> BurntInAnalyzer::measure(const FrameViews& views) const {
  auto look = std::make_unique<Look>();
  const PictureView& view = impl::text_view(views);
  const PictureView* before = views.previous() != nullptr ? &impl::text_view(*views.previous()) : nullptr;
  look->text = impl::look_for_text(view, before, views.signal());
  const int cell = view.width > 0 ? views.picture().width / view.width : 1;
  for (int* side : {&look->text.box.x, &look->text.box.y, &look->text.box.width, &look->text.box.height}) *side *= cell;
  return look;
}

void BurntInAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  x_captions.take(time, static_cast<const Look&>(measured).text);
}

void BurntInAnalyzer::observe_damaged(const FrameTime& time) {
  x_captions.take(time, {});
}

Outcome BurntInAnalyzer::finish() {
  Outcome outcome;
  const Rational base = x_video.time_base;
  for (const impl::Caption& caption : x_captions.finish()) {
    Finding finding;
    finding.kind = "burnt_in";
    finding.severity = Severity::kInfo;
    finding.stream_index = x_video.stream_index;
    finding.time = {Rational(caption.start) * base, Rational(caption.end) * base};
    finding.first_frame = caption.first_index;
    finding.last_frame = caption.last_index;
    finding.region = caption.box;
    set_id(finding);
    outcome.findings.push_back(std::move(finding));
  }
  FindingTotals& totals = outcome.totals["burnt_in"];
  totals.count = x_captions.count();
  totals.seconds = (Rational(x_captions.length()) * base).value();
  return outcome;
}

}  // namespace pier::analysis
