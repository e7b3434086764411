#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <pier/media/package.hpp>

#include "container/sha1.hpp"
#include "test_clips.hpp"

namespace pier::media {
namespace {

std::string asset(const std::string& id, const std::string& path, bool list = false) {
  return "<Asset><Id>urn:uuid:" + id + "</Id>" + (list ? "<PackingList>true</PackingList>" : "") +
         "<ChunkList><Chunk><Path>" + path + "</Path></Chunk></ChunkList></Asset>";
}

std::string listed(const std::string& id, const std::string& content, uint64_t size, const std::string& algorithm) {
  Bytes digest;
  if (algorithm.ends_with("sha256")) {
    const Sha256 sum = sha256(as_bytes(content));
    digest.assign(sum.begin(), sum.end());
  } else {
    impl::Sha1Stream stream;
    stream.update(as_bytes(content));
    const impl::Sha1 sum = stream.finish();
    digest.assign(sum.begin(), sum.end());
  }
  return "<Asset><Id>urn:uuid:" + id + "</Id><Hash>" + to_base64(ByteView(digest)) + "</Hash><Size>" +
         std::to_string(size) + "</Size><HashAlgorithm Algorithm=\"" + algorithm + "\"/></Asset>";
}

std::string composition(const std::string& id, int image_frames, int sound_frames) {
  const auto sequence = [](const char* kind, const char* track, const std::string& file, int frames) {
    return std::string("<cc:") + kind + " xmlns:cc='c'><TrackId>" + track +
           "</TrackId><ResourceList><Resource><EditRate>25 1</EditRate><IntrinsicDuration>100</IntrinsicDuration>"
           "<SourceDuration>" +
           std::to_string(frames) + "</SourceDuration><TrackFileId>urn:uuid:" + file +
           "</TrackFileId></Resource></ResourceList></cc:" + kind + ">";
  };
  return "<CompositionPlaylist><Id>urn:uuid:" + id + "</Id><ContentTitle>Film " + id +
         "</ContentTitle><EditRate>25 1</EditRate><SegmentList><Segment><SequenceList>" +
         sequence("MainImageSequence", "t1", "v", image_frames) +
         sequence("MainAudioSequence", "t2", "a", sound_frames) +
         "</SequenceList></Segment></SegmentList></CompositionPlaylist>";
}

constexpr const char* kSha1 = "http://www.w3.org/2000/09/xmldsig#sha1";
constexpr const char* kSha256 = "http://www.w3.org/2001/04/xmlenc#sha256";

class Package : public testing::Test {
 protected:
  void write() {
    x_folder.write("video.mxf", x_video);
    x_folder.write("audio.mxf", x_audio);
    x_folder.write("one.xml", x_first);
    x_folder.write("two.xml", x_second);
    x_folder.write("PKL.xml", "<PackingList><AssetList>" + x_list + "</AssetList></PackingList>");
    x_folder.write("ASSETMAP.xml", "<AssetMap><AssetList>" + x_map + "</AssetList></AssetMap>");
  }
  PackageReport check(const PackageOptions& options = {.hashes = true}) {
    write();
    const auto source = open_source(x_folder.path());
    if (!source) {
      ADD_FAILURE() << source.error().message;
      return {};
    }
    auto report = check_package(*source, options);
    if (!report) ADD_FAILURE() << report.error().message;
    return report ? std::move(*report) : PackageReport{};
  }
  static std::vector<std::string> kinds(const PackageReport& report) {
    std::vector<std::string> found;
    for (const PackageIssue& issue : report.issues) found.push_back(issue.kind + " " + issue.file);
    return found;
  }

