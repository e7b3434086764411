#pragma once
// Labels and keys of the registers RP 224, ST 395 and ST 400 that track files use. Each was seen at two places at
// least: in a package of another maker and in the dictionary of an open library (asdcplib, Photon, FFmpeg); what was
// seen at one only says so.

#include "label.hpp"

namespace pier::imf::impl::labels {

// Keys of ST 377-1. The two last bytes of a partition's key say kind and status.
inline constexpr Label kPartition = label("060e2b34.02050101.0d010201.01000000");
inline constexpr Label kPrimer = label("060e2b34.02050101.0d010201.01050100");
inline constexpr Label kIndexSegment = label("060e2b34.02530101.0d010201.01100100");
inline constexpr Label kRandomIndex = label("060e2b34.02050101.0d010201.01110100");
inline constexpr Label kFill = label("060e2b34.01010102.03010210.01000000");
/// Byte 15 is the kind of set.
inline constexpr Label kStructuralSet = label("060e2b34.02530101.0d010101.01010000");

// ST 378: single item, single package, internal essence, streamable, one track.
inline constexpr Label kOp1a = label("060e2b34.04010101.0d010201.01010100");

// Data definitions, RP 224.
inline constexpr Label kTimecodeData = label("060e2b34.04010101.01030201.01000000");
inline constexpr Label kPictureData = label("060e2b34.04010101.01030202.01000000");
inline constexpr Label kSoundData = label("060e2b34.04010101.01030202.02000000");

// ST 422: JPEG 2000, frame-wrapped, progressive (P1); the element of the first and only picture.
inline constexpr Label kJpeg2000Container = label("060e2b34.0401010d.0d010301.020c0600");
inline constexpr Label kJpeg2000Element = label("060e2b34.01020101.0d010301.15010801");
inline constexpr uint32_t kJpeg2000Track = 0x15010801;
// ST 382: wave audio, clip-wrapped.
inline constexpr Label kWaveClipContainer = label("060e2b34.04010101.0d010301.02060200");
inline constexpr Label kWaveClipElement = label("060e2b34.01020101.0d010301.16010201");
inline constexpr uint32_t kWaveClipTrack = 0x16010201;

/// ST 422 Annex, RP 224: JPEG 2000 profiles; bytes 15 and 16 say profile and levels.
inline constexpr Label kJpeg2000Coding = label("060e2b34.0401010d.04010202.03010000");

// Colour, ST 2067-21 Table 5 to 7 and RP 224.
inline constexpr Label kPrimariesBt709 = label("060e2b34.04010106.04010101.03030000");
inline constexpr Label kPrimariesBt2020 = label("060e2b34.0401010d.04010101.03040000");
inline constexpr Label kPrimariesP3D65 = label("060e2b34.0401010d.04010101.03060000");
inline constexpr Label kTransferBt709 = label("060e2b34.04010101.04010101.01020000");
inline constexpr Label kTransferBt2020 = label("060e2b34.0401010e.04010101.01090000");
inline constexpr Label kTransferPq = label("060e2b34.0401010d.04010101.010a0000");
inline constexpr Label kTransferHlg = label("060e2b34.0401010d.04010101.010b0000");
inline constexpr Label kEquationsBt709 = label("060e2b34.04010101.04010101.02020000");
inline constexpr Label kEquationsBt2020 = label("060e2b34.0401010d.04010101.02060000");

/// ST 2067-2: channels are told by labels of multichannel audio (ST 377-4).
inline constexpr Label kImfChannelAssignment = label("060e2b34.0401010d.04020210.04010000");

// Soundfield groups of ST 428-12 and ST 2067-8.
inline constexpr Label kSoundfieldStereo = label("060e2b34.0401010d.03020220.01000000");
inline constexpr Label kSoundfieldMono = label("060e2b34.0401010d.03020205.00000000");
inline constexpr Label kSoundfield51 = label("060e2b34.0401010d.03020201.00000000");
inline constexpr Label kSoundfield71 = label("060e2b34.0401010d.03020202.00000000");
/// Byte 12 is the channel: 1 L, 2 R, 3 C, 4 LFE, 5 Ls, 6 Rs, 7 Lss, 8 Rss, 9 Lrs, 10 Rrs (ST 428-12 Table 1).
inline constexpr Label kChannel = label("060e2b34.0401010d.03020100.00000000");

}  // namespace pier::imf::impl::labels
