#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/analysis/feed.hpp>

#include "test_feed.hpp"

namespace pier::analysis {
namespace {

using test::Fed;
using test::feed;

const std::string kBlack = "drawbox=c=black:t=fill:enable='between(t,";
constexpr int64_t kSecond = 90'000;

/// Findings, measures, all but the table of frames.
std::string text_of(const AnalysisResult& result) {
  return json::serialize(to_json(result));
}

Result<AnalysisResult> as_a_file(const Bytes& stream) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("pier-as-file-" + std::to_string(getpid()))).string();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(stream.data()), static_cast<std::streamsize>(stream.size()));
  PIER_TRY(const auto source, media::open_source(path));
  PIER_TRY(const auto facts, media::probe(source));
  AnalysisOptions options;
  options.fingerprints = false;
  auto result = analyse(source, facts, options);
  std::filesystem::remove(path);
  return result;
}

std::vector<Finding> of_kind(const FeedPeriod& period, const std::string& kind) {
  std::vector<Finding> found;
  std::ranges::copy_if(period.result.findings, std::back_inserter(found),
                       [&](const Finding& f) { return f.kind == kind; });
  return found;
}

double seconds(const json::object& event, std::string_view key) {
  return event.at("finding").at(key).to_number<double>();
}

TEST(Feed, OnePeriodIsWhatTheFileIsWithAndWithoutLooks) {
  const Bytes stream = test::make_feed(6, kBlack + "2,3.99)'", "volume=0:enable='between(t,1,4)'");
  ASSERT_FALSE(stream.empty());
  const auto file = as_a_file(stream);
  ASSERT_TRUE(file) << file.error().message;
  for (const Rational peek : {Rational(0), Rational(1, 5), Rational(1)}) {
    const Fed fed = feed(stream, {.peek = peek});
    ASSERT_EQ(fed.periods.size(), 1U) << fed.error;
    EXPECT_EQ(text_of(fed.periods[0].result), text_of(*file)) << "looks every " << peek.to_string();
    EXPECT_EQ(fed.periods[0].bytes, static_cast<int64_t>(stream.size()));
    EXPECT_EQ(to_hex(fed.periods[0].sha256), to_hex(sha256(stream)));
    EXPECT_EQ(fed.periods[0].reason, "end");
    EXPECT_EQ(fed.of("finding.opened", "black").size(), 1U);
    EXPECT_EQ(fed.of("finding.closed", "black").size(), 1U);
  }
}

TEST(Feed, WhatGoesOnOverCutsIsInEveryPeriodAndOnePairOfEvents) {
  // The periods are cut at 4 s and 8 s.
  const Bytes stream = test::make_feed(14, kBlack + "3,8.99)'", "volume=0:enable='between(t,2,9.5)'");
  ASSERT_FALSE(stream.empty());
  const Fed fed = feed(stream, {.period = 4, .peek = Rational(1, 2)});
  ASSERT_EQ(fed.periods.size(), 4U) << fed.error;
  const Rational start = fed.periods[0].time.start;
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(fed.periods[i].time.start, start + Rational(static_cast<int64_t>(4 * i)));
    EXPECT_EQ(fed.periods[i].result.programme_frames, i < 3 ? 100 : 50);
    EXPECT_EQ(fed.periods[i].number, static_cast<int64_t>(i) + 1);
  }
  for (const char* kind : {"black", "freeze", "silence"}) {
    const auto opened = fed.of("finding.opened", kind), closed = fed.of("finding.closed", kind);
    ASSERT_EQ(opened.size(), 1U) << kind;
    ASSERT_EQ(closed.size(), 1U) << kind;
    EXPECT_EQ(opened[0].at("finding").at("id"), closed[0].at("finding").at("id"));
    EXPECT_EQ(closed[0].at("periods").as_int64(), 3) << kind;
    const bool sound = std::string(kind) == "silence";
    EXPECT_NEAR(seconds(closed[0], "start_seconds") - start.value(), sound ? 2 : 3, 0.081) << kind;
    EXPECT_NEAR(seconds(closed[0], "end_seconds") - start.value(), sound ? 9.5 : 9, 0.081) << kind;
    const auto first = of_kind(fed.periods[0], kind), second = of_kind(fed.periods[1], kind),
               third = of_kind(fed.periods[2], kind);
    ASSERT_TRUE(first.size() == 1 && second.size() == 1 && third.size() == 1) << kind;
    EXPECT_TRUE(first[0].measures.contains("continues") && !first[0].measures.contains("continued"));
    EXPECT_TRUE(second[0].measures.contains("continues") && second[0].measures.contains("continued"));
    EXPECT_TRUE(!third[0].measures.contains("continues") && third[0].measures.contains("continued"));
    EXPECT_NEAR((second[0].time.end - second[0].time.start).value(), 4, 0.081) << kind;
  }
  for (const FeedPeriod& period : fed.periods) EXPECT_TRUE(of_kind(period, "av_length").empty()) << "cut at one time";
}

