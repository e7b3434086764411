#include "bitstream/references.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <pier/media/decode.hpp>

#include "bitstream/bit_reader.hpp"
#include "test_clips.hpp"

namespace pier::media {
namespace {

using namespace impl;

struct Unit {
  Packet packet;
  AccessUnit unit;
};

/// A clip, its access units in decoding order, and what is told when some of them are left out.
struct Clip {
  std::optional<Source> source;
  std::optional<Demuxer> demuxer;
  std::vector<Unit> units;

  const StreamInfo& stream() const { return demuxer->streams().front(); }
  size_t find(const std::function<bool(const AccessUnit&)>& wanted, size_t from) const {
    while (from < units.size() && !wanted(units[from].unit)) ++from;
    return from;
  }
};

Clip read_clip(const std::string& path) {
  Clip clip;
  auto source = open_source(path);
  if (!source) return clip;
  clip.source.emplace(std::move(*source));
  auto demuxer = Demuxer::open(*clip.source);
  if (!demuxer) return clip;
  clip.demuxer.emplace(std::move(*demuxer));
  AccessUnitReader reader(clip.stream().codec, clip.stream().configuration);
  while (const auto packet = clip.demuxer->read()) {
    if (!*packet) break;
    clip.units.push_back({**packet, reader.read((*packet)->data())});
  }
  return clip;
}

/// Places, in decoding order, of the access units that lack references.
std::set<size_t> told(const Clip& clip, const std::set<size_t>& left_out, size_t from = 0) {
  AccessUnitReader reader(clip.stream().codec, clip.stream().configuration);
  std::set<size_t> found;
  for (size_t i = from; i < clip.units.size(); ++i) {
    if (!left_out.contains(i) && reader.read(clip.units[i].packet.data()).references_missing) found.insert(i);
  }
  return found;
}

/// Times of the frames that a decoder marks.
std::set<int64_t> marked(Clip& clip, const std::set<size_t>& left_out, int threads) {
  auto decoder = VideoDecoder::open(*clip.demuxer, 0, threads);
  EXPECT_TRUE(decoder);
  std::set<int64_t> found;
  const auto take = [&] {
    for (auto frame = decoder->receive(); frame && *frame; frame = decoder->receive()) {
      if ((*frame)->damaged) found.insert((*frame)->pts);
    }
  };
  for (size_t i = 0; i < clip.units.size(); ++i) {
    if (left_out.contains(i)) continue;
    EXPECT_TRUE(decoder->send(clip.units[i].packet));
    take();
  }
  EXPECT_TRUE(decoder->send_end());
  take();
  return found;
}

std::set<int64_t> times(const Clip& clip, const std::set<size_t>& places) {
  std::set<int64_t> result;
  for (const size_t place : places) result.insert(clip.units[place].packet.pts);
  return result;
}

const std::string kHevc =
    "-pix_fmt yuv420p -c:v libx265 -preset ultrafast -threads 1 -x265-params "
    "log-level=none:scenecut=0:b-adapt=0:pools=1:frame-threads=1:";
const std::string kAvc = "-pix_fmt yuv420p -c:v libx264 -threads 1 -x264-params scenecut=0:b-adapt=0:";

struct Coding {
  std::string arguments, name;
};

const Coding kPyramids[] = {
    {kHevc + "keyint=24:min-keyint=24:bframes=3:b-pyramid=1:ref=3:open-gop=0", "pyramid.mp4"},
    {kAvc + "keyint=24:min-keyint=24:bframes=3:b-pyramid=normal:ref=3:open-gop=0", "pyramid-avc.mp4"},
};

class References : public testing::Test {
 protected:
  Clip make(const Coding& coding, int frames = 60) {
    const std::string path = x_folder.path(coding.name);
    EXPECT_TRUE(clips::ffmpeg(clips::test_picture("size=128x72:rate=25", frames) + coding.arguments + " " + path));
    return read_clip(path);
  }
  clips::TempFolder x_folder;
};

TEST_F(References, OfHealthyStreamsAreAllThere) {
  const Coding codings[] = {
      kPyramids[0],
      kPyramids[1],
      {kHevc + "keyint=20:min-keyint=20:bframes=4:b-pyramid=1:open-gop=1:ref=4", "open.mp4"},
      {kHevc + "keyint=20:min-keyint=20:bframes=4:b-pyramid=1:open-gop=0:radl=2", "radl.hevc"},
      {kHevc + "keyint=400:bframes=4:b-pyramid=1:ref=5:slices=2", "long.ts"},
      {kHevc + "keyint=400:bframes=0:ref=6", "low-delay.mp4"},
      {kHevc + "keyint=30:bframes=3:b-pyramid=1:temporal-layers=3", "layers.mp4"},
      {kHevc + "keyint=1", "intra.mp4"},
      {kHevc + "keyint=30:intra-refresh=1:bframes=0", "refresh.mp4"},
      {kAvc + "keyint=20:min-keyint=20:bframes=3:b-pyramid=normal:open-gop=1:ref=4", "open-avc.mp4"},
      {kAvc + "keyint=400:bframes=5:b-pyramid=strict:ref=6", "long-avc.ts"},
      {kAvc + "keyint=400:bframes=0:ref=1", "low-delay-avc.mkv"},
      {kAvc + "keyint=20:bframes=0:intra-refresh=1", "refresh-avc.mp4"},
      {kAvc + "keyint=20:bframes=3:tff=1:ref=3", "fields-avc.ts"},
      {kAvc + "keyint=1", "intra-avc.mp4"},
      {"-pix_fmt yuv420p -c:v libx264 -profile:v baseline -threads 1 -x264-params keyint=30:ref=3", "base-avc.mp4"},
  };
  for (const Coding& coding : codings) {
    const Clip clip = make(coding, 90);
    ASSERT_EQ(clip.units.size(), 90U) << coding.name;
    EXPECT_EQ(told(clip, {}), std::set<size_t>()) << coding.name;
    // Decoding may start at any access point; what leads it then is passed over.
    for (size_t start = 1; start < 45; ++start) {
      if (!clip.units[start].packet.key) continue;
      EXPECT_EQ(told(clip, {}, start), std::set<size_t>()) << coding.name << " from " << start;
    }
  }
}

TEST_F(References, WhatNobodyRefersToMayBeMissing) {
  for (const Coding& coding : kPyramids) {
    Clip clip = make(coding);
    ASSERT_EQ(clip.units.size(), 60U);
    int dropped = 0;
    for (size_t i = 0; i < clip.units.size(); ++i) {
      if (clip.units[i].unit.reference) continue;
      EXPECT_EQ(told(clip, {i}), std::set<size_t>()) << coding.name << " without " << i;
      ++dropped;
    }
    EXPECT_GT(dropped, 15);
    EXPECT_EQ(marked(clip, {}, 1), std::set<int64_t>());
  }
}

TEST_F(References, LossOfAPictureThatOthersUseIsTold) {
  for (const Coding& coding : kPyramids) {
    Clip clip = make(coding);
    ASSERT_EQ(clip.units.size(), 60U);
    int dropped = 0;
    for (size_t i = 1; i + 8 < clip.units.size(); ++i) {
      if (!clip.units[i].unit.reference) continue;
      if (clip.units[i].packet.key) continue;
      ++dropped;
      const std::set<size_t> found = told(clip, {i});
      const size_t next_key = clip.find([](const AccessUnit& unit) { return unit.access == PictureAccess::kIdr; }, i);
      if (i + 1 == next_key) continue;  // nothing is left that could use it
      ASSERT_FALSE(found.empty()) << coding.name << " without " << i;
      EXPECT_EQ(*found.begin(), i + 1);
      EXPECT_LT(*found.rbegin(), next_key);
    }
    EXPECT_GT(dropped, 15);
  }
}

TEST_F(References, LossOfAnAccessPointIsToldUpToTheNext) {
  for (const Coding& coding : kPyramids) {
    const Clip clip = make(coding);
    ASSERT_EQ(clip.units.size(), 60U);
    ASSERT_TRUE(clip.units[24].packet.key);
    const std::set<size_t> found = told(clip, {24});
    // The count of AVC begins anew behind it, as after an operation that is not read.
    if (clip.stream().codec == Codec::kAvc) continue;
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(*found.begin(), 25U);
    EXPECT_LT(*found.rbegin(), 48U);
  }
}

TEST_F(References, FramesMadeWithoutThemComeOutDamagedAtAnyThreadCount) {
  for (const Coding& coding : kPyramids) {
    Clip clip = make(coding);
    ASSERT_EQ(clip.units.size(), 60U);
    const size_t lost = clip.find([](const AccessUnit& unit) { return unit.reference; }, 29);
    const std::set<int64_t> expected = times(clip, told(clip, {lost}));
    ASSERT_FALSE(expected.empty());
    for (const int threads : {1, 2, 4}) {
      const std::set<int64_t> found = marked(clip, {lost}, threads);
      EXPECT_TRUE(std::includes(found.begin(), found.end(), expected.begin(), expected.end())) << coding.name;
      EXPECT_LT(*found.rbegin(), clip.units[48].packet.pts);
    }
  }
}

TEST_F(References, ACutIntoAnOpenGroupTouchesOnlyWhatLeads) {
  const Coding codings[] = {{kHevc + "keyint=20:min-keyint=20:bframes=3:b-pyramid=1:open-gop=1", "cut.mp4"},
                            {kAvc + "keyint=20:min-keyint=20:bframes=3:b-pyramid=normal:open-gop=1", "cut-avc.mp4"}};
  for (const Coding& coding : codings) {
    const Clip clip = make(coding);
    ASSERT_EQ(clip.units.size(), 60U);
    const size_t point = clip.find([](const AccessUnit& unit) { return unit.access == PictureAccess::kCra; }, 1);
    ASSERT_GT(point, 10U);
    ASSERT_LT(point, 60U);
    std::set<size_t> cut;
    for (size_t i = 8; i < point; ++i) cut.insert(i);
    const std::set<size_t> found = told(clip, cut);
    ASSERT_FALSE(found.empty()) << coding.name;
    for (const size_t place : found) {
      EXPECT_GT(place, point);
      EXPECT_LT(clip.units[place].packet.pts, clip.units[point].packet.pts) << coding.name << " " << place;
    }
  }
}

ShortTermSet set_of(clips::BitWriter& bits, const std::vector<ShortTermSet>& known, bool in_slice) {
  const Bytes bytes = bits.bits(0xFF, 8).bytes();
  BitReader reader(bytes);
  return read_short_term_set(reader, known, in_slice).value_or(ShortTermSet());
}

TEST(ShortTermSets, ListedAndPredicted) {
  clips::BitWriter listed;
  listed.ue(2).ue(1).ue(0).bits(1, 1).ue(2).bits(0, 1).ue(3).bits(1, 1);
  const ShortTermSet base = set_of(listed, {}, false);
  EXPECT_EQ(base, (ShortTermSet{{-1, true}, {-4, false}, {4, true}}));
  // Shifted by -2: of 4 comes 2, of the picture itself -2, of -1 -3, of -4 nothing.
  clips::BitWriter predicted;
  predicted.bits(1, 1).bits(1, 1).ue(1).bits(1, 1).bits(0b00, 2).bits(0b01, 2).bits(1, 1);
  EXPECT_EQ(set_of(predicted, {base}, false), (ShortTermSet{{-2, true}, {-3, true}, {2, false}}));
  // In a slice header the set it comes from is named.
  clips::BitWriter in_slice;
  in_slice.bits(1, 1).ue(1).bits(0, 1).ue(0).bits(1, 1).bits(1, 1).bits(1, 1).bits(1, 1);
  EXPECT_EQ(set_of(in_slice, {base, {}}, true), (ShortTermSet{{-3, true}, {1, true}, {5, true}}));
}

TEST(ShortTermSets, WhatBreaksTheSyntaxIsNone) {
  clips::BitWriter many;
  many.ue(17).ue(0);
  EXPECT_TRUE(set_of(many, {}, false).empty());
  clips::BitWriter far;
  far.ue(1).ue(0).ue(40'000).bits(1, 1);
  EXPECT_TRUE(set_of(far, {}, false).empty());
  clips::BitWriter back;
  back.bits(1, 1).ue(3).bits(0, 1).ue(0);
  EXPECT_TRUE(set_of(back, {{{-1, true}}}, true).empty());
  const Bytes cut{std::byte{0x20}};
  BitReader reader(cut);
  EXPECT_FALSE(read_short_term_set(reader, {}, false));
}

AvcSlice avc_slice(uint32_t frame_num, bool reference = true, SliceCoding coding = SliceCoding::kP) {
  return {.reference = reference,
          .sequence = 0,
          .coding = coding,
          .complete = true,
          .frame_num_bits = 4,
          .frame_num = frame_num};
}

std::vector<size_t> told(const std::vector<AvcSlice>& slices) {
  AvcReferences references;
  std::vector<size_t> found;
  for (size_t i = 0; i < slices.size(); ++i) {
    references.slice(slices[i]);
    if (references.finish(slices[i].idr ? PictureAccess::kIdr : PictureAccess::kOrdinary)) found.push_back(i);
  }
  return found;
}

TEST(FrameNumbers, GapsAreToldAndRestartsAreNot) {
  AvcSlice idr = avc_slice(0, true, SliceCoding::kI);
  idr.idr = true;
  std::vector<AvcSlice> slices{idr};
  for (uint32_t i = 1; i < 40; ++i) slices.push_back(avc_slice(i % 16));
  EXPECT_TRUE(told(slices).empty());  // they wrap
  auto gap = slices;
  gap.erase(gap.begin() + 10);
  EXPECT_EQ(told(gap).front(), 10U);
  EXPECT_EQ(told(gap).size(), 16U);
  for (AvcSlice& slice : gap) slice.gaps_allowed = true;
  EXPECT_TRUE(told(gap).empty());
  // As after memory_management_control_operation 5.
  EXPECT_TRUE(told({idr, avc_slice(1), avc_slice(2), avc_slice(3), avc_slice(1), avc_slice(2)}).empty());
  // Pictures that are no reference count as the next one.
  EXPECT_TRUE(told({idr, avc_slice(1, false), avc_slice(1, false), avc_slice(1), avc_slice(2, false)}).empty());
}

TEST(FrameNumbers, FieldsOfAFrameShareOne) {
  AvcSlice idr = avc_slice(0, true, SliceCoding::kI);
  idr.idr = true;
  const auto field = [](uint32_t frame_num, bool bottom) {
    AvcSlice slice = avc_slice(frame_num);
    slice.field = true;
    slice.bottom = bottom;
    return slice;
  };
  idr.field = true;
  std::vector<AvcSlice> slices{idr, field(0, true)};
  for (uint32_t i = 1; i < 8; ++i) {
    slices.push_back(field(i, false));
    slices.push_back(field(i, true));
  }
  EXPECT_TRUE(told(slices).empty());
  slices.erase(slices.begin() + 6, slices.begin() + 8);
  EXPECT_EQ(told(slices), (std::vector<size_t>{6, 7, 8, 9, 10, 11, 12, 13}));
}

TEST(FrameNumbers, NothingIsToldBeforeTheStartNorBehindWhatCannotBeRead) {
  EXPECT_TRUE(told({avc_slice(4), avc_slice(9), avc_slice(12)}).empty());
  AvcSlice idr = avc_slice(0, true, SliceCoding::kI);
  idr.idr = true;
  AvcSlice unread = avc_slice(0);
  unread.complete = false;
  EXPECT_TRUE(told({idr, avc_slice(1), unread, avc_slice(9), avc_slice(14)}).empty());
}

HevcSlice hevc_slice(int type, uint32_t poc, ShortTermSet set = {}) {
  return {.type = type,
          .first = true,
          .sequence = 0,
          .coding = type >= kHevcFirstIrap ? SliceCoding::kI : SliceCoding::kP,
          .complete = true,
          .poc_bits = 4,
          .poc_lsb = poc % 16,
          .references = std::move(set)};
}

std::vector<size_t> told(const std::vector<HevcSlice>& slices) {
  HevcReferences references;
  std::vector<size_t> found;
  for (size_t i = 0; i < slices.size(); ++i) {
    references.slice(slices[i]);
    if (references.finish()) found.push_back(i);
  }
  return found;
}

TEST(OrderCounts, PicturesAreHeldAsLongAsAllSinceNameThem) {
  constexpr int kIdr = 19, kTrail = 1;
  std::vector<HevcSlice> slices{hevc_slice(kIdr, 0)};
  for (uint32_t i = 1; i < 60; ++i) slices.push_back(hevc_slice(kTrail, i, {{-1, true}}));
  EXPECT_TRUE(told(slices).empty());  // their low bits wrap
  // Named for later only, it need not be there; used, it must.
  EXPECT_TRUE(told({hevc_slice(kIdr, 0), hevc_slice(kTrail, 3, {{-1, false}, {-3, true}})}).empty());
  EXPECT_EQ(told({hevc_slice(kIdr, 0), hevc_slice(kTrail, 3, {{-1, true}, {-3, true}})}), (std::vector<size_t>{1}));
  // 1 is not named by 2 and so is gone for 3.
  EXPECT_EQ(told({hevc_slice(kIdr, 0), hevc_slice(kTrail, 1, {{-1, true}}), hevc_slice(kTrail, 2, {{-2, true}}),
                  hevc_slice(kTrail, 3, {{-2, true}, {-3, true}})}),
            (std::vector<size_t>{3}));
}

TEST(OrderCounts, WhatIsMadeFromALossIsToldForAWhile) {
  constexpr int kIdr = 19, kTrail = 1;
  std::vector<HevcSlice> slices{hevc_slice(kIdr, 0)};
  for (uint32_t i = 1; i < 60; ++i) slices.push_back(hevc_slice(kTrail, i, {{-1, true}}));
  slices.erase(slices.begin() + 10);
  const auto found = told(slices);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front(), 10U);
  EXPECT_EQ(found.size(), 16U);
  slices[12].coding = SliceCoding::kI;  // makes whole again
  EXPECT_EQ(told(slices), (std::vector<size_t>{10, 11}));
}

TEST(OrderCounts, LeadingPicturesOfAStartAreExempt) {
  const std::vector<HevcSlice> group{hevc_slice(kHevcCra, 8), hevc_slice(kHevcRaslR, 4, {{-4, true}, {4, true}}),
                                     hevc_slice(kHevcRaslN, 6, {{-2, true}, {2, true}}),
                                     hevc_slice(1, 9, {{-1, true}})};
  EXPECT_TRUE(told(group).empty());
  std::vector<HevcSlice> behind{hevc_slice(19, 0)};
  behind.insert(behind.end(), group.begin(), group.end());
  EXPECT_EQ(told(behind), (std::vector<size_t>{2, 3}));  // picture 0 was not kept for them
  behind[1].references = {{-8, false}};
  EXPECT_TRUE(told(behind).empty());
  HevcReferences references;
  references.slice(hevc_slice(19, 0));
  references.finish();
  references.end_of_sequence();
  for (const HevcSlice& slice : group) {
    references.slice(slice);
    EXPECT_FALSE(references.finish());
  }
}

}  // namespace
}  // namespace pier::media
