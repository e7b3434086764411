#include "container/isobmff.hpp"

#include <array>

namespace pier::media::impl {
namespace {

constexpr size_t kMaxPayload = 1U << 20U;
constexpr int kMaxBoxes = 200000;

struct Box {
  std::string type;
  uint64_t begin = 0;  // of the payload
  uint64_t end = 0;
};

class Walker {
 public:
  Walker(const ByteSource& source, IsoFile& file) : x_source(source), x_file(file) {}
  void top_level();

 private:
  std::optional<Box> next(uint64_t at, uint64_t end, bool top);
  template <typename F>
  void children(uint64_t begin, uint64_t end, F&& each);
  Bytes payload(const Box& box) const {
    return x_source.read(box.begin, static_cast<size_t>(std::min<uint64_t>(box.end - box.begin, kMaxPayload)));
  }
  void movie(const Box& moov);
  void track(const Box& trak);
  void media(const Box& box, IsoTrack& track);
  void sample_description(const Box& stsd, IsoTrack& track);
  void visual_entry(const Box& entry, IsoTrack& track);
  void visual_child(const Box& box, IsoTrack& track);

  const ByteSource& x_source;
  IsoFile& x_file;
  int x_boxes = 0;
};

bool is_type_byte(char c) {
  return (c >= ' ' && c <= '~') || c == '\xA9';
}

std::optional<Box> Walker::next(uint64_t at, uint64_t end, bool top) {
  if (end - at < 8 || ++x_boxes > kMaxBoxes) return std::nullopt;
  const Bytes head = x_source.read(at, 16);
  ByteReader reader(head);
  uint64_t size = reader.u32();
  const std::string type(as_text(reader.bytes(4)));
  uint64_t header = 8;
  if (size == 1) {
    size = reader.u64();
    header = 16;
  } else if (size == 0) {
    size = end - at;
  }
  if (!reader.ok() || size < header || type.size() != 4) return std::nullopt;
  for (const char c : type) {
    if (!is_type_byte(c)) return std::nullopt;
  }
  Box box{type, at + header, 0};
  if (size > end - at) {
    if (!top) {
      x_file.damaged_tree = true;
      return std::nullopt;
    }
    x_file.cut = IsoFile::Cut{type, size - (end - at)};
    box.end = end;
    return box;
  }
  box.end = at + size;
  return box;
}

template <typename F>
void Walker::children(uint64_t begin, uint64_t end, F&& each) {
  while (begin < end) {
    const auto box = next(begin, end, false);
    if (!box) return;
    each(*box);
    begin = box->end;
  }
}

void Walker::top_level() {
  uint64_t at = 0;
  while (at < x_source.size()) {
    const auto box = next(at, x_source.size(), true);
    if (!box) return;
    if (box->type == "ftyp") {
      x_file.has_ftyp = true;
      x_file.brand = std::string(as_text(x_source.read(box->begin, 4)));
    }
    if (box->type == "mdat") x_file.has_mdat = true;
    if (box->type == "moof") x_file.has_moof = true;
    if (box->type == "moov") {
      x_file.has_moov = true;
      movie(*box);
    }
    at = box->end;
  }
}

void Walker::movie(const Box& moov) {
  children(moov.begin, moov.end, [&](const Box& box) {
    if (box.type == "mvhd") {
      const Bytes bytes = payload(box);
      ByteReader reader(bytes);
      const bool wide = reader.u8() == 1;
      reader.skip(wide ? 19 : 11);
      x_file.movie_timescale = reader.u32();
    }
    if (box.type == "trak" && x_file.tracks.size() < 512) track(box);
  });
}

// 6.2.2: rows (a b u)(c d v)(x y w), 16.16 fixed point. A picture is turned clockwise by the angle whose cosine is a.
void read_matrix(ByteReader& reader, IsoTrack& track) {
  std::array<int32_t, 9> m{};
  for (int32_t& value : m) value = static_cast<int32_t>(reader.u32());
  if (!reader.ok()) return;
  const auto near = [](int32_t value, int32_t wanted) { return std::abs(int64_t{value} - wanted) <= 64; };
  constexpr int32_t kOne = 65536;
  const auto is = [&](int32_t a, int32_t b, int32_t c, int32_t d) {
    return near(m[0], a) && near(m[1], b) && near(m[3], c) && near(m[4], d);
  };
  if (is(kOne, 0, 0, kOne)) {
    track.rotation = 0;
  } else if (is(0, kOne, -kOne, 0)) {
    track.rotation = 90;
  } else if (is(-kOne, 0, 0, -kOne)) {
    track.rotation = 180;
  } else if (is(0, -kOne, kOne, 0)) {
    track.rotation = 270;
  } else {
    track.odd_matrix = true;
  }
}

void read_tkhd(ByteView bytes, IsoTrack& track) {
  ByteReader reader(bytes);
  const bool wide = reader.u8() == 1;
  reader.skip(wide ? 19 : 11);
  track.id = reader.u32();
  reader.skip((wide ? 12U : 8U) + 16U);
  read_matrix(reader, track);
}

void read_edits(ByteView bytes, IsoTrack& track) {
  ByteReader reader(bytes);
  const bool wide = reader.u8() == 1;
  reader.skip(3);
  const uint32_t count = reader.u32();
  for (uint32_t edit = 0; edit < count && reader.ok() && edit < 4096; ++edit) {
    IsoTrack::Edit read;
    read.duration = wide ? reader.u64() : reader.u32();
    read.media_time = wide ? static_cast<int64_t>(reader.u64()) : static_cast<int32_t>(reader.u32());
    read.dwell = reader.u32() == 0;
    if (reader.ok()) track.edits.push_back(read);
  }
}

void Walker::track(const Box& trak) {
  IsoTrack track;
  children(trak.begin, trak.end, [&](const Box& box) {
    if (box.type == "tkhd") read_tkhd(payload(box), track);
    if (box.type == "mdia") media(box, track);
    if (box.type == "edts") {
      children(box.begin, box.end, [&](const Box& child) {
        if (child.type == "elst") read_edits(payload(child), track);
      });
    }
  });
  x_file.tracks.push_back(std::move(track));
}

void read_mdhd(ByteView bytes, IsoTrack& track) {
  ByteReader reader(bytes);
  const bool wide = reader.u8() == 1;
  reader.skip(wide ? 19 : 11);
  track.timescale = reader.u32();
  track.duration = wide ? reader.u64() : reader.u32();
  const uint32_t packed = reader.u16();
  // Below 0x400 it is a Macintosh language number of old QuickTime files, which FFmpeg maps.
  if (!reader.ok() || packed < 0x400) return;
  std::string code;
  for (const int shift : {10, 5, 0}) code.push_back(static_cast<char>(0x60 + ((packed >> shift) & 31U)));
  if (code != "und") track.language = code;
}

void read_composition(ByteView bytes, IsoTrack& track) {
  ByteReader reader(bytes);
  const bool has_sign = reader.u8() == 1;
  reader.skip(3 + 4 + 4);
  const uint32_t offset = reader.u32();
  if (reader.ok()) track.composition_offset = has_sign ? int64_t{static_cast<int32_t>(offset)} : int64_t{offset};
}

void Walker::media(const Box& mdia, IsoTrack& track) {
  children(mdia.begin, mdia.end, [&](const Box& box) {
    if (box.type == "mdhd") read_mdhd(payload(box), track);
    if (box.type == "hdlr") {
      const Bytes bytes = payload(box);
      ByteReader reader(bytes);
      reader.skip(8);
      track.handler = std::string(as_text(reader.bytes(4)));
    }
    if (box.type != "minf") return;
    children(box.begin, box.end, [&](const Box& table) {
      if (table.type != "stbl") return;
      children(table.begin, table.end, [&](const Box& child) {
        if (child.type == "stsd") sample_description(child, track);
        if (child.type == "ctts") read_composition(x_source.read(child.begin, 16), track);
      });
    });
  });
}

void Walker::sample_description(const Box& stsd, IsoTrack& track) {
  if (stsd.end - stsd.begin < 8) return;
  bool first = true;
  children(stsd.begin + 8, stsd.end, [&](const Box& entry) {
    if (!first) return;
    first = false;
    track.sample_entry = entry.type;
    if (track.handler == "vide") visual_entry(entry, track);
  });
}

void Walker::visual_entry(const Box& entry, IsoTrack& track) {
  constexpr uint64_t kVisualHead = 78;
  if (entry.end - entry.begin < kVisualHead) return;
  const Bytes head = x_source.read(entry.begin, kVisualHead);
  ByteReader reader(head);
  reader.skip(24);
  track.width = reader.u16();
  track.height = reader.u16();
  children(entry.begin + kVisualHead, entry.end, [&](const Box& box) { visual_child(box, track); });
}

// Dolby Vision streams within the ISO base media file format, 2.2
DolbyVision read_dolby_vision(ByteReader& reader) {
  DolbyVision dolby;
  reader.skip(2);
  const uint32_t bits = reader.u16();
  dolby.profile = static_cast<int>(bits >> 9U);
  dolby.level = static_cast<int>((bits >> 3U) & 63U);
  dolby.rpu = (bits & 4U) != 0;
  dolby.enhancement_layer = (bits & 2U) != 0;
  dolby.base_layer = (bits & 1U) != 0;
  dolby.compatibility_id = reader.u8() >> 4;
  return dolby;
}

std::optional<ColourInfo> read_colr(ByteReader& reader) {
  const std::string kind(as_text(reader.bytes(4)));
  if (kind != "nclx" && kind != "nclc") return std::nullopt;
  ColourInfo colour;
  colour.primaries = static_cast<Primaries>(reader.u16());
  colour.transfer = static_cast<Transfer>(reader.u16());
  colour.matrix = static_cast<Matrix>(reader.u16());
  if (kind == "nclx") colour.range = (reader.u8() & 0x80U) != 0 ? Range::kFull : Range::kNarrow;
  return reader.ok() ? std::optional(colour) : std::nullopt;
}

std::optional<MasteringDisplay> read_mdcv(ByteReader& reader) {
  MasteringDisplay display;
  for (auto* xy : {&display.green, &display.blue, &display.red, &display.white}) {
    xy->x = reader.u16();
    xy->y = reader.u16();
  }
  display.max_luminance = reader.u32();
  display.min_luminance = reader.u32();
  return reader.ok() ? std::optional(display) : std::nullopt;
}

// SmDm of the VP9 binding: red, green, blue, 0.16 fixed point; luminance 24.8 and 18.14.
std::optional<MasteringDisplay> read_smdm(ByteReader& reader) {
  reader.skip(4);
  MasteringDisplay display;
  const auto step = [](uint16_t fixed) { return static_cast<uint16_t>((uint64_t{fixed} * 50000U + 32768U) / 65536U); };
  for (auto* xy : {&display.red, &display.green, &display.blue, &display.white}) {
    xy->x = step(reader.u16());
    xy->y = step(reader.u16());
  }
  display.max_luminance = static_cast<uint32_t>((uint64_t{reader.u32()} * 10000U + 128U) / 256U);
  display.min_luminance = static_cast<uint32_t>((uint64_t{reader.u32()} * 10000U + 8192U) / 16384U);
  return reader.ok() ? std::optional(display) : std::nullopt;
}

void Walker::visual_child(const Box& box, IsoTrack& track) {
  const std::string& type = box.type;
  if (type == "sinf") {
    children(box.begin, box.end, [&](const Box& child) {
      if (child.type == "frma") track.sample_entry = std::string(as_text(x_source.read(child.begin, 4)));
    });
    return;
  }
  const Bytes bytes = payload(box);
  ByteReader reader(bytes);
  if (type == "hvcC" || type == "avcC" || type == "av1C" || type == "vvcC" || type == "av3c") {
    track.configuration = bytes;
    track.configuration_box = type;
  } else if (type == "colr" && !track.colr) {
    track.colr = read_colr(reader);
  } else if (type == "mdcv") {
    track.mdcv = read_mdcv(reader);
  } else if (type == "SmDm") {
    track.mdcv = read_smdm(reader);
  } else if (type == "clli" || type == "CoLL") {
    if (type == "CoLL") reader.skip(4);
    ContentLight light;
    light.max_cll = reader.u16();
    light.max_fall = reader.u16();
    if (reader.ok()) track.clli = light;
  } else if (type == "pasp") {
    const uint32_t x = reader.u32();
    const uint32_t y = reader.u32();
    if (reader.ok() && x != 0 && y != 0) track.pasp = Rational(x, y);
  } else if (type == "dvcC" || type == "dvvC" || type == "dvwC") {
    const DolbyVision dolby = read_dolby_vision(reader);
    if (reader.ok()) {
      track.dolby_vision = dolby;
      track.dolby_vision_box = type;
    }
  } else if (type == "cuvv") {
    track.cuvv = true;
  } else if (type == "fiel") {
    const int count = reader.u8();
    const int order = reader.u8();
    if (reader.ok()) track.fields = std::pair(count, order);
  }
}

}  // namespace

IsoFile read_isobmff(const ByteSource& source) {
  IsoFile file;
  Walker(source, file).top_level();
  return file;
}

bool looks_like_isobmff(ByteView head) {
  if (head.size() < 12) return false;
  const std::string_view type = as_text(head.subspan(4, 4));
  for (const std::string_view known :
       {"ftyp", "moov", "mdat", "wide", "free", "skip", "styp", "moof", "pnot", "sidx"}) {
    if (type == known) return true;
  }
  return false;
}

}  // namespace pier::media::impl
