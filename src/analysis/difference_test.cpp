#include <gtest/gtest.h>

#include <pier/analysis/difference.hpp>

namespace pier::analysis {
namespace {

json::object facts(const char* text) {
  return parse_json(text).value().as_object();
}

TEST(ChangedFacts, AreNamedByWhoSaysThem) {
  const json::object before = facts(
      R"({"path": "a.mov", "bytes": 1, "video": [{"hdr": "hlg", "bitrate": 5, "carriers": [
          {"carrier": "hevc.sps", "field": "transfer", "value": "18", "count": 3},
          {"carrier": "container.colr", "field": "transfer", "value": "18", "count": 1}]}]})");
  const json::object after = facts(
      R"({"path": "b.mov", "bytes": 2, "video": [{"hdr": "pq", "bitrate": 6, "carriers": [
          {"carrier": "container.colr", "field": "transfer", "value": "18", "count": 1},
          {"carrier": "hevc.sps", "field": "transfer", "value": "16", "count": 4}]}], "text": [{"language": "zh"}]})");
  const json::array changed = changed_facts(before, after);
  ASSERT_EQ(changed.size(), 3U) << json::serialize(changed);
  EXPECT_EQ(json::serialize(changed[0]), R"({"what":"text[0].language","old":null,"new":"zh"})");
  EXPECT_EQ(json::serialize(changed[1]),
            R"({"what":"video[0].carriers[hevc.sps transfer].value","old":"18","new":"16"})");
  EXPECT_EQ(json::serialize(changed[2]), R"({"what":"video[0].hdr","old":"hlg","new":"pq"})");
  EXPECT_TRUE(changed_facts(before, before).empty());
}

}  // namespace
}  // namespace pier::analysis
