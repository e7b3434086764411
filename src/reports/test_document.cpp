#include "test_document.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <pier/media/encode.hpp>

namespace pier::reports::test {
namespace {

media::Facts facts() {
  media::Facts facts;
  facts.path = std::string("/masters/") + kHostile + ".mxf";
  facts.container = "mxf";
  facts.bytes = 123456;
  facts.duration = 4;
  facts.main_video = 0;
  media::VideoFacts video;
  video.codec = media::Codec::kHevc;
  video.width = 3840;
  video.height = 2160;
  video.format = {10, Chroma::k420, false};
  video.colour = {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
  video.hdr = media::HdrKind::kPq;
  video.time_base = Rational(1, 25);
  video.frame_rate = 25;
  video.start_pts = 50;  // the first picture is shown at 2 s
  video.duration = 4;
  video.frames = 100;
  video.timecode = "10:00:00:00";
  facts.timecode = video.timecode;
  video.carriers = {{"container.colr", "transfer", "smpte2084", 1, 0},
                    {"hevc.sps", "transfer", "arib-std-b67", 4, 0},
                    {"hevc.sps", "raster", "3840x2160", 4, 0}};
  video.disagreements = {{"transfer", {video.carriers[0], video.carriers[1]}, "transfer: they differ"}};
  facts.video.push_back(video);
  media::AudioFacts audio;
  audio.stream_index = 1;
  audio.codec_name = "pcm_s24le";
  audio.layout = "</td><script>";
  audio.channels = 2;
  audio.sample_rate = 48000;
  audio.duration = 4;
  facts.audio.push_back(audio);
  facts.warnings = {std::string("a warning <script>alert(1)</script>\"' onload=x")};
  return facts;
}

analysis::Finding finding(const char* kind, int64_t first, int64_t last) {
  analysis::Finding finding;
  finding.kind = kind;
  finding.stream_index = 0;
  finding.time = {Rational(50 + first, 25), Rational(50 + last + 1, 25)};
  finding.first_frame = first;
  finding.last_frame = last;
  finding.measures = {{"max_nits", 0.0625}, {"share", 0.9375}};
  analysis::set_id(finding);
  return finding;
}

analysis::AnalysisResult result() {
  analysis::AnalysisResult result;
  result.video_stream = 0;
  result.programme_frames = 100;
  result.findings = {finding("black", 0, 24), finding("black", 50, 59), finding("freeze", 70, 99)};
  json::array light, loud;
  for (int i = 0; i < 100; ++i) light.push_back(json::array{i, 100.0 + i, 10.0});
  for (int i = 0; i < 40; ++i) loud.push_back(json::array{2 + i * 0.125, -24.0});
  result.measures["luminance"] = {{"max_cll_nits", 812.5},
                                  {"max_cll_frame", 33},
                                  {"timeline_columns", {"first_frame", "max_nits", "mean_fall_nits"}},
                                  {"timeline", std::move(light)}};
  result.measures["loudness"] = {
      {"streams", {{{"stream", 1}, {"integrated_lufs", -24.125}, {"range_lu", 3.25}, {"true_peak_dbtp", nullptr}}}},
      {"programmes", {{{"timeline_columns", {"seconds", "max_short_term_lufs"}}, {"timeline", std::move(loud)}}}}};
  result.measures["findings"] = {{"black", {{"count", 700}, {"listed", 2}, {"seconds", 30.0}}}};
  return result;
}

analysis::RuleReport rule(const char* id, analysis::RuleOutcome outcome) {
  analysis::RuleReport rule;
  rule.rule = id;
  rule.clause = "Clause 1.2";
  rule.source = "a source";
  rule.verified = analysis::Verified::kText;
  rule.outcome = outcome;
  rule.message = {std::string("The rule ") + id + ".", std::string("规则 ") + id + "。"};
  rule.evidence = {"seen", "已见"};
  return rule;
}

Bytes jpeg() {
  const ColourInfo colour{Primaries::kBt709, Transfer::kBt709, Matrix::kSmpte170m, Range::kFull, ChromaSite::kCenter};
  Picture picture = Picture::allocate({8, Chroma::k420, false}, 32, 18, colour);
  const MutablePictureView view = picture.writable();
  for (const MutablePlane& plane : view.planes) {
    for (int y = 0; y < plane.height; ++y) std::memset(plane.row<uint8_t>(y), 90 + y, static_cast<size_t>(plane.width));
  }
  return media::encode_jpeg(picture.view(), 80).value_or(Bytes());
}

}  // namespace

Document document() {
  Document document;
  document.id = "rpt_0198c2aa00000000000000000000beef";
  document.made = "2026-11-22T14:05:07+01:00";
  document.program = "0.1.0";
  document.facts = facts();
  document.master = {document.facts.path, std::string(64, 'a'), {{"x.mxf", 123456, std::string(64, 'a')}}};
  document.analysis = result();
  document.rules_sha256 = std::string(64, 'b');
  analysis::Report& report = document.report;
  report.verdict = analysis::Verdict::kFail;
  report.profile = "hdr10";
  report.profile_version = "1";
  report.profile_digest = std::string(64, 'c');
  report.profile_title = {"A profile", "一个规范档"};
  report.engine = "analysis-1";
  report.analysed = true;
  report.rules = {rule("holds", analysis::RuleOutcome::kHolds), rule("black", analysis::RuleOutcome::kBroken),
                  rule("open", analysis::RuleOutcome::kNotJudged), rule("light", analysis::RuleOutcome::kBroken),
                  rule("absent", analysis::RuleOutcome::kNotApplicable)};
  report.rules[1].findings = {document.analysis->findings[0].id, document.analysis->findings[1].id};
  report.rules[1].values = {{"absent", "black"}, {"count", 2}};
  report.rules[3].severity = analysis::Severity::kWarn;
  report.rules[3].values = {{"measure", "luminance.max_cll_nits"}};
  report.warnings = document.facts.warnings;
  document.proposals = {{true, Rational(1), {"black"}}};
  document.stills = {{"black", document.analysis->findings[0].id, Rational(2), 0, 32, 18, jpeg()},
                     {"", "", Rational(3), 25, 32, 18, jpeg()}};
  return document;
}

Folder::Folder() {
  std::string path = (std::filesystem::temp_directory_path() / "pier-reports-XXXXXX").string();
  if (::mkdtemp(path.data()) != nullptr) x_path = path;
}

Folder::~Folder() {
  std::error_code ignored;
  if (!x_path.empty()) std::filesystem::remove_all(x_path, ignored);
}

}  // namespace pier::reports::test
