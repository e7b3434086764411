#include "content_tables.hpp"

#include <algorithm>
#include <map>

#include "markup.hpp"
#include "series.hpp"
#include "when.hpp"
#include "words.hpp"

namespace pier::reports {
namespace {

using analysis::RuleOutcome;

constexpr size_t kRowsOfKind = 25;
constexpr size_t kValuesOfCarrier = 3;
constexpr size_t kCarriers = 24;
const Rational kMergeGap(1);  // seconds between findings that make one row

const char* pick(bool zh, const char* en, const char* chinese) {
  return zh ? chinese : en;
}

std::string chroma_text(const PixelFormat& format) {
  if (format.rgb) return "RGB";
  switch (format.chroma) {
    case Chroma::k400:
      return "4:0:0";
    case Chroma::k420:
      return "4:2:0";
    case Chroma::k422:
      return "4:2:2";
    case Chroma::k444:
      return "4:4:4";
  }
  return "";
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

std::string hdr_text(media::HdrKind kind) {
  switch (kind) {
    case media::HdrKind::kSdr:
      return "SDR";
    case media::HdrKind::kHlg:
      return "HLG";
    case media::HdrKind::kPq:
      return "PQ";
    case media::HdrKind::kHdr10:
      return "HDR10";
    case media::HdrKind::kHdr10Plus:
      return "HDR10+";
    case media::HdrKind::kHdrVivid:
      return "HDR Vivid";
    case media::HdrKind::kDolbyVision:
      return "Dolby Vision";
  }
  return "";
}

// ---- measured

void add_measure(Table& table, const Document& document, std::string_view path, const std::string& label,
                 const char* unit, int decimals) {
  const json::value& value = measure_at(document, path);
  if (value.is_number())
    table.rows.push_back({{label, short_number(value.to_number<double>(), decimals) + " " + unit}, Tone::kPlain});
}

Table measured(const Document& document, bool zh) {
  Table table{pick(zh, "Measured", "测量结果"), "", {pick(zh, "what", "项目"), pick(zh, "value", "数值")}, {}};
  if (!document.analysis) return table;
  const analysis::AnalysisResult& result = *document.analysis;
  const auto row = [&](std::string label, std::string value, Tone tone = Tone::kPlain) {
    table.rows.push_back({{std::move(label), std::move(value)}, tone});
  };
  row(pick(zh, "pictures analysed", "已分析画面"), std::to_string(result.programme_frames));
  if (result.damaged_frames > 0)
    row(pick(zh, "damaged pictures (not judged)", "损坏画面（不判定）"), std::to_string(result.damaged_frames),
        Tone::kFail);
  add_measure(table, document, "luminance.max_cll_nits", pick(zh, "MaxCLL, measured", "MaxCLL（实测）"), "cd/m²", 1);
  add_measure(table, document, "luminance.max_cll_99_99",
              pick(zh, "MaxCLL, 99.99 percentile", "MaxCLL（99.99 百分位）"), "cd/m²", 0);
  add_measure(table, document, "luminance.max_fall_nits", pick(zh, "MaxFALL, measured", "MaxFALL（实测）"), "cd/m²", 1);
  add_measure(table, document, "luminance.mean_fall_nits", pick(zh, "mean of picture averages", "画面平均亮度均值"),
              "cd/m²", 1);
  const json::value& streams = measure_at(document, "loudness.streams");
  for (size_t i = 0; streams.is_array() && i < streams.get_array().size(); ++i) {
    if (!streams.get_array()[i].is_object()) continue;
    const json::object& stream = streams.get_array()[i].get_object();
    const std::string name = pick(zh, "sound stream ", "声音流 ") + std::to_string(int_or(stream, "stream", 0));
    const auto value = [&](const char* key, const char* unit) {
      const json::value* found = stream.if_contains(key);
      return found != nullptr && found->is_number() ? short_number(found->to_number<double>(), 1) + " " + unit
                                                    : std::string(pick(zh, "not measurable", "无法测得"));
    };
    row(name + pick(zh, ", integrated loudness", "，综合响度"), value("integrated_lufs", "LUFS"));
    row(name + pick(zh, ", loudness range", "，响度范围"), value("range_lu", "LU"));
    row(name + pick(zh, ", true peak", "，真峰值"), value("true_peak_dbtp", "dBTP"));
  }
  return table;
}

// ---- carriers

/// What one carrier says about one field, its values in order of appearance.
using Said = std::vector<std::string>;

std::string cell_of(const Said& said, bool zh) {
  std::string text;
  for (size_t i = 0; i < std::min(said.size(), kValuesOfCarrier); ++i) text += (i == 0 ? "" : " / ") + said[i];
  if (said.size() > kValuesOfCarrier) {
    text += pick(zh, " / and ", " / 另有 ") + std::to_string(said.size() - kValuesOfCarrier) + pick(zh, " more", " 个");
  }
  return text.empty() ? "–" : text;
}

Table carriers_of(const media::VideoFacts& video, bool zh) {
  Table table;
  table.heading = pick(zh, "What every carrier says", "各载体的说明") +
                  std::string(pick(zh, " (picture stream ", "（画面流 ")) + std::to_string(video.stream_index) +
                  pick(zh, ")", "）");
  table.columns.emplace_back(pick(zh, "fact", "项目"));
  std::vector<std::string> fields, carriers;
  std::map<std::pair<std::string, std::string>, Said> said;
  const auto note = [](std::vector<std::string>& list, const std::string& name) {
    if (std::ranges::find(list, name) == list.end()) list.push_back(name);
  };
  for (const media::CarrierFact& fact : video.carriers) {
    note(fields, fact.field);
    note(carriers, fact.carrier);
    note(said[{fact.field, fact.carrier}], fact.value);
  }
  if (carriers.size() > kCarriers) carriers.resize(kCarriers);
  for (const std::string& carrier : carriers) table.columns.push_back(carrier);
  bool apart = false;
  for (const std::string& field : fields) {
    Table::Row row;
    row.cells.push_back(field_word(field, zh));
    for (const std::string& carrier : carriers) row.cells.push_back(cell_of(said[{field, carrier}], zh));
    const bool disagree =
        std::ranges::any_of(video.disagreements, [&](const media::Disagreement& d) { return d.field == field; });
    if (disagree) row.tone = Tone::kFail;
    apart = apart || disagree;
    table.rows.push_back(std::move(row));
  }
  if (apart) table.note = pick(zh, "Carriers disagree in the marked rows.", "标出的行中，各载体的说法不一致。");
  return table;
}

Table disagreements_of(const media::VideoFacts& video, bool zh) {
  Table table{pick(zh, "Disagreements", "不一致之处"), "", {}, {}};
  table.columns = {pick(zh, "fact", "项目"), pick(zh, "carrier", "载体"), pick(zh, "says", "说明"),
                   pick(zh, "times", "次数"), pick(zh, "first in access unit", "首见于访问单元")};
  for (const media::Disagreement& disagreement : video.disagreements) {
    for (const media::CarrierFact& fact : disagreement.said) {
      table.rows.push_back({{field_word(disagreement.field, zh), fact.carrier, fact.value, std::to_string(fact.count),
                             std::to_string(fact.first_packet)},
                            Tone::kPlain});
    }
  }
  return table;
}

Table sound(const Document& document, bool zh) {
  Table table{pick(zh, "Sound tracks", "音轨"), "", {}, {}};
  table.columns = {pick(zh, "stream", "流"),       pick(zh, "codec", "编码"),  pick(zh, "channels", "声道"),
                   pick(zh, "layout", "声道布局"), pick(zh, "rate", "采样率"), pick(zh, "depth", "位深"),
                   pick(zh, "language", "语言"),   pick(zh, "length", "时长")};
  for (const media::AudioFacts& audio : document.facts.audio) {
    std::string labels;
    for (const std::string& label : audio.mca_labels) labels += (labels.empty() ? "" : " ") + label;
    table.rows.push_back({{std::to_string(audio.stream_index), audio.codec_name, std::to_string(audio.channels),
                           labels.empty() ? audio.layout : labels, std::to_string(audio.sample_rate) + " Hz",
                           audio.bit_depth > 0 ? std::to_string(audio.bit_depth) : "–",
                           audio.language.empty() ? "–" : audio.language, length_text(audio.duration.value(), zh)},
                          audio.decodable ? Tone::kPlain : Tone::kWarn});
  }
  return table;
}

// ---- findings

/// Findings of one kind and stream; those close together are one row.
struct Merged {
  const analysis::Finding* first;
  analysis::TimeRange time;
  int64_t last_frame;
  size_t count;
};

std::vector<Merged> merged(const std::vector<const analysis::Finding*>& findings) {
  std::vector<Merged> rows;
  for (const analysis::Finding* finding : findings) {
    if (!rows.empty() && rows.back().first->stream_index == finding->stream_index &&
        finding->time.start <= rows.back().time.end + kMergeGap) {
      rows.back().time.end = std::max(rows.back().time.end, finding->time.end);
      rows.back().last_frame = std::max(rows.back().last_frame, finding->last_frame);
      ++rows.back().count;
    } else {
      rows.push_back({finding, finding->time, finding->last_frame, 1});
    }
  }
  return rows;
}

std::string dispute_text(const Merged& row, const RenderOptions& options, bool zh) {
  for (const Dispute& dispute : options.disputes) {
    if (row.count == 1 && dispute.finding == row.first->id)
      return pick(zh, " · disputed: ", " · 有异议：") + dispute.reason;
  }
  return {};
}

Table findings(const Document& document, const RenderOptions& options, bool zh) {
  Table table{pick(zh, "Findings", "检出项"), "", {}, {}};
  table.note =
      pick(zh, "Neutral: what was seen, whatever the profile asks. Findings less than a second apart share a row.",
           "客观记录：与规范档要求无关。间隔不足一秒的同类检出合并为一行。");
  table.columns = {pick(zh, "what", "类型"), pick(zh, "time", "时间"), pick(zh, "pictures", "帧"),
                   pick(zh, "measures", "测量值"), pick(zh, "id", "编号")};
  const TimeWriter times(document);
  std::map<std::string, std::vector<const analysis::Finding*>> by_kind;
  for (const analysis::Finding& finding : document.analysis->findings) by_kind[finding.kind].push_back(&finding);
  for (const auto& [kind, list] : by_kind) {
    const std::vector<Merged> rows = merged(list);
    for (size_t i = 0; i < std::min(rows.size(), kRowsOfKind); ++i) {
      const Merged& row = rows[i];
      std::string what = kind_word(kind, zh);
      if (row.count > 1) what += " ×" + std::to_string(row.count);
      const std::string pictures = row.first->first_frame < 0
                                       ? "–"
                                       : std::to_string(row.first->first_frame) + "–" + std::to_string(row.last_frame);
      table.rows.push_back(
          {{what, times.range(row.time, zh), pictures,
            (row.count == 1 ? finding_detail(*row.first, zh) : "") + dispute_text(row, options, zh), row.first->id},
           Tone::kPlain});
    }
    const json::value* counts = nullptr;
    if (const json::value* all = document.analysis->measures.if_contains("findings");
        all != nullptr && all->is_object())
      counts = all->get_object().if_contains(kind);
    const int64_t total = counts != nullptr && counts->is_object()
                              ? int_or(counts->get_object(), "count", static_cast<int64_t>(list.size()))
                              : static_cast<int64_t>(list.size());
    if (rows.size() > kRowsOfKind || total > static_cast<int64_t>(list.size())) {
      table.rows.push_back(
          {{kind_word(kind, zh),
            pick(zh, "in all ", "共 ") + std::to_string(total) +
                pick(zh, " of this kind; the rest is in the JSON or only counted", " 处；其余见 JSON 或只计数"),
            "", "", ""},
           Tone::kOpen});
    }
  }
  return table;
}

// ---- rules

Table rules(const Document& document, bool zh, const std::string& heading, auto wanted) {
  Table table{heading, "", {}, {}};
  table.columns = {pick(zh, "rule", "规则"), pick(zh, "asked", "要求"), pick(zh, "found", "结果"),
                   pick(zh, "clause", "条款"), pick(zh, "verified by", "核实依据")};
  const std::string language = zh ? "zh" : "en";
  for (const analysis::RuleReport& rule : document.report.rules) {
    if (!wanted(rule)) continue;
    std::string verified = rule.source;
    if (rule.verified == analysis::Verified::kNo) verified = pick(zh, "not verified", "未核实");
    table.rows.push_back(
        {{rule.rule, rule.message.in(language), rule.evidence.in(language), rule.clause, verified}, Tone::kPlain});
  }
  return table;
}

}  // namespace

std::string picture_text(const Document& document, bool zh) {
  const media::Facts& facts = document.facts;
  if (facts.main_video < 0) return pick(zh, "none", "无");
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  const bool named = video.codec != media::Codec::kUnknown && video.codec != media::Codec::kOther;
  std::string text = std::to_string(video.width) + "×" + std::to_string(video.height);
  if (video.frame_rate.num > 0) text += ", " + short_number(video.frame_rate.value(), 3) + " Hz";
  text += ", " + std::to_string(video.format.bit_depth) + " bit " + chroma_text(video.format) + ", " +
          (named ? upper(media::to_string(video.codec)) : video.codec_name) + ", " + hdr_text(video.hdr);
  if (video.colour.primaries != Primaries::kUnspecified) text += ", " + to_string(video.colour.primaries);
  if (video.rotation != 0) text += pick(zh, ", rotated ", "，旋转 ") + std::to_string(video.rotation) + "°";
  if (!video.decodable) text += pick(zh, ", not decodable here", "，本机无法解码");
  return text;
}

std::string sound_text(const Document& document, bool zh) {
  const auto& audio = document.facts.audio;
  if (audio.empty()) return pick(zh, "none", "无");
  std::string text = std::to_string(audio.size()) + pick(zh, audio.size() == 1 ? " track: " : " tracks: ", " 条音轨：");
  for (size_t i = 0; i < std::min<size_t>(audio.size(), 4); ++i) {
    text += (i == 0 ? "" : "; ") + audio[i].codec_name + " " +
            (audio[i].layout.empty() ? std::to_string(audio[i].channels) + pick(zh, " channels", " 声道")
                                     : audio[i].layout) +
            ", " + std::to_string(audio[i].sample_rate) + " Hz";
  }
  return audio.size() > 4 ? text + "; …" : text;
}

std::string finding_detail(const analysis::Finding& finding, bool zh) {
  std::string text;
  for (const auto& [name, value] : finding.measures)
    text += (text.empty() ? "" : " · ") + measure_text(name, value, zh);
  if (finding.region) {
    text += (text.empty() ? "" : " · ") + std::string(pick(zh, "at ", "位置 ")) + std::to_string(finding.region->x) +
            "," + std::to_string(finding.region->y) + " " + std::to_string(finding.region->width) + "×" +
            std::to_string(finding.region->height);
  }
  return text;
}

std::vector<Table> make_tables(const Document& document, const RenderOptions& options, bool zh) {
  std::vector<Table> tables;
  tables.push_back(measured(document, zh));
  for (const media::VideoFacts& video : document.facts.video) {
    tables.push_back(carriers_of(video, zh));
    tables.push_back(disagreements_of(video, zh));
  }
  tables.push_back(sound(document, zh));
  if (document.analysis) tables.push_back(findings(document, options, zh));
  tables.push_back(rules(document, zh, pick(zh, "Rules that hold", "符合的规则"),
                         [](const analysis::RuleReport& rule) { return rule.outcome == RuleOutcome::kHolds; }));
  tables.push_back(rules(document, zh, pick(zh, "Rules that do not apply", "不适用的规则"),
                         [](const analysis::RuleReport& rule) { return rule.outcome == RuleOutcome::kNotApplicable; }));
  std::erase_if(tables, [](const Table& table) { return table.rows.empty(); });
  return tables;
}

}  // namespace pier::reports
