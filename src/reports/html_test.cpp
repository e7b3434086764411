#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/reports/render.hpp>

#include "test_document.hpp"

namespace pier::reports {
namespace {

using test::document;
using testing::HasSubstr;
using testing::Not;

RenderOptions in(const char* language) {
  RenderOptions options;
  options.language = language;
  return options;
}

size_t count(const std::string& text, const std::string& piece) {
  size_t found = 0;
  for (size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++found;
  return found;
}

/// Names of elements that are opened and not closed, or closed and not opened; empty when all nests.
std::string unbalanced(const std::string& page) {
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const size_t end = page.find('>', at);
    if (end == std::string::npos) return "an element that does not end";
    const std::string inside = page.substr(at + 1, end - at - 1);
    const bool closing = inside.starts_with("/");
    const std::string name =
        inside.substr(closing ? 1 : 0, inside.find_first_of(" \n/", closing ? 1 : 0) - (closing ? 1 : 0));
    const bool empty = inside.ends_with("/") || name == "meta" || name == "img" || name == "!DOCTYPE";
    if (closing) {
      if (open.empty() || open.back() != name) return "</" + name + "> after <" + (open.empty() ? "" : open.back());
      open.pop_back();
    } else if (!empty) {
      open.push_back(name);
    }
    if (!closing && (name == "style" || name == "script")) at = page.find("</" + name, at) - 1;
  }
  return open.empty() ? "" : "<" + open.back() + ">";
}

TEST(Html, ElementsNestAndNothingHostileGetsIn) {
  for (const char* language : {"en", "zh"}) {
    const std::string page = render_html(document(), in(language));
    EXPECT_EQ(unbalanced(page), "") << language;
    EXPECT_EQ(count(page, "<script"), 1U);
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x"));
    EXPECT_THAT(page, Not(HasSubstr("alert(1)</")));
    EXPECT_TRUE(is_utf8(page));
  }
}

TEST(Html, AsksForNothingFromElsewhere) {
  const std::string page = render_html(document(), in("en"));
  for (const char* word : {"http:", "https:", "src=\"/", "@import", "url("}) EXPECT_EQ(count(page, word), 0U) << word;
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_EQ(count(page, "src=\"data:image/jpeg;base64,"), 2U);
}

TEST(Html, BrokenClausesComeFirst) {
  const std::string page = render_html(document(), in("en"));
  const size_t verdict = page.find("Not conform"), broken = page.find("The rule black."),
               open = page.find("The rule open."), warning = page.find("The rule light."),
               held = page.find("The rule holds."), absent = page.find("The rule absent.");
  EXPECT_LT(verdict, broken);
  EXPECT_LT(broken, warning);
  EXPECT_LT(warning, open);
  EXPECT_LT(open, held);
  EXPECT_LT(held, absent);
  EXPECT_NE(absent, std::string::npos);
}

TEST(Html, FindingsHaveTimeCodesAndTrueNumbers) {
  const std::string page = render_html(document(), in("en"));
  EXPECT_THAT(page, HasSubstr("10:00:00:00 – 10:00:01:00 (1 s)"));
  EXPECT_THAT(page, HasSubstr("10:00:02:00 – 10:00:02:10 (0.4 s)"));
  EXPECT_THAT(page, HasSubstr("in all 700 of this kind"));
  EXPECT_THAT(page, HasSubstr("largest 0.0625 cd/m²"));
  EXPECT_THAT(page, HasSubstr("in 10:00:01:00 (after black); not applied"));
}

TEST(Html, CarriersStandSideBySide) {
  const std::string page = render_html(document(), in("en"));
  EXPECT_THAT(page, HasSubstr("<th>container.colr</th>\n<th>hevc.sps</th>"));
  EXPECT_THAT(page, HasSubstr("<tr class=\"fail\"><td>transfer</td>\n<td>smpte2084</td>\n<td>arib-std-b67</td>"));
  EXPECT_THAT(page, HasSubstr("<td>raster</td>\n<td>–</td>\n<td>3840x2160</td>"));
}

TEST(Html, ChinesePageHasNoEnglishHeadings) {
  const std::string page = render_html(document(), in("zh"));
  EXPECT_THAT(page, HasSubstr("lang=\"zh-CN\""));
  EXPECT_THAT(page, HasSubstr("不符合"));
  EXPECT_THAT(page, HasSubstr("规则 black。"));
  EXPECT_THAT(page, HasSubstr("黑场"));
  for (const char* word : {"Not conform", "Broken", "Findings", "Over time", "Not judged", "Measured", "Carriers"})
    EXPECT_THAT(page, Not(HasSubstr(word)));
}

TEST(Html, DisputesAndSignerAreShown) {
  Document with = document();
  RenderOptions options = in("en");
  options.disputes = {{with.analysis->findings[0].id, "meant <b>", "Li", "2026-11-22T15:00:00+08:00"}};
  options.signer = "0123456789abcdef";
  const std::string page = render_html(with, options);
  EXPECT_THAT(page, HasSubstr("Disputed by Li (2026-11-22T15:00:00+08:00): meant &lt;b&gt;"));
  EXPECT_THAT(page, HasSubstr("Ed25519, holds; key 0123456789abcdef"));
  EXPECT_THAT(render_html(with, in("en")), Not(HasSubstr("holds; key")));
}

TEST(Html, WithoutAnalysisItSaysWhatIsNotDrawn) {
  Document bare = document();
  bare.analysis.reset();
  bare.stills.clear();
  bare.facts.video.clear();
  bare.facts.audio.clear();
  bare.facts.main_video = -1;
  const std::string page = render_html(bare, in("en"));
  EXPECT_EQ(unbalanced(page), "");
  EXPECT_EQ(count(page, "Not drawn: this analysis holds no such data."), 3U);
  EXPECT_THAT(page, HasSubstr("There is no picture."));
  EXPECT_THAT(page, HasSubstr("There is no sound."));
}

TEST(Html, SameDocumentGivesSameBytes) {
  EXPECT_EQ(render_html(document(), in("en")), render_html(document(), in("en")));
}

}  // namespace
}  // namespace pier::reports
