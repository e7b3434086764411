#pragma once
// Programme tables of a transport stream (ISO/IEC 13818-1): which stream belongs to which programme, what its
// descriptors say.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <pier/media/facts.hpp>

#include "container/byte_source.hpp"

namespace pier::media::impl {

struct TsStream {
  int pid = 0;
  int stream_type = 0;
  std::string registration;  // format_identifier, "HEVC", "HDMV"
  std::string language;      // ISO 639
  struct Hevc {              // HEVC_video_descriptor, 2.6.95
    int profile = 0;
    bool high_tier = false;
    int level = 0;
    bool progressive = false, interlaced = false;
    std::optional<int> hdr_wcg_idc;  // 0 SDR, 1 WCG only, 2 HDR and WCG, 3 no indication
  };
  std::optional<Hevc> hevc;
  std::optional<DolbyVision> dolby_vision;  // registration "DOVI", tag 0xB0
  bool hdr_vivid = false;                   // registration "cuvv"
  struct Avs3 {                             // T/AI 109.6
    int profile = 0, level = 0, frame_rate_code = 0;
    int depth = 0;
    ColourInfo colour;
  };
  std::optional<Avs3> avs3;
};

struct TsProgramme {
  int number = 0;
  int pmt_pid = 0;
  int pcr_pid = 0;
  std::string service, provider;  // SDT, display text; empty when not given
  std::vector<TsStream> streams;
};

struct TsFile {
  int packet_size = 188;
  bool whole_packets = true;            // the file is a whole count of packets
  std::vector<TsProgramme> programmes;  // in order of the PAT
};

/// Reads at most `limit` bytes from the start, until PAT and every PMT are complete. nullopt: no transport stream.
std::optional<TsFile> read_ts(const ByteSource& source, uint64_t limit = 32U << 20U);

/// CRC_32 of ISO/IEC 13818-1, Annex A: 0 over a whole section that is sound.
uint32_t crc32(ByteView bytes);

/// 188, 192 (M2TS) or 204; 0 when these bytes are no transport stream.
int ts_packet_size(ByteView head);

}  // namespace pier::media::impl
