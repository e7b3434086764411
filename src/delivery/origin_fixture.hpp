#pragma once
// For tests: an asset whose tracks are made-up bytes with a true index, in real records and a real directory.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <pier/catalogue/asset.hpp>
#include <pier/delivery/origin.hpp>
#include <pier/net/server.hpp>
#include <pier/packaging/track_index.hpp>

namespace pier::delivery::test {

class OriginTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  struct StoredTrack {
    catalogue::TrackRow row;
    std::string bytes;  // the whole media object
    packaging::TrackIndex index;
  };
  /// `segments` segments of 2 s with random bytes.
  StoredTrack make_track(packaging::TrackKind kind, int64_t ordinal, int segments);
  std::string make_asset(const std::string& organisation = "default");
  /// Publishes and gives the tracks with their ids.
  std::vector<StoredTrack> publish(const std::string& asset, std::vector<StoredTrack> tracks);
  /// A video, a sound and an image track of `segments` segments, published as `asset`.
  void publish_all(int segments = 4);
  void delete_asset(const std::string& id);

  net::Response get(const std::string& target, net::Headers headers = {}, const std::string& method = "GET");
  std::optional<net::Response> quick(const std::string& target);
  /// The bytes of a body, read from the file when it is one.
  static std::string bytes_of(const net::Response& response);
  static std::string header(const net::Response& response, std::string_view name);
  std::string url(const StoredTrack& track, const std::string& name) const {
    return "/media/" + x_asset + "/" + track.row.id + "/" + name;
  }

  std::string x_path, x_asset;
  StoredTrack x_video, x_sound, x_images;
  FakeClock x_clock;
  std::unique_ptr<database::Database> x_database;
  std::unique_ptr<storage::ObjectStore> x_store;
  std::unique_ptr<Origin> x_origin;
};

}  // namespace pier::delivery::test
