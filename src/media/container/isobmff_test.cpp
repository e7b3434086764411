#include "container/isobmff.hpp"

#include <gtest/gtest.h>

namespace pier::media::impl {
namespace {

Bytes box(std::string_view type, const std::vector<Bytes>& parts) {
  ByteWriter out;
  out.u32(0);
  out.text(type);
  for (const Bytes& part : parts) out.bytes(part);
  out.patch_u32(0, static_cast<uint32_t>(out.size()));
  return out.take();
}

Bytes hex(std::string_view text) {
  return *from_hex(text);
}

Bytes visual_entry(const std::vector<Bytes>& children) {
  ByteWriter head;
  head.zeros(24);
  head.u16(3840);
  head.u16(2160);
  head.zeros(50);
  std::vector<Bytes> parts = {head.take()};
  parts.insert(parts.end(), children.begin(), children.end());
  return box("hvc1", parts);
}

Bytes tkhd(const std::array<int32_t, 4>& abcd) {
  ByteWriter out;
  out.zeros(12);
  out.u32(7);
  out.zeros(24);
  for (const int32_t value : {abcd[0], abcd[1], 0, abcd[2], abcd[3], 0, 0, 0, 0x40000000})
    out.u32(static_cast<uint32_t>(value));
  out.zeros(8);
  return box("tkhd", {out.take()});
}

Bytes movie(const std::array<int32_t, 4>& matrix, const std::vector<Bytes>& entry_children) {
  const Bytes mdhd = box("mdhd", {hex("00000000"
                                      "00000000"
                                      "00000000"
                                      "00015f90"
                                      "00000000"
                                      "15c70000")});
  const Bytes hdlr = box("hdlr", {hex("00000000"
                                      "00000000"
                                      "76696465"
                                      "000000000000000000000000"
                                      "00")});
  const Bytes stsd = box("stsd", {hex("00000000"
                                      "00000001"),
                                  visual_entry(entry_children)});
  const Bytes mdia = box("mdia", {mdhd, hdlr, box("minf", {box("stbl", {stsd})})});
  return box("moov", {box("trak", {tkhd(matrix), mdia})});
}

constexpr int32_t kOne = 65536;
const std::array<int32_t, 4> kUpright = {kOne, 0, 0, kOne};

IsoTrack track_of(const Bytes& moov) {
  const IsoFile file = read_isobmff(ByteSource(moov));
  return file.tracks.empty() ? IsoTrack{} : file.tracks.front();
}

TEST(Isobmff, EveryPictureBox) {
  const IsoTrack track =
      track_of(movie(kUpright, {box("colr", {hex("6e636c78"
                                                 "0009"
                                                 "0012"
                                                 "0009"
                                                 "00")}),
                                box("clli", {hex("03e80190")}), box("pasp", {hex("0000000400000003")}),
                                box("mdcv", {hex("33c286c41d4c0bb884d03e803d1340420098968000000032")}),
                                box("dvvC", {hex("0100103540")}), box("cuvv", {hex("00")}), box("hvcC", {hex("01")})}));
  EXPECT_EQ(track.id, 7U);
  EXPECT_EQ(track.sample_entry, "hvc1");
  EXPECT_EQ(track.width, 3840);
  EXPECT_EQ(track.height, 2160);
  EXPECT_EQ(track.language, "eng");
  ASSERT_TRUE(track.colr);
  EXPECT_EQ(track.colr->transfer, Transfer::kHlg);
  EXPECT_EQ(track.colr->range, Range::kNarrow);
  EXPECT_EQ(track.clli, (ContentLight{1000, 400}));
  EXPECT_EQ(track.pasp, Rational(4, 3));
  ASSERT_TRUE(track.mdcv);
  EXPECT_EQ(track.mdcv->red, (MasteringDisplay::Xy{34000, 16000}));
  ASSERT_TRUE(track.dolby_vision);
  EXPECT_EQ(track.dolby_vision->profile, 8);
  EXPECT_EQ(track.dolby_vision->level, 6);
  EXPECT_EQ(track.dolby_vision->compatibility_id, 4);
  EXPECT_TRUE(track.dolby_vision->rpu);
  EXPECT_TRUE(track.cuvv);
}

TEST(Isobmff, QuarterTurnsAreClockwise) {
  EXPECT_EQ(track_of(movie(kUpright, {})).rotation, 0);
  EXPECT_EQ(track_of(movie({0, kOne, -kOne, 0}, {})).rotation, 90);
  EXPECT_EQ(track_of(movie({-kOne, 0, 0, -kOne}, {})).rotation, 180);
  EXPECT_EQ(track_of(movie({0, -kOne, kOne, 0}, {})).rotation, 270);
  EXPECT_TRUE(track_of(movie({-kOne, 0, 0, kOne}, {})).odd_matrix);
}

TEST(Isobmff, ABoxBeyondTheEndIsACut) {
  const Bytes mdat = *from_hex("000001006d64617400000000");
  const IsoFile file = read_isobmff(ByteSource(mdat));
  ASSERT_TRUE(file.cut);
  EXPECT_EQ(file.cut->box, "mdat");
  EXPECT_EQ(file.cut->missing, 0x100U - mdat.size());
  EXPECT_FALSE(file.has_moov);
  // Size 0 reaches to the end and is whole.
  EXPECT_FALSE(read_isobmff(ByteSource(*from_hex("000000006d64617400000000"))).cut);
}

TEST(Isobmff, AChildBeyondItsParentIsDamage) {
  Bytes moov = movie(kUpright, {});
  // The size of trak, the first child.
  moov[8 + 1] = std::byte{0x7F};
  const IsoFile file = read_isobmff(ByteSource(moov));
  EXPECT_TRUE(file.damaged_tree);
  EXPECT_TRUE(file.tracks.empty());
}

TEST(Isobmff, CutAnywhereItEnds) {
  const Bytes moov = movie(kUpright, {box("colr", {hex("6e636c78"
                                                       "0009"
                                                       "0012"
                                                       "0009"
                                                       "00")})});
  for (size_t length = 0; length < moov.size(); ++length) {
    const IsoFile file = read_isobmff(ByteSource(ByteView(moov).first(length)));
    EXPECT_LE(file.tracks.size(), 1U);
    EXPECT_TRUE(length < 8 || file.cut) << length;
  }
}

}  // namespace
}  // namespace pier::media::impl
