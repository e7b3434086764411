#include "origin_fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <random>

#include <unistd.h>

#include <pier/catalogue/organisation.hpp>
#include <pier/net/target.hpp>
#include <pier/packaging/codec_string.hpp>

namespace pier::delivery::test {
namespace {

constexpr int64_t kSegmentSeconds = 2;

Bytes bytes_from(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

packaging::TrackDescription describe(packaging::TrackKind kind, uint32_t id, int segments) {
  packaging::TrackDescription track;
  track.track_id = id;
  track.kind = kind;
  track.timescale = kind == packaging::TrackKind::kAudio ? 48000 : 25000;
  track.duration = segments * kSegmentSeconds * track.timescale;
  if (kind == packaging::TrackKind::kVideo) {
    track.codec = media::Codec::kAvc;
    track.configuration = bytes_from({1, 0x64, 0x00, 0x28, 0xFF, 0xE0, 0});
    track.video.width = 1280;
    track.video.height = 720;
    track.video.frame_rate = 25;
    track.video.colour = {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
  } else if (kind == packaging::TrackKind::kAudio) {
    track.codec = media::Codec::kAac;
    track.configuration = bytes_from({0x11, 0x90});
    track.audio = {48000, 2, 3, 1024, 1024, track.duration};
  } else if (kind == packaging::TrackKind::kText) {
    track.codec = media::Codec::kWebVtt;
    track.language = "zh-Hans";
    track.text.name = "简体";
  } else {
    track.codec = media::Codec::kMjpeg;
    track.image = {2, 1, 320, 180, track.timescale};
  }
  return track;
}

catalogue::TrackKind row_kind(packaging::TrackKind kind) {
  return *catalogue::track_kind_from(packaging::to_string(kind));
}

}  // namespace

void OriginTest::SetUp() {
  std::string pattern = (std::filesystem::temp_directory_path() / "pier-origin-XXXXXX").string();
  x_path = ::mkdtemp(pattern.data());
  database::OpenOptions options;
  options.clock = &x_clock;
  options.own_clock = true;
  auto opened = database::Database::open("sqlite:" + x_path + "/pier.db", options);
  ASSERT_TRUE(opened) << opened.error().message;
  x_database = std::move(*opened);
  x_store = std::move(*storage::open_directory_store(x_path + "/objects"));
  ASSERT_TRUE(x_database->write(
      [](database::Transaction& tx) { return catalogue::ensure_organisation(tx, "other", "Other"); }));
  OriginOptions origin;
  origin.clock = &x_clock;
  x_origin = std::make_unique<Origin>(*x_database, *x_store, origin);
}

void OriginTest::TearDown() {
  x_origin.reset();
  x_database.reset();
  std::error_code ignored;
  std::filesystem::remove_all(x_path, ignored);
}

OriginTest::StoredTrack OriginTest::make_track(packaging::TrackKind kind, int64_t ordinal, int segments) {
  std::mt19937_64 random(static_cast<uint64_t>(ordinal) * 1000 + static_cast<uint64_t>(segments));
  StoredTrack track;
  const auto append = [&](size_t size) {
    const size_t start = track.bytes.size();
    for (size_t i = 0; i < size; i++) track.bytes.push_back(static_cast<char>(random()));
    return start;
  };
  track.index.description = describe(kind, static_cast<uint32_t>(ordinal) + 1, segments);
  const bool images = kind == packaging::TrackKind::kImage;
  track.index.codec_string = packaging::codec_string(track.index.description).value();
  if (!images) track.index.init_length = 700;
  append(track.index.init_length);
  for (int i = 0; i < segments; i++) {
    packaging::SegmentRecord segment;
    segment.length = 20'000 + random() % 30'000;
    segment.offset = append(segment.length);
    segment.duration = kSegmentSeconds * track.index.description.timescale;
    segment.time = i * segment.duration;
    segment.bitrate = segment.length * 8 / kSegmentSeconds;
    segment.first_fragment = static_cast<uint32_t>(i);
    segment.fragment_count = 1;
    segment.sha256 = sha256(as_bytes(std::string_view(track.bytes).substr(segment.offset, segment.length)));
    track.index.segments.push_back(segment);
    track.index.fragments.push_back({segment.offset, segment.length, segment.time, segment.offset + 900});
  }
  track.index.file_size = track.bytes.size();

  catalogue::TrackRow& row = track.row;
  row.kind = row_kind(kind);
  row.ordinal = ordinal;
  row.codec = track.index.codec_string;
  row.bytes = static_cast<int64_t>(track.bytes.size());
  row.duration = Rational(segments * kSegmentSeconds);
  row.details = packaging::to_json(track.index.description);
  const Bytes index = track.index.serialize();
  const auto media_info = storage::put(*x_store, *storage::new_key("default", "track"), as_bytes(track.bytes));
  const auto index_info = storage::put(*x_store, *storage::new_key("default", "index"), index);
  EXPECT_TRUE(x_database->write([&](database::Transaction& tx) -> Result<void> {
    PIER_CHECK(catalogue::add_object(tx, *media_info));
    return catalogue::add_object(tx, *index_info);
  }));
  row.media = media_info->key;
  row.index = index_info->key;
  return track;
}

std::string OriginTest::make_asset(const std::string& organisation) {
  std::string id;
  const auto made = x_database->write([&](database::Transaction& tx) -> Result<void> {
    catalogue::NewAsset asset;
    asset.organisation = organisation;
    asset.title = "Harbour";
    PIER_TRY(const catalogue::AssetRow row, catalogue::create_asset(tx, asset));
    id = row.id;
    return {};
  });
  EXPECT_TRUE(made) << made.error().message;
  return id;
}

std::vector<OriginTest::StoredTrack> OriginTest::publish(const std::string& asset, std::vector<StoredTrack> tracks) {
  const auto done = x_database->write([&](database::Transaction& tx) -> Result<void> {
    PIER_CHECK(catalogue::begin_publication(tx, "default", asset));
    catalogue::Publication publication;
    publication.grid = json::object{};
    for (const StoredTrack& track : tracks) publication.tracks.push_back(track.row);
    PIER_CHECK(catalogue::publish_asset(tx, "default", asset, std::move(publication)));
    PIER_TRY(const auto rows, catalogue::list_tracks(tx, "default", asset));
    for (size_t i = 0; i < rows.size(); i++) tracks[i].row = rows[i];
    return {};
  });
  EXPECT_TRUE(done) << done.error().message << done.error().detail;
  return tracks;
}

void OriginTest::publish_all(int segments) {
  x_asset = make_asset();
  auto tracks = publish(x_asset, {make_track(packaging::TrackKind::kVideo, 0, segments),
                                  make_track(packaging::TrackKind::kAudio, 1, segments),
                                  make_track(packaging::TrackKind::kImage, 2, segments)});
  x_video = tracks[0];
  x_sound = tracks[1];
  x_images = tracks[2];
}

void OriginTest::delete_asset(const std::string& id) {
  EXPECT_TRUE(x_database->write([&](database::Transaction& tx) { return catalogue::delete_asset(tx, "default", id); }));
}

net::Response OriginTest::get(const std::string& target, net::Headers headers, const std::string& method) {
  net::Request request;
  request.method = method;
  request.target = target;
  request.headers = std::move(headers);
  const auto parsed = net::parse_target(target);
  EXPECT_TRUE(parsed) << target;
  if (parsed) request.path = parsed->path;
  return x_origin->handle(request);
}

std::optional<net::Response> OriginTest::quick(const std::string& target) {
  net::Request request;
  request.method = "GET";
  request.path = net::parse_target(target)->path;
  return x_origin->quick(request);
}

std::string OriginTest::bytes_of(const net::Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.body)) return *text;
  if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&response.body)) return **shared;
  const auto& file = std::get<net::FileRange>(response.body);
  std::string bytes(file.length, '\0');
  EXPECT_EQ(::pread(file.fd, bytes.data(), bytes.size(), static_cast<off_t>(file.offset)),
            static_cast<ssize_t>(bytes.size()));
  return bytes;
}

std::string OriginTest::header(const net::Response& response, std::string_view name) {
  return std::string(net::find_header(response.headers, name).value_or(""));
}

}  // namespace pier::delivery::test