  clips::TempFolder x_folder;
  std::string x_video = std::string(3000000, 'v'), x_audio = "sound";
  std::string x_first = composition("c1", 100, 100), x_second = composition("c2", 50, 50);
  std::string x_list = listed("v", x_video, x_video.size(), kSha1) + listed("a", x_audio, x_audio.size(), kSha256) +
                       listed("c1", x_first, x_first.size(), kSha1) + listed("c2", x_second, x_second.size(), kSha1);
  std::string x_map = asset("p", "PKL.xml", true) + asset("c1", "one.xml") + asset("c2", "two.xml") +
                      asset("v", "video.mxf") + asset("a", "audio.mxf");
};

using Kinds = std::vector<std::string>;

TEST_F(Package, GoodPackage) {
  double last = 0;
  bool steady = true;
  const PackageReport report = check({.hashes = true, .on_progress = [&](double share) {
                                        steady &= share >= last && share <= 1;
                                        last = share;
                                        return true;
                                      }});
  EXPECT_EQ(kinds(report), Kinds{});
  EXPECT_EQ(report.assets, 5);
  EXPECT_EQ(report.packing_lists, 1);
  EXPECT_EQ(report.hashed_assets, 4);
  EXPECT_TRUE(report.hashes_checked);
  EXPECT_TRUE(steady);
  EXPECT_EQ(last, 1);
  ASSERT_EQ(report.compositions.size(), 2U);
  EXPECT_TRUE(report.compositions[0].chosen);
  EXPECT_EQ(report.compositions[0].title, "Film c1");
  EXPECT_EQ(report.compositions[0].duration, Rational(4));
  EXPECT_FALSE(report.compositions[1].chosen);
  EXPECT_EQ(report.compositions[1].duration, Rational(2));
}

TEST_F(Package, AnotherCompositionIsChosenByItsFile) {
  write();
  const auto source = open_source(x_folder.path("two.xml"));
  ASSERT_TRUE(source) << source.error().message;
  const auto report = check_package(*source);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->compositions.size(), 2U);
  EXPECT_TRUE(report->compositions[1].chosen);
  EXPECT_FALSE(report->hashes_checked);
  EXPECT_EQ(report->hashed_assets, 0);
}

TEST_F(Package, OneBitIsEnough) {
  x_video[2999999] = 'w';
  const PackageReport report = check();
  EXPECT_EQ(kinds(report), Kinds{"hash video.mxf"});
  EXPECT_NE(report.issues.at(0).expected, report.issues.at(0).found);
  EXPECT_EQ(kinds(check({.hashes = false})), Kinds{});
  x_audio = "sounD";
  EXPECT_EQ(kinds(check()), (Kinds{"hash audio.mxf", "hash video.mxf"}));
}

TEST_F(Package, SizesAndLists) {
  x_audio += "s";
  EXPECT_EQ(kinds(check({.hashes = false})), Kinds{"size audio.mxf"});
  x_audio.pop_back();
  x_list += listed("ghost", "x", 1, kSha1);
  x_map += asset("m", "missing.mxf");
  x_map += asset("extra", "one.xml");
  const auto found = kinds(check());
  EXPECT_EQ(found, (Kinds{"missing missing.mxf", "unmapped urn:uuid:ghost", "unlisted one.xml"}));
}

TEST_F(Package, DigestsThatCannotBeRead) {
  x_list = listed("v", x_video, x_video.size(), "urn:other") + listed("a", x_audio, x_audio.size(), kSha1) +
           listed("c1", x_first, x_first.size(), kSha1) + listed("c2", x_second, x_second.size(), kSha1);
  const PackageReport report = check();
  EXPECT_EQ(kinds(report), Kinds{"hash_unknown video.mxf"});
  EXPECT_EQ(report.hashed_assets, 3);
}

TEST_F(Package, RangesAndTrackLengths) {
  x_first = composition("c1", 100, 90);
  EXPECT_EQ(kinds(check({.hashes = false})).front(), "track_length MainAudioSequence t2");
  x_first = composition("c1", 101, 101);
  const auto found = kinds(check({.hashes = false}));
  EXPECT_EQ(std::count(found.begin(), found.end(), "range video.mxf"), 1);
  EXPECT_EQ(std::count(found.begin(), found.end(), "range audio.mxf"), 1);
}

TEST_F(Package, CancelledAndNoPackage) {
  write();
  const auto source = open_source(x_folder.path());
  ASSERT_TRUE(source);
  const auto report = check_package(*source, {.hashes = true, .on_progress = [](double) { return false; }});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
  const auto file = open_source(x_folder.path("video.mxf"));
  ASSERT_TRUE(file);
  EXPECT_FALSE(check_package(*file));
}

TEST(PackingDigest, IsTheSha1OfTheWholeFile) {
  const UniqueFd file(::memfd_create("digest", MFD_CLOEXEC));
  ASSERT_TRUE(write_all(file.get(), as_bytes("abc")));
  const auto digest = packing_digest(file.get());
  ASSERT_TRUE(digest);
  EXPECT_EQ(to_hex(ByteView(*digest)), "a9993e364706816aba3e25717850c26c9cd0d89d");  // FIPS 180-4
  EXPECT_EQ(packing_digest(file.get(), [](uint64_t) { return false; }).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace pier::media
