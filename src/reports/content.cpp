#include "content.hpp"

#include <algorithm>
#include <map>

#include "content_tables.hpp"
#include "markup.hpp"
#include "when.hpp"
#include "words.hpp"

namespace pier::reports {
namespace {

using analysis::RuleOutcome;
using analysis::RuleReport;
using analysis::Verdict;

constexpr size_t kFindingsOfClause = 8;

class Builder {
 public:
  Builder(const Document& document, const RenderOptions& options)
      : x_document(document), x_options(options), x_zh(options.language.starts_with("zh")), x_times(document) {
    if (!document.analysis) return;
    for (const analysis::Finding& finding : document.analysis->findings) x_findings.emplace(finding.id, &finding);
  }

  Content build() {
    Content content;
    content.zh = x_zh;
    content.product = x_zh ? "Pier 栈桥" : "Pier";
    content.kind = say("Conformity report", "检测报告");
    content.heading = file_name();
    verdict(content);
    content.summary = summary();
    groups(content);
    content.plots_heading = say("Over time", "时间线");
    content.plots = timelines(x_document, x_zh);
    content.gamut = gamut_plot(x_document, x_zh);
    content.stills_heading = say("Shots", "镜头画面");
    for (const Still& still : x_document.stills) {
      if (still.rule.empty()) content.stills.push_back({&still, caption(still)});
    }
    content.tables = make_tables(x_document, x_options, x_zh);
    content.notes_heading = say("Notes", "说明");
    content.notes = x_document.report.warnings;
    for (const analysis::WaiverReport& report : x_document.report.waivers) {
      if (report.state == analysis::WaiverState::kApplied) continue;
      content.notes.push_back(
          (report.state == analysis::WaiverState::kExpired ? say("Expired waiver of ", "已过期的豁免：")
                                                           : say("Waiver that met nothing: ", "未用到的豁免：")) +
          report.waiver.rule + report.waiver.finding + " (" + report.waiver.who + ", " + report.waiver.until + ")");
    }
    for (const std::string& why : x_document.stills_left_out) content.notes.push_back(why);
    origin(content);
    return content;
  }

 private:
  std::string say(const char* en, const char* zh) const { return x_zh ? zh : en; }
  std::string language() const { return x_zh ? "zh" : "en"; }

  std::string file_name() const {
    std::string path = x_document.master.path;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path.substr(path.rfind('/') + 1);
  }

  // ---- verdict and summary

  static bool unverified(const RuleReport& rule) {
    return rule.verified == analysis::Verified::kNo && rule.waived.empty();
  }

  size_t count(bool deciding, RuleOutcome outcome) const {
    return static_cast<size_t>(std::ranges::count_if(x_document.report.rules, [&](const RuleReport& rule) {
      return (deciding ? rule.deciding() : unverified(rule)) && rule.outcome == outcome;
    }));
  }

  void verdict(Content& content) const {
    switch (x_document.report.verdict) {
      case Verdict::kPass:
        content.tone = Tone::kPass;
        content.verdict = say("Conform", "符合");
        break;
      case Verdict::kWarn:
        content.tone = Tone::kWarn;
        content.verdict = say("Conform, with warnings", "符合（有警告）");
        break;
      case Verdict::kFail:
        content.tone = Tone::kFail;
        content.verdict = say("Not conform", "不符合");
        break;
      case Verdict::kNotJudged:
        content.tone = Tone::kOpen;
        content.verdict = say("Not judged", "未判定");
        break;
    }
    const auto number = [](size_t value) { return std::to_string(value); };
    const size_t holds = count(true, RuleOutcome::kHolds), broken = count(true, RuleOutcome::kBroken);
    const size_t open = count(true, RuleOutcome::kNotJudged);
    const size_t met = count(false, RuleOutcome::kHolds);
    const size_t unmet = count(false, RuleOutcome::kBroken) + count(false, RuleOutcome::kNotJudged);
    if (x_zh) {
      content.verdict_text =
          "已核实规则：" + number(holds) + " 条符合，" + number(broken) + " 条不符合，" + number(open) + " 条未判定。";
      if (met + unmet > 0) {
        content.verdict_text +=
            "未核实规则不参与判定：" + number(met) + " 条符合，" + number(unmet) + " 条不符合或未判定。";
      }
      return;
    }
    content.verdict_text = "Of the verified rules " + number(holds) + (holds == 1 ? " holds, " : " hold, ") +
                           number(broken) + (broken == 1 ? " is broken, " : " are broken, ") + number(open) +
                           (open == 1 ? " was" : " were") + " not judged.";
    if (met + unmet > 0) {
      content.verdict_text +=
          " Unverified rules decide nothing: " + number(met) + " met, " + number(unmet) + " not met or not judged.";
    }
  }

