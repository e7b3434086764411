#include "bars.hpp"

#include <algorithm>

#include "analyzers/bars/patterns.hpp"
#include "json_io.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

struct Look final : Measured {
  int64_t bars = 0;                  // 0: none; else number, white and colour in one number (see pack)
  bool field = false, page = false;  // that stands still
  bool leader = false;               // nothing of a programme: bars, field, page or black
};

constexpr int64_t kPercent = 1000;
int64_t pack(const impl::ColourBars& bars) {
  return (int64_t{bars.bars} * kPercent + std::max(0, bars.white_percent)) * kPercent +
         std::max(0, bars.colour_percent);
}

/// `compared`: a frame counts that is like the one before, so the first of a run does not.
impl::RunCollector collector(const VideoContext& video, std::string kind, int64_t milliseconds, bool compared) {
  const Rational base = video.time_base.num > 0 ? video.time_base : Rational(1, 25);
  const Rational frame = compared && video.frame_rate.num > 0 ? Rational(1) / video.frame_rate : Rational(0);
  return impl::RunCollector(
      {.kind = std::move(kind),
       .severity = Severity::kInfo,
       .min_length = rescale(1, (Rational(milliseconds, 1000) - frame) / base, Rational(1), Rounding::kDown)});
}

/// The first frame of a run is not among its hits where a hit is a frame like the one before.
void include_first(const impl::Run& run, Rational time_base, Finding& finding) {
  const int64_t frame = (run.end - run.start) / (run.last_index - run.first_index + 1);
  finding.first_frame = run.first_index - 1;
  finding.time.start = Rational(run.start - frame) * time_base;
  set_id(finding);
}

}  // namespace

BarsAnalyzer::BarsAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})),
      x_bars(collector(x_video, "bars", kMinBarsMilliseconds, false)),
      x_fields(collector(x_video, "bars.field", kMinFieldMilliseconds, true)),
      x_pages(collector(x_video, "slate", kMinSlateMilliseconds, true)) {}

std::unique_ptr<Analyzer> BarsAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<BarsAnalyzer>(context);
}

std::unique_ptr<Measured> BarsAnalyzer::measure(const FrameViews& views) const {
  auto look = std::make_unique<Look>();
  const PictureView& view = views.eighth();
  if (view.width == 0) return look;
  const Signal& signal = views.signal();
  const auto bars = impl::find_bars(view, signal);
  if (bars) look->bars = pack(*bars);
  const bool field = !bars && impl::is_field(view, signal);
  const bool page = !bars && !field && impl::is_page(view, signal);
  const bool still =
      (field || page) && views.previous() != nullptr && impl::is_still(view, views.previous()->eighth(), signal);
  look->field = field && still;
  look->page = page && still;
  look->leader = bars || field || page || impl::is_black(view, signal);
  return look;
}

void BarsAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& look = static_cast<const Look&>(measured);
  x_bars.mark(time, look.bars != 0, look.bars);
  x_fields.mark(time, look.field);
  x_pages.mark(time, look.page);
  if (!look.leader && !x_programme) x_programme = time.index;
}

void BarsAnalyzer::observe_damaged(const FrameTime& time) {
  observe(time, Look());
}

void BarsAnalyzer::report_slates(Outcome& outcome) {
  Outcome pages;
  impl::report_runs(x_pages, x_video.stream_index, x_video.time_base, true, pages,
                    [this](const impl::Run& run, Finding& finding) { include_first(run, x_video.time_base, finding); });
  FindingTotals& totals = outcome.totals["slate"];
  for (Finding& finding : pages.findings) {
    if (x_programme && finding.last_frame >= *x_programme) continue;
    ++totals.count;
    totals.seconds += (finding.time.end - finding.time.start).value();
    outcome.findings.push_back(std::move(finding));
  }
}

Outcome BarsAnalyzer::finish() {
  Outcome outcome;
  impl::report_runs(x_bars, x_video.stream_index, x_video.time_base, true, outcome,
                    [](const impl::Run& run, Finding& finding) {
                      finding.measures = {{"bars", run.worst / kPercent / kPercent},
                                          {"white_percent", run.worst / kPercent % kPercent},
                                          {"colour_percent", run.worst % kPercent}};
                    });
  impl::report_runs(x_fields, x_video.stream_index, x_video.time_base, true, outcome,
                    [this](const impl::Run& run, Finding& finding) { include_first(run, x_video.time_base, finding); });
  report_slates(outcome);
  outcome.measures["first_programme_frame"] = x_programme ? json::value(*x_programme) : json::value();
  return outcome;
}

Result<json::value> BarsAnalyzer::save() const {
  return json::value(json::object{{"bars", x_bars.save()},
                                  {"fields", x_fields.save()},
                                  {"pages", x_pages.save()},
                                  {"programme", x_programme.value_or(-1)}});
}

Result<void> BarsAnalyzer::load(const json::value& state) {
  PIER_TRY(const json::object* object, impl::as_object(state, "saved bars"));
  PIER_TRY(const int64_t programme, get_int(*object, "programme"));
  PIER_CHECK(x_bars.load(impl::member(state, "bars")));
  PIER_CHECK(x_fields.load(impl::member(state, "fields")));
  PIER_CHECK(x_pages.load(impl::member(state, "pages")));
  x_programme = programme >= 0 ? std::optional(programme) : std::nullopt;
  return {};
}

Result<void> BarsAnalyzer::merge(const json::value& later) {
  PIER_TRY(const json::object* object, impl::as_object(later, "saved bars"));
  PIER_TRY(const int64_t programme, get_int(*object, "programme"));
  PIER_CHECK(x_bars.merge(impl::member(later, "bars")));
  PIER_CHECK(x_fields.merge(impl::member(later, "fields")));
  PIER_CHECK(x_pages.merge(impl::member(later, "pages")));
  if (!x_programme && programme >= 0) x_programme = programme;
  return {};
}

}  // namespace pier::analysis
