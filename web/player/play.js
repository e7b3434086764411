// Plays one asset. `window.pierPlayer` is for scripts and tests: load(kind), force(trackName), automatic(),
// subtitles(trackName or null), state().
'use strict';

const assetId = location.pathname.split('/').pop();
const video = document.getElementById('video');
const position = document.getElementById('position');
const preview = document.getElementById('preview');
const tile = document.getElementById('tile');
let player = null;
let view = null;
let kind = 'hls';
let forced = null;
let subtitled;  // the text track the viewer chose; null: none, undefined: nothing was chosen
let early = false;  // only a first rendition was loaded
const errors = [];

function say(text) {
  const message = document.getElementById('message');
  message.textContent = text;
  message.hidden = !text;
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, '0');
  return (whole >= 3600 ? Math.floor(whole / 3600) + ':' : '') + two(Math.floor(whole / 60) % 60) + ':' + two(whole % 60);
}

/** The track of the asset that a variant of shaka's shows. */
function trackOf(variant) {
  if (!variant) return null;
  const videos = view.tracks.filter((track) => track.kind === 'video');
  const named = videos.find((track) => (variant.originalVideoId ?? '').includes(track.id));
  return named ?? videos.find((track) => track.codec === variant.videoCodec && track.height === variant.height) ?? null;
}

function variantsOf(track) {
  return player.getVariantTracks().filter((variant) => trackOf(variant)?.id === track.id);
}

/** The text track of shaka's that a text track of the asset is. */
function textOf(track) {
  return player?.getTextTracks().find((text) => (text.originalTextId ?? '').includes(track.id)) ?? null;
}

function shownText() {
  return view?.tracks.find((track) => track.kind === 'text' && textOf(track)?.active) ?? null;
}

function activeVariant() {
  return player?.getVariantTracks().find((variant) => variant.active) ?? null;
}

function report(error) {
  if (error?.code === 7000) return;  // a newer load took over
  const text = error?.code ? `shaka ${error.category}.${error.code}` : String(error?.message ?? error);
  errors.push(text);
  say(word('failed', text));
}

async function load(wanted = kind) {
  kind = wanted;
  const time = video.currentTime;
  say('');
  for (const name of ['hls', 'dash']) document.getElementById(name).setAttribute('aria-pressed', String(name === kind));
  try {
    await player.load(view[kind], time > 0 ? time : null);
    if (forced) select(forced);
    const text = subtitled === undefined ? view.tracks.find((track) => track.details?.text?.default) : subtitled;
    if (text) player.selectTextTrack(textOf(text));
  } catch (error) {
    report(error);
    throw error;
  }
  draw();
}

function select(track) {
  const variants = variantsOf(track);
  if (variants.length === 0) throw new Error(whyNot(track) || `${track.rung} is not offered by this manifest`);
  const best = variants.find((variant) => (variant.audioCodec ?? '').startsWith('mp4a')) ?? variants[0];
  player.configure({abr: {enabled: false}});
  player.selectVariantTrack(best, true);
}

async function force(name) {
  const track = view.tracks.find((one) => one.kind === 'video' && (one.rung === name || one.id === name));
  if (!track) throw new Error(`no video track ${name}`);
  const why = whyNot(track);
  if (why) throw new Error(why);
  forced = track;
  select(track);
  draw();
}

function automatic() {
  forced = null;
  player.configure({abr: {enabled: true}});
  draw();
}

/** Shows the text track of that rung or id; null: none. */
function subtitles(name) {
  const track = name === null ? null : view.tracks.find((one) => one.kind === 'text' && (one.rung === name || one.id === name));
  const text = track && textOf(track);
  if (name !== null && !text) throw new Error(`no text track ${name}`);
  subtitled = track;
  player.selectTextTrack(text);
  draw();
}

/** What stands in the picture now. */
function activeCues() {
  const showing = [...video.textTracks].filter((track) => track.mode === 'showing');
  return showing.flatMap((track) => [...(track.activeCues ?? [])].map((cue) => ({start: cue.startTime, end: cue.endTime, text: cue.text})));
}