  std::string programme() const {
    const ProgrammeRange& range = x_document.programme;
    switch (range.origin) {
      case RangeOrigin::kWholeFile:
        return say("the whole file", "整个文件");
      case RangeOrigin::kPlaylist:
        return say("as the composition playlist says", "按合成播放列表（CPL）");
      case RangeOrigin::kGiven:
      case RangeOrigin::kMaterialPackage:
        break;
    }
    std::string text = x_times.after_start(range.in.value_or(Rational(0))) + " – ";
    text += range.out ? x_times.after_start(*range.out) : say("end", "结尾");
    return text + (range.origin == RangeOrigin::kGiven ? say(" (given by hand)", "（人工给定）")
                                                       : say(" (MXF material package)", "（MXF 素材包）"));
  }

  std::string proposals() const {
    std::string text;
    for (const RangeProposal& proposal : x_document.proposals) {
      std::string kinds;
      for (const std::string& kind : proposal.kinds)
        kinds += (kinds.empty() ? "" : say(", ", "、")) + kind_word(kind, x_zh);
      if (!text.empty()) text += say("; ", "；");
      text += (proposal.in ? say("in ", "入点 ") : say("out ", "出点 ")) + x_times.after_start(proposal.seconds) +
              say(" (after ", "（依据：") + kinds + say(")", "）");
      if (!x_zh && !proposal.in) text.replace(text.rfind("(after "), 7, "(before ");
    }
    return text.empty() ? text : text + say("; not applied", "；未采用");
  }

  std::vector<Pair> summary() const {
    const analysis::Report& report = x_document.report;
    std::vector<Pair> pairs;
    pairs.push_back({say("Profile", "规范档"),
                     report.profile_title.in(language()) + " (" + report.profile + " " + report.profile_version + ")"});
    pairs.push_back({say("Picture", "画面"), picture_text(x_document, x_zh)});
    pairs.push_back({say("Sound", "声音"), sound_text(x_document, x_zh)});
    pairs.push_back({say("Length", "时长"), length_text(x_document.facts.duration.value(), x_zh)});
    pairs.push_back({say("Programme judged", "判定范围"), programme()});
    if (const std::string text = proposals(); !text.empty()) pairs.push_back({say("Proposed range", "建议范围"), text});
    pairs.push_back({say("Made", "生成时间"), x_document.made});
    return pairs;
  }

  // ---- clauses

  std::string caption(const Still& still) const {
    std::string text = x_times.at(still.time);
    if (still.frame >= 0) text += say(" · frame ", " · 第 ") + std::to_string(still.frame) + say("", " 帧");
    return text;
  }

  FindingView finding_view(const analysis::Finding& finding) const {
    FindingView view;
    view.id = finding.id;
    view.what = kind_word(finding.kind, x_zh);
    view.when = x_times.range(finding.time, x_zh);
    view.detail = finding_detail(finding, x_zh);
    for (const Dispute& dispute : x_options.disputes) {
      if (dispute.finding != finding.id) continue;
      view.disputes.push_back(say("Disputed by ", "异议：") + dispute.by + " (" + dispute.made +
                              "): " + dispute.reason);
    }
    return view;
  }

  std::vector<std::string> remarks(const RuleReport& rule) const {
    std::vector<std::string> lines;
    for (const analysis::Waiver& waiver : rule.waived) {
      lines.push_back(say("Waived by ", "豁免人：") + waiver.who + say(" until ", "，有效期至 ") + waiver.until +
                      say(": ", "：") + waiver.why);
    }
    if (rule.attestation) {
      const analysis::Attestation& by = *rule.attestation;
      lines.push_back(say("Attested by ", "核实人：") + by.by + " (" + by.date + "): " + by.document + ", " +
                      by.clause);
    }
    std::string codes;
    if (!rule.movielabs.empty()) codes = "MovieLabs QC " + rule.movielabs;
    if (!rule.ebu_qc.empty()) codes += (codes.empty() ? "" : " · ") + ("EBU QC " + rule.ebu_qc);
    if (!codes.empty()) lines.push_back(codes);
    return lines;
  }

  ClauseView clause_view(const RuleReport& rule, Tone tone, const std::string& badge) const {
    ClauseView view;
    view.tone = tone;
    view.badge = badge;
    view.rule = rule.rule;
    view.clause = rule.clause;
    view.message = rule.message.in(language());
    view.evidence = rule.evidence.in(language());
    view.source = rule.source;
    view.remarks = remarks(rule);
    size_t known = 0;
    for (const std::string& id : rule.findings) {
      const auto found = x_findings.find(id);
      if (found == x_findings.end()) continue;
      if (known++ < kFindingsOfClause) view.findings.push_back(finding_view(*found->second));
    }
    const auto total = static_cast<size_t>(std::max<int64_t>(0, int_or(rule.values, "count", 0)));
    const size_t hidden = std::max(total, known) - view.findings.size();
    if (hidden > 0) {
      view.more = x_zh ? "另有 " + std::to_string(hidden) + " 处"
                       : "and " + std::to_string(hidden) + (hidden == 1 ? " more" : " more of them");
    }
    for (const Still& still : x_document.stills) {
      if (still.rule == rule.rule) view.stills.push_back({&still, caption(still)});
    }
    return view;
  }

