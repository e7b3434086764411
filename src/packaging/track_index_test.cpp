#include <cstring>
#include <functional>

#include <gtest/gtest.h>

#include <pier/packaging/track_index.hpp>

#include "test_tracks.hpp"

namespace pier::packaging {
namespace {

TEST(TrackIndex, StoredFormReadsBackInPlace) {
  const auto stored = test::store_video(test::hevc_track(1, 320, 180, 50, 500), 48, 4, 100);
  const TrackIndexView& view = stored.view;
  EXPECT_EQ(view.codec_string(), "hvc1.2.4.L153.B0");
  EXPECT_EQ(view.kind(), TrackKind::kVideo);
  EXPECT_EQ(view.timescale(), 50U);
  EXPECT_EQ(*view.description(), stored.index.description);
  ASSERT_EQ(view.segments().size(), 3U);
  EXPECT_EQ(view.fragments().size(), 11U);
  EXPECT_EQ(view.fragments_of(view.segments()[2]).size(), 3U);
  EXPECT_EQ(view.end_time(), 500);
  EXPECT_EQ(view.longest_segment(), 192);
  EXPECT_EQ(view.media_bytes() + view.init_length(), view.file_size());
  EXPECT_EQ(view.segments()[0].offset, view.init_length());
  const auto* start = reinterpret_cast<const std::byte*>(view.segments().data());
  EXPECT_TRUE(start >= stored.stored_index.data() && start < stored.stored_index.data() + stored.stored_index.size());
}

TEST(TrackIndex, MappedFromAFile) {
  const auto stored = test::store_audio(test::aac_track(1, 480'000), 180, 50);
  UniqueFd fd = test::scratch_file();
  ASSERT_TRUE(write_all(fd.get(), stored.stored_index));
  auto mapped = MappedIndex::open(fd.get());
  fd.reset();
  ASSERT_TRUE(mapped);
  const MappedIndex copy = *mapped;
  mapped = fail(ErrorCode::kInternal, "gone");
  EXPECT_EQ(copy.view().end_time(), 480'000);
  EXPECT_EQ(MappedIndex::from_bytes(stored.stored_index)->view().segments().size(), copy.view().segments().size());
  EXPECT_FALSE(MappedIndex::open(test::scratch_file().get()));
  EXPECT_FALSE(MappedIndex::from_bytes({}));
}

TEST(TrackIndex, HostileBytesAreRefused) {
  const auto stored = test::store_video(test::hevc_track(1, 320, 180, 50, 400), 48, 4, 100);
  const auto opens = [&](const std::function<void(TrackIndex&)>& change) {
    TrackIndex index = stored.index;
    change(index);
    const Bytes bytes = index.serialize();
    return TrackIndexView::open(bytes).has_value();
  };
  EXPECT_TRUE(opens([](TrackIndex&) {}));
  const std::function<void(TrackIndex&)> faults[] = {
      [](TrackIndex& i) { i.segments[1].offset -= 1; },
      [](TrackIndex& i) { i.segments[0].offset = UINT64_MAX; },
      [](TrackIndex& i) { i.segments[0].length = UINT64_MAX; },
      [](TrackIndex& i) { i.segments[1].length += 1; },
      [](TrackIndex& i) { i.segments[0].length = 0; },
      [](TrackIndex& i) { i.segments[1].time -= 1; },
      [](TrackIndex& i) { i.segments[0].duration = 0; },
      [](TrackIndex& i) { i.segments[0].duration = INT64_MAX; },
      [](TrackIndex& i) { i.segments[0].fragment_count = UINT32_MAX; },
      [](TrackIndex& i) { i.segments[1].first_fragment = 0; },
      [](TrackIndex& i) { i.segments[0].access_point_type = 0; },
      [](TrackIndex& i) { i.segments.pop_back(); },
      [](TrackIndex& i) { i.fragments.pop_back(); },
      [](TrackIndex& i) { i.fragments[0].offset = 0; },
      [](TrackIndex& i) { i.fragments[0].length = UINT64_MAX; },
      [](TrackIndex& i) { i.fragments[1].time = i.fragments[0].time; },
      [](TrackIndex& i) { i.fragments[0].time += 1; },
      [](TrackIndex& i) { i.fragments[1].first_unit_end = i.fragments[1].offset; },
      [](TrackIndex& i) { i.fragments[1].first_unit_end = UINT64_MAX; },
      [](TrackIndex& i) { i.init_length = i.file_size + 1; },
      [](TrackIndex& i) { i.file_size -= 1; },
      [](TrackIndex& i) { i.description.timescale = 0; },
      [](TrackIndex& i) { i.description.video.width = -5; },
  };
  for (size_t i = 0; i < std::size(faults); ++i) EXPECT_FALSE(opens(faults[i])) << "fault " << i;

  const Bytes& bytes = stored.stored_index;
  for (size_t cut = 0; cut < bytes.size(); cut += 7) EXPECT_FALSE(TrackIndexView::open(ByteView(bytes).first(cut)));
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(TrackIndexView::open(longer));
  EXPECT_FALSE(TrackIndexView::open(ByteView(longer).subspan(1))) << "not aligned";
  Bytes newer = bytes;
  newer[8] = std::byte{2};
  const auto version = TrackIndexView::open(newer);
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, ErrorCode::kInputUnsupported);
}

// Segments of given seconds and bytes; only what the rates read is right.
TrackIndexView rates_of(std::vector<std::pair<int64_t, uint64_t>> segments, Bytes& keep) {
  TrackIndex index;
  index.description = test::hevc_track(1, 64, 64, 1, 1);
  index.codec_string = "hvc1";
  for (const auto& [seconds, size] : segments) {
    SegmentRecord segment;
    segment.offset = index.file_size;
    segment.length = size;
    segment.time = index.segments.empty() ? 0 : index.segments.back().time + index.segments.back().duration;
    segment.duration = seconds;
    segment.first_fragment = static_cast<uint32_t>(index.fragments.size());
    segment.fragment_count = 1;
    index.fragments.push_back({segment.offset, size, segment.time, segment.offset + 1});
    index.file_size += size;
    index.segments.push_back(segment);
  }
  keep = index.serialize();
  const auto view = TrackIndexView::open(keep);
  EXPECT_TRUE(view) << view.error().message;
  return *view;
}

TEST(Rates, PeakOfRunsBetweenHalfAndOneAndAHalfTargets) {
  Bytes keep;
  // 4 s target: runs of 2 to 6 s count. The dense last second counts only with the segment before it.
  const TrackIndexView index = rates_of({{4, 4000}, {4, 8000}, {1, 9000}}, keep);
  EXPECT_EQ(peak_bitrate(index, 4), 17'000U * 8 / 5);
  EXPECT_EQ(average_bitrate(index), (21'000U * 8 + 8) / 9);
  // Nothing but a short one: its own mean.
  EXPECT_EQ(peak_bitrate(rates_of({{1, 1000}}, keep), 4), 8000U);
}

}  // namespace
}  // namespace pier::packaging
