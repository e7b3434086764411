#include <algorithm>
#include <bit>

#include <fcntl.h>
#include <gtest/gtest.h>

#include <pier/core/file.hpp>
#include <pier/media/demux.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/write.hpp>

#include "test_pictures.hpp"

namespace pier::media {
namespace {

using test::Directory;

constexpr int kPictures = 5;
const ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
const ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
const ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
const MasteringDisplay kDisplay{{35400, 14600}, {8500, 39850}, {6550, 2300}, {15635, 16450}, 10'000'000, 50};
const ContentLight kLight{873, 211};

FileConfig config_of(const DeliveryCoding& coding, Container container, const ColourInfo& colour) {
  FileConfig config;
  config.container = container;
  WrittenPictures pictures;
  pictures.coding = coding.name;
  pictures.width = coding.width != 0 ? coding.width : 320;
  pictures.height = coding.height != 0 ? coding.height : 180;
  pictures.frame_rate = 25;
  pictures.colour = colour;
  pictures.preset = "ultrafast";
  if (colour.transfer == Transfer::kPq) {
    pictures.mastering_display = kDisplay;
    pictures.content_light = kLight;
  }
  pictures.timecode = "10:00:00:00";
  config.pictures = pictures;
  const bool pcm = container == Container::kMov || container == Container::kMxf;
  config.sounds.push_back({pcm ? Codec::kPcm : Codec::kAac, 24, 48000, 3, pcm ? 0 : 128000, "zho"});
  return config;
}

AudioBlock tone(size_t samples, size_t channels) {
  AudioBlock block;
  block.channels.assign(channels, std::vector<float>(samples));
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < samples; ++i)
      block.channels[c][i] = 0.1F * static_cast<float>(c + 1) * static_cast<float>(i % 48 < 24 ? 1 : -1);
  }
  return block;
}

Result<void> write_file(const std::string& path, const FileConfig& config) {
  const UniqueFd fd(::open(path.c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600));
  PIER_TRY(FileWriter writer, FileWriter::open(fd.get(), config));
  const WrittenPictures& pictures = *config.pictures;
  PIER_TRY(const DeliveryCoding coding, picture_coding(pictures.coding));
  for (int i = 0; i < kPictures; ++i) {
    PIER_CHECK(writer.add(test::make_picture(coding.format, pictures.width, pictures.height, i, pictures.colour)));
    for (size_t s = 0; s < config.sounds.size(); ++s)
      PIER_CHECK(writer.add(s, tone(1920, static_cast<size_t>(std::popcount(config.sounds[s].channel_mask)))));
  }
  return writer.finish();
}

Result<Facts> facts_of(const std::string& path) {
  PIER_TRY(const Source source, open_source(path));
  return probe(source);
}

std::string colour_text(const ColourInfo& colour) {
  return to_string(colour.primaries) + "/" + to_string(colour.transfer) + "/" + to_string(colour.matrix) + "/" +
         to_string(colour.range);
}

/// Colours to write a coding with: big pictures are slow.
std::vector<ColourInfo> colours_for(const DeliveryCoding& coding) {
  if (coding.width > 1920) return {kHlg};
  return coding.width > 0 ? std::vector{kPq} : std::vector{kPq, kHlg, kSdr};
}

void expect_light(const VideoFacts& video, const DeliveryCoding& coding, Container container, bool pq) {
  const bool in_stream = coding.codec == Codec::kHevc || coding.codec == Codec::kAvc;
  EXPECT_EQ(video.mastering_display, pq ? std::optional(kDisplay) : std::nullopt);
  const bool has_place = pq && (container != Container::kMxf || in_stream);
  EXPECT_EQ(video.content_light, has_place ? std::optional(kLight) : std::nullopt);
}

void expect_facts(const Facts& facts, const DeliveryCoding& coding, Container container, const ColourInfo& colour) {
  ASSERT_EQ(facts.video.size(), 1U);
  const VideoFacts& video = facts.video[0];
  EXPECT_EQ(video.codec, coding.codec);
  EXPECT_EQ(colour_text(video.colour), colour_text(colour));
  EXPECT_EQ(video.frames, kPictures);
  EXPECT_EQ(video.frame_rate, Rational(25));
  EXPECT_EQ(video.format.chroma, coding.format.chroma);
  EXPECT_EQ(video.format.bit_depth, coding.said_depth != 0 ? coding.said_depth : coding.format.bit_depth);
  expect_light(video, coding, container, colour.transfer == Transfer::kPq);
  for (const auto& disagreement : video.disagreements) ADD_FAILURE() << disagreement.message;
  const bool coded = container == Container::kMov || container == Container::kMxf;
  EXPECT_EQ(facts.timecode.empty() ? video.timecode : facts.timecode, coded ? "10:00:00:00" : "");
  ASSERT_EQ(facts.audio.size(), 1U);
  EXPECT_EQ(facts.audio[0].codec, coded ? Codec::kPcm : Codec::kAac);
  EXPECT_EQ(facts.audio[0].channels, 2);
}

