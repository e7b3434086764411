#include <algorithm>
#include <array>
#include <tuple>

#include <xxhash.h>

#include <pier/analysis/finding.hpp>
#include <pier/core/bytes.hpp>

#include "json_io.hpp"

namespace pier::analysis {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarn:
      return "warn";
    case Severity::kFail:
      return "fail";
  }
  return "info";
}

void set_id(Finding& finding) {
  std::string key = finding.kind + '|' + std::to_string(finding.stream_index) + '|' + finding.time.start.to_string();
  if (const std::string place = string_or(finding.measures, "place", ""); !place.empty()) key += '|' + place;
  std::array<std::byte, 8> bytes{};
  const uint64_t hash = XXH64(key.data(), key.size(), 0);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(hash >> (56 - 8 * i));
  finding.id = "fnd_" + to_hex(ByteView(bytes));
}

json::object to_json(const Finding& finding) {
  json::object object{{"id", finding.id},
                      {"kind", finding.kind},
                      {"severity", to_string(finding.severity)},
                      {"stream", finding.stream_index},
                      {"start", finding.time.start.to_string()},
                      {"end", finding.time.end.to_string()},
                      {"start_seconds", finding.time.start.value()},
                      {"end_seconds", finding.time.end.value()}};
  if (finding.first_frame >= 0) {
    object["first_frame"] = finding.first_frame;
    object["last_frame"] = finding.last_frame;
  }
  if (finding.region) {
    object["region"] = {{"x", finding.region->x},
                        {"y", finding.region->y},
                        {"width", finding.region->width},
                        {"height", finding.region->height}};
  }
  object["measures"] = finding.measures;
  return object;
}

Result<Finding> finding_from_json(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "finding"));
  Finding finding;
  PIER_TRY(finding.id, get_string(*object, "id"));
  PIER_TRY(finding.kind, get_string(*object, "kind"));
  PIER_TRY(finding.severity, impl::enum_from(*object, "severity", {Severity::kInfo, Severity::kWarn, Severity::kFail}));
  finding.stream_index = static_cast<int>(int_or(*object, "stream", -1));
  PIER_TRY(finding.time.start, impl::get_rational(*object, "start"));
  PIER_TRY(finding.time.end, impl::get_rational(*object, "end"));
  finding.first_frame = int_or(*object, "first_frame", -1);
  finding.last_frame = int_or(*object, "last_frame", -1);
  if (object->contains("region")) {
    PIER_TRY(const json::object region, get_object(*object, "region"));
    finding.region =
        Region{static_cast<int>(int_or(region, "x", 0)), static_cast<int>(int_or(region, "y", 0)),
               static_cast<int>(int_or(region, "width", 0)), static_cast<int>(int_or(region, "height", 0))};
  }
  PIER_TRY(finding.measures, get_object(*object, "measures"));
  return finding;
}

void sort_findings(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    if (const auto order = a.time.start <=> b.time.start; order != 0) return order < 0;
    return std::tie(a.stream_index, a.kind, a.id) < std::tie(b.stream_index, b.kind, b.id);
  });
}

}  // namespace pier::analysis
