#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pier/media/source.hpp>

#include "test_clips.hpp"

namespace pier::media {
namespace {

using clips::TempFolder;

TEST(Source, ReferenceOfAFileAndItsWayThroughJson) {
  const TempFolder folder;
  const std::string path = folder.write("a.bin", std::string_view("abc"));
  const auto source = open_source(path);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_FALSE(source->package);
  EXPECT_EQ(source->total_bytes(), 3U);
  uint64_t reported = 0;
  const auto reference = identify(*source, [&](uint64_t done) {
    reported = done;
    return true;
  });
  ASSERT_TRUE(reference) << reference.error().message;
  EXPECT_EQ(reported, 3U);
  EXPECT_EQ(to_hex(reference->sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const auto back = reference_from_json(to_json(*reference));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(*reference));
  EXPECT_TRUE(reopen(*back)) << reopen(*back).error().message;
}

TEST(Source, NamesThatAreNotUtf8Survive) {
  const TempFolder folder;
  const std::string name = "\xd5\xbb\xc7\xc5.mxf";  // GB18030
  const std::string path = folder.write(name, std::string_view("x"));
  const auto source = open_source(path);
  ASSERT_TRUE(source) << source.error().message;
  const auto reference = identify(*source);
  ASSERT_TRUE(reference);
  const auto text = json::serialize(to_json(*reference));
  EXPECT_TRUE(is_utf8(text));
  const auto back = reference_from_json(*parse_json(text));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->path, path);
  EXPECT_EQ(back->files[0].name, name);
  EXPECT_TRUE(reopen(*back));
}

TEST(Source, ChangedMastersAreNamed) {
  const TempFolder folder;
  const std::string path = folder.write("a.bin", std::string_view("abc"));
  const auto reference = identify(*open_source(path));
  ASSERT_TRUE(reference);
  folder.write("a.bin", std::string_view("abcd"));
  auto again = reopen(*reference);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInputChanged);
  EXPECT_NE(again.error().message.find("size is 4 bytes instead of 3"), std::string::npos) << again.error().message;
  folder.write("a.bin", std::string_view("xyz"));
  const timespec times[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  again = reopen(*reference);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("modified"), std::string::npos) << again.error().message;
  std::filesystem::remove(path);
  again = reopen(*reference);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInputChanged);
  EXPECT_NE(again.error().message.find("gone"), std::string::npos) << again.error().message;
}

TEST(Source, GrowingShrinkingAndVanishingWhileRead) {
  const TempFolder folder;
  const std::string content(3U << 20U, 'x');
  const auto while_reading = [&](const std::function<void(const std::string&)>& act) {
    const std::string path = folder.write("a.bin", std::string_view(content));
    const auto source = open_source(path);
    bool acted = false;
    const auto reference = identify(*source, [&](uint64_t) {
      if (!acted) act(path);
      acted = true;
      return true;
    });
    return reference ? ErrorCode::kInternal : reference.error().code;
  };
  EXPECT_EQ(while_reading([](const std::string&) {}), ErrorCode::kInternal) << "an untouched file is no error";
  EXPECT_EQ(while_reading([&](const std::string& path) { std::filesystem::resize_file(path, content.size() + 1); }),
            ErrorCode::kInputChanged);
  EXPECT_EQ(while_reading([&](const std::string& path) { std::filesystem::resize_file(path, 100); }),
            ErrorCode::kInputChanged);
  EXPECT_EQ(while_reading([&](const std::string& path) { std::filesystem::remove(path); }), ErrorCode::kInputChanged);
}

TEST(Source, ReadingCanBeCancelled) {
  const TempFolder folder;
  const auto source = open_source(folder.write("a.bin", std::string_view("abc")));
  const auto reference = identify(*source, [](uint64_t) { return false; });
  ASSERT_FALSE(reference);
  EXPECT_EQ(reference.error().code, ErrorCode::kCancelled);
}

TEST(Source, WhatIsNoMaster) {
  const TempFolder folder;
  EXPECT_EQ(open_source(folder.path("none.mp4")).error().code, ErrorCode::kNotFound);
  const auto plain = open_source(folder.path());
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(plain.error().message.find("ASSETMAP"), std::string::npos) << plain.error().message;
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(open_source(folder.path("pipe")).error().code, ErrorCode::kInvalidArgument);
}

std::string asset(const std::string& id, const std::string& path) {
  return "<Asset><Id>urn:uuid:" + id + "</Id><ChunkList><Chunk><Path>" + path + "</Path></Chunk></ChunkList></Asset>";
}

std::string asset_map(const std::string& assets) {
  return "<AssetMap><AssetList>" + assets + "</AssetList></AssetMap>";
}

std::string playlist(const std::string& file) {
  return "<CompositionPlaylist><Id>urn:uuid:c</"
         "Id><SegmentList><Segment><SequenceList><MainImageSequence><ResourceList><Resource>"
         "<TrackFileId>urn:uuid:" +
         file +
         "</TrackFileId></Resource></ResourceList></MainImageSequence></SequenceList></Segment></SegmentList></"
         "CompositionPlaylist>";
}

TEST(Source, PackageByFolderAndByPlaylist) {
  const TempFolder folder;
  folder.write("ASSETMAP.xml", std::string_view(asset_map(asset("v", "v.mxf") + asset("c", "CPL.xml"))));
  folder.write("CPL.xml", std::string_view(playlist("v")));
  folder.write("v.mxf", std::string_view("essence"));
  for (const std::string& path : {folder.path(), folder.path("CPL.xml")}) {
    const auto source = open_source(path);
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_TRUE(source->package);
    EXPECT_EQ(source->files[source->primary].name, "CPL.xml");
    EXPECT_EQ(source->files.size(), 3U);
    const auto reference = identify(*source);
    ASSERT_TRUE(reference);
    EXPECT_TRUE(reopen(*reference));
  }
  std::filesystem::remove(folder.path("v.mxf"));
  const auto missing = open_source(folder.path());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("v.mxf is missing"), std::string::npos) << missing.error().message;
}

TEST(Source, NothingOutsideThePackageIsOpened) {
  const TempFolder outside;
  const std::string secret = outside.write("secret.mxf", std::string_view("secret"));
  const TempFolder folder;
  folder.write("CPL.xml", std::string_view(playlist("v")));
  folder.write("ASSETMAP.xml", std::string_view(asset_map(asset("v", "../" + secret) + asset("c", "CPL.xml"))));
  EXPECT_FALSE(open_source(folder.path()));
  // A link inside the folder that leads out of it.
  folder.write("ASSETMAP.xml", std::string_view(asset_map(asset("v", "v.mxf") + asset("c", "CPL.xml"))));
  ASSERT_EQ(::symlink(secret.c_str(), folder.path("v.mxf").c_str()), 0);
  EXPECT_FALSE(open_source(folder.path()));
}

TEST(Source, ReferencesOutOfBadJson) {
  for (const char* text : {"[]", "{}", R"({"path":"a","sha256":"00","files":[]})", R"({"path":"a"})"}) {
    EXPECT_FALSE(reference_from_json(*parse_json(text))) << text;
  }
}

}  // namespace
}  // namespace pier::media
