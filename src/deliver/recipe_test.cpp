#include <filesystem>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pier/deliver/receipt.hpp>

namespace pier::deliver {
namespace {

constexpr const char* kRecipe = R"(
title_en = "A station"
recipient = "A"
container = "mxf"
file = "{title}_第{episode:02}集_{hdr}"
[picture]
format = "xavc-intra-300"
to = "hlg"
[sound]
loudness = -24
true_peak = -2
downmix = { centre = 0.5 }
[[sound.track]]
layout = "stereo"
language = "zho"
[[sound.track]]
layout = "5.1"
optional = true
[sidecars]
md5 = true
)";

TEST(Recipe, IsReadWhole) {
  const auto recipe = parse_recipe(kRecipe, "station");
  ASSERT_TRUE(recipe) << recipe.error().message;
  EXPECT_EQ(recipe->wish.container, media::Container::kMxf);
  EXPECT_EQ(recipe->wish.to, "hlg");
  EXPECT_EQ(recipe->wish.loudness->target_lufs, -24);
  EXPECT_EQ(recipe->wish.loudness->true_peak_dbtp, -2);
  EXPECT_EQ(recipe->wish.downmix.centre, 0.5);
  ASSERT_EQ(recipe->wish.tracks.size(), 2U);
  EXPECT_TRUE(recipe->wish.tracks[1].optional);
  EXPECT_TRUE(recipe->md5);
  EXPECT_FALSE(recipe->xml);
}

TEST(Recipe, WhatIsWrongIsNamed) {
  const std::string good = kRecipe;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return parse_recipe(text, "station");
  };
  for (const auto& [from, to, word] : std::vector<std::tuple<const char*, const char*, const char*>>{
           {"recipient", "recipent", "recipent"},
           {"\"mxf\"", "\"mp4\"", ".mp4"},
           {"loudness = -24", "loudness = \"-24\"", "line 10"},
           {"layout = \"stereo\"", "layout = \"quad\"", "quad"},
           {"file =", "name =", "file is missing"},
           {"md5 = true", "md5 = ", "line"}}) {
    const auto recipe = with(from, to);
    ASSERT_FALSE(recipe) << to;
    EXPECT_NE(recipe.error().message.find(word), std::string::npos) << recipe.error().message;
  }
}

TEST(Recipe, ThoseThatComeWithPierAreGood) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PIER_SOURCE_DIR "/deliveries")) {
    const auto recipe = load_recipe(PIER_SOURCE_DIR "/deliveries", entry.path().stem().string());
    EXPECT_TRUE(recipe) << recipe.error().message;
    ++count;
  }
  EXPECT_GE(count, 3U);
  const auto unknown = load_recipe(PIER_SOURCE_DIR "/deliveries", "nobody");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("there are"), std::string::npos);
}

TEST(FillName, PutsWordsAndNumbersIn) {
  const Words words{{"title", "山海"}, {"episode", "7"}, {"hdr", "HLG"}, {"part", ""}, {"path", "a/b"}};
  EXPECT_EQ(*fill_name("{title}_第{episode:02}集_{hdr}", words), "山海_第07集_HLG");
  EXPECT_EQ(*fill_name("{{{episode}}}", words), "{7}");
  for (const char* bad : {"{series}", "{part}", "{title:02}", "{episode", "{path}", "{episode:x}", ".{hdr}", ""})
    EXPECT_FALSE(fill_name(bad, words)) << bad;
}

TEST(Episodes, AreReadFromCsv) {
  const auto episodes = parse_episodes(
      "\xef\xbb\xbfmaster,title,episode\r\n\"a,1.mov\",\"say \"\"hi\"\"\",1\r\n\r\n/abs/b.mov,\"two\nlines\",2\n",
      "/in");
  ASSERT_TRUE(episodes) << episodes.error().message;
  ASSERT_EQ(episodes->size(), 2U);
  EXPECT_EQ((*episodes)[0].master, "/in/a,1.mov");
  EXPECT_EQ((*episodes)[0].words.at("title"), "say \"hi\"");
  EXPECT_EQ((*episodes)[1].master, "/abs/b.mov");
  EXPECT_EQ((*episodes)[1].line, 4);
  for (const char* bad :
       {"", "title\nx\n", "master,title\nx\n", "master\n\n", "master\n\"x\n", "master\n\xb5\xda.mov\n"})
    EXPECT_FALSE(parse_episodes(bad, "")) << bad;
}

