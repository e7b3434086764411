#include <gtest/gtest.h>

#include <pier/colour/cube.hpp>

namespace pier::colour {
namespace {

const std::string kRows = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n";

/// With a comment that makes the file long enough for its size.
std::string error(const std::string& text) {
  const auto cube = parse_cube(text + "#" + std::string(100, '-'));
  return cube ? "" : cube.error().message;
}

TEST(CubeText, ALatticeIsReadRedFastest) {
  const Cube cube = parse_cube("TITLE \"warm\"\n#c\n\nLUT_3D_SIZE 2\n" + kRows).value();
  EXPECT_EQ(cube.title, "warm");
  EXPECT_EQ(cube.lattice.size, 2);
  EXPECT_EQ(cube.curves.size, 0);
  EXPECT_EQ(cube.lattice.values[0], (std::vector<float>{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(cube.lattice.values[2], (std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1}));
}

TEST(CubeText, LineEndsCommentsAndSpacesDoNotMatter) {
  const Cube plain = parse_cube("LUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 2 1 1\n" + kRows).value();
  std::string crlf = "\xef\xbb\xbf# made by hand\r\nDOMAIN_MAX 2.0 1 +1.00 # wide\r\n\tLUT_3D_SIZE  2 \r\n";
  for (const char c : kRows) crlf += c == '\n' ? " # row\r\n" : c == '1' ? "1e0" : std::string(1, c);
  EXPECT_EQ(parse_cube(crlf).value(), plain);
  EXPECT_EQ(parse_cube("LUT_3D_SIZE 2\nDOMAIN_MAX 2 1 1\n" + kRows.substr(0, kRows.size() - 1)).value(), plain);
}

TEST(CubeText, CurvesAndCurvesBeforeALattice) {
  const Cube curves = parse_cube("LUT_1D_SIZE 3\n0 0 0\n.2 .5 .5\n1 1 1\n").value();
  EXPECT_EQ(curves.curves.values[0][1], 0.2f);
  const Cube both = parse_cube("LUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE 0 4\nLUT_3D_SIZE 2\n0 0 0\n1 1 1\n" + kRows).value();
  EXPECT_EQ(both.curves.high[1], 4.0);
  EXPECT_EQ(both.lattice.high[1], 1.0);
  EXPECT_EQ(both.lattice.values[1], (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1}));
}

TEST(CubeText, WhatIsWrittenIsReadAsTheSame) {
  Cube cube =
      parse_cube("TITLE \"a b\"\nLUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE -0.1 4\nLUT_3D_SIZE 2\n0 0 0\n1 1 1\n" + kRows)
          .value();
  cube.lattice.values[1][3] = 0.1f;
  cube.lattice.values[2][5] = -1.2345678e-12f;
  EXPECT_EQ(parse_cube(write_cube(cube)).value(), cube);
  cube.curves = {};
  cube.lattice.low = {-0.25, 0.0, 0.1};
  EXPECT_EQ(parse_cube(write_cube(cube)).value(), cube);
}

TEST(CubeText, ErrorsSayWhereAndWhat) {
  EXPECT_EQ(error("LUT_3D_SIZE 2\n0 0 0\n0 zero 0\n"), ".cube file, line 3: 'zero' is no number from -65504 to 65504");
  EXPECT_EQ(error("LUT_3D_SIZE 2\r\n0 0\r\n"), ".cube file, line 2: three numbers are wanted here, not 2");
  EXPECT_EQ(error("LUT_3D_SIZE 2\n" + kRows + "0 0 0\n"),
            ".cube file, line 10: the table is full after 8 lines of values, as its size says");
  EXPECT_EQ(error("LUT_3D_SIZE 2\n0 0 0\n1 1 1\n0 0 0\n1 1 1\n0 0 0\n1 1 1\n0 0 0\n"),
            ".cube file ends at line 9 after 7 lines of values; its size asks for 8");
  EXPECT_EQ(error("LUT_3D_SIZE 130\n"), ".cube file, line 1: LUT_3D_SIZE wants a whole number from 2 to 129");
  EXPECT_EQ(error("LUT_1D_SIZE 2.5\n"), ".cube file, line 1: LUT_1D_SIZE wants a whole number from 2 to 65536");
  EXPECT_EQ(error("0 0 0\n"), ".cube file, line 1: values come before LUT_1D_SIZE or LUT_3D_SIZE said how many");
  EXPECT_NE(error("LUT_IN_VIDEO_RANGE\nLUT_3D_SIZE 2\n" + kRows).find("line 1: 'LUT_IN_VIDEO_RANGE' is neither"),
            std::string::npos);
  EXPECT_NE(error("LUT_3D_SIZE 2\nDOMAIN_MIN 1 0 0\n" + kRows).find("line 3: the domain ends where it begins"),
            std::string::npos);
  EXPECT_NE(error("LUT_3D_SIZE 2\n0 0 0\nTITLE \"late\"\n").find("line 3: 'TITLE' comes behind"), std::string::npos);
  EXPECT_NE(error("LUT_3D_SIZE 2\nLUT_3D_SIZE 2\n").find("line 2: LUT_3D_SIZE stands there twice"), std::string::npos);
  EXPECT_NE(parse_cube("").error().message.find("neither LUT_1D_SIZE nor LUT_3D_SIZE"), std::string::npos);
  EXPECT_NE(error("LUT_3D_SIZE 2\n-inf 0 0\n").find("line 2: '-inf' is no number"), std::string::npos);
  EXPECT_NE(error("LUT_3D_SIZE 2\n1e9 0 0\n").find("line 2: '1e9' is no number"), std::string::npos);
  EXPECT_NE(error(std::string(2000, ' ')).find("line 1: is longer"), std::string::npos);
  EXPECT_EQ(parse_cube("LUT_3D_SIZE 1").error().code, ErrorCode::kInputDamaged);
}

/// No memory is taken for a size that the file cannot fill.
TEST(CubeText, ASizeTheFileCannotFillIsRefusedAtTheFirstRow) {
  EXPECT_EQ(error("LUT_3D_SIZE 129\n0 0 0\n"),
            ".cube file, line 2: the size asks for 2146689 lines of values, more than the file can hold");
}

}  // namespace
}  // namespace pier::colour
