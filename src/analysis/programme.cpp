#include "programme.hpp"

#include <algorithm>

namespace pier::analysis {

namespace {

bool is_leader(const Finding& finding) {
  return finding.kind == "bars" || finding.kind == "bars.field" || finding.kind == "slate" || finding.kind == "black";
}

/// What surrounds the programme at one edge.
struct Edge {
  std::vector<const Finding*> findings;

  /// Black shorter than the limit belongs to the programme.
  bool counts() const {
    double black = 0;
    for (const Finding* finding : findings) {
      if (finding->kind != "black") return true;
      black += (finding->time.end - finding->time.start).value();
    }
    return black >= kMinProgrammeBlackSeconds;
  }
  void explain(std::string_view name, json::array& reasons) const {
    for (const Finding* finding : findings) {
      reasons.push_back({{"edge", name},
                         {"kind", finding->kind},
                         {"finding", finding->id},
                         {"start_seconds", finding->time.start.value()},
                         {"end_seconds", finding->time.end.value()}});
    }
  }
};

/// Index of the first picture that is no leader, as the bars analyzer saw it; -1: there is none.
int64_t first_picture(const AnalysisResult& result) {
  const json::value* bars = result.measures.if_contains("bars");
  return bars != nullptr && bars->is_object() ? int_or(bars->get_object(), "first_programme_frame", -1) : -1;
}

json::object nothing(std::string_view why) {
  return {{"proposed", false}, {"why", why}};
}

}  // namespace

json::object propose_programme(const AnalysisResult& result, bool range_given) {
  const auto frames = static_cast<int64_t>(result.frames.frames.size());
  if (range_given) return nothing("the range was given");
  if (frames == 0) return nothing("there are no pictures");
  std::vector<const Finding*> leaders;
  for (const Finding& finding : result.findings) {
    const bool placed = finding.first_frame >= 0 && finding.last_frame < frames;
    if (is_leader(finding) && placed && finding.stream_index == result.video_stream) leaders.push_back(&finding);
  }
  const int64_t begin = first_picture(result);
  if (begin < 0 && !leaders.empty()) return nothing("there is nothing but bars, fields, slates and black");
  Edge head, tail;
  for (const Finding* finding : leaders) {
    if (finding->last_frame < begin) head.findings.push_back(finding);
  }
  std::ranges::stable_sort(leaders, std::ranges::greater(), [](const Finding* f) { return f->last_frame; });
  int64_t end = frames;
  for (const Finding* finding : leaders) {
    if (finding->last_frame < end - 1 || finding->first_frame <= begin || finding->kind == "slate") continue;
    end = std::min(end, finding->first_frame);
    tail.findings.insert(tail.findings.begin(), finding);
  }
  const int64_t in = head.counts() ? begin : 0;
  const int64_t out = tail.counts() ? end : frames;
  if (in == 0 && out == frames) return nothing("nothing surrounds the programme");
  const auto& table = result.frames.frames;
  const FrameRecord& last = table[static_cast<size_t>(out - 1)];
  const int64_t in_pts = table[static_cast<size_t>(in)].pts;
  const int64_t out_pts =
      out < frames ? table[static_cast<size_t>(out)].pts : last.pts + std::max<int64_t>(1, last.duration);
  json::array reasons;
  if (in > 0) head.explain("head", reasons);
  if (out < frames) tail.explain("tail", reasons);
  return {{"proposed", true},
          {"in_frame", in},
          {"out_frame", out},
          {"in_pts", in_pts},
          {"out_pts", out_pts},
          {"in_seconds", (Rational(in_pts) * result.frames.time_base).value()},
          {"out_seconds", (Rational(out_pts) * result.frames.time_base).value()},
          {"reasons", std::move(reasons)}};
}

}  // namespace pier::analysis