TEST(Feed, TheClockWrapsAndTimeGoesOn) {
  const Bytes plain = test::make_feed(8, kBlack + "5,6.99)'", "");
  ASSERT_FALSE(plain.empty());
  // The wrap comes about three seconds after the start.
  const Bytes moved = test::looped(plain, 2, (int64_t{1} << 33U) - 5 * kSecond);
  const Bytes wrapped(moved.begin() + static_cast<ptrdiff_t>(plain.size()), moved.end());
  const Fed fed = feed(wrapped, {.peek = Rational(1, 2)}), reference = feed(plain, {});
  ASSERT_EQ(fed.periods.size(), 1U) << fed.error;
  ASSERT_EQ(reference.periods.size(), 1U);
  EXPECT_TRUE(fed.of("feed.lost").empty());
  const auto black = of_kind(fed.periods[0], "black"), expected = of_kind(reference.periods[0], "black");
  ASSERT_EQ(black.size(), 1U);
  EXPECT_EQ(black[0].first_frame, expected.at(0).first_frame);
  EXPECT_EQ(black[0].last_frame, expected.at(0).last_frame);
  EXPECT_EQ(fed.periods[0].time.end - fed.periods[0].time.start,
            reference.periods[0].time.end - reference.periods[0].time.start);
}

TEST(Feed, AJumpOfTheClockIsToldAndTheFeedGoesOn) {
  const Bytes plain = test::make_feed(4, "", "");
  ASSERT_FALSE(plain.empty());
  const Fed fed = feed(test::looped(plain, 3, 1000 * kSecond), {});
  ASSERT_EQ(fed.periods.size(), 1U) << fed.error;
  EXPECT_EQ(fed.of("feed.lost").size(), 2U);
  EXPECT_EQ(fed.of("feed.resumed").size(), 2U);
  EXPECT_EQ(fed.periods[0].result.programme_frames, 300);
  EXPECT_NEAR((fed.periods[0].time.end - fed.periods[0].time.start).value(), 12, 0.2);
}

TEST(Feed, BadBytesAreSteppedOver) {
  const Bytes stream = test::make_feed(6, kBlack + "2,3.99)'", "");
  ASSERT_FALSE(stream.empty());
  const size_t middle = stream.size() / 188 / 2 * 188;
  Bytes bad(5000, std::byte{0x12});
  bad.insert(bad.end(), stream.begin(), stream.begin() + static_cast<ptrdiff_t>(middle));
  bad.insert(bad.end(), 3333, std::byte{0x34});
  bad.insert(bad.end(), stream.begin() + static_cast<ptrdiff_t>(middle), stream.end() - 1000);
  const Fed fed = feed(bad, {});
  ASSERT_EQ(fed.periods.size(), 1U) << fed.error;
  const auto lost = fed.of("feed.lost");
  ASSERT_FALSE(lost.empty());
  int64_t bytes = 0;
  for (const auto& event : lost) bytes += event.at("bytes").as_int64();
  EXPECT_GE(bytes, 8333);
  EXPECT_LT(bytes, 8333 + 188);
  EXPECT_EQ(of_kind(fed.periods[0], "black").size(), 1U);
}

TEST(Feed, BeginsInTheMiddleOfAGroup) {
  const Bytes stream = test::make_feed(6, "", "");
  ASSERT_FALSE(stream.empty());
  const auto begin = static_cast<ptrdiff_t>(stream.size() / 188 / 4 * 188);
  const Fed fed = feed(Bytes(stream.begin() + begin, stream.end()), {});
  ASSERT_EQ(fed.periods.size(), 1U) << fed.error;
  EXPECT_EQ(fed.periods[0].result.programme_frames % 25, 0) << "from a key frame on";
  EXPECT_GE(fed.periods[0].result.programme_frames, 75);
  for (const char* kind : {"damaged", "gop.start", "av_length"})
    EXPECT_TRUE(of_kind(fed.periods[0], kind).empty()) << kind;
}

