#pragma once
// What the one pass over an asset's master saw: the stored analysis, its findings and shots as rows that can be asked
// for.
// Reports (report.hpp) are made from it, again and again, without decoding.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/catalogue/object_rows.hpp>
#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>

namespace pier::catalogue {

struct AnalysisRow {
  std::string asset_id;
  ObjectKey frames;     // the frame table
  ObjectKey result;     // JSON: findings and measures
  std::string engine;   // version that made it
  json::value by_hand;  // metadata set by hand that is judged instead of the master's own; null: none
  json::value totals;   // {kind: {"count", "seconds", "listed"}}: true numbers, also where the list was capped
  WallTime created = 0;
};

struct FindingRow {
  std::string id;                 // fnd_...: the same in every run over the same media
  std::string kind;               // "black", "levels.reserved" ...
  std::string severity;           // "info", "warn", "fail"
  int64_t stream = -1;            // as the demuxer counts
  std::optional<Rational> start;  // seconds on the stream's own timeline
  std::optional<Rational> end;    // exclusive
  int64_t first_frame = -1;       // both included; -1 for sound
  int64_t last_frame = -1;
  json::value details;  // the whole finding: region, measures
};

struct ShotRow {
  int64_t first_frame = 0;  // both included
  int64_t last_frame = 0;
  double start_seconds = 0;
  double end_seconds = 0;
  int64_t keyframe = 0;     // the picture that stands for the shot
  std::string begins_with;  // "cut", "dissolve" ...
  int64_t transition_frames = 0;
};

/// Replaces what is stored; the asset then holds both objects. `findings` and `shots` in the order of time.
/// kNotFound when the asset is unknown to the organisation or deleted, or an object has no row; kPermission when an
/// object belongs to another organisation.
Result<void> store_analysis(Transaction& tx, std::string_view organisation, const AnalysisRow& analysis,
                            const std::vector<FindingRow>& findings, const std::vector<ShotRow>& shots = {});
/// kNotFound also when the asset was never analysed.
Result<AnalysisRow> find_analysis(Session& session, std::string_view organisation, std::string_view asset_id);

struct FindingFilter {
  std::string kind{};      // also its sub-kinds: "levels" finds "levels.reserved"; empty: any
  std::string severity{};  // empty: any
};
struct FindingPage {
  std::vector<FindingRow> findings;  // in the order of time
  std::string next;                  // cursor of the following page; empty: the last one
};
/// `limit` 1..500; kInvalidArgument for a cursor that is none.
Result<FindingPage> list_findings(Session& session, std::string_view organisation, std::string_view asset_id,
                                  const FindingFilter& filter, size_t limit, std::string_view cursor = {});

struct ShotPage {
  std::vector<ShotRow> shots;
  std::string next;
};
Result<ShotPage> list_shots(Session& session, std::string_view organisation, std::string_view asset_id, size_t limit,
                            std::string_view cursor = {});

/// For --json and /v1.
json::object to_json(const FindingRow& finding);
json::object to_json(const ShotRow& shot);

}  // namespace pier::catalogue
