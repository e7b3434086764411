#include "store_place.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace pier::workflows::impl {
namespace {

namespace fs = std::filesystem;

class StorePlace : public testing::Test {
 protected:
  StorePlace() {
    std::string pattern = (fs::temp_directory_path() / "pier-test-XXXXXX").string();
    x_folder = fs::canonical(::mkdtemp(pattern.data()));
    fs::create_directory(x_folder / "data");
  }
  ~StorePlace() override { fs::remove_all(x_folder); }

  Result<std::string> place(const std::string& asked, const std::string& data = "data") {
    return place_of_objects(path(data), asked);
  }
  std::string path(const std::string& name) const { return (x_folder / name).native(); }
  void touch(const std::string& name) const {
    fs::create_directories((x_folder / name).parent_path());
    std::ofstream(x_folder / name) << "x";
  }

  fs::path x_folder;
};

TEST_F(StorePlace, IsTheDataDirectoryUnlessAsked) {
  EXPECT_EQ(place("").value(), path("data/objects"));
  EXPECT_EQ(place(path("data/objects")).value(), path("data/objects"));
  EXPECT_FALSE(fs::exists(x_folder / "data/store.json"));
}

TEST_F(StorePlace, IsRemembered) {
  EXPECT_EQ(place(path("far/store")).value(), path("far/store"));
  EXPECT_EQ(place("").value(), path("far/store")) << "a forgotten option changes nothing";
  EXPECT_EQ(place(path("far/../far/store/")).value(), path("far/store"));
}

TEST_F(StorePlace, OtherPlacesAreRefused) {
  ASSERT_TRUE(place(path("far")));
  EXPECT_EQ(place(path("near")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(x_folder / "near"));
}

TEST_F(StorePlace, ObjectsThatExistStayWhereTheyAre) {
  touch("data/objects/default/track/1");
  EXPECT_EQ(place(path("far")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(place("").value(), path("data/objects"));
}

TEST_F(StorePlace, AMissingMountIsNamed) {
  ASSERT_TRUE(place(path("far")));
  fs::rename(x_folder / "far", x_folder / "away");
  fs::create_directory(x_folder / "far");  // an empty mount point
  EXPECT_EQ(place("").error().code, ErrorCode::kIo);
  EXPECT_EQ(place(path("far")).error().code, ErrorCode::kIo);
  fs::remove(x_folder / "far");
  fs::rename(x_folder / "away", x_folder / "far");
  EXPECT_TRUE(place(""));
}

TEST_F(StorePlace, NobodyTakesTheStoreOfAnother) {
  ASSERT_TRUE(place(path("far")));
  fs::create_directory(x_folder / "other");
  EXPECT_EQ(place(path("far"), "other").error().code, ErrorCode::kInvalidArgument);
  touch("full/something");
  EXPECT_EQ(place(path("full"), "other").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(StorePlace, KilledBetweenRecordAndMarkGoesOn) {
  ASSERT_TRUE(place(path("far")));
  const std::string file = path("data/store.json");
  std::string text;
  std::getline(std::ifstream(file), text);
  text.replace(text.find("true"), 4, "false");
  std::ofstream(file) << text << "\n";
  fs::remove(x_folder / "far" / kStoreMark);
  EXPECT_EQ(place("").value(), path("far"));
  EXPECT_TRUE(fs::exists(x_folder / "far" / kStoreMark));
}

}  // namespace
}  // namespace pier::workflows::impl
