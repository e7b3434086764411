#pragma once
// What an AccessUnitReader remembers.

#include <map>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/media/access_unit.hpp>

#include "bitstream/av1.hpp"
#include "bitstream/references.hpp"
#include "bitstream/sei.hpp"
#include "bitstream/slice_header.hpp"

namespace pier::media {

namespace impl {

constexpr uint32_t kSeiClock = 136, kSeiBuffering = 0, kSeiTiming = 1, kSeiRecovery = 6;

/// Whether a parameter set is the one that was known under its id.
class Contents {
 public:
  /// True when the id was known with other bytes.
  bool update(uint32_t key, ByteView unit) {
    const Sha256 digest = sha256(unit);
    auto [known, fresh] = x_digests.try_emplace(key, digest);
    if (fresh || known->second == digest) return false;
    known->second = digest;
    return true;
  }

 private:
  std::map<uint32_t, Sha256> x_digests;
};

/// Timing messages wait until the slices told which sequence they belong to.
struct Waiting {
  uint32_t type = 0;
  Bytes payload;
};

/// Into what the access unit says.
void take_message(const MetadataMessage& message, AccessUnit& unit);

}  // namespace impl

struct AccessUnitReader::State {
  Codec codec = Codec::kUnknown;
  int length_size = 0;  // 0: start codes
  impl::Contents contents;
  impl::HevcSets hevc;
  impl::AvcSets avc;
  impl::HevcReferences hevc_references;
  impl::AvcReferences avc_references;
  uint32_t active = 0;  // id of the sequence in use
  bool av1_still = false;
  ClockTime last_clock;

  // Of the access unit being read.
  AccessUnit now;
  AccessUnit configured;  // of the configuration record
  std::vector<impl::Waiting> waiting;
  bool b_slice = false, p_slice = false;
  uint32_t recovery_frames = UINT32_MAX;  // UINT32_MAX: no recovery point

  void configure(ByteView record);
  void read_unit(ByteView unit);
  void read_hevc(ByteView unit);
  void take_hevc_slice(const impl::HevcSlice& slice);
  void read_avc(ByteView unit);
  void take_avc_slice(const impl::AvcSlice& slice);
  void read_obu(const impl::Obu& obu);
  void read_av1_frame(ByteView payload);
  void read_av1_clock(ByteView payload);
  void take_coding(impl::SliceCoding coding);
  void read_sei(ByteView rbsp, bool of_hevc);
  void keep_sequence(ByteView unit, uint32_t key);
  void finish_timing();
  void hevc_timing(const impl::Waiting& message);
  void avc_timing(const impl::Waiting& message);

  const impl::HevcSequence* hevc_active() const {
    const auto found = hevc.sequences.find(active);
    return found == hevc.sequences.end() ? nullptr : &found->second;
  }
  const impl::AvcSequence* avc_active() const {
    const auto found = avc.sequences.find(active);
    return found == avc.sequences.end() ? nullptr : &found->second;
  }
};

}  // namespace pier::media