function state() {
  const quality = video.getVideoPlaybackQuality();
  const track = trackOf(activeVariant());
  return {
    asset: assetId, kind, forced: forced?.rung ?? null, paused: video.paused, time: video.currentTime, duration: video.duration,
    track: track && {id: track.id, rung: track.rung, codec: track.codec, width: track.width, height: track.height, range: rangeName(track)},
    width: video.videoWidth, height: video.videoHeight, subtitles: shownText()?.rung ?? null, cues: activeCues(),
    decoded: quality.totalVideoFrames, dropped: quality.droppedVideoFrames, errors: [...errors],
    tracks: view?.tracks.map((one) => ({id: one.id, rung: one.rung, kind: one.kind, codec: one.codec, whyNot: whyNot(one)})) ?? [],
  };
}

function trackItem(track, active) {
  const why = whyNot(track);
  const text = make('div', {}, make('strong', {}, track.rung || word(track.kind)), make('br'), make('small', {}, trackText(track)));
  if (why) text.append(make('span', {class: 'why'}, why));
  const shown = track.kind === 'text' && shownText()?.id === track.id;
  const item = make('li', {class: active || shown ? 'active' : null}, text);
  if (track.kind === 'text' && textOf(track)) {
    const button = make('button', {type: 'button', 'aria-pressed': String(shown)}, word(shown ? 'hide' : 'show'));
    button.setAttribute('aria-label', `${button.textContent}: ${track.rung} ${trackText(track)}`);
    button.addEventListener('click', () => subtitles(shown ? null : track.id));
    item.append(button);
  }
  if (track.kind === 'video') {
    const button = make('button', {type: 'button', 'aria-pressed': String(forced?.id === track.id)}, active ? word('playing') : word('play'));
    button.setAttribute('aria-label', `${button.textContent}: ${track.rung} ${trackText(track)}`);
    button.disabled = Boolean(why);
    button.addEventListener('click', () => force(track.id).catch(report));
    item.append(button);
  }
  return item;
}

function drawReport() {
  const badge = document.getElementById('verdict');
  badge.hidden = false;
  badge.className = 'badge ' + (view.verdict ?? '');
  badge.textContent = word(view.verdict ?? 'judged');
  badge.title = view.report?.profile_title?.[language] ?? '';
  const say = (text) => text?.[language] ?? text?.en ?? text ?? '';
  const rules = (view.report?.rules ?? []).filter((rule) => rule.outcome !== 'holds' && rule.outcome !== 'not_applicable');
  const line = (rule) => make('li', {}, make('span', {class: rule.severity, title: rule.clause}, say(rule.message)),
                              make('br'), make('small', {}, say(rule.evidence)));
  document.getElementById('rules').replaceChildren(...rules.slice(0, 40).map(line));
  document.getElementById('report').hidden = rules.length === 0;
}

function drawPartly() {
  const partly = view.partly;
  document.getElementById('partly').hidden = !partly && !early;
  document.getElementById('whole').hidden = Boolean(partly);
  if (partly) {
    const rest = partly.fraction === undefined ? word('halted', view.asset.error?.message ?? '–') : word('rest', Math.floor(100 * partly.fraction));
    document.getElementById('partlytext').textContent = word('partly', rest);
  } else if (early) {
    document.getElementById('partlytext').textContent = word('complete');
  }
}

/** While more is made, asks how far that is; the viewer decides when to load what came. */
async function followRest() {
  early = view.partly?.fraction !== undefined;
  while (view.partly?.fraction !== undefined) {
    await new Promise((wake) => setTimeout(wake, 5000));
    view = await getJson('/v1/assets/' + assetId).catch(() => view);
    draw();
  }
}

async function loadWhole() {
  early = false;
  await load();
}

function draw() {
  if (!view) return;
  drawPartly();
  const active = trackOf(activeVariant());
  document.getElementById('tracks').replaceChildren(...view.tracks.map((track) => trackItem(track, track.id === active?.id)));
  document.getElementById('auto').setAttribute('aria-pressed', String(!forced));
  drawReport();
}

