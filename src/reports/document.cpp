#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <pier/core/file.hpp>
#include <pier/reports/document.hpp>

#include "document_json.hpp"

namespace pier::reports {
namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kMaxFile = 256U << 20U;

json::value seconds_json(const std::optional<Rational>& point) {
  return point ? json::value(point->to_string()) : json::value(nullptr);
}

Result<Rational> rational_from(std::string_view text, std::string_view key) {
  const size_t slash = text.find('/');
  const auto whole = [](std::string_view part, int64_t& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc() && end == part.data() + part.size();
  };
  int64_t num = 0, den = 1;
  const bool good = whole(text.substr(0, slash), num) &&
                    (slash == std::string_view::npos || whole(text.substr(slash + 1), den)) && den > 0;
  if (!good) return fail(ErrorCode::kInputDamaged, "'" + std::string(key) + "' of the report is not a fraction");
  return Rational(num, den);
}

Result<std::optional<Rational>> point_from(const json::object& object, std::string_view key) {
  const std::string text = string_or(object, key, "");
  if (text.empty()) return std::optional<Rational>();
  PIER_TRY(const Rational value, rational_from(text, key));
  return std::optional(value);
}

// ---- master

json::object to_json(const Master& master) {
  json::array files;
  for (const Master::File& file : master.files) {
    json::object entry;
    put_path(entry, "name", file.name);
    entry["bytes"] = file.size;
    entry["sha256"] = file.sha256;
    files.push_back(std::move(entry));
  }
  json::object object;
  put_path(object, "path", master.path);
  object["sha256"] = master.sha256;
  object["files"] = std::move(files);
  return object;
}

Result<Master> master_from(const json::object& object) {
  Master master;
  PIER_TRY(master.path, get_path(object, "path"));
  PIER_TRY(master.sha256, get_string(object, "sha256"));
  PIER_TRY(const json::array files, get_array(object, "files"));
  for (const json::value& item : files) {
    if (!item.is_object()) return fail(ErrorCode::kInputDamaged, "a file of the report's master is no JSON object");
    Master::File file;
    PIER_TRY(file.name, get_path(item.get_object(), "name"));
    file.size = static_cast<uint64_t>(int_or(item.get_object(), "bytes", 0));
    PIER_TRY(file.sha256, get_string(item.get_object(), "sha256"));
    master.files.push_back(std::move(file));
  }
  return master;
}

// ---- programme range

json::object to_json(const ProgrammeRange& range, const std::vector<RangeProposal>& proposals) {
  json::array list;
  for (const RangeProposal& proposal : proposals) {
    list.push_back(json::object{{"point", proposal.in ? "in" : "out"},
                                {"seconds", proposal.seconds.to_string()},
                                {"kinds", impl::to_json(proposal.kinds)}});
  }
  return {{"origin", to_string(range.origin)}, {"in", seconds_json(range.in)}, {"out", seconds_json(range.out)},
          {"in_given", range.in_text},         {"out_given", range.out_text},  {"proposals", std::move(list)}};
}

Result<ProgrammeRange> range_from(const json::object& object) {
  ProgrammeRange range;
  PIER_TRY(const std::string origin, get_string(object, "origin"));
  for (const RangeOrigin one :
       {RangeOrigin::kWholeFile, RangeOrigin::kGiven, RangeOrigin::kPlaylist, RangeOrigin::kMaterialPackage}) {
    if (to_string(one) == origin) range.origin = one;
  }
  PIER_TRY(range.in, point_from(object, "in"));
  PIER_TRY(range.out, point_from(object, "out"));
  range.in_text = string_or(object, "in_given", "");
  range.out_text = string_or(object, "out_given", "");
  return range;
}

Result<std::vector<RangeProposal>> proposals_from(const json::object& object) {
  std::vector<RangeProposal> proposals;
  PIER_TRY(const json::array list, get_array(object, "proposals"));
  for (const json::value& item : list) {
    if (!item.is_object()) return fail(ErrorCode::kInputDamaged, "a proposal of the report is no JSON object");
    RangeProposal proposal;
    proposal.in = string_or(item.get_object(), "point", "in") == "in";
    PIER_TRY(proposal.seconds, impl::get_fraction(item.get_object(), "seconds"));
    proposal.kinds = impl::strings_from(item.get_object(), "kinds");
    proposals.push_back(std::move(proposal));
  }
  return proposals;
}

// ---- proposals

/// Seconds from the first picture up to which (or from which) such findings lie without a gap.
class Edge {
 public:
  Edge(const analysis::AnalysisResult& result, Rational tolerance) : x_tolerance(tolerance) {
    for (const analysis::Finding& finding : result.findings) {
      const bool counts = finding.stream_index == result.video_stream &&
                          (finding.kind == "black" || finding.kind == "bars" || finding.kind == "slate" ||
                           finding.kind.starts_with("bars.") || finding.kind.starts_with("slate."));
      if (counts) x_findings.push_back(&finding);
    }
  }
  std::optional<RangeProposal> head(Rational first) const { return grow(first, true); }
  std::optional<RangeProposal> tail(Rational last) const { return grow(last, false); }

