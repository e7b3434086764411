#include <pier/catalogue/asset.hpp>
#include <pier/core/id.hpp>
#include <pier/core/log.hpp>
#include <pier/delivery/origin.hpp>
#include <pier/net/byte_range.hpp>

#include "publication.hpp"
#include "recent.hpp"

namespace pier::delivery {
namespace {

using impl::Manifest;
using impl::OpenTrack;
using impl::Publication;
using packaging::MediaName;
using packaging::NameKind;

struct Wanted {
  std::string asset;
  MediaName name;
};

/// nullopt: no URL that we ever give.
std::optional<Wanted> understand(const net::Request& request) {
  const auto& path = request.path;
  if (path.size() < 3 || path.size() > 4 || !is_id("ast", path[1])) return std::nullopt;
  auto name = packaging::parse_name(path.size() == 3 ? path[2] : path[2] + '/' + path[3]);
  if (!name || (!name->track.empty() && !is_id("trk", name->track))) return std::nullopt;
  return Wanted{path[1], std::move(*name)};
}

std::string_view group_of(NameKind kind) {
  switch (kind) {
    case NameKind::kInit:
      return "init";
    case NameKind::kSegment:
      return "segment";
    case NameKind::kImage:
      return "image";
    case NameKind::kText:
    case NameKind::kWholeText:
      return "text";
    default:
      return "manifest";
  }
}

bool is_manifest(NameKind kind) {
  return group_of(kind) == "manifest";
}

net::Response& allow_any_site(net::Response& response) {
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  response.headers.emplace_back("Access-Control-Expose-Headers",
                                "Content-Length, Content-Range, Content-Type, Date, ETag, Accept-Ranges");
  response.headers.emplace_back("Timing-Allow-Origin", "*");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

net::Response preflight() {
  net::Response response;
  response.status = 204;
  allow_any_site(response);
  response.set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
  response.set(
      "Access-Control-Allow-Headers",
      "Range, If-Range, If-None-Match, Accept, Content-Type, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session");
  response.set("Access-Control-Max-Age", "86400");
  response.group = "manifest";
  return response;
}

net::Response problem(const Error& error, std::string_view group) {
  net::Response response = net::problem_response(error);
  response.group = group;
  return allow_any_site(response);
}

net::Response not_found(std::string_view group) {
  return problem({ErrorCode::kNotFound, "there is nothing at this address", {}}, group);
}

net::Response answer(const net::Request& request, const Wanted& wanted, packaging::TrackKind kind, net::Body body,
                     const std::string& etag) {
  net::Response response;
  response.group = group_of(wanted.name.kind);
  response.headers.reserve(10);
  response.headers.emplace_back("Content-Type", packaging::content_type(wanted.name.kind, kind));
  response.headers.emplace_back(
      "Cache-Control", is_manifest(wanted.name.kind) ? "public, max-age=2" : "public, max-age=31536000, immutable");
  allow_any_site(response);
  response.body = std::move(body);
  return net::apply_conditions(request, std::move(response), etag);
}

net::Response answer_piece(const net::Request& request, const Wanted& wanted,
                           const std::shared_ptr<const OpenTrack>& track) {
  auto piece = OpenTrack::piece(track, wanted.name);
  if (!piece) return problem(piece.error(), group_of(wanted.name.kind));
  return answer(request, wanted, track->kind(), std::move(piece->body), piece->etag);
}

net::Response answer_manifest(const net::Request& request, const Wanted& wanted, const Manifest& manifest) {
  return answer(request, wanted, packaging::TrackKind::kVideo, manifest.text, manifest.etag);
}

/// Something from the records and how long it may be believed.
template <typename T>
struct Trusted {
  std::shared_ptr<T> value;
  int64_t until_us = 0;
};
using TrustedTrack = Trusted<const OpenTrack>;
using TrustedPublication = Trusted<Publication>;

}  // namespace

struct Origin::State {
  struct Open {
    uint64_t generation = 0;  // raised by forget(): what was read from the records before is not kept
    impl::Recent<TrustedTrack> tracks;
    impl::Recent<TrustedPublication> publications;
  };

  database::Database& database;
  storage::ObjectStore& store;
  OriginOptions options;
  Guarded<Open> open;

  State(database::Database& d, storage::ObjectStore& s, OriginOptions o)
      : database(d),
        store(s),
        options(std::move(o)),
        open(Open{0, impl::Recent<TrustedTrack>(options.open_tracks),
                  impl::Recent<TrustedPublication>(options.open_publications)}) {}

  int64_t now() const { return options.clock->steady_us(); }

  TrustedTrack known_track(const std::string& id) {
    const auto found = open.with([&](Open& o) { return o.tracks.find(id); });
    return found ? *found : TrustedTrack();
  }
  TrustedPublication known_publication(const std::string& asset) {
    const auto found = open.with([&](Open& o) { return o.publications.find(asset); });
    return found ? *found : TrustedPublication();
  }
  uint64_t generation() const {
    return open.with([](const Open& o) { return o.generation; });
  }

