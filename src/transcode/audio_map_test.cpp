#include <gtest/gtest.h>

#include <pier/transcode/sound.hpp>

namespace pier::transcode {
namespace {

media::Facts with_tracks(std::initializer_list<int> channel_counts) {
  media::Facts facts;
  int index = 1;
  for (const int channels : channel_counts) {
    media::AudioFacts audio;
    audio.stream_index = index++;
    audio.channels = channels;
    audio.sample_rate = 48000;
    facts.audio.push_back(audio);
  }
  return facts;
}

TEST(AudioMap, ContainerLayoutIsTaken) {
  const AudioMap map = understand_sound(with_tracks({2, 6}));
  ASSERT_EQ(map.groups.size(), 2U);
  EXPECT_EQ(map.groups[0].layout, "stereo");
  EXPECT_EQ(map.groups[1].layout, "5.1");
  EXPECT_FALSE(map.proposed);
}

TEST(AudioMap, SeveralMonoTracksAreAProposalWithItsReason) {
  const AudioMap map = understand_sound(with_tracks({1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_TRUE(map.proposed);
  ASSERT_EQ(map.groups.size(), 2U);
  EXPECT_EQ(map.groups[1].layout, "5.1");
  EXPECT_EQ(map.groups[1].channels[0].stream_index, 3);
  EXPECT_NE(map.reason.find("unlabelled"), std::string::npos);
}

TEST(AudioMap, LabelsDecideAndReorder) {
  media::Facts facts = with_tracks({1, 1, 1, 1, 1, 1});
  const char* labels[] = {"chC", "chL", "chR", "chLs", "chRs", "chLFE"};
  for (size_t i = 0; i < 6; i++) facts.audio[i].mca_labels = {labels[i]};
  const AudioMap map = understand_sound(facts);
  EXPECT_FALSE(map.proposed);
  ASSERT_EQ(map.groups.size(), 1U);
  EXPECT_EQ(map.groups[0].channels[0].stream_index, 2);  // L
  EXPECT_EQ(map.groups[0].channels[3].stream_index, 6);  // LFE
}

TEST(AudioMap, OneMonoTrackIsMono) {
  const AudioMap map = understand_sound(with_tracks({1}));
  ASSERT_EQ(map.groups.size(), 1U);
  EXPECT_EQ(map.groups[0].layout, "mono");
}

TEST(AudioMap, NoSoundIsNoProposal) {
  const AudioMap map = understand_sound({});
  EXPECT_TRUE(map.groups.empty());
  EXPECT_FALSE(map.proposed);
}

TEST(AudioMap, GivenMapsCountOverAllTracks) {
  const auto map = parse_audio_map(
      "1-2 stereo, 3\xe2\x80\x93"
      "8 5.1",
      with_tracks({2, 6}));
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->groups[1].channels[5].stream_index, 2);
  EXPECT_EQ(map->groups[1].channels[5].channel, 5);
  const auto again = audio_map_from_json(to_json(*map));
  ASSERT_TRUE(again);
  EXPECT_EQ(json::serialize(to_json(*again)), json::serialize(to_json(*map)));
}

TEST(AudioMap, WrongMapsSayWhatIsOff) {
  const media::Facts facts = with_tracks({2});
  const std::pair<const char*, const char*> cases[] = {
      {"1-3 stereo", "2 channels"}, {"1-2", "layout"}, {"1-2 quad", "mono, stereo, 5.1"}, {"2-3 stereo", "has 2"},
      {"0-1 stereo", "range"},      {"", "empty"},     {"1-2 stereo,", "empty"},          {"x-2 stereo", "range"}};
  for (const auto& [text, expected] : cases) {
    const auto map = parse_audio_map(text, facts);
    ASSERT_FALSE(map) << text;
    EXPECT_NE(map.error().message.find(expected), std::string::npos) << map.error().message;
  }
}

}  // namespace
}  // namespace pier::transcode
