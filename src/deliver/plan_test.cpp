#include <gtest/gtest.h>

#include <pier/deliver/plan.hpp>

namespace pier::deliver {
namespace {

media::Facts master() {
  media::Facts facts;
  facts.timecode = "09:59:50:00";
  media::VideoFacts video;
  video.codec = media::Codec::kProres;
  video.width = 3840;
  video.height = 2160;
  video.format = {10, Chroma::k422, false};
  video.colour = {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kUnspecified};
  video.mastering_display =
      MasteringDisplay{{35400, 14600}, {8500, 39850}, {6550, 2300}, {15635, 16450}, 10'000'000, 50};
  video.content_light = ContentLight{873, 211};
  video.time_base = Rational(1, 12800);
  video.frame_rate = 50;
  video.frames = 1000;
  video.start_pts = 512;
  video.duration = 20;
  facts.video.push_back(video);
  facts.main_video = 0;
  media::AudioFacts audio;
  audio.stream_index = 1;
  audio.codec = media::Codec::kPcm;
  audio.layout = "7.1";
  audio.channels = 8;
  audio.sample_rate = 48000;
  facts.audio.push_back(audio);
  return facts;
}

Wish wish_of(const char* format, media::Container container) {
  Wish wish;
  wish.format = format;
  wish.container = container;
  return wish;
}

TEST(PlanDelivery, KeepsPqWithItsLightAndTimecode) {
  const auto plan = plan_delivery(master(), wish_of("prores-422-hq", media::Container::kMov), {Rational(10), {}});
  ASSERT_TRUE(plan) << plan.error().message;
  const media::WrittenPictures& pictures = *plan->file.pictures;
  EXPECT_EQ(pictures.colour.transfer, Transfer::kPq);
  EXPECT_EQ(pictures.mastering_display, master().video[0].mastering_display);
  EXPECT_EQ(pictures.content_light, master().video[0].content_light);
  EXPECT_EQ(pictures.timecode, "10:00:00:00");
  EXPECT_EQ(plan->pictures, 500);
  EXPECT_EQ(plan->first_pts, 512 + 10 * 12800 - 128);
  EXPECT_EQ(plan->start, Rational(512, 12800) + Rational(10));
  ASSERT_EQ(plan->sounds.size(), 1U);
  EXPECT_EQ(plan->sounds[0].layout, "7.1");
}

TEST(PlanDelivery, LightIsNotTakenOverIntoOtherLight) {
  Wish wish = wish_of("hevc", media::Container::kMp4);
  wish.to = "hlg";
  const auto hlg = plan_delivery(master(), wish, {});
  ASSERT_TRUE(hlg) << hlg.error().message;
  EXPECT_FALSE(hlg->file.pictures->mastering_display);
  EXPECT_FALSE(hlg->file.pictures->content_light);
  EXPECT_EQ(hlg->conversion.peak_nits, 873);
  wish.content_light = "1000,400";
  EXPECT_FALSE(plan_delivery(master(), wish, {}));
}

TEST(PlanDelivery, UnknownColourIsRefusedUntilItIsSaid) {
  media::Facts facts = master();
  facts.video[0].colour = {};
  Wish wish = wish_of("prores-422", media::Container::kMov);
  const auto refused = plan_delivery(facts, wish, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("--tags"), std::string::npos);
  wish.tags = "transfer=hlg,primaries=bt2020";
  const auto plan = plan_delivery(facts, wish, {});
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->repairs.size(), 2U);
  EXPECT_EQ(plan->repairs[0].field, "primaries");
  EXPECT_EQ(plan->repairs[1].said, "unknown");
  EXPECT_EQ(plan->repairs[1].given, "arib-std-b67");
  EXPECT_EQ(plan->source_colour.matrix, Matrix::kBt2020Ncl);
  EXPECT_EQ(plan->notes.size(), 2U);  // matrix and range were not said
}

TEST(PlanDelivery, RastersThatWouldDistortAreRefused) {
  Wish wish = wish_of("avc-intra-100", media::Container::kMxf);
  wish.to = "sdr";
  const auto plan = plan_delivery(master(), wish, {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->file.pictures->width, 1920);
  media::Facts wide = master();
  wide.video[0].height = 1600;
  EXPECT_FALSE(plan_delivery(wide, wish, {}));
  wish = wish_of("prores-422", media::Container::kMov);
  wide.video[0].width = 3841;
  const auto odd = plan_delivery(wide, wish, {});
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->file.pictures->width, 3840);
}

TEST(PlanDelivery, SurroundOfEightChannelsGoesWhereItCan) {
  Wish wish = wish_of("hevc", media::Container::kMp4);
  wish.audio = "eac3";
  EXPECT_FALSE(plan_delivery(master(), wish, {}));
  for (const char* codec : {"aac", "opus", "flac"}) {
    wish.audio = codec;
    EXPECT_TRUE(plan_delivery(master(), wish, {})) << codec;
  }
}

Programme of(Scan scan) {
  return {{}, {}, {scan, {}}};
}

TEST(PlanDelivery, FieldsAreTakenApart) {
  media::Facts facts = master();
  facts.video[0].interlaced = true;
  facts.video[0].frame_rate = 25;
  const Wish wish = wish_of("prores-422", media::Container::kMov);
  EXPECT_FALSE(plan_delivery(facts, wish, {})) << "nobody said that fields are looked after";
  const auto plan = plan_delivery(facts, wish, of(Scan::kBottomFirst));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->file.pictures->frame_rate, Rational(50));
  EXPECT_EQ(plan->frame_rate, Rational(50));
  EXPECT_EQ(plan->pictures, 1000);
  EXPECT_EQ(plan->file.pictures->timecode, "09:59:50:00");
  EXPECT_FALSE(plan->weave);
  const auto whole = plan_delivery(facts, wish, of(Scan::kProgressive));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->file.pictures->frame_rate, Rational(25));
  facts.video[0].rotation = 180;
  EXPECT_FALSE(plan_delivery(facts, wish, of(Scan::kTopFirst)));
}

