// The page of the asset in Debian's Chromium, which decodes H.264, AV1 and AAC but neither HEVC nor E-AC-3.

import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, test} from 'node:test';

import {chromium} from 'playwright-core';

import {master, output, spoken} from './site.mjs';

const kPlayable = ['av1-360', 'avc-360-sdr', 'avc-180-sdr'];
const kNotHere = {'hevc-360': 'HEVC', 'eac3-5.1': 'E-AC-3'};
const kSeconds = 2;

// No sandbox only because tests run as root in containers; the rest keeps the browser from looking for its maker.
const kFlags = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--autoplay-policy=no-user-gesture-required', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])];

class Page {
  complaints = [];
  foreign = [];
  requests = [];

  static async open(site, options = {}) {
    const page = new Page();
    page.profile = await mkdtemp(path.join(tmpdir(), 'pier-chromium-'));
    page.context = await chromium.launchPersistentContext(page.profile, {
      executablePath: process.env.PIER_CHROMIUM ?? '/usr/bin/chromium', headless: true, args: kFlags, chromiumSandbox: process.getuid() !== 0,
      viewport: {width: 1440, height: 900}, locale: 'en-GB', ...options,
    });
    page.tab = page.context.pages()[0] ?? await page.context.newPage();
    page.tab.on('console', (message) => { if (['error', 'warning'].includes(message.type())) page.complaints.push(message.text()); });
    page.tab.on('pageerror', (error) => page.complaints.push(String(error)));
    page.tab.on('requestfailed', (request) => { if (request.failure()?.errorText !== 'net::ERR_ABORTED') page.complaints.push(`${request.url()}: ${request.failure()?.errorText}`); });
    page.tab.on('request', (request) => page.saw(site, request.url()));
    return page;
  }

  saw(site, url) {
    this.requests.push(url);
    if (!/^(blob|data):/.test(url) && new URL(url).origin !== new URL(site.address).origin) this.foreign.push(url);
  }

  async show(where) {
    await this.tab.goto(where);
    await this.tab.evaluate(() => window.pierPlayer?.ready);
  }
  state() { return this.tab.evaluate(() => window.pierPlayer.state()); }
  picture(name) { return this.tab.screenshot({path: path.join(output, name), fullPage: true}); }
  async close() {
    await this.context?.close();
    await rm(this.profile, {recursive: true, force: true});
  }
}

/** Waits for `holds(state)`; says what the page showed when it never did. */
async function until(page, what, holds, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const state = await page.state();
    if (holds(state)) return state;
    if (Date.now() > end) assert.fail(`${what} within ${seconds} s: ${JSON.stringify(state)}\n${page.complaints.join('\n')}`);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

/** How much the shown picture varies: 0 for one colour all over. */
function contrast(page) {
  return page.tab.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), {width: 64, height: 36});
    const pen = canvas.getContext('2d');
    pen.drawImage(document.getElementById('video'), 0, 0, 64, 36);
    const values = [...pen.getImageData(0, 0, 64, 36).data].filter((_, i) => i % 4 === 1);
    const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
    return Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length);
  });
}

async function playRung(site, page, kind, rung) {
  const track = site.track(rung);
  await page.tab.evaluate(([k, r]) => {
    const video = document.getElementById('video');
    video.pause();
    video.currentTime = 0;
    return window.pierPlayer.load(k).then(() => window.pierPlayer.force(r)).then(() => video.play());
  }, [kind, rung]);
  const first = await until(page, `${kind} ${rung} shows`, (now) => now.track?.rung === rung && now.height === track.height && now.decoded > 0);
  const last = await until(page, `${kind} ${rung} plays ${kSeconds} s`, (now) => now.time >= first.time + kSeconds);
  assert.equal(last.kind, kind);
  assert.equal(last.track.rung, rung);
  assert.deepEqual([last.width, last.height], [track.width, track.height]);
  const frames = last.decoded - first.decoded, wanted = kSeconds * master.rate;
  assert.ok(frames >= wanted / 2, `${kind} ${rung}: ${frames} pictures decoded in ${kSeconds} s, of ${wanted}`);
  assert.deepEqual(last.errors, []);
  assert.ok(page.requests.some((url) => url.includes(`/${track.id}/`) && url.endsWith('.m4s')), `${rung}: its own segments were read`);
  assert.ok(await contrast(page) > 10, `${kind} ${rung}: the picture is one colour`);
  await page.picture(`${kind}-${rung}.png`);
}

async function checkMarks(page) {
  const {tracks} = await page.state();
  for (const track of tracks) {
    const name = kNotHere[track.rung];
    if (name) assert.match(track.whyNot, new RegExp(`does not decode ${name}`), track.rung);
    else assert.equal(track.whyNot, '', track.rung);
  }
  const refused = await page.tab.evaluate(() => window.pierPlayer.force('hevc-360').then(() => '', (error) => error.message));
  assert.match(refused, /HEVC/);
  const disabled = await page.tab.locator('#tracks button:disabled').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
  assert.equal(disabled.length, 1);
  assert.match(disabled[0], /hevc-360/);
}

