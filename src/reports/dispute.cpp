#include <algorithm>

#include <unistd.h>

#include <pier/core/file.hpp>
#include <pier/reports/dispute.hpp>

namespace pier::reports {
namespace {

constexpr size_t kMaxText = 4000;
constexpr size_t kMaxDisputes = 10'000;

json::object to_json(const Dispute& dispute) {
  return {{"finding", dispute.finding}, {"reason", dispute.reason}, {"by", dispute.by}, {"made", dispute.made}};
}

Result<Dispute> dispute_from(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInputDamaged, "a dispute is no JSON object");
  Dispute dispute;
  PIER_TRY(dispute.finding, get_string(value.get_object(), "finding"));
  PIER_TRY(dispute.reason, get_string(value.get_object(), "reason"));
  PIER_TRY(dispute.by, get_string(value.get_object(), "by"));
  dispute.made = string_or(value.get_object(), "made", "");
  return dispute;
}

Result<void> check(const Document& document, const Dispute& dispute) {
  const auto usable = [](const std::string& text) { return !text.empty() && text.size() <= kMaxText && is_utf8(text); };
  if (!usable(dispute.reason) || !usable(dispute.by))
    return fail(ErrorCode::kInvalidArgument, "a dispute needs a reason and a name, each a text of at most 4000 bytes");
  const bool known = document.analysis && std::ranges::any_of(document.analysis->findings, [&](const auto& finding) {
                       return finding.id == dispute.finding;
                     });
  if (!known) return fail(ErrorCode::kNotFound, "the report has no finding " + display_text(dispute.finding));
  return {};
}

}  // namespace

std::string disputes_path(const std::string& report_path) {
  return report_path + ".disputes.json";
}

Result<std::vector<Dispute>> read_disputes(const std::string& report_path) {
  std::vector<Dispute> disputes;
  const std::string path = disputes_path(report_path);
  if (::access(path.c_str(), F_OK) != 0) return disputes;
  PIER_TRY(const std::string text, read_file(path));
  const auto parsed = parse_json(text);
  if (!parsed) return fail_in(display_text(path), parsed.error());
  if (!parsed->is_object()) return fail(ErrorCode::kInputDamaged, display_text(path) + " is no JSON object");
  PIER_TRY(const json::array list, get_array(parsed->get_object(), "disputes"));
  for (const json::value& item : list) {
    auto dispute = dispute_from(item);
    if (!dispute) return fail_in(display_text(path), dispute.error());
    disputes.push_back(std::move(*dispute));
  }
  return disputes;
}

Result<void> add_dispute(const std::string& report_path, const Document& document, const Dispute& dispute) {
  PIER_CHECK(check(document, dispute));
  PIER_TRY(std::vector<Dispute> disputes, read_disputes(report_path));
  if (disputes.size() >= kMaxDisputes) return fail(ErrorCode::kTooLarge, "this report has too many disputes");
  disputes.push_back(dispute);
  json::array list;
  for (const Dispute& one : disputes) list.push_back(to_json(one));
  const json::object all{{"format", 1}, {"report", document.id}, {"disputes", std::move(list)}};
  return replace_file(disputes_path(report_path), as_bytes(pretty_json(all) + "\n"));
}

}  // namespace pier::reports
