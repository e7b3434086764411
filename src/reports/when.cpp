#include "when.hpp"

#include <cmath>

#include "markup.hpp"

namespace pier::reports {
namespace {

std::string padded(int64_t value, size_t digits) {
  std::string text = std::to_string(value);
  return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

std::string clock(double seconds) {
  const std::string sign = seconds < 0 ? "-" : "";
  const auto total = static_cast<int64_t>(std::llround(std::min(std::abs(seconds), 1e9) * 1000));
  return sign + padded(total / 3'600'000, 2) + ":" + padded(total / 60'000 % 60, 2) + ":" +
         padded(total / 1000 % 60, 2) + "." + padded(total % 1000, 3);
}

}  // namespace

TimeWriter::TimeWriter(const Document& document) {
  const media::Facts& facts = document.facts;
  if (facts.main_video < 0) return;
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  x_start = Rational(video.start_pts) * video.time_base;
  const double rate = video.frame_rate.value();
  if (video.variable_rate || !(rate >= 1 && rate <= 300)) return;
  x_rate = video.frame_rate;
  x_first.fps = static_cast<int>(std::lround(rate));
  const std::string& text = facts.timecode.empty() ? video.timecode : facts.timecode;
  if (const auto parsed = parse_timecode(text, video.frame_rate)) x_first = *parsed;
}

std::string TimeWriter::at(Rational time) const {
  const Rational after = time - x_start;
  if (x_rate.num <= 0 || after.num < 0) return clock(after.value());
  Timecode code = x_first;
  code.frame += std::llround(std::min(after.value() * x_rate.value(), 1e12));
  return code.to_string();
}

std::string TimeWriter::range(const analysis::TimeRange& range, bool zh) const {
  const double length = (range.end - range.start).value();
  std::string text = at(range.start);
  if (length > 0) text += " – " + at(range.end) + (zh ? "（" : " (") + length_text(length, zh) + (zh ? "）" : ")");
  return text;
}

std::string length_text(double seconds, bool zh) {
  if (!(seconds >= 0) || seconds > 1e9) return zh ? "未知" : "unknown";
  const auto whole = static_cast<int64_t>(seconds);
  std::string text;
  if (whole >= 3600) text += std::to_string(whole / 3600) + (zh ? " 小时 " : " h ");
  if (whole >= 60) text += std::to_string(whole / 60 % 60) + (zh ? " 分 " : " min ");
  const int64_t minutes = whole / 60 * 60;
  return text + short_number(seconds - static_cast<double>(minutes), 3) + (zh ? " 秒" : " s");
}

}  // namespace pier::reports
