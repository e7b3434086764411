// What is published, as parsers, schema and ffprobe see it. `site` opens before these run.

import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';

import {describeInit} from './codec_strings.mjs';
import {dashAddresses, dashImages, dashTexts, hlsAddresses, parseDash, parseHls} from './manifests.mjs';
import {master, repository, run, spoken} from './site.mjs';

const kHlg = [9, 18, 9, 0], kSdr = [1, 1, 1, 0];
const kPromised = {
  'hevc-360': {codec: /^hvc1\.2\.4\.L\d+(\.[0-9A-F]{1,2})*$/, size: [640, 360], colour: kHlg, range: 'HLG', pixels: 'yuv420p10le'},
  'av1-360': {codec: /^av01\.0\.\d\dM\.10\.0\.11\d\.09\.18\.09\.0$/, size: [640, 360], colour: kHlg, range: 'HLG', pixels: 'yuv420p10le'},
  'avc-360-sdr': {codec: /^avc1\.[0-9A-F]{6}$/, size: [640, 360], colour: kSdr, range: 'SDR', pixels: 'yuv420p'},
  'avc-180-sdr': {codec: /^avc1\.[0-9A-F]{6}$/, size: [320, 180], colour: kSdr, range: 'SDR', pixels: 'yuv420p'},
  'aac-stereo': {codec: /^mp4a\.40\.2$/, channels: 2},
  'eac3-5.1': {codec: /^ec-3$/, channels: 6},
};
const kTexts = {'webvtt-1': 'wvtt', 'imsc-1': 'stpp.ttml.im1t'};
const kVideo = Object.keys(kPromised).filter((rung) => kPromised[rung].size);
const kNames = {9: 'bt2020', 18: 'arib-std-b67', 1: 'bt709'};
const kCicp = 'urn:mpeg:mpegB:cicp:';

/** Everything the manifests name, read once. */
async function readManifests(site) {
  const hlsUri = site.url(site.asset.hls), dashUri = site.url(site.asset.dash);
  const text = (await site.get(hlsUri, {type: 'application/vnd.apple.mpegurl'})).toString();
  const mpd = (await site.get(dashUri, {type: 'application/dash+xml'})).toString();
  const {strict} = parseHls(text);
  const names = [...text.matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm)].map((match) => match[1] ?? match[2]);
  const playlists = new Map();
  for (const uri of new Set(names.map((name) => new URL(name, hlsUri).href))) {
    const body = (await site.get(uri, {type: 'application/vnd.apple.mpegurl'})).toString();
    playlists.set(uri, {...parseHls(body), text: body});
  }
  const texts = new Set(site.asset.tracks.filter((track) => track.kind === 'text').map((track) => track.id));
  return {hlsUri, dashUri, text, mpd, hls: strict, playlists, texts, dash: parseDash(mpd, dashUri)};
}

const idOf = (uri) => uri.split('/').at(-2);
const mediaPlaylists = (seen) => [...seen.playlists].filter(([uri]) => uri.endsWith('/media.m3u8') && !seen.texts.has(idOf(uri)));