  /// Opens the track unless it is open already. `seen`: generation() before the records were read.
  Result<std::shared_ptr<const OpenTrack>> open_track(const catalogue::TrackRow& row, uint64_t seen) {
    std::shared_ptr<const OpenTrack> track = known_track(row.id).value;
    if (!track) {
      PIER_TRY(track, OpenTrack::open(store, row));
    }
    auto kept = std::make_shared<TrustedTrack>(TrustedTrack{track, now() + options.trust_us});
    open.with([&](Open& o) {
      if (o.generation == seen) o.tracks.put(row.id, std::move(kept));
    });
    return track;
  }

  /// A track of the asset, current or retired, as the records have it now.
  Result<std::shared_ptr<const OpenTrack>> find_track(const Wanted& wanted) {
    const uint64_t seen = generation();
    PIER_TRY(database::Snapshot snapshot, database.read());
    PIER_TRY(const catalogue::TrackRow row, catalogue::find_track(snapshot, options.organisation, wanted.name.track));
    if (row.asset_id != wanted.asset) return fail(ErrorCode::kNotFound, "there is nothing at this address");
    return open_track(row, seen);
  }

  Result<std::shared_ptr<Publication>> find_publication(const std::string& asset_id) {
    const uint64_t seen = generation();
    PIER_TRY(database::Snapshot snapshot, database.read());
    PIER_TRY(const catalogue::AssetRow asset, catalogue::show_asset(snapshot, options.organisation, asset_id));
    if (asset.state == catalogue::AssetState::kDeleted || asset.publication == 0) {
      return fail(ErrorCode::kNotFound, "asset " + asset_id + " is not published");
    }
    std::shared_ptr<Publication> publication = known_publication(asset_id).value;
    if (!publication || publication->number() != asset.publication) {
      PIER_TRY(const auto rows, catalogue::list_tracks(snapshot, options.organisation, asset_id));
      std::vector<std::shared_ptr<const OpenTrack>> tracks;
      for (const catalogue::TrackRow& row : rows) {
        PIER_TRY(auto track, open_track(row, seen));
        tracks.push_back(std::move(track));
      }
      publication = std::make_shared<Publication>(asset, std::move(tracks));
    }
    auto kept = std::make_shared<TrustedPublication>(TrustedPublication{publication, now() + options.trust_us});
    open.with([&](Open& o) {
      if (o.generation == seen) o.publications.put(asset_id, std::move(kept));
    });
    return publication;
  }

  Result<Manifest> find_manifest(const Wanted& wanted) {
    PIER_TRY(const auto publication, find_publication(wanted.asset));
    if (wanted.name.track.empty() || publication->find_track(wanted.name.track)) {
      return publication->manifest(wanted.name);
    }
    // A player that holds the multivariant playlist of the publication before.
    PIER_TRY(auto track, find_track(wanted));
    catalogue::AssetRow before;
    before.id = wanted.asset;
    return Publication(before, {std::move(track)}).manifest(wanted.name);
  }
};

Origin::Origin(database::Database& database, storage::ObjectStore& store, OriginOptions options)
    : x_state(std::make_unique<State>(database, store, std::move(options))) {}

Origin::~Origin() = default;

bool Origin::owns(const net::Request& request) {
  return !request.path.empty() && request.path.front() == "media";
}

std::optional<net::Response> Origin::quick(const net::Request& request) {
  if (!owns(request) || (request.method != "GET" && request.method != "HEAD")) return std::nullopt;
  const auto wanted = understand(request);
  if (!wanted) return std::nullopt;
  const int64_t now = x_state->now();
  if (is_manifest(wanted->name.kind)) {
    const TrustedPublication known = x_state->known_publication(wanted->asset);
    if (!known.value || known.until_us < now) return std::nullopt;
    const auto manifest = known.value->made_manifest(wanted->name);
    if (!manifest) return std::nullopt;
    return answer_manifest(request, *wanted, *manifest);
  }
  const TrustedTrack known = x_state->known_track(wanted->name.track);
  if (!known.value || known.until_us < now || known.value->asset_id() != wanted->asset) return std::nullopt;
  if (!known.value->is_file()) return std::nullopt;
  return answer_piece(request, *wanted, known.value);
}

net::Response Origin::handle(const net::Request& request) {
  if (request.method == "OPTIONS") return preflight();
  if (request.method != "GET" && request.method != "HEAD") {
    net::Response response = net::problem_response(405, "invalid_argument", "media is read with GET or HEAD");
    response.set("Allow", "GET, HEAD, OPTIONS");
    response.group = "manifest";
    return allow_any_site(response);
  }
  const auto wanted = understand(request);
  if (!wanted) return not_found("manifest");
  const std::string_view group = group_of(wanted->name.kind);
  const auto refuse = [&](const Error& error) {
    if (error.code != ErrorCode::kNotFound) log::error("origin", error);
    return problem(error, group);
  };
  if (is_manifest(wanted->name.kind)) {
    const auto manifest = x_state->find_manifest(*wanted);
    return manifest ? answer_manifest(request, *wanted, *manifest) : refuse(manifest.error());
  }
  const auto track = x_state->find_track(*wanted);
  return track ? answer_piece(request, *wanted, *track) : refuse(track.error());
}

void Origin::forget(std::string_view asset_id) {
  x_state->open.with([&](State::Open& open) {
    open.generation++;
    open.publications.erase(asset_id);
    open.tracks.erase_if([&](const TrustedTrack& track) { return track.value->asset_id() == asset_id; });
  });
}

}  // namespace pier::delivery
