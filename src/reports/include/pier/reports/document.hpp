#pragma once
// The report on one master as a document: verdict, facts, findings, stills, and what binds them to the bytes they are
// about. Its JSON form is what is stored, signed and rendered; nothing that a rendering shows comes from elsewhere.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/analysis/report.hpp>
#include <pier/core/clock.hpp>
#include <pier/media/facts.hpp>

namespace pier::reports {

/// The bytes the verdict is about. `sha256` is hexadecimal: of the file, or of all digests in order for a package.
struct Master {
  struct File {
    std::string name;  // bytes
    uint64_t size = 0;
    std::string sha256;
  };
  std::string path;  // bytes
  std::string sha256;
  std::vector<File> files;
};

enum class RangeOrigin : uint8_t { kWholeFile, kGiven, kPlaylist, kMaterialPackage };
std::string_view to_string(RangeOrigin origin);  // "whole_file", "given", "cpl", "mxf"

/// What was judged; seconds from the first picture, out excluded. The texts are as they were given.
struct ProgrammeRange {
  RangeOrigin origin = RangeOrigin::kWholeFile;
  std::optional<Rational> in, out;
  std::string in_text, out_text;
};

/// Where the programme may begin or end, by what stands before or after it (bars, slate, black). Never applied.
struct RangeProposal {
  bool in = true;                  // false: an out point
  Rational seconds;                // from the first picture
  std::vector<std::string> kinds;  // of the findings it rests on
};

/// One picture of the master as JPEG, converted to SDR.
struct Still {
  std::string rule;     // broken rule it shows; empty: a shot
  std::string finding;  // id; empty: none
  Rational time;        // on the stream's timeline
  int64_t frame = -1;   // presentation order, from 0; -1 unknown
  int width = 0, height = 0;
  Bytes jpeg;
};

/// The stretch of a feed that a report is about.
struct FeedPart {
  int64_t period = 1;
  std::string began, ended;    // wall time with zone: when its first and last pictures came
  double start = 0, end = 0;   // seconds on the clock of the feed
  std::string reason = "end";  // why it ends: "period", "tables", "end", "stopped"
};

struct Document {
  std::string id;       // "rpt_..."
  std::string made;     // RFC 3339 with the zone of the machine
  std::string program;  // version of pier
  Master master;
  std::string rules_sha256;    // of the rules as they were applied, hexadecimal
  std::string overlay_sha256;  // of the overlay beside the profile; empty: none
  ProgrammeRange programme;
  std::vector<RangeProposal> proposals;
  media::Facts facts;
  std::optional<analysis::AnalysisResult> analysis;  // without the frame table
  analysis::Report report;
  std::vector<Still> stills;
  std::vector<std::string> stills_left_out;  // why some are missing
  std::optional<FeedPart> feed;              // of a period of a feed
};

/// "2026-11-22T14:05:07+01:00"
std::string local_time(WallTime time);

/// SHA-256 over every rule as it is applied, overlay included: changes whenever a threshold does, not with comments or
/// blanks.
std::string rules_digest(const analysis::Profile& profile);

/// The range of a master whose in and out were not given.
ProgrammeRange declared_range(const media::Facts& facts);

/// From findings "bars", "slate" and "black" that touch the first or last picture or each other.
std::vector<RangeProposal> propose_range(const media::Facts& facts, const analysis::AnalysisResult& result);

json::object to_json(const Document& document);
/// kInputDamaged names what is missing; kInputUnsupported: a form of a later engine.
Result<Document> document_from_json(const json::value& value);
/// Reads and parses a report file (at most 256 MB).
Result<Document> read_document(const std::string& path);

}  // namespace pier::reports