async function checkSchema(t, site, seen) {
  const schema = process.env.PIER_DASH_SCHEMA ?? path.resolve(repository, '../shared/schema/DASH-MPD.xsd');
  if (!existsSync(schema)) return t.skip(`SKIPPED: no DASH schema at ${schema}; PIER_DASH_SCHEMA names one`);
  const stub = ['type', 'href', 'show', 'actuate'].map((name) => `<xs:attribute name="${name}" type="xs:string"/>`).join('');
  const at = (name) => path.join(site.directory, name);
  await writeFile(at('xlink.xsd'), `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/1999/xlink">${stub}</xs:schema>`);
  await writeFile(at('mpd.xsd'), (await readFile(schema, 'utf8')).replace(/schemaLocation="[^"]*xlink\.xsd"/, 'schemaLocation="xlink.xsd"'));
  const valid = async (text) => {
    await writeFile(at('dash.mpd'), text);
    return run('xmllint', ['--nonet', '--noout', '--schema', at('mpd.xsd'), at('dash.mpd')]);
  };
  await valid(seen.mpd);
  await assert.rejects(valid(seen.mpd.replace('<Period ', '<Period pier="1" ')), /pier/, 'the schema check must be able to fail');
}

function checkVariants(site, seen) {
  for (const rung of kVideo) {
    const track = site.track(rung), {range, size} = kPromised[rung];
    const variants = seen.hls.variants.filter((variant) => !variant.isIFrameOnly && idOf(new URL(variant.uri, seen.hlsUri).href) === track.id);
    const frames = seen.hls.variants.filter((variant) => variant.isIFrameOnly && idOf(new URL(variant.uri, seen.hlsUri).href) === track.id);
    const sounds = ['ec-3', 'mp4a.40.2'], all = sounds.flatMap((sound) => [[track.codec, sound], [track.codec, sound, kTexts['imsc-1']]]);
    assert.deepEqual(variants.map((variant) => variant.codecs.split(',')).sort(), all, rung);
    assert.equal(frames.length, 1, `${rung}: I-frame playlists`);
    for (const variant of [...variants, ...frames]) {
      assert.deepEqual([variant.resolution.width, variant.resolution.height], size, rung);
      assert.match(seen.text, new RegExp(`CODECS="${track.codec}[^\\n]*VIDEO-RANGE=${range}[,\\n]`), rung);
    }
    assert.ok(variants.every((variant) => variant.frameRate === master.rate), rung);
  }
  const sounds = [...new Set(seen.hls.variants.flatMap((variant) => variant.audio ?? []).map((one) => one.groupId + ' ' + one.language + ' ' + one.channels))];
  assert.deepEqual(sounds.sort(), ['aac en 2', 'ec3 en 6'], 'the master says eng; BCP 47 wants en');
}

function checkDashColour(site, seen) {
  for (const rung of kVideo) {
    const {id, codec} = site.track(rung), {colour, range} = kPromised[rung];
    const set = [...seen.mpd.matchAll(/<AdaptationSet[^]*?<\/AdaptationSet>/g)].map(([one]) => one).find((one) => one.includes(`<Representation id="${id}" codecs="${codec}"`));
    assert.ok(set, `${rung}: no Representation with id and codecs`);
    const property = range === 'SDR' ? 'SupplementalProperty' : 'EssentialProperty';
    for (const [i, name] of ['ColourPrimaries', 'TransferCharacteristics', 'MatrixCoefficients'].entries()) {
      assert.ok(set.includes(`<${property} schemeIdUri="${kCicp}${name}" value="${colour[i]}"/>`), `${rung}: ${name}`);
    }
  }
}

/** The same addresses by HLS and DASH, each answering with the track's own bytes. */
async function checkSegments(site, seen) {
  const dash = dashAddresses(seen.dash);
  const playlists = mediaPlaylists(seen);
  assert.deepEqual([...dash.keys()].sort(), playlists.map(([uri]) => idOf(uri)).sort());
  for (const [uri, {strict}] of playlists) {
    const id = idOf(uri), track = site.asset.tracks.find((one) => one.id === id);
    const addresses = hlsAddresses(strict, uri);
    assert.deepEqual(dash.get(id).addresses, addresses, `${track.rung}: HLS and DASH name other segments`);
    assert.equal(dash.get(id).attributes.CODECS, track.codec);
    assert.ok(addresses.length >= 3, `${track.rung}: two segments and their header`);
    const parts = [];
    for (const address of addresses) parts.push(await site.get(address, {type: `${track.kind}/mp4`}));
    const {codec, colour} = describeInit(parts[0]);
    assert.equal(track.codec, codec, track.rung);
    assert.match(codec, kPromised[track.rung].codec);
    assert.deepEqual(colour, kPromised[track.rung].colour ?? null, track.rung);
    await writeFile(path.join(site.directory, `${track.rung}.mp4`), Buffer.concat(parts));
    const seconds = strict.segments.reduce((sum, segment) => sum + segment.duration, 0);
    assert.ok(Math.abs(seconds - master.seconds) < 0.035, `${track.rung}: ${seconds} s`);
  }
}

async function checkIframes(site, seen) {
  const lists = [...seen.playlists].filter(([uri]) => uri.endsWith('/iframes.m3u8'));
  assert.equal(lists.length, kVideo.length);
  for (const [uri, {strict, text}] of lists) {
    assert.ok(text.includes('#EXT-X-I-FRAMES-ONLY'));
    assert.equal(strict.segments.length, Math.ceil(master.frames / 48), 'one random access point in 0.96 s');
    for (const segment of strict.segments) {
      const address = new URL(segment.uri, uri).href, {offset, length} = segment.byterange;
      const part = await site.get(address, {status: 206, headers: {Range: `bytes=${offset}-${offset + length - 1}`}});
      const whole = await site.get(address);
      assert.ok(part.equals(whole.subarray(offset, offset + length)), `${address} ${offset}+${length}`);
    }
  }
}

/** Decodes the whole track; gives what ffprobe saw of its one stream. */
async function probe(...input) {
  const said = await run('ffprobe', ['-v', 'error', '-count_frames', '-show_streams', '-of', 'json', ...input]);
  const {streams} = JSON.parse(said);
  assert.equal(streams.length, 1, said);
  return streams[0];
}

function checkPicture(stream, rung) {
  const {size, colour, pixels} = kPromised[rung];
  assert.deepEqual([stream.width, stream.height], size, rung);
  assert.equal(stream.pix_fmt, pixels, rung);
  assert.deepEqual([stream.color_primaries, stream.color_transfer, stream.color_space, stream.color_range],
    [kNames[colour[0]], kNames[colour[1]], colour[2] === 9 ? 'bt2020nc' : 'bt709', 'tv'], rung);
  assert.equal(Number(stream.nb_read_frames), master.frames, `${rung}: decoded pictures`);
  assert.equal(stream.r_frame_rate, `${master.rate}/1`, rung);
}

/** The programme is as long as the master to the sample; what lies before time 0 is the encoder's priming. */
async function checkSound(stream, file, rung) {
  const {channels} = kPromised[rung];
  assert.deepEqual([stream.channels, stream.sample_rate], [channels, '48000'], rung);
  const priming = -Math.round(stream.start_time * 48000), whole = Math.round(stream.duration * 48000);
  assert.ok(priming > 0, `${rung}: starts at ${stream.start_time}`);
  assert.equal(whole - priming, master.samples, rung);
  const sound = await run('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 's16le', '-'], {binary: true});
  const decoded = sound.length / 2 / channels;
  assert.ok(decoded >= whole && decoded < whole + 1536, `${rung}: ${decoded} samples decoded of ${whole}`);
}

async function checkStreams(site, seen) {
  for (const [uri] of mediaPlaylists(seen)) {
    const {rung} = site.asset.tracks.find((one) => one.id === idOf(uri));
    const file = path.join(site.directory, `${rung}.mp4`);
    const stream = await probe(uri);
    if (kPromised[rung].size) checkPicture(stream, rung);
    else await checkSound(await probe(file), file, rung);
  }
}

async function checkImages(site, seen) {
  const [[uri, {strict, text}], ...more] = [...seen.playlists].filter(([one]) => one.endsWith('/images.m3u8'));
  assert.equal(more.length, 0);
  const [image] = dashImages(seen.mpd, seen.dashUri);
  assert.equal(image.id, idOf(uri));
  assert.ok(text.includes('#EXT-X-IMAGES-ONLY') && text.includes(`LAYOUT=${image.layout}`), text);
  for (const [i, segment] of strict.segments.entries()) {
    const address = new URL(segment.uri, uri).href;
    assert.equal(image.address(i), address);
    await site.get(address, {type: 'image/jpeg'});
    const stream = await probe('-f', 'jpeg_pipe', address);
    assert.equal(stream.codec_name, 'mjpeg');
    assert.ok(stream.width >= 320 && stream.height >= 90, `${stream.width}x${stream.height}`);
  }
}

/** What of the file is shown from `from` to before `until`. */
const shown = (from, until) => spoken.filter((cue) => cue.start < Math.min(until, master.seconds) && cue.end > from).map((cue) => cue.text);
const cuesOf = (vtt) => vtt.split('\n\n').filter((block) => block.includes('-->')).map((block) => block.split('\n')[1]);

async function checkWebVtt(site, seen) {
  const {id, codec} = site.track('webvtt-1');
  assert.equal(codec, kTexts['webvtt-1']);
  const [uri, {strict}] = [...seen.playlists].find(([one]) => one.includes(`/${id}/`));
  const pictures = seen.playlists.get(site.url(site.asset.hls.replace('hls.m3u8', `${site.track('avc-180-sdr').id}/media.m3u8`)));
  assert.deepEqual(strict.segments.map((one) => one.duration), pictures.strict.segments.map((one) => one.duration), 'the segments of the pictures');
  let from = 0;
  for (const segment of strict.segments) {
    const text = (await site.get(new URL(segment.uri, uri).href, {type: 'text/vtt'})).toString();
    assert.ok(text.startsWith('WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n'), text);
    assert.deepEqual(cuesOf(text), shown(from, from + segment.duration));
    if (from > 0) assert.match(text, /00:00:02\.000 --> 00:00:04\.500/, 'a cue that goes on keeps its whole times');
    from += segment.duration;
  }
  const {addresses} = dashTexts(seen.dash).get(id);
  assert.deepEqual(addresses, [new URL('whole.vtt', uri).href]);
  const whole = (await site.get(addresses[0], {type: 'text/vtt'})).toString();
  assert.deepEqual(cuesOf(whole), shown(0, master.seconds));
  assert.ok(!whole.includes('X-TIMESTAMP-MAP'));
}

async function checkImsc(site, seen) {
  const {id, codec} = site.track('imsc-1');
  assert.equal(codec, kTexts['imsc-1']);
  const [uri, {strict}] = [...seen.playlists].find(([one]) => one.includes(`/${id}/`));
  const addresses = hlsAddresses(strict, uri), dash = dashTexts(seen.dash).get(id);
  assert.deepEqual(dash.addresses, addresses.slice(1), 'HLS and DASH name the same segments');
  assert.equal(dash.attributes.CODECS, codec);
  const parts = [];
  for (const address of addresses) parts.push(await site.get(address, {type: 'application/mp4'}));
  let from = 0;
  for (const [i, {duration}] of strict.segments.entries()) {
    const box = parts[i + 1], document = box.subarray(box.indexOf('mdat') + 4).toString();
    const file = path.join(site.directory, 'segment.ttml');
    await writeFile(file, document);
    await run('xmllint', ['--noout', '--nonet', file]);
    assert.deepEqual([...document.matchAll(/<p [^>]*>(?:<[^>]*>)?([^<]*)/g)].map((one) => one[1]), shown(from, from + duration));
    from += duration;
  }
  const file = path.join(site.directory, 'imsc.mp4');
  await writeFile(file, Buffer.concat(parts));
  const {streams: [stream]} = JSON.parse(await run('ffprobe', ['-v', 'error', '-show_streams', '-count_packets', '-of', 'json', file]));
  assert.deepEqual([stream.codec_tag_string, Number(stream.nb_read_packets)], ['stpp', strict.segments.length]);
}

async function checkTextTags(site, seen) {
  for (const [rung, group] of [['webvtt-1', 'webvtt'], ['imsc-1', 'imsc']]) {
    const line = `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="${group}",LANGUAGE="zh-Hans",NAME="简体中文",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="${site.track(rung).id}/media.m3u8"\n`;
    assert.ok(seen.text.includes(line), seen.text);
  }
  const variants = seen.text.split('\n').filter((line) => line.startsWith('#EXT-X-STREAM-INF'));
  for (const line of variants) assert.equal(line.includes('stpp'), line.includes('SUBTITLES="imsc"'), line);
  assert.match(variants[0], /SUBTITLES="webvtt"/);
}

export function manifestTests(site) {
  let seen;
  test('m3u8-parser, hls-parser (strict) and mpd-parser accept every manifest', async () => {
    seen = await readManifests(site());
    assert.equal(seen.hls.isMasterPlaylist, true);
    assert.equal(seen.playlists.size, 6 + kVideo.length + 1 + 2, 'media, I-frame, image and text playlists');
  });
  test('the parsers refuse planted faults', () => {
    const [[, {text}]] = mediaPlaylists(seen);
    assert.throws(() => parseHls(seen.text.replace(/BANDWIDTH=\d+,/, '')), /Param Check/);
    assert.throws(() => parseHls(text.replace(/#EXT-X-TARGETDURATION:\d+\n/, '')), /m3u8-parser|TARGETDURATION/);
    assert.throws(() => parseDash(seen.mpd.replace(/<Period [^]*<\/Period>/, ''), seen.dashUri), /PERIOD/);
  });
  test('the tracks are those of the ladder', () => {
    const rungs = site().asset.tracks.map((track) => track.rung);
    assert.deepEqual(rungs.sort(), [...Object.keys(kPromised), ...Object.keys(kTexts), 'thumbnails'].sort());
    assert.ok(['pass', 'warn', 'fail', 'unknown'].includes(site().asset.verdict), site().asset.verdict);
  });
  test('the MPD is valid against the schema of ISO/IEC 23009-1', (t) => checkSchema(t, site(), seen));
  test('HLS variants state codecs, raster, rate and range', () => checkVariants(site(), seen));
  test('DASH states codecs and CICP', () => checkDashColour(site(), seen));
  test('HLS and DASH name the same segments; codec strings follow from the headers', () => checkSegments(site(), seen));
  test('I-frame ranges lie in the segments', () => checkIframes(site(), seen));
  test('ffprobe decodes every track whole, in the promised colour', () => checkStreams(site(), seen));
  test('subtitles are named by HLS as WebVTT and IMSC', () => checkTextTags(site(), seen));
  test('WebVTT: segments for HLS, one document for DASH', () => checkWebVtt(site(), seen));
  test('IMSC: the same segments for both, a document each', () => checkImsc(site(), seen));
  test('image playlists and DASH tiles name the same JPEG sheets', () => checkImages(site(), seen));
}
