#pragma once
// Groups of sound and text renditions in a multivariant playlist, and how variants name them.

#include <string>
#include <string_view>
#include <vector>

#include <pier/packaging/package.hpp>

namespace pier::packaging::impl {

/// A quoted-string may hold anything but double quotes and line ends.
std::string in_quotes(std::string_view text);
/// Address of a playlist of the track, from the multivariant playlist.
std::string playlist_uri(const PackageTrack& track, NameKind kind);

/// bit/s
struct Rate {
  uint64_t peak = 0, average = 0;
};
Rate rate_of(const PackageTrack& track);

struct Group {
  std::string_view id;
  std::vector<const PackageTrack*> tracks;
  Rate rate;           // of the heaviest member
  std::string codecs;  // of all members, with a leading comma
};
/// AAC, E-AC-3: those there are.
std::vector<Group> audio_groups(const Package& package);
/// WebVTT, IMSC: those there are. CODECS has no word for WebVTT, and needs one for IMSC (RFC 8216bis section 4.4.6.2).
std::vector<Group> text_groups(const Package& package);

/// The EXT-X-MEDIA lines of all members.
std::string audio_tags(const Group& group);
std::string text_tags(const Group& group);

/// The groups that a variant names; null: none.
struct Renditions {
  const Group* sound = nullptr;
  const Group* text = nullptr;

  Rate rate() const;
  std::string codecs() const;      // with a leading comma
  std::string attributes() const;  // AUDIO and SUBTITLES, with a leading comma
};
/// Every kind of sound with WebVTT, then with IMSC; at least one, which may name nothing. Borrows.
std::vector<Renditions> combinations(const std::vector<Group>& sounds, const std::vector<Group>& texts);

}  // namespace pier::packaging::impl
