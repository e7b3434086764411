#include "hdr10_plus_json.hpp"

#include <gtest/gtest.h>

namespace pier::workflows::impl {
namespace {

Bytes payload(uint32_t red, bool curve) {
  media::Hdr10Plus one;
  one.target_luminance = 400;
  one.max_scl = {red, 2000, 3000};
  one.average_max_rgb = 500;
  one.distribution = {{1, 0}, {50, 700}, {99, 9000}};
  if (curve) one.curve = media::Hdr10PlusCurve{100, 200, {102, 205, 307}};
  return *media::write_hdr10_plus(one);
}

std::vector<Bytes> three_scenes() {
  return {payload(1, true), payload(1, true), payload(2, true), payload(1, true)};
}

std::string written(const std::vector<Bytes>& pictures) {
  std::string text;
  EXPECT_TRUE(write_hdr10_plus_json(pictures, text));
  return text;
}

TEST(Hdr10PlusJson, ComesBackAsItWent) {
  std::string text;
  const auto summary = write_hdr10_plus_json(three_scenes(), text);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(json::serialize(to_json(*summary)), R"({"pictures":4,"scenes":3,"profile":"B","unplaced":{}})");
  const auto back = read_hdr10_plus_json(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, three_scenes());
}

TEST(Hdr10PlusJson, SaysWhatToolsExpect) {
  const json::value value = *parse_json(written({payload(7, false)}));
  EXPECT_EQ(json::serialize(value.at("JSONInfo")), R"({"HDR10plusProfile":"A","Version":"1.0"})");
  const json::value& entry = value.at("SceneInfo").at(0);
  EXPECT_EQ(json::serialize(entry.at("LuminanceParameters").at("MaxScl")), "[7,2000,3000]");
  EXPECT_EQ(json::serialize(entry.at("LuminanceParameters").at("LuminanceDistributions").at("DistributionIndex")),
            "[1,50,99]");
  EXPECT_FALSE(entry.as_object().contains("BezierCurveData"));
  EXPECT_EQ(json::serialize(value.at("SceneInfoSummary")), R"({"SceneFirstFrameIndex":[0],"SceneFrameNumbers":[1]})");
}

TEST(Hdr10PlusJson, FaultsAreNamed) {
  const std::string whole = written(three_scenes());
  const struct {
    const char *from, *to, *message;
  } cases[] = {
      {"\"SceneInfo\":", "\"Scenes\":", "SceneInfo"},
      {"\"SequenceFrameIndex\":2", "\"SequenceFrameIndex\":3", "SceneInfo[2]: its SequenceFrameIndex is 3, not 2"},
      {"\"NumberOfWindows\":1", "\"NumberOfWindows\":2", "SceneInfo[0]: it has 2 windows"},
      {"\"MaxScl\":[2,", "\"MaxScl\":[131072,", "SceneInfo[2]: a value is larger"},
      {"\"MaxScl\":[1,", "\"MaxScl\":[-1,", "SceneInfo[0]: MaxScl holds"},
      {"\"MaxScl\":[1,2000,", "\"MaxScl\":[1,", "SceneInfo[0]: MaxScl has 2 values"},
      {"\"DistributionIndex\":[1,", "\"DistributionIndex\":[", "not the same length"},
      {"\"SceneFrameNumbers\":[2,1,1]", "\"SceneFrameNumbers\":[2,1,2]", "have 5 pictures, SceneInfo has 4"},
      {"\"SceneFirstFrameIndex\":[0,2,3]", "\"SceneFirstFrameIndex\":[0,1,3]", "scene 1 of SceneInfoSummary begins"},
  };
  for (const auto& one : cases) {
    std::string text = whole;
    const size_t at = text.find(one.from);
    ASSERT_NE(at, std::string::npos) << one.from;
    text.replace(at, std::string_view(one.from).size(), one.to);
    const auto read = read_hdr10_plus_json(text);
    ASSERT_FALSE(read) << one.to;
    EXPECT_NE(read.error().message.find(one.message), std::string::npos) << read.error().message;
  }
  for (size_t size = 0; size + 2 < whole.size(); size += 7)
    EXPECT_FALSE(read_hdr10_plus_json(std::string_view(whole).substr(0, size))) << size;
}

}  // namespace
}  // namespace pier::workflows::impl
