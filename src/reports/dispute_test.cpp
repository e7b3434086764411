#include <gtest/gtest.h>

#include <pier/core/file.hpp>
#include <pier/reports/dispute.hpp>

#include "test_document.hpp"

namespace pier::reports {
namespace {

TEST(Dispute, IsKeptBesideTheReport) {
  const test::Folder folder;
  const std::string report = folder.path("r.json");
  const Document document = test::document();
  const std::string id = document.analysis->findings[0].id;
  EXPECT_TRUE(read_disputes(report).value().empty());
  ASSERT_TRUE(add_dispute(report, document, {id, "the black is meant", "Li Wei", "2026-11-22T15:00:00+08:00"}));
  ASSERT_TRUE(add_dispute(report, document, {id, "故意的黑场", "王", "2026-11-22T16:00:00+08:00"}));
  const auto disputes = read_disputes(report);
  ASSERT_TRUE(disputes) << disputes.error().message;
  ASSERT_EQ(disputes->size(), 2U);
  EXPECT_EQ((*disputes)[0].reason, "the black is meant");
  EXPECT_EQ((*disputes)[1].by, "王");
}

TEST(Dispute, NeedsAFindingAReasonAndAName) {
  const test::Folder folder;
  const std::string report = folder.path("r.json");
  const Document document = test::document();
  const std::string id = document.analysis->findings[0].id;
  EXPECT_EQ(add_dispute(report, document, {"fnd_0", "r", "b", ""}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(add_dispute(report, document, {id, "", "b", ""}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(add_dispute(report, document, {id, "r", "", ""}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(add_dispute(report, document, {id, "\xD6\xD0", "b", ""}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(read_disputes(report).value().empty());
}

TEST(Dispute, DamagedFileIsAnErrorAndStays) {
  const test::Folder folder;
  const std::string report = folder.path("r.json");
  ASSERT_TRUE(replace_file(disputes_path(report), as_bytes("{")));
  EXPECT_FALSE(read_disputes(report));
  const Document document = test::document();
  EXPECT_FALSE(add_dispute(report, document, {document.analysis->findings[0].id, "r", "b", ""}));
  EXPECT_EQ(read_file(disputes_path(report)).value(), "{");
}

}  // namespace
}  // namespace pier::reports
