#include "cmaf/init_segment.hpp"
#include "cmaf/language.hpp"

namespace pier::packaging::impl {
namespace {

using media::Codec;

Failure damaged(std::string_view what) {
  return fail(ErrorCode::kInputDamaged, "the initialisation segment is damaged: " + std::string(what));
}

Result<Box> need(ByteView parent, std::string_view type) {
  if (auto box = find_box(parent, type)) return *box;
  return damaged("no " + std::string(type));
}

void parse_colour(ByteView payload, ColourInfo& colour) {
  ByteReader in(payload);
  if (in.u32() != fourcc("nclx")) return;
  colour.primaries = static_cast<Primaries>(in.u16());
  colour.transfer = static_cast<Transfer>(in.u16());
  colour.matrix = static_cast<Matrix>(in.u16());
  colour.range = (in.u8() & 0x80U) != 0 ? Range::kFull : Range::kNarrow;
}

MasteringDisplay parse_mastering(ByteView payload) {
  ByteReader in(payload);
  MasteringDisplay display;
  for (MasteringDisplay::Xy* xy : {&display.green, &display.blue, &display.red, &display.white}) {
    xy->x = in.u16();
    xy->y = in.u16();
  }
  display.max_luminance = in.u32();
  display.min_luminance = in.u32();
  return display;
}

void parse_video_box(const Box& box, TrackDescription& track) {
  ByteReader in(box.payload);
  VideoDetails& video = track.video;
  const auto copy = [&box] { return Bytes(box.payload.begin(), box.payload.end()); };
  switch (box.type) {
    case fourcc("hvcC"):
    case fourcc("avcC"):
    case fourcc("av1C"):
      track.configuration = copy();
      break;
    case fourcc("colr"):
      parse_colour(box.payload, video.colour);
      break;
    case fourcc("mdcv"):
      video.mastering_display = parse_mastering(box.payload);
      break;
    case fourcc("clli"): {
      const uint16_t max_cll = in.u16();
      video.content_light = ContentLight{max_cll, in.u16()};
      break;
    }
    case fourcc("pasp"): {
      const uint32_t num = in.u32(), den = in.u32();
      if (num != 0 && den != 0) video.sample_aspect = Rational(num, den);
      break;
    }
    case fourcc("dvcC"):
    case fourcc("dvvC"):
    case fourcc("dvwC"):
      video.dolby_vision = copy();
      break;
    case fourcc("cuvv"):
      video.hdr_vivid = copy();
      break;
    default:
      break;
  }
}

// The AudioSpecificConfig inside an ES descriptor.
Result<Bytes> parse_esds(ByteView payload) {
  ByteReader in(payload);
  in.skip(4);
  const auto enter = [&in](uint8_t wanted) -> std::optional<size_t> {
    if (in.u8() != wanted) return std::nullopt;
    size_t length = 0;
    for (int i = 0; i < 4; ++i) {
      const uint8_t byte = in.u8();
      length = length << 7U | (byte & 0x7FU);
      if ((byte & 0x80U) == 0) return length;
    }
    return std::nullopt;
  };
  if (!enter(0x03)) return damaged("esds");
  in.skip(3);
  if (!enter(0x04)) return damaged("esds");
  in.skip(13);
  const auto length = enter(0x05);
  if (!length) return damaged("esds");
  const ByteView specific = in.bytes(*length);
  if (!in.ok()) return damaged("esds");
  return Bytes(specific.begin(), specific.end());
}

void parse_bitrate(ByteView payload, TrackDescription& track) {
  ByteReader in(payload);
  in.skip(4);
  track.max_bitrate = in.u32();
  track.bitrate = in.u32();
}

Result<void> parse_video_entry(ByteView payload, TrackDescription& track) {
  ByteReader in(payload);
  in.skip(24);
  track.video.width = in.u16();
  track.video.height = in.u16();
  in.skip(50);
  if (!in.ok()) return damaged("sample entry");
  BoxIterator boxes(payload.subspan(in.position()));
  while (const auto box = boxes.next()) {
    parse_video_box(*box, track);
    if (box->type == fourcc("btrt")) parse_bitrate(box->payload, track);
  }
  return boxes.damaged() ? Result<void>(damaged("sample entry")) : Result<void>();
}

Result<void> parse_audio_entry(ByteView payload, TrackDescription& track) {
  ByteReader in(payload);
  in.skip(16);
  track.audio.channels = in.u16();
  in.skip(10);
  if (!in.ok()) return damaged("sample entry");
  BoxIterator boxes(payload.subspan(in.position()));
  while (const auto box = boxes.next()) {
    if (box->type == fourcc("esds")) {
      PIER_TRY(track.configuration, parse_esds(box->payload));
    } else if (box->type == fourcc("dec3") || box->type == fourcc("dac3")) {
      track.configuration.assign(box->payload.begin(), box->payload.end());
    } else if (box->type == fourcc("btrt")) {
      parse_bitrate(box->payload, track);
    }
  }
  return boxes.damaged() ? Result<void>(damaged("sample entry")) : Result<void>();
}

/// The profile that stands in the MIME box.
Result<void> parse_text_entry(ByteView payload, TrackDescription& track) {
  constexpr std::string_view kMime = "application/ttml+xml;codecs=";
  constexpr size_t kStrings = kTtmlNamespace.size() + 3;
  ByteReader in(payload);
  in.skip(8);
  const ByteView strings = in.bytes(kStrings);
  if (!in.ok() || as_text(strings) != std::string(kTtmlNamespace) + std::string(3, '\0')) return damaged("stpp");
  BoxIterator boxes(payload.subspan(in.position()));
  while (const auto box = boxes.next()) {
    if (box->type == fourcc("btrt")) parse_bitrate(box->payload, track);
    if (box->type != fourcc("mime") || box->payload.size() < 5) continue;
    const std::string_view type = as_text(box->payload.subspan(4, box->payload.size() - 5));
    if (!type.starts_with(kMime)) return damaged("mime");
    const ByteView profile = as_bytes(type.substr(kMime.size()));
    track.configuration.assign(profile.begin(), profile.end());
  }
  return boxes.damaged() ? Result<void>(damaged("sample entry")) : Result<void>();
}

Result<void> parse_sample_description(ByteView stsd, TrackDescription& track) {
  if (stsd.size() < 8) return damaged("stsd");
  BoxIterator entries(stsd.subspan(8));
  const auto entry = entries.next();
  if (!entry || entries.next()) return damaged("stsd must have one entry");
  switch (entry->type) {
    case fourcc("hvc1"):
    case fourcc("dvh1"):
      track.codec = Codec::kHevc;
      break;
    case fourcc("avc1"):
      track.codec = Codec::kAvc;
      break;
    case fourcc("av01"):
    case fourcc("dav1"):
      track.codec = Codec::kAv1;
      break;
    case fourcc("mp4a"):
      track.codec = Codec::kAac;
      break;
    case fourcc("ec-3"):
      track.codec = Codec::kEac3;
      break;
    case fourcc("ac-3"):
      track.codec = Codec::kAc3;
      break;
    case fourcc("stpp"):
      track.codec = Codec::kTtml;
      break;
    default:
      return fail(ErrorCode::kInputUnsupported, "the track has a sample entry that is not one of ours");
  }
  const bool sound = track.codec == Codec::kAac || track.codec == Codec::kEac3 || track.codec == Codec::kAc3;
  const bool text = track.codec == Codec::kTtml;
  if (sound != (track.kind == TrackKind::kAudio) || text != (track.kind == TrackKind::kText))
    return damaged("handler and sample entry differ");
  if (text) return parse_text_entry(entry->payload, track);
  return sound ? parse_audio_entry(entry->payload, track) : parse_video_entry(entry->payload, track);
}

Result<void> parse_media(ByteView mdia, TrackDescription& track) {
  PIER_TRY(const Box mdhd, need(mdia, "mdhd"));
  ByteReader header(mdhd.payload);
  if (header.u8() != 0) return damaged("mdhd");
  header.skip(11);
  track.timescale = header.u32();
  header.skip(4);
  const std::string language = unpack_language(header.u16());
  if (!header.ok()) return damaged("mdhd");
  if (language != "und") track.language = language;
  if (const auto elng = find_box(mdia, "elng"); elng && elng->payload.size() > 5) {
    track.language = as_text(elng->payload.subspan(4, elng->payload.size() - 5));
  }
  PIER_TRY(const Box hdlr, need(mdia, "hdlr"));
  ByteReader handler(hdlr.payload);
  handler.skip(8);
  const uint32_t type = handler.u32();
  if (type != fourcc("vide") && type != fourcc("soun") && type != fourcc("subt")) return damaged("hdlr");
  track.kind = type == fourcc("vide")   ? TrackKind::kVideo
               : type == fourcc("soun") ? TrackKind::kAudio
                                        : TrackKind::kText;
  PIER_TRY(const Box minf, need(mdia, "minf"));
  PIER_TRY(const Box stbl, need(minf.payload, "stbl"));
  PIER_TRY(const Box stsd, need(stbl.payload, "stsd"));
  return parse_sample_description(stsd.payload, track);
}

Result<void> parse_edit_list(ByteView trak, TrackDescription& track) {
  const auto edts = find_box(trak, "edts");
  if (track.kind != TrackKind::kAudio) {
    return edts ? Result<void>(damaged("only sound of ours has an edit list")) : Result<void>();
  }
  if (!edts) return damaged("a sound track needs its edit list");
  PIER_TRY(const Box elst, need(edts->payload, "elst"));
  ByteReader in(elst.payload);
  const bool ours = in.u8() == 1 && in.u24() == 0 && in.u32() == 1;
  const uint64_t programme = in.u64(), priming = in.u64();
  if (!ours || in.u32() != 0x00010000 || !in.ok() || programme > INT64_MAX / 2 || priming > INT64_MAX / 4) {
    return damaged("elst");
  }
  track.audio.programme_samples = static_cast<int64_t>(programme);
  track.audio.priming_samples = static_cast<int64_t>(priming);
  track.audio.sample_rate = static_cast<int>(std::min<uint32_t>(track.timescale, INT32_MAX));
  return {};
}

Result<void> parse_durations(ByteView moov, TrackDescription& track) {
  PIER_TRY(const Box mvhd, need(moov, "mvhd"));
  ByteReader header(mvhd.payload);
  header.skip(12);
  if (header.u32() != track.timescale || !header.ok()) return damaged("the timescales of mvhd and mdhd differ");
  PIER_TRY(const Box mvex, need(moov, "mvex"));
  PIER_TRY(const Box mehd, need(mvex.payload, "mehd"));
  PIER_TRY(const Box trex, need(mvex.payload, "trex"));
  ByteReader extent(mehd.payload);
  const bool wide = extent.u8() == 1;
  extent.skip(3);
  const uint64_t duration = wide ? extent.u64() : extent.u32();
  if (!extent.ok() || duration > INT64_MAX / 2) return damaged("mehd");
  track.duration = static_cast<int64_t>(duration);
  ByteReader defaults(trex.payload);
  defaults.skip(4);
  if (defaults.u32() != track.track_id || !defaults.ok()) return damaged("trex names another track");
  return {};
}

}  // namespace

Result<TrackDescription> parse_init_segment(ByteView bytes) {
  BoxIterator boxes(bytes);
  const auto ftyp = boxes.next();
  const auto moov = boxes.next();
  if (!ftyp || ftyp->type != fourcc("ftyp") || !moov || moov->type != fourcc("moov") || boxes.next() ||
      boxes.damaged()) {
    return damaged("it must be ftyp and moov");
  }
  TrackDescription track;
  PIER_TRY(const Box trak, need(moov->payload, "trak"));
  PIER_TRY(const Box tkhd, need(trak.payload, "tkhd"));
  PIER_TRY(const Box mdia, need(trak.payload, "mdia"));
  ByteReader header(tkhd.payload);
  if (header.u8() != 0) return damaged("tkhd");
  header.skip(11);
  track.track_id = header.u32();
  PIER_CHECK(parse_media(mdia.payload, track));
  PIER_CHECK(parse_edit_list(trak.payload, track));
  PIER_CHECK(parse_durations(moov->payload, track));
  if (track.kind == TrackKind::kAudio && track.duration != track.audio.programme_samples) {
    return damaged("mehd and elst differ");
  }
  return track;
}

}  // namespace pier::packaging::impl
