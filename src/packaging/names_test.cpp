#include <gtest/gtest.h>

#include <pier/packaging/names.hpp>

namespace pier::packaging {
namespace {

TEST(Names, MadeNamesParseBack) {
  const MediaName names[] = {{NameKind::kHls, "", 0},
                             {NameKind::kDash, "", 0},
                             {NameKind::kInit, "v1", 0},
                             {NameKind::kSegment, "v1-hevc_2160.a", 1},
                             {NameKind::kSegment, "v1", 18446744073709551615U},
                             {NameKind::kImage, "thumbs", 7},
                             {NameKind::kText, "t1", 12},
                             {NameKind::kWholeText, "t1", 0},
                             {NameKind::kMediaPlaylist, "a1", 0},
                             {NameKind::kIframePlaylist, "v1", 0},
                             {NameKind::kImagePlaylist, "thumbs", 0}};
  for (const MediaName& name : names) EXPECT_EQ(parse_name(make_name(name)), name) << make_name(name);
  EXPECT_EQ(make_name(names[3]), "v1-hevc_2160.a/1.m4s");
  EXPECT_EQ(make_local_name(names[5]), "7.jpg");
}

TEST(Names, EveryOtherSpellingIsRefused) {
  for (const char* path : {"",
                           "/",
                           "hls.m3u8/",
                           "HLS.m3u8",
                           "v1",
                           "v1/",
                           "/init.mp4",
                           "v1//init.mp4",
                           "v1/0.m4s",
                           "v1/01.m4s",
                           "v1/+1.m4s",
                           "v1/-1.m4s",
                           "v1/1.m4s ",
                           "v1/1.M4S",
                           "v1/01.vtt",
                           "v1/.m4s",
                           "../init.mp4",
                           ".v1/init.mp4",
                           "v 1/init.mp4",
                           "V1/init.mp4",
                           "v1/x/init.mp4",
                           "v1/18446744073709551616.m4s",
                           "v1/1e1.m4s",
                           "v1/0x1.m4s",
                           "v1/init.mp4?x=1"}) {
    EXPECT_FALSE(parse_name(path)) << path;
  }
  EXPECT_FALSE(is_track_name(std::string(65, 'a')));
  EXPECT_TRUE(is_track_name(std::string(64, 'a')));
}

TEST(Names, ContentTypes) {
  EXPECT_EQ(content_type(NameKind::kSegment, TrackKind::kVideo), "video/mp4");
  EXPECT_EQ(content_type(NameKind::kInit, TrackKind::kAudio), "audio/mp4");
  EXPECT_EQ(content_type(NameKind::kIframePlaylist, TrackKind::kVideo), "application/vnd.apple.mpegurl");
  EXPECT_EQ(content_type(NameKind::kDash, TrackKind::kVideo), "application/dash+xml");
  EXPECT_EQ(content_type(NameKind::kImage, TrackKind::kImage), "image/jpeg");
  EXPECT_EQ(content_type(NameKind::kText, TrackKind::kText), "text/vtt; charset=utf-8");
  EXPECT_EQ(content_type(NameKind::kWholeText, TrackKind::kText), "text/vtt; charset=utf-8");
  EXPECT_EQ(content_type(NameKind::kSegment, TrackKind::kText), "application/mp4");
}

}  // namespace
}  // namespace pier::packaging
