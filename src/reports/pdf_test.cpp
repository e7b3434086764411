#include <algorithm>
#include <charconv>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/reports/render.hpp>

#include "test_document.hpp"

namespace pier::reports {
namespace {

using test::document;
using testing::HasSubstr;

RenderOptions in(const char* language) {
  RenderOptions options;
  options.language = language;
  return options;
}

std::string pdf_of(const Document& document, const char* language = "en") {
  const auto pdf = render_pdf(document, in(language));
  EXPECT_TRUE(pdf) << pdf.error().message;
  return pdf ? std::string(as_text(*pdf)) : std::string();
}

/// /Count of the page tree, by the file's own structure.
int pages_of(const std::string& pdf) {
  const size_t tree = pdf.find("/Type /Pages");
  const size_t at = pdf.find("/Count ", tree);
  int count = 0;
  if (tree != std::string::npos && at != std::string::npos)
    std::from_chars(pdf.data() + at + 7, pdf.data() + std::min(pdf.size(), at + 20), count);
  return count;
}

TEST(Pdf, IsWholeAndEmbedsFontAndStills) {
  const std::string pdf = pdf_of(document());
  EXPECT_TRUE(pdf.starts_with("%PDF-1."));
  EXPECT_TRUE(pdf.substr(pdf.size() - 8).find("%%EOF") != std::string::npos);
  EXPECT_GE(pages_of(pdf), 2);
  EXPECT_THAT(pdf, HasSubstr("/FontFile2"));
  EXPECT_THAT(pdf, HasSubstr("WenQuanYi"));
  EXPECT_THAT(pdf, HasSubstr("/DCTDecode"));
  EXPECT_THAT(pdf, HasSubstr(std::string(as_text(document().stills[0].jpeg))));
}

TEST(Pdf, SameDocumentGivesSameBytesAndOnlyItsOwnTime) {
  EXPECT_EQ(pdf_of(document(), "zh"), pdf_of(document(), "zh"));
  EXPECT_THAT(pdf_of(document()), HasSubstr("/CreationDate (20261122140507+01'00)"));
}

TEST(Pdf, LongAndHostileTextsFlowOverPages) {
  Document large = document();
  const int before = pages_of(pdf_of(large));
  large.master.path = "/" + std::string(5000, 'x') + "\x01\xFF";
  for (int i = 0; i < 120; ++i) large.report.warnings.push_back(std::string(3000, 'w') + "\xE2\x80\xAE");
  for (int i = 0; i < 30; ++i) {
    large.facts.video[0].carriers.push_back({"carrier." + std::to_string(i), "raster", std::string(400, '9'), 1, 0});
  }
  EXPECT_GT(pages_of(pdf_of(large)), before + 10);
}

TEST(Pdf, BareDocumentIsOnePageOrTwo) {
  Document bare;
  bare.report.profile_title = {"t", "t"};
  const int pages = pages_of(pdf_of(bare));
  EXPECT_GE(pages, 1);
  EXPECT_LE(pages, 2);
}

TEST(Pdf, BytesThatAreNoJpegDoNotBreakIt) {
  Document odd = document();
  odd.stills[0].jpeg = Bytes(100, std::byte{0xFF});
  odd.stills[1].width = 1 << 30;
  EXPECT_TRUE(pdf_of(odd).starts_with("%PDF-1."));
}

}  // namespace
}  // namespace pier::reports
