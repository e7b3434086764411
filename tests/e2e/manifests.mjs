// Manifests as three independent parsers read them. A parser that complains throws.

import HLS from 'hls-parser';
import {Parser} from 'm3u8-parser';
import {parse as parseMpd} from 'mpd-parser';

HLS.setOptions({strictMode: true});

// m3u8-parser tells what it assumed; this one every VOD playlist without discontinuities hears.
const kHarmless = /^defaulting discontinuity sequence to zero$/;

export function parseHls(text) {
  const complaints = [];
  const second = new Parser();
  for (const level of ['warn', 'info']) second.on(level, ({message}) => { if (!kHarmless.test(message)) complaints.push(message); });
  second.push(text);
  second.end();
  if (complaints.length) throw new Error(`m3u8-parser: ${complaints.join('; ')}\n${text}`);
  return {strict: HLS.parse(text), lenient: second.manifest};
}

export function parseDash(text, manifestUri) {
  const complaints = [];
  const manifest = parseMpd(text, {manifestUri, eventHandler: (event) => complaints.push(event.message ?? JSON.stringify(event))});
  if (complaints.length) throw new Error(`mpd-parser: ${complaints.join('; ')}\n${text}`);
  return manifest;
}

/** Addresses of a media playlist: the map and the segments, absolute. */
export function hlsAddresses(playlist, uri) {
  const maps = playlist.segments.map((segment) => segment.map?.uri).filter(Boolean);
  return [...new Set(maps), ...playlist.segments.map((segment) => segment.uri)].map((one) => new URL(one, uri).href);
}

/** Addresses of every text Representation, by its id. */
export function dashTexts(manifest) {
  const groups = Object.values(manifest.mediaGroups.SUBTITLES).flatMap((group) => Object.values(group));
  return new Map(groups.flatMap((group) => group.playlists).map((list) => [list.attributes.NAME, {
    attributes: list.attributes, addresses: list.segments?.length ? list.segments.map((segment) => segment.resolvedUri) : [list.resolvedUri]}]));
}

/** Addresses of every Representation that mpd-parser knows, by its id. */
export function dashAddresses(manifest) {
  const groups = Object.values(manifest.mediaGroups.AUDIO).flatMap((group) => Object.values(group));
  const lists = [...manifest.playlists, ...groups.flatMap((group) => group.playlists)];
  return new Map(lists.map((list) => {
    const maps = list.segments.map((segment) => segment.map.resolvedUri);
    return [list.attributes.NAME, {attributes: list.attributes, addresses: [...new Set(maps), ...list.segments.map((segment) => segment.resolvedUri)]}];
  }));
}

/** Image Representations (mpd-parser leaves them out), as this writer forms them. */
export function dashImages(text, uri) {
  const sets = [...text.matchAll(/<AdaptationSet[^>]*contentType="image"[^]*?<\/AdaptationSet>/g)].map(([set]) => set);
  const attribute = (set, name) => new RegExp(` ${name}="([^"]*)"`).exec(set)?.[1];
  return sets.map((set) => {
    const id = /<Representation id="([^"]*)"/.exec(set)[1];
    const first = Number(attribute(set, 'startNumber') ?? 1);
    return {id, layout: /thumbnail_tile" value="(\d+x\d+)"/.exec(set)[1],
      address: (index) => new URL(attribute(set, 'media').replace('$RepresentationID$', id).replace('$Number$', first + index), uri).href};
  });
}
