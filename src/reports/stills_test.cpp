#include <cstdlib>

#include <gtest/gtest.h>

#include <pier/reports/stills.hpp>

#include "test_document.hpp"

namespace pier::reports {
namespace {

using test::document;

std::vector<StillRequest> plan(const Document& document) {
  return plan_stills(document.facts, *document.analysis, document.report);
}

TEST(Stills, FirstOfEveryBrokenRuleThenLongestThenShots) {
  Document with = document();
  with.analysis->measures["shots"] = {{"columns", {"first_frame", "keyframe"}}, {"list", {{0, 0}, {40, 47}}}};
  const auto requests = plan(with);
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].rule, "black");
  EXPECT_EQ(requests[0].finding, with.analysis->findings[0].id);
  EXPECT_EQ(requests[0].time, Rational(2));
  EXPECT_EQ(requests[1].rule, "light");  // no finding: the brightest picture
  EXPECT_EQ(requests[1].frame, 33);
  EXPECT_EQ(requests[1].time, Rational(2) + Rational(33, 25));
  EXPECT_EQ(requests[2].rule, "");  // the shot at frame 0 is there already
  EXPECT_EQ(requests[2].frame, 47);
}

TEST(Stills, LongestComesWhenItIsNotTheFirst) {
  Document with = document();
  std::swap(with.report.rules[1].findings[0], with.report.rules[1].findings[1]);
  const auto requests = plan(with);
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].frame, 50);
  EXPECT_EQ(requests[2].frame, 0);
}

TEST(Stills, DamagedPicturesAreNeverAskedFor) {
  Document with = document();
  analysis::Finding damaged = with.analysis->findings[0];
  damaged.kind = "damaged";
  with.analysis->findings.push_back(damaged);
  for (const StillRequest& request : plan(with)) EXPECT_GE(request.time, damaged.time.end);
}

TEST(Stills, AreBounded) {
  Document with = document();
  json::array shots;
  for (int i = 0; i < 5000; ++i) shots.push_back(json::array{i, i});
  with.analysis->measures["shots"] = {{"columns", {"first_frame", "keyframe"}}, {"list", std::move(shots)}};
  EXPECT_EQ(plan(with).size(), kMaxStills);
  with.facts.main_video = -1;
  EXPECT_TRUE(plan(with).empty());
}

TEST(Stills, RequestsReadBack) {
  const auto requests = plan(document());
  const auto read = requests_from_json(to_json(requests));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), requests.size());
  EXPECT_EQ((*read)[1].time, requests[1].time);
  EXPECT_EQ((*read)[1].rule, requests[1].rule);
  EXPECT_FALSE(requests_from_json({1}));
}

/// A file of the ffmpeg program with pictures that tell their number by their grey.
class MadeStills : public testing::Test {
 protected:
  void make(const std::string& options) {
    const std::string command =
        "ffmpeg -y -v error -f lavfi -i " + options + " -c:v libx264 -preset ultrafast " + x_folder.path("clip.mp4");
    ASSERT_EQ(std::system(command.c_str()), 0);
    auto source = media::open_source(x_folder.path("clip.mp4"));
    ASSERT_TRUE(source) << source.error().message;
    x_source = std::move(*source);
    auto facts = media::probe(x_source);
    ASSERT_TRUE(facts) << facts.error().message;
    x_facts = std::move(*facts);
  }
  test::Folder x_folder;
  media::Source x_source;
  media::Facts x_facts;
};

TEST_F(MadeStills, HaveTheAskedPictureAndWidth) {
  make("testsrc2=size=960x540:rate=25:duration=1");
  const auto stills = make_stills(x_source, x_facts, {{"a", "f", Rational(2, 5), 10}, {"", "", Rational(9), 225}}, 1);
  ASSERT_TRUE(stills) << stills.error().message;
  ASSERT_EQ(stills->made.size(), 1U);
  EXPECT_EQ(stills->made[0].width, 480);
  EXPECT_EQ(stills->made[0].height, 270);
  EXPECT_EQ(stills->made[0].rule, "a");
  EXPECT_EQ(as_text(stills->made[0].jpeg).substr(0, 2), "\xFF\xD8");
  ASSERT_EQ(stills->left_out.size(), 1U);  // beyond the end
  const auto read = stills_from_json(json::value(to_json(*stills)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->made[0].jpeg, stills->made[0].jpeg);
}

TEST_F(MadeStills, AreUprightAndInDisplayAspect) {
  make("testsrc2=size=320x180:rate=25:duration=0.2");
  x_facts.video[0].rotation = 90;
  x_facts.video[0].sample_aspect = Rational(4, 3);
  const auto stills = make_stills(x_source, x_facts, {{"", "", Rational(0), 0}}, 1);
  ASSERT_TRUE(stills);
  ASSERT_EQ(stills->made.size(), 1U) << (stills->left_out.empty() ? "" : stills->left_out[0]);
  EXPECT_EQ(stills->made[0].width, 180);
  EXPECT_EQ(stills->made[0].height, 426);
}

TEST_F(MadeStills, CanBeCancelled) {
  make("testsrc2=size=64x64:rate=25:duration=0.2");
  const auto stills = make_stills(x_source, x_facts, {{"", "", Rational(0), 0}}, 1, [](double) { return false; });
  EXPECT_EQ(stills.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace pier::reports
