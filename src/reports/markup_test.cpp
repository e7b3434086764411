#include "markup.hpp"

#include <gtest/gtest.h>

namespace pier::reports {
namespace {

TEST(Markup, NothingThatEndsAnElementOrAttributeGetsThrough) {
  EXPECT_EQ(escape("<script>alert('1' & \"2\")</script>"),
            "&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;");
}

TEST(Markup, BytesThatAreNoTextBecomeReplacementCharacters) {
  EXPECT_EQ(escape("\xD6\xD0.mxf"), "\xEF\xBF\xBD\xEF\xBF\xBD.mxf");  // GB18030
  EXPECT_EQ(escape(std::string_view("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(escape("a\x1B[31mb"), "a\xEF\xBF\xBD[31mb");
  EXPECT_EQ(escape("a\nb\tc"), "a b c");
}

TEST(Markup, DirectionMarksCannotTurnANameAround) {
  EXPECT_EQ(clean("master\xE2\x80\xAE"
                  "4pm.exe"),
            "master\xEF\xBF\xBD"
            "4pm.exe");
  EXPECT_EQ(clean("\xE2\x81\xA6x\xE2\x81\xA9"), "\xEF\xBF\xBDx\xEF\xBF\xBD");
  EXPECT_EQ(clean("\xEF\xBB\xBFx"), "\xEF\xBF\xBDx");
}

TEST(Markup, TextOfEveryLanguageStays) {
  const std::string text = "栈桥 – ² × µ é 🎬 Ω";
  EXPECT_EQ(escape(text), text);
  EXPECT_EQ(clean(text), text);
}

TEST(Markup, NumbersAreShort) {
  EXPECT_EQ(short_number(1.5, 3), "1.5");
  EXPECT_EQ(short_number(-0.0001, 2), "0");
  EXPECT_EQ(short_number(1000000, 2), "1000000");
  EXPECT_EQ(short_number(1.0 / 0.0, 2), "0");
}

}  // namespace
}  // namespace pier::reports