TEST(FileWriter, EveryCodingInEveryContainerSaysWhatWasAskedFor) {
  const Directory directory;
  for (const DeliveryCoding& coding : picture_codings()) {
    for (const Container container : coding.containers) {
      for (const ColourInfo& colour : colours_for(coding)) {
        const std::string name = std::string(coding.name) + "." + std::string(to_string(container));
        SCOPED_TRACE(name + " " + to_string(colour.transfer));
        const std::string path = directory.file(name);
        const auto written = write_file(path, config_of(coding, container, colour));
        ASSERT_TRUE(written) << written.error().message << written.error().detail;
        const auto facts = facts_of(path);
        ASSERT_TRUE(facts) << facts.error().message;
        expect_facts(*facts, coding, container, colour);
      }
    }
  }
}

TEST(FileWriter, PicturesOfAnotherFormAndSoundThatDoesNotGoAreRefused) {
  const Directory directory;
  const UniqueFd fd(::open(directory.file("a").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  const DeliveryCoding coding = *picture_coding("prores-422");
  auto writer = FileWriter::open(fd.get(), config_of(coding, Container::kMov, kHlg));
  ASSERT_TRUE(writer);
  EXPECT_FALSE(writer->add(test::make_picture({8, Chroma::k420, false}, 320, 180, 0)));
  EXPECT_FALSE(writer->add(0, tone(100, 6)));
  EXPECT_FALSE(writer->add(1, tone(100, 2)));
  for (const auto& [container, sound] :
       std::vector<std::pair<Container, WrittenSound>>{{Container::kMxf, {Codec::kAac, 24, 48000, 3, 128000, ""}},
                                                       {Container::kMxf, {Codec::kPcm, 24, 44100, 3, 0, ""}},
                                                       {Container::kMp4, {Codec::kEac3, 24, 48000, 0x63f, 640000, ""}},
                                                       {Container::kMp4, {Codec::kPcm, 24, 48000, 3, 0, ""}},
                                                       {Container::kMov, {Codec::kPcm, 20, 48000, 3, 0, ""}}}) {
    const auto refused = check_sound(container, sound);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  }
}

/// Packets of the picture stream, which is the first.
std::vector<Packet> packets_of(const Source& source) {
  std::vector<Packet> packets;
  auto demuxer = Demuxer::open(source);
  if (!demuxer) return packets;
  demuxer->select({*demuxer->main_video()});
  for (auto packet = demuxer->read(); packet && *packet; packet = demuxer->read()) packets.push_back(**packet);
  return packets;
}

TEST(FileWriter, CodedPicturesStandAmongOthersUnchanged) {
  const Directory directory;
  for (const Container container : {Container::kMov, Container::kMxf}) {
    for (const char* name : {"prores-422-hq", "dnxhr-hqx"}) {
      SCOPED_TRACE(std::string(name) + " in " + std::string(to_string(container)));
      FileConfig config = config_of(*picture_coding(name), container, kHlg);
      config.sounds.clear();
      config.pictures->threads = 2;  // pictures wait in the coder
      const std::string path = directory.file("whole"), again = directory.file("again");
      ASSERT_TRUE(write_file(path, config));
      const auto source = open_source(path);
      ASSERT_TRUE(source);
      const std::vector<Packet> packets = packets_of(*source);
      ASSERT_EQ(packets.size(), static_cast<size_t>(kPictures));
      const UniqueFd fd(::open(again.c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600));
      auto writer = FileWriter::open(fd.get(), config);
      ASSERT_TRUE(writer);
      const PixelFormat format = picture_coding(name)->format;
      for (const int number : {0, 1, 2, 3, 4}) {
        const bool coded = number == 1 || number == 2 || number == 4;
        ASSERT_TRUE(coded ? writer->add(packets[static_cast<size_t>(number)])
                          : writer->add(test::make_picture(format, 320, 180, number, kHlg)));
      }
      ASSERT_TRUE(writer->finish());
      const auto written = open_source(again);
      ASSERT_TRUE(written);
      const std::vector<Packet> found = packets_of(*written);
      ASSERT_EQ(found.size(), packets.size());
      for (size_t i = 0; i < found.size(); ++i) {
        EXPECT_TRUE(std::ranges::equal(found[i].data(), packets[i].data())) << "picture " << i;
        EXPECT_EQ(found[i].pts, packets[i].pts);
      }
    }
  }
}

TEST(FileWriter, CodedPicturesThatNeedOthersAreRefused) {
  const Directory directory;
  const std::string path = directory.file("a");
  FileConfig config = config_of(*picture_coding("hevc"), Container::kMov, kHlg);
  config.sounds.clear();
  ASSERT_TRUE(write_file(path, config));
  const auto source = open_source(path);
  ASSERT_TRUE(source);
  const std::vector<Packet> packets = packets_of(*source);
  const UniqueFd fd(::open(directory.file("b").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  auto writer = FileWriter::open(fd.get(), config);
  ASSERT_TRUE(writer && !packets.empty());
  EXPECT_FALSE(writer->add(packets.front()));
  EXPECT_FALSE(writer->add(Packet()));
}

TEST(FileWriter, FullDiskIsAnError) {
  const UniqueFd fd(::open("/dev/full", O_RDWR | O_CLOEXEC));
  auto writer = FileWriter::open(fd.get(), config_of(*picture_coding("prores-422"), Container::kMov, kHlg));
  Result<void> written;
  for (int i = 0; writer && written && i < kPictures; ++i)
    written = writer->add(test::make_picture({10, Chroma::k422, false}, 320, 180, i, kHlg));
  EXPECT_FALSE(writer && written && writer->finish());
}

}  // namespace
}  // namespace pier::media
