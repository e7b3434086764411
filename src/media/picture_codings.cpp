#include <algorithm>

#include <pier/media/write.hpp>

namespace pier::media {
namespace {

constexpr PixelFormat k420Of8{8, Chroma::k420, false}, k420Of10{10, Chroma::k420, false},
    k422Of8{8, Chroma::k422, false}, k422Of10{10, Chroma::k422, false}, k444Of10{10, Chroma::k444, false};

const std::vector<Container>& of_mezzanines() {
  static const std::vector<Container> containers{Container::kMov, Container::kMxf};
  return containers;
}

const std::vector<Container>& of_players() {
  static const std::vector<Container> containers{Container::kMp4, Container::kMov, Container::kTs};
  return containers;
}

DeliveryCoding prores_4444() {
  // Its frames say 12 bits whatever they were made of.
  return {"prores-4444", "ProRes 4444", Codec::kProres, k444Of10, true, of_mezzanines(), 0, 0, false, true, 12};
}

DeliveryCoding mezzanine(std::string_view name, std::string_view title, Codec codec, PixelFormat format) {
  return {name, title, codec, format, true, of_mezzanines()};
}

/// AVC-Intra and XAVC Intra: the class gives the bits of a picture.
DeliveryCoding station(std::string_view name, std::string_view title, int width, int height) {
  return {name, title, Codec::kAvc, k422Of10, true, {Container::kMxf, Container::kMov}, width, height, true};
}

DeliveryCoding avc_intra_of_fields() {
  DeliveryCoding coding = station("avc-intra-100i", "AVC-Intra 100 interlaced", 1920, 1080);
  coding.interlaced = true;
  return coding;
}

/// SMPTE RDD 9: MPEG-2 4:2:2P@HL, 50 Mbit/s.
DeliveryCoding xdcam() {
  DeliveryCoding coding{"xdcam-hd422",     "XDCAM HD422", Codec::kMpeg2, k422Of8, false,
                        {Container::kMxf}, 1920,          1080,          true};
  coding.interlaced = true;
  coding.mono_tracks = 8;
  return coding;
}

// FFmpeg 5.1's MXF writer refuses HEVC, and its TS writer has no place for the intra profiles' delivery habits.
std::vector<DeliveryCoding> make_codings() {
  return {
      mezzanine("prores-proxy", "ProRes 422 Proxy", Codec::kProres, k422Of10),
      mezzanine("prores-422-lt", "ProRes 422 LT", Codec::kProres, k422Of10),
      mezzanine("prores-422", "ProRes 422", Codec::kProres, k422Of10),
      mezzanine("prores-422-hq", "ProRes 422 HQ", Codec::kProres, k422Of10),
      prores_4444(),
      mezzanine("dnxhr-lb", "DNxHR LB", Codec::kDnxhd, k422Of8),
      mezzanine("dnxhr-sq", "DNxHR SQ", Codec::kDnxhd, k422Of8),
      mezzanine("dnxhr-hq", "DNxHR HQ", Codec::kDnxhd, k422Of8),
      mezzanine("dnxhr-hqx", "DNxHR HQX", Codec::kDnxhd, k422Of10),
      mezzanine("dnxhr-444", "DNxHR 444", Codec::kDnxhd, k444Of10),
      station("avc-intra-100", "AVC-Intra 100", 1920, 1080),
      avc_intra_of_fields(),
      station("avc-intra-200", "AVC-Intra 200", 1920, 1080),
      station("xavc-intra-300", "XAVC Intra class 300", 3840, 2160),
      station("xavc-intra-480", "XAVC Intra class 480", 3840, 2160),
      xdcam(),
      {"hevc-intra", "HEVC intra 4:2:2", Codec::kHevc, k422Of10, true, {Container::kMov}, 0, 0, false, false},
      {"hevc", "HEVC Main 10", Codec::kHevc, k420Of10, false, of_players(), 0, 0, false, false},
      {"avc", "AVC High", Codec::kAvc, k420Of8, false, of_players(), 0, 0, false, false},
  };
}

}  // namespace

std::string_view to_string(Container container) {
  switch (container) {
    case Container::kMov:
      return "mov";
    case Container::kMp4:
      return "mp4";
    case Container::kMxf:
      return "mxf";
    case Container::kTs:
      return "ts";
  }
  return "mov";
}

std::span<const DeliveryCoding> picture_codings() {
  static const std::vector<DeliveryCoding> codings = make_codings();
  return codings;
}

Result<DeliveryCoding> picture_coding(std::string_view name) {
  std::string names;
  for (const DeliveryCoding& coding : picture_codings()) {
    if (coding.name == name) return coding;
    names += (names.empty() ? "" : ", ") + std::string(coding.name);
  }
  return fail(ErrorCode::kInvalidArgument, "there is no format \"" + std::string(name) + "\"; there are " + names);
}

}  // namespace pier::media
