#include "sequence.hpp"

#include <gtest/gtest.h>

namespace pier::analysis {
namespace {

media::SequenceReport good() {
  media::SequenceReport report;
  report.first = 1001;
  report.last = 1100;
  report.frames = 100;
  report.header.kind = "dpx";
  report.header.width = 3840;
  report.header.height = 2160;
  report.header.depth = 10;
  report.header.layout = "rgb";
  return report;
}

TEST(SequenceResult, WholeSequenceHasNoFinding) {
  const auto report = good();
  const AnalysisResult result = sequence_result(report, media::sequence_facts(report, 24));
  EXPECT_TRUE(result.findings.empty());
  EXPECT_EQ(result.video_stream, -1);
  EXPECT_EQ(result.measures.at("sequence").at("picture").as_string(), "3840x2160 rgb 10 bit dpx");
}

TEST(SequenceResult, GapsAndOddPictures) {
  auto report = good();
  report.gaps = {{1011, 1012}};
  report.missing = 2;
  report.odd = {{1050, "cut off"}, {1051, "cut off"}, {1053, "cut off"}, {1060, "1920x1080 rgb 10 bit dpx"}};
  report.odd_count = 4;
  const AnalysisResult result = sequence_result(report, media::sequence_facts(report, 24));
  ASSERT_EQ(result.findings.size(), 4U);
  EXPECT_EQ(result.findings[0].kind, "sequence.gap");
  EXPECT_EQ(result.findings[0].first_frame, 10);
  EXPECT_EQ(result.findings[0].last_frame, 11);
  EXPECT_EQ(result.findings[0].time.start, Rational(10, 24));
  EXPECT_EQ(result.findings[1].kind, "sequence.size");
  EXPECT_EQ(result.findings[1].measures.at("last_number").as_int64(), 1051);
  EXPECT_EQ(result.findings[3].measures.at("found").as_string(), "1920x1080 rgb 10 bit dpx");
  EXPECT_EQ(result.measures.at("findings").at("sequence.size").at("count").as_int64(), 3);
}

}  // namespace
}  // namespace pier::analysis