async function checkOtherLanguage(site, page) {
  const chinese = await Page.open(site, {locale: 'zh-CN', viewport: {width: 420, height: 900}, colorScheme: 'dark'});
  try {
    await chinese.show(site.url(site.asset.play));
    assert.equal(await chinese.tab.locator('html').getAttribute('lang'), 'zh-Hans');
    await chinese.tab.getByText('码率档').first().waitFor();
    await chinese.picture('phone-zh.png');
    const wide = await chinese.tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, 'the page scrolls sideways on a telephone');
    page.complaints.push(...chinese.complaints);
    page.foreign.push(...chinese.foreign);
  } finally {
    await chinese.close();
  }
}

/** The text of the file is active at its times, once, also where a segment ends in the middle of it. */
async function playText(page, kind, rung) {
  await page.tab.evaluate(([k, r]) => {
    const video = document.getElementById('video');
    video.pause();
    video.currentTime = 0;
    return window.pierPlayer.load(k).then(() => { window.pierPlayer.automatic(); window.pierPlayer.subtitles(r); });
  }, [kind, rung]);
  const at = (time) => page.tab.evaluate((to) => { document.getElementById('video').currentTime = to; }, time);
  await page.tab.waitForFunction(() => document.getElementById('video').readyState >= 2);
  for (const time of [1, 3.7, 3.9]) {
    const cue = spoken.find((one) => one.start <= time && one.end > time);
    await at(time);
    const now = await until(page, `${kind} ${rung} shows text at ${time} s`, (state) => Math.abs(state.time - time) < 0.05 && state.cues.map(({text}) => text).join('|') === cue.text);
    assert.equal(now.subtitles, rung);
    // shaka shows a document of IMSC for as long as its segment lasts, so a cue that goes on is there in two parts.
    const whole = Math.abs(now.cues[0].start - cue.start) < 0.001 && Math.abs(now.cues[0].end - cue.end) < 0.001;
    assert.ok(whole || rung === 'imsc-1', JSON.stringify(now.cues));
    if (time === 3.9) await page.picture(`${kind}-${rung}.png`);
  }
  await at(1.7);
  await until(page, 'nothing is said', (state) => Math.abs(state.time - 1.7) < 0.05 && state.cues.length === 0);
  await page.tab.evaluate(() => window.pierPlayer.subtitles(null));
  await at(1);
  await until(page, 'no text after it was taken away', (state) => Math.abs(state.time - 1) < 0.05 && state.subtitles === null && state.cues.length === 0);
}

async function clickText(page) {
  const button = page.tab.locator('#tracks li', {hasText: 'webvtt-1'}).locator('button');
  await button.click();
  await until(page, 'the button shows the subtitles', (state) => state.subtitles === 'webvtt-1');
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  await button.click();
  await until(page, 'the button hides the subtitles', (state) => state.subtitles === null);
}

export function playerTests(site) {
  let page;
  before(async () => { page = await Page.open(site()); });
  after(() => page?.close());

  test('the start page leads to the asset', async () => {
    await page.tab.goto(site().url('/'));
    await page.tab.getByText(master.title).click();
    await page.tab.waitForURL(site().url(site().asset.play));
    await page.tab.goBack();
    await page.picture('assets.png');
  });
  test('the page loads with title, tracks and duration', async () => {
    await page.show(site().url(site().asset.play));
    assert.equal(await page.tab.locator('#title').textContent(), master.title);
    assert.equal(await page.tab.locator('#tracks li').count(), site().asset.tracks.length);
    const state = await until(page, 'a duration', (now) => now.duration > 0);
    assert.ok(Math.abs(state.duration - master.seconds) < 0.1, `${state.duration} s`);
  });
  test('what this browser does not decode is marked', () => checkMarks(page));
  for (const kind of ['hls', 'dash']) {
    for (const rung of kPlayable) test(`${kind}: ${rung} plays`, () => playRung(site(), page, kind, rung));
  }
  for (const kind of ['hls', 'dash']) {
    for (const rung of ['webvtt-1', 'imsc-1']) test(`${kind}: Chinese subtitles of ${rung} are active at their times`, () => playText(page, kind, rung));
  }
  test('subtitles are offered on the page', () => clickText(page));
  test('a thumbnail shows where the pointer is', async () => {
    const box = await page.tab.locator('#position').boundingBox();
    await page.tab.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, {steps: 3});
    await page.tab.locator('#preview').waitFor({state: 'visible'});
    await page.picture('preview.png');
  });
  test('in Chinese, on a telephone, in the dark', () => checkOtherLanguage(site(), page));
  test('no error on the console, no request to another host', () => {
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(page.foreign, []);
  });
}