TEST(Feed, AnotherTableIsAnotherSession) {
  const Bytes first = test::make_feed(4, "", ""),
              second = test::make_feed(4, "scale=96x80", "", "-mpegts_start_pid 0x200");
  ASSERT_FALSE(first.empty() || second.empty());
  Bytes stream = first;
  stream.insert(stream.end(), second.begin(), second.end());
  const Fed fed = feed(stream, {.first_bytes = 100'000});
  ASSERT_EQ(fed.periods.size(), 2U) << fed.error;
  EXPECT_EQ(fed.periods[0].reason, "tables");
  EXPECT_EQ(fed.periods[1].reason, "end");
  EXPECT_EQ(fed.periods[1].facts.video.at(0).width, 96);
  EXPECT_EQ(fed.periods[0].result.programme_frames + fed.periods[1].result.programme_frames, 200);
  EXPECT_EQ(fed.of("feed.started").size(), 2U);
  EXPECT_EQ(fed.of("feed.lost").size(), 1U);
  EXPECT_NEAR((fed.periods[1].time.start - fed.periods[0].time.end).value(), 0, 0.2);
}

/// A table of two programmes instead of the one in this packet.
void write_pat(std::byte* packet) {
  Bytes section{std::byte{0x00}, std::byte{0xB0}, std::byte{17},   std::byte{0},   std::byte{1},    std::byte{0xC1},
                std::byte{0},    std::byte{0},    std::byte{0},    std::byte{1},   std::byte{0xF0}, std::byte{0x00},
                std::byte{0},    std::byte{2},    std::byte{0xF1}, std::byte{0x00}};
  uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : section) {
    crc ^= std::to_integer<uint32_t>(byte) << 24U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1U) ^ ((crc >> 31U) != 0 ? 0x04C11DB7U : 0U);
  }
  for (unsigned shift = 32; shift > 0; shift -= 8) section.push_back(static_cast<std::byte>(crc >> (shift - 8)));
  std::fill(packet + 4, packet + 188, std::byte{0xFF});
  packet[4] = std::byte{0};
  std::copy(section.begin(), section.end(), packet + 5);
}

TEST(Feed, ProgrammesOfAMultiplexHaveClocksOfTheirOwn) {
  const Bytes first = test::make_feed(4, "", ""),
              other = test::make_feed(4, "", "",
                                      "-mpegts_service_id 2 -mpegts_pmt_start_pid 0x1100 -mpegts_start_pid 0x300");
  ASSERT_FALSE(first.empty() || other.empty());
  const Bytes moved = test::looped(other, 2, 5000 * kSecond);
  Bytes both;
  for (size_t at = 0; at < std::max(first.size(), other.size()); at += 188) {
    const auto add = [&](const Bytes& from, size_t place, size_t end, bool tables) {
      if (place >= end) return;
      const bool pat = (from[place + 1] & std::byte{0x1F}) == std::byte{0} && from[place + 2] == std::byte{0};
      if (pat && !tables) return;
      both.insert(both.end(), from.begin() + static_cast<ptrdiff_t>(place),
                  from.begin() + static_cast<ptrdiff_t>(place + 188));
      if (pat) write_pat(both.data() + both.size() - 188);
    };
    add(first, at, first.size(), true);
    add(moved, other.size() + at, moved.size(), false);
  }
  const Fed fed = feed(both, {});
  ASSERT_EQ(fed.periods.size(), 1U) << fed.error;
  EXPECT_EQ(fed.periods[0].facts.video.size(), 2U);
  EXPECT_TRUE(fed.of("feed.lost").empty());
  EXPECT_EQ(fed.periods[0].result.programme_frames, 100);
  EXPECT_EQ(fed.periods[0].result.audio.size(), 1U);
  EXPECT_TRUE(of_kind(fed.periods[0], "audio_gap").empty());
}

TEST(Feed, NothingToAnalyseIsAnError) {
  EXPECT_FALSE(feed(Bytes(100'000, std::byte{7}), {}).error.empty());
  EXPECT_FALSE(feed({}, {}).error.empty());
}

size_t resident_bytes() {
  size_t total = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%zu %zu", &total, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Feed, MemoryDoesNotGrowAndEveryFaultIsFoundOnce) {
  constexpr int kTimes = 16;
  const Bytes ten = test::make_feed(10, kBlack + "4,5.99)'", "volume=0:enable='between(t,7,8.5)'");
  ASSERT_FALSE(ten.empty());
  const Bytes stream = test::looped(ten, kTimes, 10 * kSecond);
  std::vector<size_t> resident;
  const Fed fed = feed(stream, {.period = 25, .peek = 2, .first_bytes = 100'000}, [&](size_t written) {
    if (resident.size() < written * 8 / stream.size()) resident.push_back(resident_bytes());
  });
  ASSERT_EQ(fed.error, "");
  EXPECT_TRUE(fed.of("feed.lost").empty());
  int64_t frames = 0;
  for (const FeedPeriod& period : fed.periods) frames += period.result.programme_frames;
  EXPECT_EQ(frames, kTimes * 250);
  const auto closed = fed.of("finding.closed", "black");
  ASSERT_EQ(closed.size(), static_cast<size_t>(kTimes));
  for (size_t i = 0; i < closed.size(); ++i) {
    EXPECT_NEAR(seconds(closed[i], "start_seconds") - fed.periods[0].time.start.value(),
                4 + 10.0 * static_cast<double>(i), 0.01);
    EXPECT_NEAR(seconds(closed[i], "end_seconds") - seconds(closed[i], "start_seconds"), 2, 0.01);
  }
  EXPECT_EQ(fed.of("finding.closed", "silence").size(), static_cast<size_t>(kTimes));
  ASSERT_GE(resident.size(), 6U);
  // What is kept of each period here are the tests' own results.
  EXPECT_LT(resident.back(), resident[2] + (8U << 20U));
}

}  // namespace
}  // namespace pier::analysis
