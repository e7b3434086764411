#include <cstdio>
#include <ctime>

#include <pier/reports/feed_line.hpp>

#include "words.hpp"

namespace pier::reports {

namespace {

/// The time of day on this machine of "2026-11-22T13:05:07.123456Z".
std::string time_of_day(std::string_view utc) {
  tm parts{};
  if (::strptime(std::string(utc).c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return "--:--:--";
  const time_t seconds = ::timegm(&parts);
  tm local{};
  ::localtime_r(&seconds, &local);
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", local.tm_hour, local.tm_min, local.tm_sec);
  return text;
}

std::string seconds_text(double seconds, bool zh) {
  char text[40];
  if (seconds < 120)
    std::snprintf(text, sizeof text, zh ? "%.1f 秒" : "%.1f s", seconds);
  else
    std::snprintf(text, sizeof text, zh ? "%.0f 分钟" : "%.0f min", seconds / 60);
  return text;
}

class Line {
 public:
  Line(const json::object& event, bool zh) : x_event(event), x_zh(zh) {}

  std::string text() const {
    const std::string name = string_or(x_event, "event", "");
    if (name.starts_with("finding.")) return finding(name == "finding.opened");
    if (name == "signal.changed") return changed();
    if (name == "feed.started") return say("the feed runs", "信号流开始") + profile();
    if (name == "feed.lost") return lost();
    if (name == "feed.resumed") return say("the feed is back", "信号流恢复");
    if (name == "period.closed") return period();
    if (name == "feed.ended") return say("the feed has ended", "信号流结束");
    return {};
  }

 private:
  std::string say(std::string_view en, std::string_view zh) const { return std::string(x_zh ? zh : en); }

  std::string profile() const {
    const std::string name = string_or(x_event, "profile", "");
    return name.empty() ? std::string() : say(", judged by ", "，规范档 ") + name;
  }

  json::object found() const {
    const auto object = get_object(x_event, "finding");
    return object ? *object : json::object();
  }

  std::string finding(bool opened) const {
    const json::object finding = found();
    const std::string word = kind_word(string_or(finding, "kind", ""), x_zh);
    const std::string since = time_of_day(string_or(x_event, "wall_start", ""));
    if (opened) return x_zh ? word + "，自 " + since : word + " since " + since;
    if (bool_or(x_event, "withdrawn", false)) return word + say(" of ", "（") + since + say(" is withdrawn", "）撤回");
    const double length = double_or(finding, "end_seconds", 0) - double_or(finding, "start_seconds", 0);
    return word + say(" ended after ", " 结束，持续 ") + seconds_text(length, x_zh);
  }

  std::string changed() const {
    const auto measures = get_object(found(), "measures");
    if (!measures) return say("the signal changed", "信号格式变化");
    return say("the signal changed: ", "信号格式变化：") + string_or(*measures, "from", "") + " → " +
           string_or(*measures, "to", "");
  }

  std::string lost() const {
    const std::string reason = string_or(x_event, "reason", "");
    const std::string bytes = std::to_string(int_or(x_event, "bytes", 0));
    if (reason == "quiet") return say("the feed is lost: no bytes", "信号流中断：没有数据");
    if (reason == "overflow")
      return x_zh ? "处理不及，丢失 " + bytes + " 字节" : "too slow: " + bytes + " bytes are lost";
    if (reason == "no_sync") return x_zh ? bytes + " 字节不是传输流" : bytes + " bytes are no transport stream";
    if (reason == "missing") {
      const std::string packets = std::to_string(int_or(x_event, "packets", 0));
      return x_zh ? "丢失 " + packets + " 个 RTP 包" : packets + " RTP packets are missing";
    }
    if (reason == "timestamps") return say("the clock of the feed jumped", "信号流时间戳跳变");
    if (reason == "tables") return say("the programme table changed", "节目表变化");
    return say("the feed cannot be used: ", "信号流无法使用：") + string_or(x_event, "message", "");
  }

  std::string period() const {
    const std::string number = std::to_string(int_or(x_event, "period", 0));
    const std::string verdict = string_or(x_event, "verdict", "");
    std::string text = say("period ", "时段 ") + number + say(": ", "：");
    if (verdict == "pass") text += say("conform", "符合");
    if (verdict == "warn") text += say("conform, with warnings", "符合，有警告");
    if (verdict == "fail") text += say("not conform", "不符合");
    if (verdict == "not_judged") text += say("not judged", "未判定");
    const std::string report = string_or(x_event, "report", "");
    return report.empty() ? text : text + "  " + report;
  }

  const json::object& x_event;
  bool x_zh;
};

}  // namespace

std::string feed_line(const json::object& event, std::string_view language) {
  const std::string text = Line(event, language == "zh").text();
  return text.empty() ? text : time_of_day(string_or(event, "at", "")) + "  " + text;
}

}  // namespace pier::reports