function drawStats() {
  if (!player || !view) return;
  const now = state();
  const show = (id, text) => { document.getElementById('s-' + id).textContent = text; };
  show('picture', now.width ? `${now.width}×${now.height}` : '–');
  show('rung', now.track ? `${now.track.rung} ${now.track.range}` : '–');
  show('decoded', now.decoded);
  show('dropped', now.dropped);
  const ranges = video.buffered;
  const ahead = ranges.length ? ranges.end(ranges.length - 1) - video.currentTime : 0;
  show('buffer', Math.max(0, ahead).toFixed(1) + ' s');
  show('estimate', bitrateText(player.getStats().estimatedBandwidth) || '–');
}

async function showPreview(event) {
  const box = position.getBoundingClientRect();
  const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  const images = player?.getImageTracks() ?? [];
  if (!images.length || !(video.duration > 0)) return;
  const thumb = await player.getThumbnails(images[0].id, share * video.duration).catch(() => null);
  if (!thumb) return;
  const scale = 200 / thumb.width;
  tile.style.width = '200px';
  tile.style.height = Math.round(thumb.height * scale) + 'px';
  tile.style.backgroundImage = `url("${thumb.uris[0]}")`;
  tile.style.backgroundSize = `${thumb.imageWidth * scale}px ${thumb.imageHeight * scale}px`;
  tile.style.backgroundPosition = `-${thumb.positionX * scale}px -${thumb.positionY * scale}px`;
  document.getElementById('tiletime').textContent = clock(share * video.duration);
  preview.style.left = Math.min(Math.max(share * box.width, 110), box.width - 110) + 'px';
  preview.hidden = false;
}

function onKey(event) {
  if (event.target.closest('button, input, a') && event.key !== 'k') return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const frame = 1 / 25;
  const actions = {
    ' ': () => (video.paused ? video.play() : video.pause()), k: () => (video.paused ? video.play() : video.pause()),
    ArrowLeft: () => { video.currentTime -= 5; }, ArrowRight: () => { video.currentTime += 5; },
    ',': () => { video.pause(); video.currentTime -= frame; }, '.': () => { video.pause(); video.currentTime += frame; },
    m: () => { video.muted = !video.muted; },
    f: () => (document.fullscreenElement ? document.exitFullscreen() : video.requestFullscreen()),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function wire() {
  document.getElementById('hls').addEventListener('click', () => load('hls').catch(() => {}));
  document.getElementById('dash').addEventListener('click', () => load('dash').catch(() => {}));
  document.getElementById('auto').addEventListener('click', automatic);
  document.getElementById('whole').addEventListener('click', () => loadWhole().catch(() => {}));
  document.addEventListener('keydown', onKey);
  document.addEventListener('pier-language', draw);
  video.addEventListener('durationchange', () => { position.max = video.duration || 1; });
  video.addEventListener('timeupdate', () => { if (document.activeElement !== position || !video.seeking) position.value = video.currentTime; });
  position.addEventListener('input', () => { video.currentTime = Number(position.value); });
  position.addEventListener('pointermove', showPreview);
  position.addEventListener('pointerleave', () => { preview.hidden = true; });
  setInterval(drawStats, 500);
}

async function start() {
  applyLanguage();
  try {
    view = await getJson('/v1/assets/' + assetId);
  } catch (error) {
    return say(error.status === 404 ? word('notfound') : word('unreachable', error.message));
  }
  const title = view.asset.title || view.asset.id;
  document.getElementById('title').textContent = title;
  document.title = `${title} – ${word('name')}`;
  if (!view.hls) return say(word('notpublished', word('state_' + view.asset.state)));
  if (!window.shaka) return say(word('noshaka'));
  shaka.polyfill.installAll();
  if (!shaka.Player.isBrowserSupported()) return say(word('unsupported'));
  player = new shaka.Player();
  await player.attach(video);
  // All codecs stay in the list of variants, so that each rung can be forced; the browser still gets one it decodes.
  player.configure({streaming: {dontChooseCodecs: true}, abr: {restrictToElementSize: false}});
  player.addEventListener('error', (event) => report(event.detail));
  for (const name of ['adaptation', 'variantchanged', 'trackschanged', 'textchanged']) player.addEventListener(name, draw);
  wire();
  followRest();
  await load('hls').catch(() => {});
}

window.pierPlayer = {load, force, automatic, subtitles, state, ready: null};
window.pierPlayer.ready = start();