TEST(PlanDelivery, PicturesBecomeFields) {
  media::Facts facts = master();
  facts.timecode = "10:00:00:31";
  Wish wish = wish_of("xdcam-hd422", media::Container::kMxf);
  wish.to = "sdr";
  EXPECT_FALSE(plan_delivery(facts, wish, {}));
  const auto plan = plan_delivery(facts, wish, of(Scan::kProgressive));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->file.pictures->frame_rate, Rational(25));
  EXPECT_EQ(plan->frame_rate, Rational(50));
  EXPECT_TRUE(plan->weave);
  EXPECT_TRUE(plan->smooth);
  EXPECT_EQ(plan->file.pictures->timecode, "10:00:00:15");
  EXPECT_EQ(plan->sounds.size(), 8U);
  facts.video[0].frame_rate = 25;
  const auto segmented = plan_delivery(facts, wish, of(Scan::kProgressive));
  ASSERT_TRUE(segmented);
  EXPECT_FALSE(segmented->weave);
  facts.video[0].height = 1080;
  facts.video[0].width = 1920;
  const auto through = plan_delivery(facts, wish, of(Scan::kTopFirst));
  ASSERT_TRUE(through);
  EXPECT_TRUE(through->weave);
  EXPECT_FALSE(through->smooth) << "fields of the same lines come out as they went in";
  facts.video[0].frame_rate = 24;
  EXPECT_FALSE(plan_delivery(facts, wish, of(Scan::kProgressive)));
}

TEST(PlanDelivery, MonoTracksAreFilledUpWithSilence) {
  media::Facts facts = master();
  facts.audio[0].layout = "stereo";
  facts.audio[0].channels = 2;
  Wish wish = wish_of("xdcam-hd422", media::Container::kMxf);
  wish.to = "sdr";
  const auto plan = plan_delivery(facts, wish, of(Scan::kProgressive));
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->sounds.size(), 8U);
  EXPECT_EQ(plan->sounds[1].channels.at(0).channel, 1);
  EXPECT_TRUE(plan->sounds[2].channels.empty());
  EXPECT_EQ(plan->file.sounds[7].channel_mask, 4U);
  wish.loudness.emplace();
  EXPECT_FALSE(plan_delivery(facts, wish, of(Scan::kProgressive))) << "channels of one sound have one loudness";
}

TEST(PlanDelivery, WordsAreChecked) {
  for (const auto& change : std::vector<void (*)(Wish&)>{
           [](Wish& w) { w.format = "prores"; }, [](Wish& w) { w.to = "hdr"; }, [](Wish& w) { w.tone_map = "hable"; },
           [](Wish& w) { w.size = "1921x1080"; }, [](Wish& w) { w.tags = "transfer=hdr"; },
           [](Wish& w) { w.mastering_display = "G(1,2)"; }, [](Wish& w) { w.content_light = "400,1000"; },
           [](Wish& w) { w.audio = "mp3"; }, [](Wish& w) { w.placement = "bt2446a"; }}) {
    Wish wish = wish_of("prores-422", media::Container::kMov);
    change(wish);
    const auto plan = plan_delivery(master(), wish, {});
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, ErrorCode::kInvalidArgument) << plan.error().message;
  }
}

TEST(ContainerOf, TheEndOfTheNameDecides) {
  EXPECT_EQ(*container_of("/a/b.MXF", "prores-422"), media::Container::kMxf);
  EXPECT_EQ(*container_of("/a.b/c", "hevc"), media::Container::kMp4);
  EXPECT_FALSE(container_of("a.mxf", "hevc"));
  EXPECT_FALSE(container_of("a.avi", "hevc"));
}

}  // namespace
}  // namespace pier::deliver
