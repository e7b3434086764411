#include <gtest/gtest.h>

#include <pier/core/cicp.hpp>

namespace pier {
namespace {

TEST(CicpTest, NamesAreThoseOfTheField) {
  EXPECT_EQ(to_string(Primaries::kBt2020), "bt2020");
  EXPECT_EQ(to_string(Primaries::kP3D65), "smpte432");
  EXPECT_EQ(to_string(Transfer::kHlg), "arib-std-b67");
  EXPECT_EQ(to_string(Transfer::kPq), "smpte2084");
  EXPECT_EQ(to_string(Transfer::kSrgb), "iec61966-2-1");
  EXPECT_EQ(to_string(Matrix::kBt2020Ncl), "bt2020nc");
  EXPECT_EQ(to_string(Matrix::kRgb), "gbr");
  EXPECT_EQ(to_string(Range::kNarrow), "tv");
  EXPECT_EQ(to_string(Range::kFull), "pc");
  EXPECT_EQ(to_string(ChromaSite::kTopLeft), "topleft");
  EXPECT_EQ(to_string(Primaries::kUnspecified), "unknown");
}

TEST(CicpTest, UnknownNumbersAreKept) {
  EXPECT_EQ(to_string(static_cast<Primaries>(22)), "22");
  EXPECT_EQ(to_string(static_cast<Transfer>(200)), "200");
  EXPECT_EQ(to_string(static_cast<Matrix>(11)), "11");
  EXPECT_EQ(to_string(static_cast<ChromaSite>(9)), "9");
}

TEST(CicpTest, OnlyPqAndHlgAreHdr) {
  for (int i = 0; i < 256; ++i) {
    ColourInfo colour;
    colour.transfer = static_cast<Transfer>(i);
    EXPECT_EQ(colour.is_hdr(), i == 16 || i == 18);
  }
}

}  // namespace
}  // namespace pier
