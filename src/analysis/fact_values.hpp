#pragma once
// Facts by name, as rules see them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/analysis/profile.hpp>

namespace pier::analysis::impl {

struct FactValue {
  RuleValue value;
  std::optional<double> number;  // for bounds; also of a frame rate, whose value is text
  int stream_index = -1;         // of sound tracks
};

/// Empty when the source does not say.
std::vector<FactValue> fact_values(const media::Facts& facts, std::string_view name);

std::string shown(const RuleValue& value);
json::value as_json(const RuleValue& value);
/// Numbers compare as numbers.
bool equal(const RuleValue& a, const RuleValue& b);

const media::VideoFacts* main_video(const media::Facts& facts);

}  // namespace pier::analysis::impl
