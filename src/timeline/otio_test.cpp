#include <gtest/gtest.h>

#include <pier/timeline/otio.hpp>

namespace pier::timeline {
namespace {

/// As OpenTimelineIO writes it, with everything in it that is kept.
const char* const kItem = R"({
  "OTIO_SCHEMA": "Timeline.1", "metadata": {"studio": {"desk": 4}}, "name": "news",
  "global_start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 25.0, "value": 90000.0},
  "tracks": {"OTIO_SCHEMA": "Stack.1", "metadata": {}, "name": "tracks", "source_range": null, "effects": [], "enabled": true,
    "markers": [{"OTIO_SCHEMA": "Marker.2", "metadata": {"a": [1, 2]}, "name": "break", "color": "RED", "comment": "here",
      "marked_range": {"OTIO_SCHEMA": "TimeRange.1",
        "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": 25.0, "value": 0.0},
        "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 25.0, "value": 12.0}}}],
    "children": [{"OTIO_SCHEMA": "Track.1", "metadata": {}, "name": "V1", "source_range": null, "effects": [], "markers": [],
      "enabled": true, "kind": "Video", "children": [
        {"OTIO_SCHEMA": "Clip.2", "metadata": {"pier": {"gain_db": -3.5}}, "name": "a", "markers": [], "enabled": true,
          "source_range": {"OTIO_SCHEMA": "TimeRange.1",
            "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": 29.97002997002997, "value": 50.0},
            "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 29.97002997002997, "value": 10.0}},
          "effects": [{"OTIO_SCHEMA": "LinearTimeWarp.1", "metadata": {}, "name": "fast", "effect_name": "LinearTimeWarp",
            "time_scalar": 2.0}],
          "media_references": {"DEFAULT_MEDIA": {"OTIO_SCHEMA": "ExternalReference.1", "metadata": {}, "name": "A",
            "available_range": null, "available_image_bounds": null, "target_url": "file:///media/a.mov"}},
          "active_media_reference_key": "DEFAULT_MEDIA"},
        {"OTIO_SCHEMA": "Transition.1", "metadata": {}, "name": "", "transition_type": "SMPTE_Dissolve",
          "in_offset": {"OTIO_SCHEMA": "RationalTime.1", "rate": 25.0, "value": 5.0},
          "out_offset": {"OTIO_SCHEMA": "RationalTime.1", "rate": 25.0, "value": 5.0}},
        {"OTIO_SCHEMA": "Gap.1", "metadata": {}, "name": "", "effects": [], "markers": [], "enabled": true,
          "source_range": {"OTIO_SCHEMA": "TimeRange.1",
            "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": 25.0, "value": 25.0},
            "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 25.0, "value": 0.0}}}]}]}})";

TEST(Otio, IsWrittenEqual) {
  const auto timeline = read_otio(kItem);
  ASSERT_TRUE(timeline) << timeline.error().message;
  EXPECT_EQ(timeline->tracks[0].items[0].source_range->duration.rate, Rational(30000, 1001));
  EXPECT_EQ(timeline->tracks[0].items[0].speed, Rational(2));
  EXPECT_EQ(timeline->markers.front().comment, "here");
  const std::string written = write_otio(*timeline);
  EXPECT_EQ(*parse_json(written), *parse_json(kItem)) << written;
  const auto again = read_otio(written);
  ASSERT_TRUE(again);
  EXPECT_TRUE(*again == *timeline);
}

/// kItem with one text in place of another.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = kItem;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Otio, SaysWhatIsOffAndWhere) {
  const std::pair<std::string, std::string> cases[] = {
      {changed("Timeline.1", "Timeline.9"), "the timeline is a Timeline.9"},
      {changed("\"Stack.1\"", "\"Stock.1\""), "tracks is a Stock.1"},
      {changed("Clip.2", "Clip.7"), "tracks.children[0].children[0] is a Clip.7"},
      {changed("LinearTimeWarp.1", "Blur.1"), "tracks.children[0].children[0].effects[0] is a Blur.1"},
      {changed("ExternalReference.1", "ImageSequenceReference.1"), "media_references.DEFAULT_MEDIA is a ImageSequence"},
      {changed("\"value\": 50.0", "\"value\": \"x\""), "source_range.duration.value is no number"},
      {changed("\"value\": 50.0", "\"value\": -50.0"), "source_range has a duration below 0"},
      {changed("29.97002997002997", "0"), "has no rate above 0"},
      {changed("\"kind\": \"Video\"", "\"kind\": \"Smell\""), "tracks.children[0] is a track of kind Smell"},
      {changed("Gap.1", "Stack.1"), "tracks.children[0].children[2] is a Stack.1"},
      {changed("Gap.1", "Transition.1"), "tracks.children[0].children[2].in_offset is missing"},
      {"{", ""},
      {"[]", "is no object"},
      {"{}", "has no OTIO_SCHEMA"},
  };
  for (const auto& [text, said] : cases) {
    const auto timeline = read_otio(text);
    ASSERT_FALSE(timeline) << said;
    EXPECT_NE(timeline.error().message.find(said), std::string::npos) << timeline.error().message << "\nnot " << said;
  }
}

TEST(Otio, ATransitionStandsBetweenTwo) {
  auto timeline = read_otio(kItem);
  ASSERT_TRUE(timeline);
  timeline->tracks[0].items.pop_back();
  const auto again = read_otio(write_otio(*timeline));
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("children[1] is a transition that is not between"), std::string::npos);
}

TEST(Otio, RatesAndFractions) {
  EXPECT_EQ(rate_of(23.98), Rational(24000, 1001));
  EXPECT_EQ(rate_of(29.97), Rational(30000, 1001));
  EXPECT_EQ(rate_of(59.94), Rational(60000, 1001));
  EXPECT_EQ(rate_of(25), Rational(25));
  EXPECT_EQ(rational_of(1.0 / 3), Rational(1, 3));
  EXPECT_EQ(rational_of(-0.5), Rational(-1, 2));
  EXPECT_EQ(rational_of(90000), Rational(90000));
  EXPECT_EQ(rational_of(0.123456), Rational(123456, 1000000));
}

}  // namespace
}  // namespace pier::timeline
