#include "plots.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <pier/colour/transfer.hpp>

#include "look.hpp"
#include "markup.hpp"
#include "series.hpp"

namespace pier::reports {
namespace {

constexpr double kWidth = 960, kLeft = 64, kRight = 26, kTop = 10, kBottom = 24;

/// Seconds as people read them on an axis.
std::string clock_text(double seconds, bool tenths) {
  const auto whole = static_cast<long>(seconds + (tenths ? 0 : 0.5));
  const auto two = [](long value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  std::string text = two(whole / 60 % 60) + ":" + two(whole % 60);
  if (whole >= 3600) text = std::to_string(whole / 3600) + ":" + text;
  if (tenths) text += "." + std::to_string(std::lround((seconds - std::floor(seconds)) * 10) % 10);
  return text;
}

double tick_step(double duration) {
  constexpr std::array<double, 17> kSteps{0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200};
  for (const double step : kSteps) {
    if (duration / step <= 10) return step;
  }
  return std::ceil(duration / 10 / 3600) * 3600;
}

/// A timeline's frame: axis of time below, findings of broken rules as bands behind.
class Timeline {
 public:
  Timeline(const Document& document, double height, const std::string& description)
      : x_axis(axis_of(document)), x_drawing(kWidth, height, description) {
    bands(document);
    const double step = tick_step(x_axis.duration);
    for (double at = 0; at <= x_axis.duration * 1.0001; at += step) {
      x_drawing.line({{x(at), kTop}, {x(at), bottom()}}, look::kHairline, 1);
      x_drawing.text({x(at), height - 8}, clock_text(at, step < 1), 10.5, look::kMuted, Shape::Anchor::kMiddle);
    }
  }
  double bottom() const { return x_drawing.height() - kBottom; }
  double x(double seconds) const {
    return kLeft + (kWidth - kLeft - kRight) * std::clamp(seconds / std::max(1e-9, x_axis.duration), 0.0, 1.0);
  }
  /// `share` of the height, 0 at the foot.
  double y(double share) const { return bottom() - (bottom() - kTop) * std::clamp(share, 0.0, 1.0); }
  void level(double share, const std::string& label, bool strong = false) {
    x_drawing.line({{kLeft, y(share)}, {kWidth - kRight, y(share)}}, strong ? look::kRule : look::kHairline, 1);
    x_drawing.text({kLeft - 8, y(share) + 3.5}, label, 10.5, look::kMuted, Shape::Anchor::kEnd);
  }
  /// Runs of measured points: a gap where nothing was measured.
  void curve(const Series& series, size_t column, auto share_of, const std::string& colour, double width, bool steps) {
    std::vector<Point> points;
    for (size_t i = 0; i < series.rows.size(); ++i) {
      const double value = series.rows[i].values[column];
      if (!std::isfinite(value)) {
        x_drawing.line(std::exchange(points, {}), colour, width);
        continue;
      }
      const double at = y(share_of(value));
      points.push_back({x(series.rows[i].seconds), at});
      if (steps) points.push_back({x(i + 1 < series.rows.size() ? series.rows[i + 1].seconds : x_axis.duration), at});
    }
    x_drawing.line(std::move(points), colour, width);
  }
  /// The same as a filled shape down to the foot.
  void hill(const Series& series, size_t column, auto share_of, const std::string& colour, double opacity) {
    std::vector<Point> points;
    for (size_t i = 0; i < series.rows.size(); ++i) {
      const double value = series.rows[i].values[column];
      const double at = std::isfinite(value) ? y(share_of(value)) : bottom();
      if (points.empty()) points.push_back({x(series.rows[i].seconds), bottom()});
      points.push_back({x(series.rows[i].seconds), at});
      points.push_back({x(i + 1 < series.rows.size() ? series.rows[i + 1].seconds : x_axis.duration), at});
    }
    if (!points.empty()) points.push_back({points.back().x, bottom()});
    x_drawing.area(std::move(points), colour, opacity);
  }
  Drawing& drawing() { return x_drawing; }
  const Axis& axis() const { return x_axis; }

 private:
  void bands(const Document& document) {
    if (!document.analysis) return;
    for (const analysis::RuleReport& rule : document.report.rules) {
      if (rule.outcome != analysis::RuleOutcome::kBroken || !rule.deciding()) continue;
      for (const analysis::Finding& finding : document.analysis->findings) {
        if (std::ranges::find(rule.findings, finding.id) == rule.findings.end()) continue;
        const double from = x(finding.time.start.value() - x_axis.start);
        const double to = std::max(from + 1.5, x(finding.time.end.value() - x_axis.start));
        x_drawing.box({from, kTop}, {to, bottom()},
                      rule.severity == analysis::Severity::kFail ? look::kFail : look::kWarn, 0.13);
      }
    }
  }

  Axis x_axis;
  Drawing x_drawing;
};

const char* not_measured(bool zh) {
  return zh ? "未画出：本次分析没有这项数据。" : "Not drawn: this analysis holds no such data.";
}

Plot luminance(const Document& document, bool zh) {
  Plot plot{zh ? "亮度" : "Luminance",
            zh ? "每幅画面的最亮像素（线）与平均 MaxRGB（面），cd/m²，PQ 刻度"
               : "Brightest pixel (line) and mean of max RGB (area) of each picture, cd/m² on a PQ scale",
            std::nullopt, not_measured(zh)};
  const json::value& owner = measure_at(document, "luminance");
  const Series series = read_series(owner, "timeline", "timeline_columns", axis_of(document));
  const auto max = series.column("max"), mean = series.column("mean");
  if (series.empty() || !max || !mean || axis_of(document).duration <= 0) return plot;
  Timeline timeline(document, 230, plot.title + ": " + plot.note);
  const auto share = [](double nits) { return colour::pq_inverse_eotf(nits); };
  for (const double nits : {0.0, 1.0, 10.0, 100.0, 1000.0, 4000.0, 10000.0})
    timeline.level(share(nits), short_number(nits, 0));
  timeline.level(share(203), "203", true);
  timeline.hill(series, *mean, share, look::kAccent, 0.3);
  timeline.curve(series, *mean, share, look::kAccent, 1, true);
  timeline.curve(series, *max, share, look::kInk, 1.2, true);
  plot.drawing = std::move(timeline.drawing());
  return plot;
}

Plot loudness(const Document& document, bool zh) {
  Plot plot{
      zh ? "响度" : "Loudness",
      zh ? "短时响度（3 秒），LUFS；每条线一个声音节目" : "Short-term loudness (3 s), LUFS; one line a sound programme",
      std::nullopt, not_measured(zh)};
  if (document.facts.audio.empty()) plot.missing = zh ? "没有声音。" : "There is no sound.";
  const json::value& streams = measure_at(document, "loudness.programmes");
  if (!streams.is_array() || axis_of(document).duration <= 0) return plot;
  Timeline timeline(document, 170, plot.title + ": " + plot.note);
  constexpr double kLowest = -59, kHighest = 0;
  const auto share = [](double lufs) { return (lufs - kLowest) / (kHighest - kLowest); };
  for (const double lufs : {-50.0, -40.0, -30.0, -10.0}) timeline.level(share(lufs), short_number(lufs, 0));
  timeline.level(share(-23), "-23", true);
  bool drawn = false;
  size_t number = 0;
  for (const json::value& stream : streams.get_array()) {
    const Series series = read_series(stream, "timeline", "timeline_columns", timeline.axis());
    const auto column = series.column("max_short_term");
    if (series.empty() || !column) continue;
    timeline.curve(series, *column, share, look::kSeries[number++ % look::kSeries.size()], 1.3, false);
    drawn = true;
  }
  if (drawn) plot.drawing = std::move(timeline.drawing());
  return plot;
}

/// The main picture stream's rate.
Series rate_of(const Document& document) {
  const json::value& streams = measure_at(document, "bitrate.streams");
  const media::Facts& facts = document.facts;
  if (!streams.is_array() || facts.main_video < 0) return {};
  const int wanted = facts.video[static_cast<size_t>(facts.main_video)].stream_index;
  for (const json::value& stream : streams.get_array()) {
    if (stream.is_object() && int_or(stream.get_object(), "stream", -1) == wanted)
      return read_steps(stream, "timeline_kbps", "timeline_step_seconds");
  }
  return {};
}

/// A round step that gives two to five lines up to `top`.
double grid_of(double top) {
  const double step = std::pow(10, std::floor(std::log10(top)));
  return top / step > 5 ? step * 2 : top / step > 2 ? step : step / 2;
}

Plot bit_rate(const Document& document, bool zh) {
  Plot plot{zh ? "码率" : "Bit rate", zh ? "主画面流，Mbit/s" : "Main picture stream, Mbit/s", std::nullopt,
            not_measured(zh)};
  const Series series = rate_of(document);
  double top = 0;
  for (const Series::Row& row : series.rows) {
    if (std::isfinite(row.values[0])) top = std::max(top, row.values[0] / 1000);
  }
  if (top <= 0 || axis_of(document).duration <= 0) return plot;
  const double grid = grid_of(top);
  const double ceiling = std::ceil(top / grid) * grid;
  Timeline timeline(document, 150, plot.title + ": " + plot.note);
  for (double at = 0; at <= ceiling * 1.001; at += grid) timeline.level(at / ceiling, short_number(at, 4));
  const auto share = [&](double kbps) { return kbps / 1000 / ceiling; };
  timeline.hill(series, 0, share, look::kAccent, 0.3);
  timeline.curve(series, 0, share, look::kAccent, 1, true);
  plot.drawing = std::move(timeline.drawing());
  return plot;
}

Plot shots(const Document& document, bool zh) {
  const std::vector<ShotPlace> places = document.analysis ? shots_of(*document.analysis) : std::vector<ShotPlace>();
  Plot plot{zh ? "镜头" : "Shots", "", std::nullopt, not_measured(zh)};
  if (places.empty() || axis_of(document).duration <= 0) return plot;
  plot.note = zh ? "共 " + std::to_string(places.size()) + " 个镜头"
                 : std::to_string(places.size()) + (places.size() == 1 ? " shot" : " shots");
  Timeline timeline(document, 64, plot.title + ": " + plot.note);
  for (size_t i = 0; i < places.size(); ++i) {
    const auto at = [&](size_t shot) {
      return timeline.axis().seconds_of_frame(static_cast<double>(places[shot].first_frame));
    };
    timeline.drawing().box(
        {timeline.x(at(i)), kTop + 2},
        {timeline.x(i + 1 < places.size() ? at(i + 1) : timeline.axis().duration), timeline.bottom()},
        i % 2 == 0 ? look::kAccent : look::kAccentPale, i % 2 == 0 ? 0.75 : 1);
  }
  plot.drawing = std::move(timeline.drawing());
  return plot;
}

}  // namespace

std::vector<Plot> timelines(const Document& document, bool zh) {
  return {luminance(document, zh), loudness(document, zh), bit_rate(document, zh), shots(document, zh)};
}

}  // namespace pier::reports
