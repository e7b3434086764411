#pragma once
// The CODECS strings of RFC 6381 as each codec's file format defines them, made from the configuration bytes that
// stand in the track. Hostile bytes give kInputDamaged.

#include <optional>
#include <string>

#include <pier/packaging/track.hpp>

namespace pier::packaging {

/// HEVC "hvc1.2.4.L153.B0" (ISO/IEC 14496-15 annex E: constraint bytes without trailing zero bytes), AVC "avc1.640028",
/// AV1 always in the long form "av01.0.13M.10.0.110.09.18.09.0" (AV1 in ISOBMFF section 5; colour from the
/// description), Dolby Vision without a compatible base "dvh1.05.06" or "dav1.10.09", AAC "mp4a.40.2", E-AC-3 "ec-3",
/// tile sheets "jpeg", WebVTT "wvtt", IMSC "stpp.ttml.im1t" (ISO/IEC 14496-30 clause 5, W3C TTML profile registry).
Result<std::string> codec_string(const TrackDescription& description);

struct SupplementalCodec {
  std::string codec;  // "dvh1.08.06"
  std::string brand;  // "db1p"
  std::string hls() const { return codec + "/" + brand; }
};

/// The enhancement a track offers over a base that plays alone: Dolby Vision 8.1, 8.2, 8.4 over HEVC and 10.1, 10.2,
/// 10.4 over AV1 (HLS SUPPLEMENTAL-CODECS, DASH scte214:supplementalCodecs). nullopt: none. A profile without a
/// compatible base is not an enhancement.
Result<std::optional<SupplementalCodec>> supplemental_codec(const TrackDescription& description);

}  // namespace pier::packaging
