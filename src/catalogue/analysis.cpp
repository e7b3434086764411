#include <charconv>

#include <pier/catalogue/analysis.hpp>

#include "asset_rows.hpp"
#include "stored.hpp"

namespace pier::catalogue {
namespace {

std::optional<int64_t> numerator(const std::optional<Rational>& time) {
  return time ? std::optional(time->num) : std::nullopt;
}

std::optional<int64_t> denominator(const std::optional<Rational>& time) {
  return time ? std::optional(time->den) : std::nullopt;
}

std::optional<Rational> time_at(const database::Row& row, size_t column) {
  if (row.is_null(column) || row.is_null(column + 1)) return std::nullopt;
  return Rational(row.integer(column), row.integer(column + 1));
}

json::value time_json(const std::optional<Rational>& time) {
  return time ? json::value(time->to_string()) : json::value(nullptr);
}

Result<void> hold(Transaction& tx, std::string_view organisation, const AnalysisRow& analysis, const ObjectKey& key) {
  if (key.organisation != organisation) {
    return fail(ErrorCode::kPermission, "object " + storage::to_string(key) + " belongs to another organisation");
  }
  return add_reference(tx, key, {"asset", analysis.asset_id});
}

Result<void> insert_finding(Transaction& tx, std::string_view asset_id, size_t ordinal, const FindingRow& finding) {
  PIER_CHECK(
      tx.run("INSERT INTO findings (asset_id, ordinal, id, kind, severity, stream, start_num, start_den,"
             " end_num, end_den, first_frame, last_frame, details)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
             {asset_id, ordinal, finding.id, finding.kind, finding.severity, finding.stream, numerator(finding.start),
              denominator(finding.start), numerator(finding.end), denominator(finding.end), finding.first_frame,
              finding.last_frame, impl::stored_json(finding.details)}));
  return {};
}

Result<FindingRow> finding_from(const database::Row& row) {
  FindingRow finding;
  finding.id = row.text(1);
  finding.kind = row.text(2);
  finding.severity = row.text(3);
  finding.stream = row.integer(4);
  finding.start = time_at(row, 5);
  finding.end = time_at(row, 7);
  finding.first_frame = row.integer(9);
  finding.last_frame = row.integer(10);
  PIER_TRY(finding.details, impl::json_at(row, 11));
  return finding;
}

Result<void> insert_shot(Transaction& tx, std::string_view asset_id, size_t ordinal, const ShotRow& shot) {
  PIER_CHECK(
      tx.run("INSERT INTO shots (asset_id, ordinal, first_frame, last_frame, start_seconds, end_seconds, keyframe,"
             " begins_with, transition_frames) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
             {asset_id, ordinal, shot.first_frame, shot.last_frame, shot.start_seconds, shot.end_seconds, shot.keyframe,
              shot.begins_with, shot.transition_frames}));
  return {};
}

ShotRow shot_from(const database::Row& row) {
  ShotRow shot;
  shot.first_frame = row.integer(1);
  shot.last_frame = row.integer(2);
  shot.start_seconds = row.real(3);
  shot.end_seconds = row.real(4);
  shot.keyframe = row.integer(5);
  shot.begins_with = row.text(6);
  shot.transition_frames = row.integer(7);
  return shot;
}

/// The ordinal after which a page begins; -1 without a cursor.
Result<int64_t> ordinal_of(std::string_view cursor) {
  if (cursor.empty()) return -1;
  int64_t ordinal = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), ordinal);
  if (error != std::errc() || end != cursor.data() + cursor.size() || ordinal < 0)
    return fail(ErrorCode::kInvalidArgument, "this is no cursor of this list");
  return ordinal;
}

}  // namespace

Result<void> store_analysis(Transaction& tx, std::string_view organisation, const AnalysisRow& analysis,
                            const std::vector<FindingRow>& findings, const std::vector<ShotRow>& shots) {
  PIER_CHECK(impl::hold_asset(tx, organisation, analysis.asset_id));
  PIER_CHECK(hold(tx, organisation, analysis, analysis.frames));
  PIER_CHECK(hold(tx, organisation, analysis, analysis.result));
  PIER_CHECK(tx.run("DELETE FROM findings WHERE asset_id = $1", {analysis.asset_id}));
  PIER_CHECK(tx.run("DELETE FROM shots WHERE asset_id = $1", {analysis.asset_id}));
  PIER_CHECK(tx.run("DELETE FROM analyses WHERE asset_id = $1", {analysis.asset_id}));
  PIER_CHECK(
      tx.run("INSERT INTO analyses (asset_id, frames, result, engine, by_hand, totals, created)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7)",
             {analysis.asset_id, storage::to_string(analysis.frames), storage::to_string(analysis.result),
              analysis.engine, impl::stored_json(analysis.by_hand), impl::stored_json(analysis.totals), tx.now()}));
  for (size_t i = 0; i < findings.size(); ++i) PIER_CHECK(insert_finding(tx, analysis.asset_id, i, findings[i]));
  for (size_t i = 0; i < shots.size(); ++i) PIER_CHECK(insert_shot(tx, analysis.asset_id, i, shots[i]));
  return {};
}

