#include <cmath>

#include <gtest/gtest.h>

#include <pier/timeline/settings.hpp>

namespace pier::timeline {
namespace {

Item clip(const char* said) {
  Item item;
  item.metadata = {{"pier", *parse_json(said)}};
  return item;
}

TEST(Settings, LevelsAreStraightInDecibels) {
  const auto settings = settings_of(clip(R"({"gain_db": -6, "levels": [[1, 0], [3, -20]], "fade_out": 2})"));
  ASSERT_TRUE(settings) << settings.error().message;
  const Levels& levels = settings->levels;
  const double six = std::pow(10.0, -6.0 / 20);
  EXPECT_NEAR(levels.factor(0, 10), six, 1e-12);
  EXPECT_NEAR(levels.factor(2, 10), six * std::pow(10.0, -0.5), 1e-12);
  EXPECT_NEAR(levels.factor(7, 10), six * 0.1, 1e-12);
  EXPECT_NEAR(levels.factor(9, 10), six * 0.05, 1e-12);
  EXPECT_NEAR(levels.factor(10, 10), 0, 1e-12);
}

TEST(Settings, SaysWhichMemberIsOff) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"gain_db": "loud"})", "metadata.pier.gain_db"},     {R"({"gain_db": 90})", "metadata.pier.gain_db"},
      {R"({"levels": [[2, 0], [1, 0]]})", "in order of time"}, {R"({"levels": 7})", "metadata.pier.levels"},
      {R"({"opacity": 2})", "metadata.pier.opacity"},          {R"({"tags": 1})", "metadata.pier.tags"},
      {R"({"place": "attic"})", "metadata.pier.place"}};
  for (const auto& [said, expected] : cases) {
    const auto settings = settings_of(clip(said));
    ASSERT_FALSE(settings) << said;
    EXPECT_NE(settings.error().message.find(expected), std::string::npos) << settings.error().message;
  }
}

TEST(Settings, PlacesAreWords) {
  const auto settings = settings_of(clip(R"({"place": "bottom-right", "width": 0.25})"));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->place.across, 1);
  EXPECT_EQ(settings->place.down, 1);
  EXPECT_TRUE(settings->place.stated());
  Place place;
  ASSERT_TRUE(stand(place, "top"));
  EXPECT_EQ(place.across, 0.5);
  EXPECT_EQ(place.down, 0);
  EXPECT_FALSE(settings_of(clip(R"({"fade_in": 1})"))->place.stated());
}

TEST(Settings, TextsAreGenerators) {
  Media media;
  media.kind = MediaKind::kGenerator;
  media.target = "text";
  EXPECT_FALSE(text_of(media));
  media.parameters = {{"text", "Harbour"}, {"size", 0.1}};
  EXPECT_EQ(text_of(media)->text, "Harbour");
  media.target = "bars";
  EXPECT_FALSE(text_of(media));
}

}  // namespace
}  // namespace pier::timeline
