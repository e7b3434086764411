// What a track is, in words, and whether this browser decodes it.
'use strict';

const kCodecNames = {hvc1: 'HEVC', hev1: 'HEVC', dvh1: 'Dolby Vision', dav1: 'Dolby Vision', avc1: 'H.264', av01: 'AV1', mp4a: 'AAC', 'ec-3': 'E-AC-3', jpeg: 'JPEG', wvtt: 'WebVTT', stpp: 'IMSC'};
const kRanges = {16: 'PQ', 18: 'HLG'};

function codecName(codec) {
  return kCodecNames[codec.split('.')[0]] ?? codec;
}

/** "SDR", "HLG" or "PQ" (H.273 transfer characteristics). */
function rangeName(track) {
  const colour = track.details?.video?.colour ?? track.details?.colour ?? {};
  const transfer = colour.transfer;
  if (typeof transfer === 'string') return transfer.includes('2084') ? 'PQ' : transfer.includes('b67') ? 'HLG' : 'SDR';
  return kRanges[transfer] ?? 'SDR';
}

function bitrateText(bits) {
  if (!bits) return '';
  return bits >= 1e6 ? (bits / 1e6).toFixed(1) + ' Mbit/s' : Math.round(bits / 1e3) + ' kbit/s';
}

/** Why this browser cannot play the track; empty when it can. */
function whyNot(track) {
  if (track.kind !== 'video' && track.kind !== 'audio') return '';
  const type = `${track.kind}/mp4; codecs="${track.codec}"`;
  return window.MediaSource?.isTypeSupported(type) ? '' : word('nocodec', codecName(track.codec));
}

function trackText(track) {
  const parts = [codecName(track.codec)];
  if (track.kind === 'video') parts.push(`${track.width}×${track.height}`, rangeName(track));
  if (track.kind === 'audio') {
    const channels = track.details?.audio?.channels;
    if (channels) parts.push(channels === 1 ? word('mono') : word('channels', channels));
    if (track.details?.language) parts.push(track.details.language);
  }
  if (track.kind === 'text') {
    const text = track.details?.text ?? {};
    parts.push(text.name, track.details?.language, text.forced ? word('forced') : '', text.default ? word('default') : '');
  }
  if (track.kind === 'video' || track.kind === 'audio') parts.push(bitrateText(track.bitrate));
  return parts.filter(Boolean).join(' · ');
}
