#include "words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "markup.hpp"

namespace pier::reports {
namespace {

struct Entry {
  std::string_view name, en, zh;
};

constexpr std::array kKinds = std::to_array<Entry>({
    {"active_picture", "active picture", "有效画面"},
    {"av_length", "sound and picture differ in length", "声画长度不一致"},
    {"banding", "banding", "色带"},
    {"bars", "colour bars", "彩条"},
    {"bit_rate", "bit rate", "码率"},
    {"black", "black", "黑场"},
    {"blockiness", "blocking", "块效应"},
    {"blur", "blur", "模糊"},
    {"cadence", "cadence", "帧节奏"},
    {"clipping", "clipped sound", "削波"},
    {"damaged", "damaged pictures", "损坏画面"},
    {"dead_pixels", "dead pixels", "坏点"},
    {"dropout", "dropout", "信号丢失"},
    {"dual_mono", "dual mono", "双单声道"},
    {"effective_resolution", "effective resolution", "有效分辨率"},
    {"flash", "flashes", "闪光"},
    {"freeze", "frozen picture", "静帧"},
    {"gamut", "out of gamut", "超出色域"},
    {"hdr_use", "use of HDR", "HDR 使用情况"},
    {"interlaced", "combing", "梳状隔行"},
    {"levels.range", "levels outside the range", "电平超出范围"},
    {"levels.reserved", "reserved codes", "保留码值"},
    {"phase", "sound out of phase", "声音反相"},
    {"signal_change", "change of the signal", "信号格式变化"},
    {"silence", "silence", "静音"},
    {"slate", "slate", "场记板"},
});

constexpr std::array kFields = std::to_array<Entry>({
    {"bit_rate", "bit rate", "码率"},
    {"chroma", "chroma sampling", "色度采样"},
    {"codec", "codec", "编码"},
    {"content_light", "content light (MaxCLL, MaxFALL)", "内容亮度（MaxCLL、MaxFALL）"},
    {"depth", "bit depth", "位深"},
    {"dolby_vision", "Dolby Vision", "杜比视界"},
    {"duration", "length", "时长"},
    {"frame_rate", "frame rate", "帧率"},
    {"hdr10_plus", "HDR10+", "HDR10+"},
    {"hdr_vivid", "HDR Vivid", "HDR Vivid（菁彩）"},
    {"interlaced", "interlaced", "隔行"},
    {"level", "level", "级别"},
    {"mastering_display", "mastering display (ST 2086)", "母版显示器（ST 2086）"},
    {"matrix", "matrix", "矩阵"},
    {"preferred_transfer", "preferred transfer", "首选转换特性"},
    {"primaries", "primaries", "基色"},
    {"profile", "codec profile", "编码档次"},
    {"range", "range", "量化范围"},
    {"raster", "raster", "分辨率"},
    {"rotation", "rotation", "旋转"},
    {"sample_aspect", "sample aspect", "像素宽高比"},
    {"tier", "tier", "层级"},
    {"timecode", "time code", "时间码"},
    {"transfer", "transfer", "转换特性"},
});

constexpr std::array kMeasures = std::to_array<Entry>({
    {"area", "area", "面积"},
    {"average", "average", "平均"},
    {"channel", "channel", "声道"},
    {"channels", "channels", "声道数"},
    {"confidence", "confidence", "置信度"},
    {"count", "count", "次数"},
    {"flashes", "flashes", "闪光次数"},
    {"frames", "frames", "帧数"},
    {"height", "height", "高"},
    {"length", "length", "长度"},
    {"max", "largest", "最大"},
    {"max_share", "largest share", "最大占比"},
    {"mean", "mean", "平均"},
    {"min", "smallest", "最小"},
    {"peak", "peak", "峰值"},
    {"samples", "samples", "样本数"},
    {"share", "share", "占比"},
    {"threshold", "threshold", "阈值"},
    {"width", "width", "宽"},
});

struct Unit {
  std::string_view suffix, unit;
  double factor;
  int decimals;
};
constexpr std::array kUnits = std::to_array<Unit>({
    {"_micronits", "cd/m²", 1e-6, 4},
    {"_nits", "cd/m²", 1, 4},
    {"_seconds", "s", 1, 3},
    {"_lufs", "LUFS", 1, 1},
    {"_lu", "LU", 1, 1},
    {"_dbtp", "dBTP", 1, 1},
    {"_dbfs", "dBFS", 1, 1},
    {"_db", "dB", 1, 1},
    {"_hz", "Hz", 1, 3},
    {"_percent", "%", 1, 3},
    {"_ms", "ms", 1, 1},
    {"_px", "px", 1, 1},
    {"_bits_per_second", "bit/s", 1, 0},
});

const Entry* find(std::span<const Entry> entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, &Entry::name);
  return found == entries.end() ? nullptr : &*found;
}

std::string spaced(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string word(std::span<const Entry> entries, std::string_view name, bool zh) {
  const Entry* entry = find(entries, name);
  return entry != nullptr ? std::string(zh ? entry->zh : entry->en) : spaced(name);
}

std::string value_text(const json::value& value, double factor, int decimals) {
  if (value.is_bool()) return value.get_bool() ? "✓" : "–";
  if (value.is_int64())
    return factor == 1 ? std::to_string(value.get_int64()) : short_number(value.to_number<double>() * factor, decimals);
  if (value.is_number()) return short_number(value.to_number<double>() * factor, decimals);
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_null()) return "–";
  std::string text = json::serialize(value);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

}  // namespace

std::string kind_word(std::string_view kind, bool zh) {
  if (find(kKinds, kind) != nullptr) return word(kKinds, kind, zh);
  const size_t dot = kind.find('.');
  if (dot == std::string_view::npos) return word(kKinds, kind, zh);
  return word(kKinds, kind.substr(0, dot), zh) + (zh ? "：" : ": ") + word(kMeasures, kind.substr(dot + 1), zh);
}

std::string field_word(std::string_view field, bool zh) {
  return word(kFields, field, zh);
}

std::string measure_text(std::string_view name, const json::value& value, bool zh) {
  for (const Unit& unit : kUnits) {
    if (!name.ends_with(unit.suffix) || name.size() <= unit.suffix.size()) continue;
    return word(kMeasures, name.substr(0, name.size() - unit.suffix.size()), zh) + " " +
           value_text(value, unit.factor, unit.decimals) + " " + std::string(unit.unit);
  }
  const bool share = name == "share" || name.ends_with("_share");
  return word(kMeasures, name, zh) + " " + value_text(value, share ? 100 : 1, 4) + (share ? " %" : "");
}

}  // namespace pier::reports
