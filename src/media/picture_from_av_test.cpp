#include <set>
#include <string>

#include <gtest/gtest.h>

#include <pier/media/decode.hpp>

#include "av_handles.hpp"
#include "test_pictures.hpp"

namespace pier::media {
namespace {

constexpr int kWidth = 39, kHeight = 22;

AvFrame make_frame(AVPixelFormat format, uint32_t seed) {
  AvFrame frame(av_frame_alloc());
  frame->format = format;
  frame->width = kWidth;
  frame->height = kHeight;
  EXPECT_EQ(av_frame_get_buffer(frame.get(), 0), 0);
  for (const AVBufferRef* buffer : frame->buf) {
    for (size_t i = 0; buffer != nullptr && i < buffer->size; ++i) {
      seed = seed * 1664525U + 1013904223U;
      buffer->data[i] = static_cast<uint8_t>(seed >> 24U);
    }
  }
  return frame;
}

// libavutil's own reader of any layout is the oracle.
void expect_same_samples(const AVFrame& frame, const AVPixFmtDescriptor& descriptor, const Picture& picture) {
  const PixelFormat& format = picture.format();
  for (int p = 0; p < format.plane_count(); ++p) {
    const auto& plane = picture.view().planes[static_cast<size_t>(p)];
    std::vector<uint16_t> expected(static_cast<size_t>(plane.width));
    for (int y = 0; y < plane.height; ++y) {
      av_read_image_line2(expected.data(), const_cast<const uint8_t**>(frame.data), frame.linesize, &descriptor, 0, y,
                          p, plane.width, 0, sizeof(uint16_t));
      for (int x = 0; x < plane.width; ++x) {
        const uint16_t mask = static_cast<uint16_t>((1U << format.bit_depth) - 1U);
        const uint16_t found = format.bit_depth > 8 ? plane.row<uint16_t>(y)[x] : plane.row<uint8_t>(y)[x];
        ASSERT_EQ(found & mask, expected[static_cast<size_t>(x)] & mask)
            << descriptor.name << " plane " << p << " at " << x << "," << y;
      }
    }
  }
}

TEST(PictureFromAv, EveryLayoutComesOutPlanarWithoutLoss) {
  std::set<std::string> taken;
  for (const AVPixFmtDescriptor* descriptor = nullptr; (descriptor = av_pix_fmt_desc_next(descriptor)) != nullptr;) {
    const AVPixelFormat format = av_pix_fmt_desc_get_id(descriptor);
    if ((descriptor->flags & (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BITSTREAM)) != 0) continue;
    const AvFrame frame = make_frame(format, 7);
    const auto picture = picture_from_av(*frame, {});
    if (!picture) {
      EXPECT_EQ(picture.error().code, ErrorCode::kInputUnsupported);
      continue;
    }
    taken.insert(descriptor->name);
    EXPECT_EQ(picture->width(), kWidth);
    EXPECT_EQ(picture->format().rgb, (descriptor->flags & AV_PIX_FMT_FLAG_RGB) != 0 ||
                                         descriptor->name == std::string("xyz12le") ||
                                         descriptor->name == std::string("xyz12be"));
    expect_same_samples(*frame, *descriptor, *picture);
  }
  for (const char* wanted :
       {"yuv420p10le", "nv12",     "nv21",     "nv16",     "p010le",    "p010be",    "p016le",  "p210le",
        "p410le",      "yuyv422",  "uyvy422",  "y210le",   "rgb24",     "bgra",      "rgb48le", "rgb48be",
        "bgr48le",     "rgba64le", "gbrp",     "gbrp12le", "gbrp10be",  "gbrap16le", "xyz12le", "yuva444p12le",
        "gray",        "gray10le", "gray16be", "ya8",      "x2rgb10le", "yuvj420p"}) {
    EXPECT_TRUE(taken.contains(wanted)) << wanted;
  }
}

TEST(PictureFromAv, PlanarLayoutsAreSharedNotCopied) {
  const AvFrame frame = make_frame(AV_PIX_FMT_YUV420P10LE, 3);
  const auto picture = picture_from_av(*frame, {});
  ASSERT_TRUE(picture);
  EXPECT_EQ(static_cast<const void*>(picture->view().planes[0].data), frame->data[0]);
  const AvFrame rgb = make_frame(AV_PIX_FMT_GBRP12LE, 3);
  const auto red_first = picture_from_av(*rgb, {});
  ASSERT_TRUE(red_first);
  EXPECT_EQ(static_cast<const void*>(red_first->view().planes[0].data), rgb->data[2]);
}

TEST(PictureFromAv, SamplesBeyondTheDepthNeverLeaveAnUnboundedDecoder) {
  const AvFrame frame = make_frame(AV_PIX_FMT_YUV420P10LE, 3);
  const auto picture = picture_from_av(*frame, {}, {.clipped = false});
  ASSERT_TRUE(picture);
  expect_same_samples(*frame, *av_pix_fmt_desc_get(AV_PIX_FMT_YUV420P10LE), *picture);
  for (int x = 0; x < kWidth; ++x) EXPECT_LT(picture->view().planes[0].row<uint16_t>(3)[x], 1024);
}

TEST(PictureFromAv, SixteenBitsThatHoldTwelveComeOutAsTwelve) {
  for (const AVPixelFormat format : {AV_PIX_FMT_RGB48LE, AV_PIX_FMT_RGB48BE, AV_PIX_FMT_YUV444P16LE}) {
    const AvFrame frame = make_frame(format, 3);
    const auto whole = picture_from_av(*frame, {});
    const auto picture = picture_from_av(*frame, {}, {.significant = 12});
    ASSERT_TRUE(whole && picture);
    EXPECT_EQ(picture->format().bit_depth, 12);
    for (int p = 0; p < 3; ++p) {
      const auto at = static_cast<size_t>(p);
      EXPECT_EQ(picture->view().planes[at].row<uint16_t>(4)[7], whole->view().planes[at].row<uint16_t>(4)[7] >> 4);
    }
  }
}

TEST(PictureFromAv, GoesThereAndBack) {
  for (const PixelFormat format : {PixelFormat{10, Chroma::k420, false}, PixelFormat{8, Chroma::k422, false},
                                   PixelFormat{12, Chroma::k444, true}}) {
    const Picture picture = test::make_picture(format, 38, 22, 5);
    const auto frame = picture_to_av(picture);
    ASSERT_TRUE(frame);
    const auto back = picture_from_av(**frame, {});
    ASSERT_TRUE(back);
    EXPECT_EQ(test::picture_digest(*back), test::picture_digest(picture));
  }
}

TEST(PictureFromAv, RefusesWhatHasNoPlanarForm) {
  for (const AVPixelFormat format :
       {AV_PIX_FMT_PAL8, AV_PIX_FMT_YUV411P, AV_PIX_FMT_GBRPF32LE, AV_PIX_FMT_RGB565LE, AV_PIX_FMT_MONOWHITE}) {
    const auto picture = picture_from_av(*make_frame(format, 1), {});
    ASSERT_FALSE(picture) << av_get_pix_fmt_name(format);
    EXPECT_EQ(picture.error().code, ErrorCode::kInputUnsupported);
  }
}

TEST(PictureFromAv, XyzSaysSo) {
  const auto picture = picture_from_av(*make_frame(AV_PIX_FMT_XYZ12LE, 1), {});
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->format(), (PixelFormat{12, Chroma::k444, true}));
  EXPECT_EQ(static_cast<int>(picture->colour().primaries), 10);
  EXPECT_EQ(picture->colour().matrix, Matrix::kRgb);
}

Result<std::optional<Frame>> first_frame(const std::string& path) {
  PIER_TRY(auto source, open_source(path));
  PIER_TRY(auto demuxer, Demuxer::open(source));
  PIER_TRY(auto decoder, VideoDecoder::open(demuxer, *demuxer.main_video(), 1));
  PIER_TRY(auto packet, demuxer.read());
  PIER_CHECK(decoder.send(*packet));
  PIER_CHECK(decoder.send_end());
  return decoder.receive();
}

TEST(PictureFromAv, ColourComesFromTheBitstreamElseFromTheContainer) {
  const test::Directory directory;
  const std::string input = "-f lavfi -i testsrc2=s=64x64:r=25:d=0.08 -pix_fmt yuv420p10le ";
  const std::string tags = "-color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc -color_range tv ";
  const std::string both = directory.file("both.mp4"), none = directory.file("none.mp4"),
                    box = directory.file("box.mkv");
  const std::string stream = "-c:v libx265 -preset ultrafast -x265-params log-level=none ";
  ASSERT_TRUE(test::run_ffmpeg(input + stream + tags + both));
  ASSERT_TRUE(test::run_ffmpeg(input + stream + none));
  ASSERT_TRUE(test::run_ffmpeg(input + "-c:v ffv1 " + tags + box));
  const ColourInfo hlg = {Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow,
                          ChromaSite::kUnspecified};
  for (const auto& [path, expected] : {std::pair{both, hlg}, std::pair{box, hlg}, std::pair{none, ColourInfo{}}}) {
    auto frame = first_frame(path);
    ASSERT_TRUE(frame && *frame);
    ColourInfo colour = (*frame)->picture.colour();
    colour.chroma_site = ChromaSite::kUnspecified;
    if (path == none) colour.range = Range::kUnspecified;
    EXPECT_EQ(colour, expected) << path;
  }
}

}  // namespace
}  // namespace pier::media