 private:
  std::optional<RangeProposal> grow(Rational from, bool in) const {
    RangeProposal proposal{in, from, {}};
    for (bool moved = true; moved;) {
      moved = false;
      for (const analysis::Finding* finding : x_findings) {
        const Rational near = in ? finding->time.start : finding->time.end;
        const Rational far = in ? finding->time.end : finding->time.start;
        const Rational& at = proposal.seconds;
        const bool touches = in ? near <= at + x_tolerance && far > at : near >= at - x_tolerance && far < at;
        if (!touches) continue;
        proposal.seconds = far;
        if (std::ranges::find(proposal.kinds, finding->kind) == proposal.kinds.end())
          proposal.kinds.push_back(finding->kind);
        moved = true;
      }
    }
    return proposal.kinds.empty() ? std::nullopt : std::optional(proposal);
  }

  Rational x_tolerance;
  std::vector<const analysis::Finding*> x_findings;
};

}  // namespace

namespace impl {

Result<Rational> get_fraction(const json::object& object, std::string_view key) {
  PIER_TRY(const std::string text, get_string(object, key));
  return rational_from(text, key);
}

json::array to_json(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

std::vector<std::string> strings_from(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  const auto array = get_array(object, key);
  for (size_t i = 0; array && i < array->size(); ++i) {
    if ((*array)[i].is_string()) texts.emplace_back((*array)[i].get_string());
  }
  return texts;
}

json::object to_json(const Still& still) {
  return {{"rule", still.rule},   {"finding", still.finding}, {"time", still.time.to_string()}, {"frame", still.frame},
          {"width", still.width}, {"height", still.height},   {"jpeg", to_base64(still.jpeg)}};
}

Result<Still> still_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInputDamaged, "a still of the report is no JSON object");
  const json::object& object = value.get_object();
  Still still;
  still.rule = string_or(object, "rule", "");
  still.finding = string_or(object, "finding", "");
  PIER_TRY(still.time, get_fraction(object, "time"));
  still.frame = int_or(object, "frame", -1);
  still.width = static_cast<int>(int_or(object, "width", 0));
  still.height = static_cast<int>(int_or(object, "height", 0));
  PIER_TRY(const std::string jpeg, get_string(object, "jpeg"));
  PIER_TRY(still.jpeg, from_base64(jpeg));
  return still;
}

}  // namespace impl

std::string_view to_string(RangeOrigin origin) {
  switch (origin) {
    case RangeOrigin::kWholeFile:
      return "whole_file";
    case RangeOrigin::kGiven:
      return "given";
    case RangeOrigin::kPlaylist:
      return "cpl";
    case RangeOrigin::kMaterialPackage:
      return "mxf";
  }
  return "whole_file";
}

std::string local_time(WallTime time) {
  const std::time_t seconds = static_cast<std::time_t>(time / 1'000'000);
  std::tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return to_rfc3339(time);
  std::array<char, 64> text{};
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &parts);
  std::string out(text.data(), length);
  if (out.size() > 5) out.insert(out.size() - 2, ":");
  return out;
}

std::string rules_digest(const analysis::Profile& profile) {
  json::array rules;
  for (const analysis::Rule& rule : profile.rules) rules.push_back(analysis::to_json(rule));
  return to_hex(sha256(as_bytes(json::serialize(rules))));
}

ProgrammeRange declared_range(const media::Facts& facts) {
  ProgrammeRange range;
  range.origin = facts.container == "imf" ? RangeOrigin::kPlaylist : RangeOrigin::kWholeFile;
  if (facts.programme) {
    range.origin = RangeOrigin::kMaterialPackage;
    range.in = facts.programme->in;
    range.out = facts.programme->out;
  }
  return range;
}

