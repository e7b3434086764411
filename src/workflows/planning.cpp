#include "planning.hpp"

#include "hdr10_plus_file.hpp"
#include "publish_parts.hpp"

namespace pier::workflows::impl {
namespace {

constexpr uint64_t kMostTableBytes = 1U << 30U;

Failure begun_by_an_older_version() {
  return fail(ErrorCode::kInvalidArgument,
              "this publication was begun by an older version; publish the master again, what is done is kept");
}

Result<void> read_tables(Context& context, Planning& planning) {
  if (planning.keys.size() < 3) return begun_by_an_older_version();
  PIER_TRY(planning.analysed, read_analysis(context.store, planning.keys[1]));
  PIER_TRY(const Bytes frames, storage::read_all(context.store, planning.keys[0], kMostTableBytes));
  PIER_TRY(planning.analysed.frames, analysis::frame_table_from_bytes(frames));
  PIER_TRY(const Bytes packets, storage::read_all(context.store, planning.keys[2], kMostTableBytes));
  PIER_TRY(planning.analysed.packets, analysis::packet_table_from_bytes(packets));
  return {};
}

}  // namespace

Result<Planning> read_planning(Context& context, const TaskRow& task) {
  Planning planning;
  PIER_TRY(planning.asset, asset_of(context, task));
  PIER_TRY(planning.request, request_of(context, task));
  PIER_TRY(const std::vector<TaskRow> rows, dependency_rows(context, task));
  if (rows.size() < 2 || !rows[1].result.is_object()) return begun_by_an_older_version();
  planning.judged = rows[1].result.as_object();
  PIER_TRY(planning.keys, objects_of(rows[0].result));
  PIER_CHECK(read_tables(context, planning));
  PIER_TRY(planning.facts, facts_with(planning.asset.facts, packed_by_hand(planning.request)));
  PIER_TRY(planning.wanted,
           plan_request(context.options, planning.request, planning.facts, planning.asset.facts.as_object()));
  PIER_TRY(planning.wanted.hdr10_plus, given_hdr10_plus(context, task));
  return planning;
}

Result<std::string> ask_policy(const Planning& planning) {
  const json::object& judged = planning.judged;
  if (planning.request.policy == Policy::kIgnore || string_or(judged, "verdict", "") != "fail") return std::string();
  const std::string what = "the verdict under " + string_or(judged, "profile", "") + " is fail (" +
                           string_or(judged, "broken", "") + "), report " + string_or(judged, "report", "");
  if (planning.request.policy == Policy::kWarn) return "published although " + what;
  return fail(ErrorCode::kNotConform,
              "not published, by policy \"block\": " + what + "; to see it: pier report " + planning.asset.id);
}

}  // namespace pier::workflows::impl
