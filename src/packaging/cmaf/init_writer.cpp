#include <algorithm>
#include <array>

#include <pier/packaging/codec_string.hpp>

#include "cmaf/init_segment.hpp"
#include "cmaf/language.hpp"

namespace pier::packaging::impl {
namespace {

using media::Codec;

void write_ftyp(ByteWriter& out, const TrackDescription& track) {
  const BoxScope box(out, "ftyp");
  out.text("cmf2");
  out.u32(0);
  for (const std::string_view brand : {"iso6", "cmfc", "cmf2"}) out.text(brand);
  if (track.codec == Codec::kAv1) out.text("av01");
  if (track.codec == Codec::kTtml) out.bytes(track.configuration);
  if (const auto extra = supplemental_codec(track); extra && *extra) out.text((*extra)->brand);
}

void write_matrix(ByteWriter& out) {
  for (const uint32_t value : {0x10000U, 0U, 0U, 0U, 0x10000U, 0U, 0U, 0U, 0x40000000U}) out.u32(value);
}

void write_mvhd(ByteWriter& out, const TrackDescription& track) {
  const BoxScope box(out, "mvhd", 0, 0);
  out.zeros(8);
  out.u32(track.timescale);
  out.u32(0);
  out.u32(0x00010000);
  out.u16(0x0100);
  out.zeros(10);
  write_matrix(out);
  out.zeros(24);
  out.u32(track.track_id == UINT32_MAX ? UINT32_MAX : track.track_id + 1);
}

void write_tkhd(ByteWriter& out, const TrackDescription& track) {
  const BoxScope box(out, "tkhd", 0, 7);
  out.zeros(8);
  out.u32(track.track_id);
  out.zeros(4 + 4 + 8);
  out.u16(0);
  out.u16(0);
  out.u16(track.kind == TrackKind::kAudio ? 0x0100 : 0);
  out.u16(0);
  write_matrix(out);
  if (track.kind == TrackKind::kVideo) {
    const Rational shown = Rational(track.video.width) * track.video.sample_aspect;
    out.u32(static_cast<uint64_t>(std::min<int64_t>(rescale(1, shown, Rational(1, 65536)), UINT32_MAX)));
    out.u32(static_cast<uint64_t>(track.video.height) << 16U);
  } else {
    out.zeros(8);
  }
}

void write_edit_list(ByteWriter& out, const AudioDetails& audio) {
  const BoxScope edts(out, "edts");
  const BoxScope elst(out, "elst", 1, 0);
  out.u32(1);
  out.u64(static_cast<uint64_t>(audio.programme_samples));
  out.u64(static_cast<uint64_t>(audio.priming_samples));
  out.u32(0x00010000);
}

std::pair<std::string_view, std::string_view> handler_of(TrackKind kind) {
  if (kind == TrackKind::kText) return {"subt", "Text"};
  if (kind == TrackKind::kVideo) return {"vide", "Video"};
  return {"soun", "Sound"};
}

void write_media_header(ByteWriter& out, const TrackDescription& track) {
  {
    const BoxScope mdhd(out, "mdhd", 0, 0);
    out.zeros(8);
    out.u32(track.timescale);
    out.u32(0);
    out.u16(pack_language(iso639_2(track.language)));
    out.u16(0);
  }
  {
    const BoxScope hdlr(out, "hdlr", 0, 0);
    out.u32(0);
    const auto [handler, name] = handler_of(track.kind);
    out.text(handler);
    out.zeros(12);
    out.text(name);
    out.u8(0);
  }
  if (!track.language.empty()) {
    const BoxScope elng(out, "elng", 0, 0);
    out.text(track.language);
    out.u8(0);
  }
}

void write_bitrate(ByteWriter& out, const TrackDescription& track) {
  if (track.bitrate == 0 && track.max_bitrate == 0) return;
  const BoxScope btrt(out, "btrt");
  out.u32(0);
  out.u32(static_cast<uint64_t>(std::min<int64_t>(track.max_bitrate, UINT32_MAX)));
  out.u32(static_cast<uint64_t>(std::min<int64_t>(track.bitrate, UINT32_MAX)));
}

void write_payload(ByteWriter& out, std::string_view type, ByteView payload) {
  const BoxScope box(out, type);
  out.bytes(payload);
}

void write_mastering_display(ByteWriter& out, const MasteringDisplay& display) {
  const BoxScope mdcv(out, "mdcv");
  for (const MasteringDisplay::Xy xy : {display.green, display.blue, display.red, display.white}) {
    out.u16(xy.x);
    out.u16(xy.y);
  }
  out.u32(display.max_luminance);
  out.u32(display.min_luminance);
}

void write_colour(ByteWriter& out, const VideoDetails& video) {
  const ColourInfo& colour = video.colour;
  const bool known = colour.primaries != Primaries::kUnspecified || colour.transfer != Transfer::kUnspecified ||
                     colour.matrix != Matrix::kUnspecified;
  if (known) {
    const BoxScope colr(out, "colr");
    out.text("nclx");
    out.u16(static_cast<uint8_t>(colour.primaries));
    out.u16(static_cast<uint8_t>(colour.transfer));
    out.u16(static_cast<uint8_t>(colour.matrix));
    out.u8(colour.range == Range::kFull ? 0x80 : 0);
  }
  if (video.mastering_display) write_mastering_display(out, *video.mastering_display);
  if (video.content_light) {
    const BoxScope clli(out, "clli");
    out.u16(video.content_light->max_cll);
    out.u16(video.content_light->max_fall);
  }
  const BoxScope pasp(out, "pasp");
  out.u32(static_cast<uint64_t>(video.sample_aspect.num));
  out.u32(static_cast<uint64_t>(video.sample_aspect.den));
}

// profile and compatibility of a DOVIDecoderConfigurationRecord
int dolby_vision_profile(ByteView record) {
  return record.size() < 5 ? 0 : static_cast<int>(record[2]) >> 1;
}

std::string_view video_entry(const TrackDescription& track) {
  const ByteView dolby = track.video.dolby_vision;
  const bool alone = dolby.size() >= 5 && static_cast<int>(dolby[4]) >> 4 == 0;
  if (track.codec == Codec::kAvc) return "avc1";
  if (track.codec == Codec::kAv1) return alone && dolby_vision_profile(dolby) == 10 ? "dav1" : "av01";
  return alone && dolby_vision_profile(dolby) == 5 ? "dvh1" : "hvc1";
}

void write_video_entry(ByteWriter& out, const TrackDescription& track) {
  const VideoDetails& video = track.video;
  const BoxScope entry(out, video_entry(track));
  out.zeros(6);
  out.u16(1);
  out.zeros(16);
  out.u16(static_cast<uint64_t>(video.width));
  out.u16(static_cast<uint64_t>(video.height));
  out.u32(0x00480000);
  out.u32(0x00480000);
  out.u32(0);
  out.u16(1);
  out.zeros(32);
  out.u16(0x0018);
  out.u16(0xFFFF);
  const bool avc = track.codec == Codec::kAvc;
  write_payload(out, avc ? "avcC" : track.codec == Codec::kAv1 ? "av1C" : "hvcC", track.configuration);
  write_colour(out, video);
  if (!video.dolby_vision.empty()) {
    const int profile = dolby_vision_profile(video.dolby_vision);
    write_payload(out, profile <= 7 ? "dvcC" : profile <= 10 ? "dvvC" : "dvwC", video.dolby_vision);
  }
  if (!video.hdr_vivid.empty()) write_payload(out, "cuvv", video.hdr_vivid);
  write_bitrate(out, track);
}

// A descriptor of ISO/IEC 14496-1 with the length in four bytes, as most writers do.
void write_descriptor(ByteWriter& out, uint8_t tag, size_t length) {
  out.u8(tag);
  for (int shift = 21; shift > 0; shift -= 7) out.u8((length >> shift & 0x7FU) | 0x80U);
  out.u8(length & 0x7FU);
}

void write_esds(ByteWriter& out, const TrackDescription& track) {
  constexpr size_t kDescriptorHeader = 5, kDecoderFields = 13, kEsFields = 3, kSlLength = 1;
  const size_t specific = track.configuration.size();
  const size_t decoder = kDecoderFields + kDescriptorHeader + specific;
  const BoxScope esds(out, "esds", 0, 0);
  write_descriptor(out, 0x03, kEsFields + kDescriptorHeader + decoder + kDescriptorHeader + kSlLength);
  out.u16(0);
  out.u8(0);
  write_descriptor(out, 0x04, decoder);
  out.u8(0x40);  // MPEG-4 audio
  out.u8(0x15);  // audio stream
  out.u24(0);
  out.u32(static_cast<uint64_t>(std::min<int64_t>(std::max(track.max_bitrate, track.bitrate), UINT32_MAX)));
  out.u32(static_cast<uint64_t>(std::min<int64_t>(track.bitrate, UINT32_MAX)));
  write_descriptor(out, 0x05, specific);
  out.bytes(track.configuration);
  write_descriptor(out, 0x06, kSlLength);
  out.u8(0x02);
}

void write_audio_entry(ByteWriter& out, const TrackDescription& track) {
  const BoxScope entry(out, track.codec == Codec::kAac ? "mp4a" : track.codec == Codec::kAc3 ? "ac-3" : "ec-3");
  out.zeros(6);
  out.u16(1);
  out.zeros(8);
  out.u16(static_cast<uint64_t>(track.audio.channels));
  out.u16(16);
  out.u32(0);
  out.u32(track.audio.sample_rate <= 65535 ? static_cast<uint64_t>(track.audio.sample_rate) << 16U : 0);
  if (track.codec == Codec::kAac) {
    write_esds(out, track);
  } else {
    write_payload(out, track.codec == Codec::kAc3 ? "dac3" : "dec3", track.configuration);
  }
  write_bitrate(out, track);
}

/// XMLSubtitleSampleEntry (ISO/IEC 14496-12 clause 12.6.3) with the MIME box that CMAF wants of IMSC (ISO/IEC
/// 23000-19).
void write_text_entry(ByteWriter& out, const TrackDescription& track) {
  const BoxScope entry(out, "stpp");
  out.zeros(6);
  out.u16(1);
  out.text(kTtmlNamespace);
  out.zeros(3);  // ends of the namespace, of no schema location and of no other resources
  write_bitrate(out, track);
  const BoxScope mime(out, "mime", 0, 0);
  out.text("application/ttml+xml;codecs=");
  out.bytes(track.configuration);
  out.u8(0);
}

void write_sample_entry(ByteWriter& out, const TrackDescription& track) {
  if (track.kind == TrackKind::kVideo) {
    write_video_entry(out, track);
  } else if (track.kind == TrackKind::kAudio) {
    write_audio_entry(out, track);
  } else {
    write_text_entry(out, track);
  }
}

void write_sample_table(ByteWriter& out, const TrackDescription& track) {
  const BoxScope stbl(out, "stbl");
  {
    const BoxScope stsd(out, "stsd", 0, 0);
    out.u32(1);
    write_sample_entry(out, track);
  }
  for (const std::string_view type : {"stts", "stsc"}) {
    const BoxScope empty(out, type, 0, 0);
    out.u32(0);
  }
  {
    const BoxScope stsz(out, "stsz", 0, 0);
    out.zeros(8);
  }
  const BoxScope stco(out, "stco", 0, 0);
  out.u32(0);
}

void write_media(ByteWriter& out, const TrackDescription& track) {
  const BoxScope mdia(out, "mdia");
  write_media_header(out, track);
  const BoxScope minf(out, "minf");
  if (track.kind == TrackKind::kVideo) {
    const BoxScope vmhd(out, "vmhd", 0, 1);
    out.zeros(8);
  } else if (track.kind == TrackKind::kText) {
    const BoxScope sthd(out, "sthd", 0, 0);
  } else {
    const BoxScope smhd(out, "smhd", 0, 0);
    out.zeros(4);
  }
  {
    const BoxScope dinf(out, "dinf");
    const BoxScope dref(out, "dref", 0, 0);
    out.u32(1);
    const BoxScope url(out, "url ", 0, 1);
  }
  write_sample_table(out, track);
}

void write_extends(ByteWriter& out, const TrackDescription& track) {
  const BoxScope mvex(out, "mvex");
  {
    const BoxScope mehd(out, "mehd", 1, 0);
    const bool sound = track.kind == TrackKind::kAudio;
    out.u64(static_cast<uint64_t>(sound ? track.audio.programme_samples : track.duration));
  }
  const BoxScope trex(out, "trex", 0, 0);
  out.u32(track.track_id);
  out.u32(1);
  out.zeros(12);
}

}  // namespace

Bytes write_init_segment(const TrackDescription& track) {
  ByteWriter out;
  write_ftyp(out, track);
  {
    const BoxScope moov(out, "moov");
    write_mvhd(out, track);
    {
      const BoxScope trak(out, "trak");
      write_tkhd(out, track);
      if (track.kind == TrackKind::kAudio) write_edit_list(out, track.audio);
      write_media(out, track);
    }
    write_extends(out, track);
  }
  return out.take();
}

}  // namespace pier::packaging::impl