std::vector<RangeProposal> propose_range(const media::Facts& facts, const analysis::AnalysisResult& result) {
  std::vector<RangeProposal> proposals;
  if (facts.main_video < 0) return proposals;
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  const Rational first = Rational(video.start_pts) * video.time_base;
  const Rational last = first + video.duration;
  const Rational picture = video.frame_rate.num > 0 ? video.frame_rate.inverse() : Rational(1, 25);
  const Edge edge(result, picture * 2);
  const auto head = edge.head(first);
  const auto tail = edge.tail(last);
  if (head && head->seconds + picture * 2 >= last) return proposals;  // nothing would be left
  if (head) proposals.push_back({true, head->seconds - first, head->kinds});
  if (tail) proposals.push_back({false, tail->seconds - first, tail->kinds});
  return proposals;
}

json::object to_json(const Document& document) {
  json::array stills;
  for (const Still& still : document.stills) stills.push_back(impl::to_json(still));
  json::object object{{"format", kFormat},
                      {"id", document.id},
                      {"made", document.made},
                      {"program", document.program},
                      {"master", to_json(document.master)},
                      {"rules_sha256", document.rules_sha256},
                      {"overlay_sha256", document.overlay_sha256},
                      {"programme", to_json(document.programme, document.proposals)},
                      {"facts", media::to_json(document.facts)},
                      {"analysis", nullptr},
                      {"report", analysis::to_json(document.report)},
                      {"stills", std::move(stills)},
                      {"stills_left_out", impl::to_json(document.stills_left_out)}};
  if (document.analysis) object["analysis"] = analysis::to_json(*document.analysis);
  if (document.feed) {
    object["feed"] = {{"period", document.feed->period},   {"began", document.feed->began},
                      {"ended", document.feed->ended},     {"start_seconds", document.feed->start},
                      {"end_seconds", document.feed->end}, {"reason", document.feed->reason}};
  }
  return object;
}

Result<Document> document_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInputDamaged, "a report is a JSON object");
  const json::object& object = value.get_object();
  if (int_or(object, "format", 0) != kFormat)
    return fail(ErrorCode::kInputUnsupported, "this is no report, or one of a form this program does not read");
  Document document;
  PIER_TRY(document.id, get_string(object, "id"));
  PIER_TRY(document.made, get_string(object, "made"));
  document.program = string_or(object, "program", "");
  PIER_TRY(const json::object master, get_object(object, "master"));
  PIER_TRY(document.master, master_from(master));
  document.rules_sha256 = string_or(object, "rules_sha256", "");
  document.overlay_sha256 = string_or(object, "overlay_sha256", "");
  PIER_TRY(const json::object programme, get_object(object, "programme"));
  PIER_TRY(document.programme, range_from(programme));
  PIER_TRY(document.proposals, proposals_from(programme));
  PIER_TRY(const json::object facts, get_object(object, "facts"));
  PIER_TRY(document.facts, media::facts_from_json(facts));
  const json::value* analysed = object.if_contains("analysis");
  if (analysed != nullptr && !analysed->is_null()) {
    PIER_TRY(document.analysis, analysis::analysis_result_from_json(*analysed));
  }
  PIER_TRY(const json::object report, get_object(object, "report"));
  PIER_TRY(document.report, analysis::report_from_json(report));
  PIER_TRY(const json::array stills, get_array(object, "stills"));
  for (const json::value& item : stills) {
    PIER_TRY(Still still, impl::still_from_json(item));
    document.stills.push_back(std::move(still));
  }
  document.stills_left_out = impl::strings_from(object, "stills_left_out");
  if (const auto feed = get_object(object, "feed")) {
    document.feed = FeedPart{int_or(*feed, "period", 1),         string_or(*feed, "began", ""),
                             string_or(*feed, "ended", ""),      double_or(*feed, "start_seconds", 0),
                             double_or(*feed, "end_seconds", 0), string_or(*feed, "reason", "")};
  }
  return document;
}

Result<Document> read_document(const std::string& path) {
  PIER_TRY(const std::string text, read_file(path, kMaxFile));
  auto parsed = parse_json(text);
  if (!parsed) return fail_in(display_text(path), parsed.error());
  auto document = document_from_json(*parsed);
  if (!document) return fail_in(display_text(path), document.error());
  return document;
}

}  // namespace pier::reports
