#include "carriers.hpp"

#include <gtest/gtest.h>

namespace pier::media::impl {
namespace {

TEST(Carriers, AgreementIsSilent) {
  CarrierLog log;
  log.say("container.colr", "transfer", "smpte2084");
  for (int packet = 0; packet < 5; ++packet) log.say("hevc.sps", "transfer", "smpte2084", packet);
  EXPECT_TRUE(find_disagreements(log.facts(), 0).empty());
  ASSERT_EQ(log.facts().size(), 2U);
  EXPECT_EQ(log.facts()[1].count, 5);
}

TEST(Carriers, TwoCarriersThatDifferAreNamed) {
  CarrierLog log;
  log.say("container.colr", "transfer", "bt709");
  log.say("hevc.sps", "transfer", "smpte2084");
  const auto found = find_disagreements(log.facts(), 0);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].field, "transfer");
  EXPECT_EQ(found[0].said.size(), 2U);
  EXPECT_NE(found[0].message.find("container.colr says bt709; hevc.sps says smpte2084"), std::string::npos)
      << found[0].message;
}

TEST(Carriers, AChangeInsideOneCarrierIsNamedWithItsPlace) {
  CarrierLog log;
  log.say("hevc.sei.144", "content_light", print(ContentLight{1000, 400}), 0);
  log.say("hevc.sei.144", "content_light", print(ContentLight{600, 100}), 48);
  const auto found = find_disagreements(log.facts(), 0);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].message.find("MaxCLL 600, MaxFALL 100 (first in access unit 48)"), std::string::npos)
      << found[0].message;
}

TEST(Carriers, LateMetadataIsNamedAndEarlyIsNot) {
  CarrierLog log;
  log.say("hevc.sei.137", "mastering_display", "x", 1);
  EXPECT_EQ(find_disagreements(log.facts(), 0).size(), 1U);
  EXPECT_TRUE(find_disagreements(log.facts(), 1).empty());
}

TEST(Carriers, BackwardCompatibleHlgIsNoDisagreement) {
  CarrierLog log;
  log.say("hevc.sps", "transfer", to_string(Transfer::kBt2020_10));
  log.say("hevc.sei.147", "preferred_transfer", to_string(Transfer::kHlg));
  log.say("container.colr", "transfer", to_string(Transfer::kHlg));
  EXPECT_TRUE(find_disagreements(log.facts(), 0).empty());
  log.say("container.colr", "transfer", to_string(Transfer::kPq));
  EXPECT_EQ(find_disagreements(log.facts(), 0).size(), 1U);
}

TEST(Carriers, RoundedRatesAreEqual) {
  CarrierLog log;
  log.say("hevc.sps", "frame_rate", "60000/1001");
  log.say("container", "frame_rate", "5994/100");
  EXPECT_TRUE(find_disagreements(log.facts(), 0).empty());
  log.say("timeline", "frame_rate", "60");
  EXPECT_EQ(find_disagreements(log.facts(), 0).size(), 1U);
}

}  // namespace
}  // namespace pier::media::impl