TEST(Recipe, SubtitlesThatAreBurnedInAreReadAndChecked) {
  const std::string text(kRecipe);
  const auto recipe = parse_recipe(text + "[subtitles]\nburn = \"{stem}.srt\"\nlook = \"box\"\nsize = 6\n", "station");
  ASSERT_TRUE(recipe) << recipe.error().message;
  EXPECT_EQ(recipe->burn, "{stem}.srt");
  ASSERT_TRUE(recipe->wish.burn);
  const auto again = wish_from_json(to_json(recipe->wish));
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_TRUE(again->burn);
  EXPECT_EQ(again->burn->look, "box");
  EXPECT_EQ(again->burn->size, 6);
  for (const char* bad : {"[subtitles]\n", "[subtitles]\nburn = \"a\"\nlook = \"neon\"\n", "[subtitles]\nburn = 1\n",
                          "[subtitles]\nburn = \"a\"\nsize = 50\n", "[subtitles]\nburn = \"a\"\noffset = \"soon\"\n"})
    EXPECT_FALSE(parse_recipe(text + bad, "station")) << bad;
}

TEST(Digests, AreThoseOfTheStandards) {
  const auto digests = [](const std::string& text) {
    const UniqueFd file(::memfd_create("text", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    const auto made = digests_of(file.get());
    EXPECT_TRUE(made) << made.error().message;
    return made.value_or(Digests{});
  };
  // RFC 1321 A.5, FIPS 180-4 (empty message).
  EXPECT_EQ(digests("").md5, "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(digests("").sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digests("message digest").md5, "f96b697d7cb7938d525a2f31aaf161d0");
  const Digests made = digests("12345678901234567890123456789012345678901234567890123456789012345678901234567890");
  EXPECT_EQ(made.md5, "57edf4a22be3c955ac49da2e2107b67a");
  EXPECT_EQ(made.bytes, 80U);
  // More than one piece of reading.
  EXPECT_EQ(digests(std::string(3'000'000, 'a')).md5, "99ddc9a3a46ea62c95652bdf937a1fb8");
}

TEST(Demand, IsHeldAgainstTheNewestReport) {
  const std::string text = std::string(kRecipe) + "\n[demand]\nprofile = \"cn-ott-4k\"\n";
  const auto recipe = parse_recipe(text, "station");
  ASSERT_TRUE(recipe) << recipe.error().message;
  EXPECT_EQ(recipe->demand_verdict, "pass");
  Episode episode{0, "/in/a.mov", {}};
  const auto code = [&] {
    const auto done = check_demand(*recipe, episode);
    return done ? std::string("fine") : std::string(to_string(done.error().code)) + ": " + done.error().message;
  };
  EXPECT_EQ(code().substr(0, 16), "invalid_argument");
  episode.judged = Judged{"ast_1", "rpt_1", "cn-ott-4k", "pass", "", 0, 1};
  EXPECT_EQ(code(), "fine");
  episode.judged->verdict = "warn";
  episode.judged->findings = 3;
  EXPECT_EQ(code().substr(0, 11), "not_conform");
  EXPECT_NE(code().find("with 3 findings"), std::string::npos) << code();
  episode.judged->verdict = "pass";
  episode.judged->profile = "other";
  EXPECT_NE(code().find("was not judged by it"), std::string::npos) << code();
  const auto softer = parse_recipe(text + "verdict = \"warn\"\n", "station");
  ASSERT_TRUE(softer) << softer.error().message;
  episode.judged = Judged{"ast_1", "rpt_1", "cn-ott-4k", "warn", "", 3, 1};
  EXPECT_TRUE(check_demand(*softer, episode));
  EXPECT_FALSE(parse_recipe(text + "verdict = \"fail\"\n", "station"));
  EXPECT_FALSE(parse_recipe(std::string(kRecipe) + "\n[demand]\n", "station"));
}

TEST(Sidecars, SayWhatWasDelivered) {
  auto recipe = parse_recipe(kRecipe, "station");
  ASSERT_TRUE(recipe);
  recipe->xml = recipe->csv = true;
  const Episode episode{2, "/in/a.mov", {{"title", "山 & 海"}, {"note", "a,b"}, {"master", "a.mov"}}};
  const auto all = sidecars_of(*recipe, episode, "a.mxf", {"ff00", "0123", 12});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].name, "a.mxf.md5");
  EXPECT_EQ(all[0].text, "0123  a.mxf\n");
  EXPECT_NE(all[1].text.find("<word name=\"title\">山 &amp; 海</word>"), std::string::npos);
  EXPECT_EQ(all[2].text, "file,bytes,md5,sha256,note,title\r\na.mxf,12,0123,ff00,\"a,b\",山 & 海\r\n");
}

}  // namespace
}  // namespace pier::deliver
