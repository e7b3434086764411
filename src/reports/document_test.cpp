#include <gtest/gtest.h>

#include "test_document.hpp"

namespace pier::reports {
namespace {

using test::document;

TEST(Document, ItsJsonReadsBackAsTheSameJson) {
  const json::object written = to_json(document());
  const auto parsed = parse_json(json::serialize(written));
  ASSERT_TRUE(parsed);
  const auto read = document_from_json(*parsed);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(json::serialize(to_json(*read)), json::serialize(written));
  EXPECT_EQ(read->facts.path, document().facts.path);  // bytes that are no UTF-8 come back too
  EXPECT_EQ(read->stills[0].jpeg, document().stills[0].jpeg);
}

TEST(Document, DamagedJsonIsAnErrorThatNamesTheMember) {
  for (const char* member : {"made", "master", "programme", "facts", "report", "stills"}) {
    json::object broken = to_json(document());
    broken[member] = 5;
    const auto read = document_from_json(broken);
    ASSERT_FALSE(read) << member;
    EXPECT_NE(read.error().message.find(member), std::string::npos) << read.error().message;
  }
  json::object foreign = to_json(document());
  foreign["format"] = 99;
  EXPECT_EQ(document_from_json(foreign).error().code, ErrorCode::kInputUnsupported);
  EXPECT_FALSE(document_from_json(json::value("text")));
}

TEST(Document, TimeHasAZone) {
  const std::string text = local_time(1'700'000'000'000'000);
  ASSERT_EQ(text.size(), 25U) << text;
  EXPECT_TRUE(text[19] == '+' || text[19] == '-') << text;
  EXPECT_EQ(text[22], ':') << text;
}

TEST(Document, RulesDigestFollowsThresholdsAndNotComments) {
  const std::string head = "format = 1\nid = \"own\"\nversion = \"1\"\ntitle.en = \"t\"\ntitle.zh = \"t\"\n";
  const std::string rule =
      "[[rule]]\nid = \"cll\"\nclause = \"c\"\nseverity = \"fail\"\napplies_to = \"video\"\nsource = \"s\"\n"
      "verified = \"text\"\nmeasure = \"luminance.max_cll\"\nmessage.en = \"m\"\nmessage.zh = \"m\"\n";
  const auto plain = analysis::parse_profile(head + rule + "max = 1000\n", "a");
  const auto commented = analysis::parse_profile("# a comment\n" + head + rule + "max = 1000\n", "a");
  const auto other = analysis::parse_profile(head + rule + "max = 1001\n", "a");
  ASSERT_TRUE(plain && commented && other) << (plain ? "" : plain.error().message);
  EXPECT_EQ(rules_digest(*plain), rules_digest(*commented));
  EXPECT_NE(rules_digest(*plain), rules_digest(*other));
}

TEST(Document, RangeIsProposedFromBlackAtTheEnds) {
  const Document with = document();
  const auto proposals = propose_range(with.facts, *with.analysis);
  ASSERT_EQ(proposals.size(), 1U);  // the freeze at the end is no black
  EXPECT_TRUE(proposals[0].in);
  EXPECT_EQ(proposals[0].seconds, Rational(1));
  EXPECT_EQ(proposals[0].kinds, std::vector<std::string>{"black"});
}

TEST(Document, ChainOfBarsSlateAndBlackGivesOneProposal) {
  Document with = document();
  auto& findings = with.analysis->findings;
  findings[0].kind = "bars";
  findings[1].kind = "slate";
  findings[1].time = {findings[0].time.end, findings[0].time.end + Rational(1, 2)};
  findings[2].kind = "black";  // touches the last picture
  const auto proposals = propose_range(with.facts, *with.analysis);
  ASSERT_EQ(proposals.size(), 2U);
  EXPECT_EQ(proposals[0].seconds, Rational(3, 2));
  EXPECT_EQ(proposals[0].kinds, (std::vector<std::string>{"bars", "slate"}));
  EXPECT_FALSE(proposals[1].in);
  EXPECT_EQ(proposals[1].seconds, Rational(70, 25));
}

TEST(Document, NothingIsProposedWhenAllIsBlackOrNothingTouchesTheEnds) {
  Document with = document();
  with.analysis->findings[0].time.end = Rational(6);
  EXPECT_TRUE(propose_range(with.facts, *with.analysis).empty());
  with = document();
  with.analysis->findings.erase(with.analysis->findings.begin());
  EXPECT_TRUE(propose_range(with.facts, *with.analysis).empty());
}

}  // namespace
}  // namespace pier::reports