  void group(Content& content, const char* en, const char* zh, const std::string& intro, Tone tone,
             const std::string& badge, auto wanted) const {
    Group group{say(en, zh), intro, {}};
    for (const RuleReport& rule : x_document.report.rules) {
      if (wanted(rule)) group.clauses.push_back(clause_view(rule, tone, badge));
    }
    if (!group.clauses.empty()) content.groups.push_back(std::move(group));
  }

  void groups(Content& content) const {
    const auto broken = [](const RuleReport& rule, bool severe) {
      return rule.deciding() && rule.outcome == RuleOutcome::kBroken &&
             (rule.severity == analysis::Severity::kFail) == severe;
    };
    group(content, "Broken clauses", "不符合的条款", "", Tone::kFail, say("broken", "不符合"),
          [&](const RuleReport& rule) { return broken(rule, true); });
    group(content, "Warnings", "警告", "", Tone::kWarn, say("warning", "警告"),
          [&](const RuleReport& rule) { return broken(rule, false); });
    group(content, "Not judged", "未判定的条款",
          say("A rule that could not be judged never counts as held.", "未能判定的规则不视为符合。"), Tone::kOpen,
          say("not judged", "未判定"),
          [](const RuleReport& rule) { return rule.deciding() && rule.outcome == RuleOutcome::kNotJudged; });
    group(content, "Waived", "已豁免", say("Broken, and let pass by name.", "不符合，但已具名豁免。"), Tone::kWarn,
          say("waived", "已豁免"), [](const RuleReport& rule) { return !rule.waived.empty(); });
    group(content, "Unverified rules not met", "未满足的未核实规则",
          say("Nobody here has read the text behind these rules, so they decide nothing.",
              "这些规则的原文未经核对，因此不参与判定。"),
          Tone::kPlain, say("unverified", "未核实"), [](const RuleReport& rule) {
            return unverified(rule) &&
                   (rule.outcome == RuleOutcome::kBroken || rule.outcome == RuleOutcome::kNotJudged);
          });
  }

  // ---- what binds the report to the bytes

  void origin(Content& content) const {
    const Document& d = x_document;
    content.origin_heading = say("What this report is about", "报告所依据的内容");
    content.origin.push_back({say("Report", "报告编号"), d.id});
    content.origin.push_back({say("Master", "母版"), d.master.path});
    if (d.feed) {
      content.origin.push_back({say("Period of the feed", "信号流时段"),
                                std::to_string(d.feed->period) + ": " + d.feed->began + " – " + d.feed->ended});
    }
    content.origin.push_back({say("Master, SHA-256", "母版 SHA-256"), d.master.sha256});
    if (d.master.files.size() > 1) {
      for (const Master::File& file : d.master.files) content.origin.push_back({file.name, file.sha256});
    }
    content.origin.push_back({say("Profile, SHA-256", "规范档 SHA-256"), d.report.profile_digest});
    if (!d.overlay_sha256.empty())
      content.origin.push_back({say("Overlay, SHA-256", "覆盖层 SHA-256"), d.overlay_sha256});
    content.origin.push_back({say("Rules, SHA-256", "规则 SHA-256"), d.rules_sha256});
    content.origin.push_back({say("Engine", "引擎"), "pier " + d.program + ", " + d.report.engine});
    content.origin.push_back(
        {say("Signature", "签名"), d.id.empty() || x_options.signer.empty()
                                       ? say("none looked at for this rendering", "本页未核验签名")
                                       : say("Ed25519, holds; key ", "Ed25519，有效；公钥 ") + x_options.signer});
    content.origin_note = say(
        "Times are time codes of the source, or a clock where there is none; ends are exclusive; pictures are counted "
        "from 0.",
        "时间为片源时间码（没有时为时钟时间），终点不含在内；帧号从 0 开始。");
    content.footer = content.product + " · " + content.kind + " · " + d.id;
  }

  const Document& x_document;
  const RenderOptions& x_options;
  bool x_zh;
  TimeWriter x_times;
  std::map<std::string, const analysis::Finding*, std::less<>> x_findings;
};

}  // namespace

Content make_content(const Document& document, const RenderOptions& options) {
  return Builder(document, options).build();
}

}  // namespace pier::reports