Result<AnalysisRow> find_analysis(Session& session, std::string_view organisation, std::string_view asset_id) {
  PIER_CHECK(impl::living_asset(session, organisation, asset_id));
  PIER_TRY(const auto row, session.one("SELECT asset_id, frames, result, engine, by_hand, totals, created FROM analyses"
                                       " WHERE asset_id = $1",
                                       {asset_id}));
  if (!row) {
    return fail(ErrorCode::kNotFound,
                "asset " + display_text(asset_id) + " has no analysis yet; it comes early in its publication");
  }
  AnalysisRow analysis;
  analysis.asset_id = row->text(0);
  PIER_TRY(analysis.frames, storage::parse_key(row->text(1)));
  PIER_TRY(analysis.result, storage::parse_key(row->text(2)));
  analysis.engine = row->text(3);
  PIER_TRY(analysis.by_hand, impl::json_at(*row, 4));
  PIER_TRY(analysis.totals, impl::json_at(*row, 5));
  analysis.created = row->integer(6);
  return analysis;
}

Result<FindingPage> list_findings(Session& session, std::string_view organisation, std::string_view asset_id,
                                  const FindingFilter& filter, size_t limit, std::string_view cursor) {
  PIER_CHECK(impl::check_page(limit));
  PIER_CHECK(impl::living_asset(session, organisation, asset_id));
  PIER_TRY(const int64_t after, ordinal_of(cursor));
  PIER_TRY(
      const auto rows,
      session.all("SELECT ordinal, id, kind, severity, stream, start_num, start_den, end_num, end_den, first_frame,"
                  " last_frame, details FROM findings WHERE asset_id = $1 AND ordinal > $2"
                  " AND ($3 = '' OR kind = $3 OR substr(kind, 1, length($3) + 1) = $3 || '.')"
                  " AND ($4 = '' OR severity = $4) ORDER BY ordinal LIMIT $5",
                  {asset_id, after, filter.kind, filter.severity, limit + 1}));
  FindingPage page;
  for (size_t i = 0; i < rows.size() && i < limit; ++i) {
    PIER_TRY(FindingRow finding, finding_from(rows[i]));
    page.findings.push_back(std::move(finding));
  }
  if (rows.size() > limit) page.next = std::to_string(rows[limit - 1].integer(0));
  return page;
}

Result<ShotPage> list_shots(Session& session, std::string_view organisation, std::string_view asset_id, size_t limit,
                            std::string_view cursor) {
  PIER_CHECK(impl::check_page(limit));
  PIER_CHECK(impl::living_asset(session, organisation, asset_id));
  PIER_TRY(const int64_t after, ordinal_of(cursor));
  PIER_TRY(const auto rows,
           session.all("SELECT ordinal, first_frame, last_frame, start_seconds, end_seconds, keyframe, begins_with,"
                       " transition_frames FROM shots WHERE asset_id = $1 AND ordinal > $2 ORDER BY ordinal LIMIT $3",
                       {asset_id, after, limit + 1}));
  ShotPage page;
  for (size_t i = 0; i < rows.size() && i < limit; ++i) page.shots.push_back(shot_from(rows[i]));
  if (rows.size() > limit) page.next = std::to_string(rows[limit - 1].integer(0));
  return page;
}

json::object to_json(const FindingRow& finding) {
  return {{"id", finding.id},
          {"kind", finding.kind},
          {"severity", finding.severity},
          {"stream", finding.stream},
          {"start", time_json(finding.start)},
          {"end", time_json(finding.end)},
          {"first_frame", finding.first_frame},
          {"last_frame", finding.last_frame},
          {"details", finding.details}};
}

json::object to_json(const ShotRow& shot) {
  return {{"first_frame", shot.first_frame},
          {"last_frame", shot.last_frame},
          {"start_seconds", shot.start_seconds},
          {"end_seconds", shot.end_seconds},
          {"keyframe", shot.keyframe},
          {"begins_with", shot.begins_with},
          {"transition_frames", shot.transition_frames}};
}

}  // namespace pier::catalogue
