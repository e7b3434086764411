#include <pier/core/id.hpp>

#include "origin_fixture.hpp"

namespace pier::delivery::test {
namespace {

TEST_F(OriginTest, SegmentsAreTheBytesOfTheStoredTrack) {
  publish_all();
  for (const StoredTrack* track : {&x_video, &x_sound, &x_images}) {
    const bool images = track == &x_images;
    for (size_t i = 0; i < track->index.segments.size(); i++) {
      const auto& segment = track->index.segments[i];
      const net::Response response = get(url(*track, std::to_string(i + 1) + (images ? ".jpg" : ".m4s")));
      ASSERT_EQ(response.status, 200);
      EXPECT_TRUE(std::holds_alternative<net::FileRange>(response.body));
      EXPECT_EQ(bytes_of(response), track->bytes.substr(segment.offset, segment.length));
      EXPECT_EQ(header(response, "ETag"), '"' + to_hex(segment.sha256) + '"');
      EXPECT_EQ(header(response, "Cache-Control"), "public, max-age=31536000, immutable");
      EXPECT_EQ(header(response, "Accept-Ranges"), "bytes");
      EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "*");
      EXPECT_EQ(header(response, "Content-Type"), images              ? "image/jpeg"
                                                  : track == &x_video ? "video/mp4"
                                                                      : "audio/mp4");
    }
  }
}

TEST_F(OriginTest, InitSegment) {
  publish_all();
  const net::Response response = get(url(x_video, "init.mp4"));
  EXPECT_EQ(bytes_of(response), x_video.bytes.substr(0, 700));
  EXPECT_EQ(header(response, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(get(url(x_video, "init.mp4"), {{"if-none-match", header(response, "ETag")}}).status, 304);
  EXPECT_EQ(get(url(x_images, "init.mp4")).status, 404);
}

TEST_F(OriginTest, RangesAndConditionsOfASegment) {
  publish_all();
  const auto& segment = x_video.index.segments[1];
  const std::string target = url(x_video, "2.m4s"), tag = '"' + to_hex(segment.sha256) + '"';
  const net::Response part = get(target, {{"range", "bytes=100-199"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(bytes_of(part), x_video.bytes.substr(segment.offset + 100, 100));
  EXPECT_EQ(header(part, "Content-Range"), "bytes 100-199/" + std::to_string(segment.length));
  EXPECT_EQ(get(target, {{"range", "bytes=9999999-"}}).status, 416);
  EXPECT_EQ(header(get(target, {{"range", "bytes=9999999-"}}), "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(get(target, {{"if-none-match", tag}}).status, 304);
  EXPECT_EQ(get(target, {{"range", "bytes=0-9"}, {"if-range", "\"other\""}}).status, 200);
}

TEST_F(OriginTest, ManifestsNameOnlyWhatThereIs) {
  publish_all();
  const std::string base = "/media/" + x_asset + "/";
  const net::Response multivariant = get(base + "hls.m3u8");
  ASSERT_EQ(multivariant.status, 200) << bytes_of(multivariant);
  EXPECT_EQ(header(multivariant, "Content-Type"), "application/vnd.apple.mpegurl");
  EXPECT_EQ(header(multivariant, "Cache-Control"), "public, max-age=2");
  for (const StoredTrack* track : {&x_video, &x_sound}) {
    EXPECT_NE(bytes_of(multivariant).find(track->row.id + "/media.m3u8"), std::string::npos);
    const std::string playlist = bytes_of(get(url(*track, "media.m3u8")));
    for (size_t i = 1; i <= track->index.segments.size(); i++) {
      EXPECT_NE(playlist.find("\n" + std::to_string(i) + ".m4s\n"), std::string::npos) << playlist;
    }
    EXPECT_EQ(playlist.find("5.m4s"), std::string::npos);
  }
  EXPECT_EQ(get(url(x_video, "iframes.m3u8")).status, 200);
  EXPECT_EQ(get(url(x_images, "images.m3u8")).status, 200);
  const net::Response mpd = get(base + "dash.mpd");
  EXPECT_EQ(header(mpd, "Content-Type"), "application/dash+xml");
  EXPECT_NE(bytes_of(mpd).find("id=\"" + x_video.row.id + "\""), std::string::npos);
  EXPECT_EQ(get(base + "hls.m3u8", {{"if-none-match", header(multivariant, "ETag")}}).status, 304);
  EXPECT_EQ(get(base + "dash.mpd", {{"if-none-match", header(multivariant, "ETag")}}).status, 200);
}

TEST_F(OriginTest, TextIsServedInSegmentsAndWhole) {
  x_asset = make_asset();
  const auto tracks =
      publish(x_asset, {make_track(packaging::TrackKind::kVideo, 0, 3), make_track(packaging::TrackKind::kText, 1, 3)});
  const StoredTrack& text = tracks[1];
  const packaging::SegmentRecord& second = text.index.segments[1];
  const net::Response segment = get(url(text, "2.vtt"));
  ASSERT_EQ(segment.status, 200);
  EXPECT_EQ(header(segment, "Content-Type"), "text/vtt; charset=utf-8");
  EXPECT_EQ(header(segment, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(segment, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(bytes_of(segment), text.bytes.substr(second.offset, second.length));
  EXPECT_TRUE(quick(url(text, "2.vtt")));
  const net::Response whole = get(url(text, "whole.vtt"));
  ASSERT_EQ(whole.status, 200);
  EXPECT_EQ(header(whole, "Content-Type"), "text/vtt; charset=utf-8");
  EXPECT_EQ(bytes_of(whole), text.bytes.substr(0, text.index.init_length));
  EXPECT_EQ(get(url(text, "whole.vtt"), {{"if-none-match", header(whole, "ETag")}}).status, 304);
  EXPECT_NE(header(whole, "ETag"), header(segment, "ETag"));
  const std::string multivariant = bytes_of(get("/media/" + x_asset + "/hls.m3u8"));
  EXPECT_NE(multivariant.find("TYPE=SUBTITLES,GROUP-ID=\"webvtt\",LANGUAGE=\"zh-Hans\",NAME=\"简体\""),
            std::string::npos)
      << multivariant;
  EXPECT_NE(bytes_of(get(url(text, "media.m3u8"))).find("\n3.vtt\n"), std::string::npos);
  for (const char* name : {"4.vtt", "0.vtt", "1.m4s", "1.jpg", "init.mp4", "iframes.m3u8"})
    EXPECT_EQ(get(url(text, name)).status, 404) << name;
  for (const char* name : {"1.vtt", "whole.vtt"}) EXPECT_EQ(get(url(tracks[0], name)).status, 404) << name;
}

TEST_F(OriginTest, WhatThereIsNot) {
  publish_all();
  const std::string base = "/media/" + x_asset + "/";
  const std::vector<std::string> targets{url(x_video, "0.m4s"),
                                         url(x_video, "5.m4s"),
                                         url(x_video, "01.m4s"),
                                         url(x_video, "1.jpg"),
                                         url(x_images, "1.m4s"),
                                         url(x_images, "media.m3u8"),
                                         url(x_video, "images.m3u8"),
                                         url(x_sound, "iframes.m3u8"),
                                         url(x_video, "18446744073709551616.m4s"),
                                         url(x_video, "1.m4s") + "/x",
                                         base,
                                         base + "other.m3u8",
                                         base + "trk_1/1.m4s",
                                         "/media",
                                         "/media/ast_1/hls.m3u8",
                                         "/media/" + new_id("ast") + "/hls.m3u8",
                                         base + new_id("trk") + "/1.m4s",
                                         "/media/" + new_id("ast") + "/" + x_video.row.id + "/1.m4s"};
  for (const std::string& target : targets) {
    const net::Response response = get(target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(header(response, "Content-Type"), "application/problem+json");
    EXPECT_EQ(header(response, "Cache-Control"), "no-store");
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "*");
  }
}

TEST_F(OriginTest, Methods) {
  publish_all();
  const net::Response preflight = get(url(x_video, "1.m4s"), {{"origin", "https://a.example"}}, "OPTIONS");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_NE(header(preflight, "Access-Control-Allow-Headers").find("Range"), std::string::npos);
  EXPECT_EQ(get(url(x_video, "1.m4s"), {}, "HEAD").status, 200);
  const net::Response post = get(url(x_video, "1.m4s"), {}, "POST");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(header(post, "Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(OriginTest, QuickOnlyFromMemoryAndOnlyWhileTrusted) {
  publish_all();
  const std::string segment = url(x_video, "1.m4s"), manifest = "/media/" + x_asset + "/hls.m3u8";
  EXPECT_FALSE(quick(segment));
  EXPECT_FALSE(quick(manifest));
  const std::string bytes = bytes_of(get(segment)), text = bytes_of(get(manifest));
  ASSERT_TRUE(quick(segment));
  EXPECT_EQ(bytes_of(*quick(segment)), bytes);
  ASSERT_TRUE(quick(manifest));
  EXPECT_EQ(bytes_of(*quick(manifest)), text);
  EXPECT_EQ(quick(url(x_video, "99.m4s"))->status, 404);
  EXPECT_FALSE(quick("/media/" + new_id("ast") + "/" + x_video.row.id + "/1.m4s"));
  x_clock.advance_us(3'000'000);
  EXPECT_FALSE(quick(segment));
  EXPECT_FALSE(quick(manifest));
  get(segment);
  EXPECT_TRUE(quick(segment));
}

TEST_F(OriginTest, DeletedMeans404Everywhere) {
  publish_all();
  const std::vector<std::string> targets{url(x_video, "1.m4s"), url(x_video, "init.mp4"), url(x_video, "media.m3u8"),
                                         "/media/" + x_asset + "/hls.m3u8", "/media/" + x_asset + "/dash.mpd"};
  for (const std::string& target : targets) ASSERT_EQ(get(target).status, 200);
  delete_asset(x_asset);
  x_origin->forget(x_asset);
  for (const std::string& target : targets) {
    EXPECT_FALSE(quick(target)) << target;
    EXPECT_EQ(get(target).status, 404) << target;
  }
}

TEST_F(OriginTest, DeletedElsewhereIsNoticedWithinTheTrust) {
  publish_all();
  get(url(x_video, "1.m4s"));
  delete_asset(x_asset);
  x_clock.advance_us(2'000'001);
  EXPECT_FALSE(quick(url(x_video, "1.m4s")));
  EXPECT_EQ(get(url(x_video, "1.m4s")).status, 404);
}

TEST_F(OriginTest, ANewPublicationHasNewAddressesAndTheOldOnesStay) {
  publish_all();
  const std::string manifest = "/media/" + x_asset + "/hls.m3u8";
  const net::Response before = get(manifest);
  const std::string old_segment = bytes_of(get(url(x_video, "1.m4s")));
  const auto next = publish(x_asset, {make_track(packaging::TrackKind::kVideo, 0, 6)});
  x_clock.advance_us(3'000'000);
  const net::Response after = get(manifest);
  EXPECT_NE(header(after, "ETag"), header(before, "ETag"));
  EXPECT_NE(bytes_of(after).find(next[0].row.id), std::string::npos);
  EXPECT_EQ(bytes_of(after).find(x_video.row.id), std::string::npos);
  EXPECT_EQ(bytes_of(get(url(x_video, "1.m4s"))), old_segment);
  EXPECT_EQ(get(url(x_video, "media.m3u8")).status, 200);
  EXPECT_EQ(get(url(next[0], "6.m4s")).status, 200);
}

TEST_F(OriginTest, AFurtherRevisionKeepsTheAddressesOfTracksItTakesOver) {
  x_asset = make_asset();
  StoredTrack small = make_track(packaging::TrackKind::kVideo, 0, 4);
  small = publish(x_asset, {small})[0];
  const std::string manifest = "/media/" + x_asset + "/hls.m3u8", playlist = url(small, "media.m3u8");
  const net::Response first = get(manifest), first_playlist = get(playlist);
  const net::Response segment = get(url(small, "2.m4s"));
  EXPECT_EQ(header(first, "ETag").substr(0, 3), "\"1-");
  EXPECT_EQ(header(first, "Cache-Control"), "public, max-age=2");
  EXPECT_EQ(get(manifest, {{"if-none-match", header(first, "ETag")}}).status, 304);

  small.row.ordinal = 1;
  const auto next = publish(x_asset, {make_track(packaging::TrackKind::kVideo, 0, 4), small});
  EXPECT_EQ(next[1].row.id, small.row.id);
  x_clock.advance_us(3'000'000);
  const net::Response second = get(manifest, {{"if-none-match", header(first, "ETag")}});
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(header(second, "ETag").substr(0, 3), "\"2-");
  EXPECT_NE(bytes_of(second).find(next[0].row.id), std::string::npos);
  EXPECT_NE(bytes_of(second).find(small.row.id), std::string::npos);
  EXPECT_EQ(bytes_of(get(playlist)), bytes_of(first_playlist));
  const net::Response again = get(url(small, "2.m4s"));
  EXPECT_EQ(bytes_of(again), bytes_of(segment));
  EXPECT_EQ(header(again, "ETag"), header(segment, "ETag"));
  EXPECT_EQ(header(again, "Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(OriginTest, NothingIsServedBeforePublication) {
  x_asset = make_asset();
  EXPECT_EQ(get("/media/" + x_asset + "/hls.m3u8").status, 404);
  const std::string other = make_asset("other");
  EXPECT_EQ(get("/media/" + other + "/hls.m3u8").status, 404);
}

TEST_F(OriginTest, ATrackThatDoesNotFitItsIndexIsNotServed) {
  x_asset = make_asset();
  StoredTrack broken = make_track(packaging::TrackKind::kVideo, 0, 4);
  broken.row.index = make_track(packaging::TrackKind::kVideo, 1, 3).row.index;
  broken = publish(x_asset, {broken})[0];
  EXPECT_EQ(get(url(broken, "1.m4s")).status, 500);
  EXPECT_EQ(get("/media/" + x_asset + "/hls.m3u8").status, 500);
}

TEST_F(OriginTest, ALostObjectIs404AndNotForOthers) {
  publish_all();
  ASSERT_TRUE(x_store->remove(x_video.row.media));
  EXPECT_EQ(get(url(x_video, "1.m4s")).status, 404);
  EXPECT_EQ(get(url(x_sound, "1.m4s")).status, 200);
}

TEST_F(OriginTest, FewOpenTracksAreEnough) {
  publish_all();
  OriginOptions options;
  options.open_tracks = 1;
  options.open_publications = 1;
  options.clock = &x_clock;
  x_origin = std::make_unique<Origin>(*x_database, *x_store, options);
  const net::Response held = get(url(x_video, "1.m4s"));
  for (int i = 0; i < 3; i++) {
    for (const StoredTrack* track : {&x_video, &x_sound}) EXPECT_EQ(get(url(*track, "2.m4s")).status, 200);
  }
  EXPECT_EQ(get("/media/" + x_asset + "/dash.mpd").status, 200);
  EXPECT_EQ(bytes_of(held).size(), x_video.index.segments[0].length) << "a response keeps its file open";
}

}  // namespace
}  // namespace pier::delivery::test
