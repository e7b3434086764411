#pragma once
// Work on inputs without a data directory: `pier probe`, `check`, `diff`, `compare`, `convert`, `hdr10plus`,
// `subtitles`. Files are
// read in the same sandboxed child as in a publication.

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/core/result.hpp>
#include <pier/deliver/wish.hpp>
#include <pier/reports/document.hpp>

namespace pier::workflows {

using LocalProgress = std::function<void(double fraction, int64_t frames)>;

/// What `path` names: a media file, an IMF package or an image sequence (media::open_input).
struct LocalInput {
  std::string path;
  std::string rate;  // pictures a second of an image sequence ("24", "24000/1001", "23.976"); empty: as its headers say
};

/// media::to_json(Facts) of the input. Errors as media::open_input and media::probe, or kCrashed.
Result<json::object> probe_file(const LocalInput& input, bool quick, const LocalProgress& progress);

/// {"old", "new": {"path", "timecode", "frame_rate"}, "tags": analysis::changed_facts, and the members of
/// analysis::to_json(Difference)}. Errors as probe_file and analysis::compare; kInputUnsupported for image sequences.
Result<json::object> diff_files(const std::string& old_path, const std::string& new_path,
                                const LocalProgress& progress);

struct SubtitlesRequest {
  std::string input, output;  // paths
  std::string from, to;       // subtitles::format_from; empty: by content, by the end of `output`. `from` also
                              // "cea-608", "cea-708", "teletext": out of a media file
  int64_t service = 0;        // of these: channel 1 to 4, service 1 to 63, page 100 to 899; 0: the first
  std::string encoding;       // subtitles::decode_text; empty: recognised
  std::string language;       // BCP 47, put in place of what the file says; empty: as it says
  std::string shift, rate;    // subtitles::parse_shift, parse_rate_change; empty: none
};

/// Reads a subtitle file and writes it as another: {"from", "to", "encoding", "encoding_source",
/// "encoding_confidence", "language", "cues", "start", "end" (seconds as [num, den]), "notes", "lost"}. Errors as
/// subtitles::read and subtitles::write, kNotFound where no captions are, or kCrashed; `output` is then as it was.
Result<json::object> convert_subtitles(const SubtitlesRequest& request);

/// HDR10+ metadata of a file (HEVC, AV1) as JSON: {"pictures", "scenes", "profile", "unplaced": {syntax element:
/// pictures}, which the JSON has no place for}. kNotFound: no picture has any; kInputUnsupported: some have none, or
/// have windows; errors as probe_file. `output` is then as it was.
Result<json::object> write_hdr10_plus(const LocalInput& input, const std::string& output,
                                      const LocalProgress& progress);

struct CompareFilesRequest {
  std::string reference, test;
  std::vector<std::string> metrics;  // names (quality::metric_from); empty: xpsnr, psnr, ssim_block; of HDR pu21_ssim
  std::string offset;                // quality::parse_offset; empty: found
  size_t worst = 0;                  // pictures to show
};

/// {"reference", "test": {"path", "width", "height", "format", "hdr", "frame_rate", "bitrate"}, and the members of
/// quality::to_json(Comparison)}. Errors as probe_file and quality::compare; kInputUnsupported for image sequences.
Result<json::object> compare_files(const CompareFilesRequest& request, const LocalProgress& progress);

struct ConvertRequest {
  LocalInput input;
  std::string output;   // a path; its end names the container
  std::string in, out;  // as `pier publish` takes them
  bool replace = false;
  deliver::Wish wish;  // its container is set here
};

/// Makes one file for others of a master. {"input", "output", "format", "container", "bytes", "sha256", "pictures",
/// "repeated", "dropped", "damaged", "burned", "silence_samples", "conversion", "repairs", "notes", "tags"}. Errors as
/// probe_file, deliver::plan_delivery and make_file; kVerifyFailed when the file, read again, says something else than
/// it was made with, kAlreadyExists. `output` is then what it was.
Result<json::object> convert_file(const ConvertRequest& request, const LocalProgress& progress);

struct CheckRequest {
  LocalInput input;
  std::string profile;   // empty: chosen by the source
  std::string in, out;   // programme range, as `pier publish` takes it; empty: all
  std::string overlays;  // directory of attestations (analysis/attest.hpp); empty: the profile as shipped
  std::string waivers;   // file of waivers; empty: none
  bool stills = false;
  std::string program;  // version of pier, for the report
};

/// Probes, identifies, analyses and judges the input. kInvalidArgument for a sequence whose frame rate nothing says.
Result<reports::Document> check_file(const CheckRequest& request, const LocalProgress& progress);

struct FeedRequest {
  std::string input;     // as media::open_feed takes it
  std::string profile;   // empty: chosen by what the feed begins with
  std::string overlays;  // as CheckRequest
  std::string waivers;
  double period_seconds = 3600;
  double quiet_seconds = 5;     // without bytes: lost
  double patience_seconds = 0;  // without bytes: ended; 0: never, of a file that grows 10
  std::string program;
  /// Each event of api/feed-events.schema.json, in order. From one thread.
  std::function<void(const json::object& event)> on_event;
  /// Each period as its report; gives the path it was written to, empty when it was not.
  std::function<Result<std::string>(const reports::Document& document)> on_report;
};

/// Analyses a transport stream until it ends or `stop` is requested, and judges each of its periods. Gives the worst
/// verdict. Errors as media::open_feed and analysis::analyse_feed, or kCrashed.
Result<analysis::Verdict> check_feed(const FeedRequest& request, const std::stop_token& stop);

/// Exports a finding of a report as a regression case: `folder`/frames.mkv and `folder`/case.json. The folder is made;
/// what has these names in it is replaced. kInputChanged when `path` is not the report's master.
Result<json::object> bundle_finding(const std::string& path, const reports::Document& document,
                                    const std::string& finding, const std::string& folder,
                                    const LocalProgress& progress);

}  // namespace pier::workflows
