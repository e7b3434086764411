// A running `pier serve` on a free port with one published asset, in a scratch directory that goes with it.

import {spawn} from 'node:child_process';
import {copyFile, cp, mkdir, mkdtemp, rm} from 'node:fs/promises';
import {existsSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const repository = path.resolve(here, '../..');
export const output = path.resolve(process.env.PIER_E2E_OUT ?? path.join(repository, 'build/e2e'));
const pier = path.resolve(process.env.PIER_BIN ?? path.join(repository, 'build/release/bin/pier'));

/** What the generated master is; the published tracks are compared with this. */
export const master = {width: 640, height: 360, rate: 50, frames: 240, seconds: 4.8, samples: 230400, title: 'End to end 端到端'};

/** Runs a program to its end; an Error with what it said when it fails or takes too long. */
export function run(program, args, {env = process.env, seconds = 120, binary = false} = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {env, stdio: ['ignore', 'pipe', 'pipe']});
    const out = [], said = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => { clearTimeout(timer); reject(error); });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const bytes = Buffer.concat(out), errors = Buffer.concat(said).toString();
      if (code === 0) return resolve(binary ? bytes : bytes.toString());
      reject(new Error(`${path.basename(program)} ${args.join(' ')}\nended with ${code ?? signal}\n${errors}${bytes.subarray(0, 4000)}`));
    });
  });
}

/** What is said when; in a subtitle file as they come from a Chinese house. */
export const spoken = [
  {start: 0.5, end: 1.5, text: '栈桥在海边，'}, {start: 2, end: 4.5, text: '我们从这里出发。'}, {start: 9, end: 10, text: '太晚了'}];

async function makeSubtitles(file) {
  const clock = (seconds) => `00:00:${String(Math.floor(seconds)).padStart(2, '0')},${String(Math.round(seconds % 1 * 1000)).padStart(3, '0')}`;
  const text = spoken.map((cue, i) => `${i + 1}\r\n${clock(cue.start)} --> ${clock(cue.end)}\r\n${cue.text}\r\n`).join('\r\n');
  await run('python3', ['-c', 'import sys; open(sys.argv[1], "wb").write(sys.argv[2].encode("gb18030"))', file, text]);
}

/** HLG, BT.2020, ten bits, moving; a stereo and a 5.1 track. */
async function makeMaster(file) {
  const {width, height, rate, frames, seconds} = master;
  const tone = (hz) => `0.2*sin(2*PI*${hz}*t)`;
  const sound = (layout, ...hz) => `aevalsrc=exprs='${hz.map(tone).join('|')}':channel_layout=${layout}:sample_rate=48000:duration=${seconds}`;
  const colour = 'colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc:range=limited';
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y',
    '-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${rate}:duration=${frames / rate},format=yuv420p10le,setparams=range=tv:color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc`,
    '-f', 'lavfi', '-i', sound('stereo', 440, 554), '-f', 'lavfi', '-i', sound('5.1', 440, 554, 330, 50, 660, 880),
    '-map', '0:v', '-map', '1:a', '-map', '2:a',
    '-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1', '-pix_fmt', 'yuv420p10le',
    '-x265-params', `log-level=error:crf=20:keyint=${rate}:bframes=0:${colour}`,
    '-color_range', 'tv', '-color_primaries', 'bt2020', '-color_trc', 'arib-std-b67', '-colorspace', 'bt2020nc',
    '-c:a', 'pcm_s24le', '-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=eng', '-f', 'mov', file]);
}

/** What the program reads at run time, with the ladder of this test added. */
async function makeShare(directory) {
  const player = path.join(repository, 'web/player');
  const skip = (source) => !source.includes('node_modules');
  await cp(path.join(repository, 'ladders'), path.join(directory, 'ladders'), {recursive: true});
  await cp(path.join(repository, 'profiles'), path.join(directory, 'profiles'), {recursive: true});
  await cp(player, path.join(directory, 'web'), {recursive: true, filter: skip});
  await copyFile(path.join(here, 'ladders/e2e.toml'), path.join(directory, 'ladders/e2e.toml'));
  const shaka = path.join(player, 'node_modules/shaka-player/dist/shaka-player.compiled.js');
  if (!existsSync(shaka)) throw new Error('shaka-player is not installed: npm ci --prefix web/player');
  await copyFile(shaka, path.join(directory, 'web/shaka-player.compiled.js'));
}

/** Starts the server; gives the process and the address it printed. */
function serve(data, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(pier, ['serve', '--listen', '127.0.0.1:0', '--data', data, '--json'], {env, stdio: ['ignore', 'pipe', 'pipe']});
    let out = '', said = '';
    const late = setTimeout(() => { child.kill('SIGKILL'); reject(new Error(`pier serve said no address in 30 s\n${said}`)); }, 30000);
    child.on('error', reject);
    child.on('exit', (code) => { clearTimeout(late); reject(new Error(`pier serve ended with ${code}\n${said}${out}`)); });
    child.stderr.on('data', (chunk) => { said += chunk; });
    child.stdout.on('data', (chunk) => {
      out += chunk;
      try {
        const greeting = JSON.parse(out);
        clearTimeout(late);
        resolve({child, address: greeting.address, log: () => said});
      } catch { /* the rest is still to come */ }
    });
  });
}

export class Site {
  /** Makes the master, starts the server, publishes through it. */
  static async open() {
    if (!existsSync(pier)) throw new Error(`there is no ${pier}: ./dev build, or name it in PIER_BIN`);
    const site = new Site();
    site.directory = await mkdtemp(path.join(tmpdir(), 'pier-e2e-'));
    try {
      await mkdir(output, {recursive: true});
      const data = path.join(site.directory, 'data'), share = path.join(site.directory, 'share');
      const env = {...process.env, PIER_SHARE: share};
      site.file = path.join(site.directory, 'master.mov');
      const subtitles = path.join(site.directory, '字幕.srt');
      await Promise.all([makeMaster(site.file), makeShare(share), makeSubtitles(subtitles)]);
      site.server = await serve(data, env);
      site.address = site.server.address;
      const said = await run(pier, ['publish', site.file, '--ladder', 'e2e', '--title', master.title,
        '--subtitles', `${subtitles}:lang=zh-Hans:name=简体中文`, '--data', data, '--json'], {env, seconds: 150});
      site.asset = JSON.parse(said);
      return site;
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  url(where) { return new URL(where, this.address).href; }
  track(rung) { return this.asset.tracks.find((track) => track.rung === rung); }

  /** The body of what answers 200; checks the type when one is named. */
  async get(where, {type, headers, status = 200} = {}) {
    const response = await fetch(this.url(where), {headers});
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== status) throw new Error(`${where}: ${response.status} instead of ${status}\n${bytes.subarray(0, 500)}`);
    const given = response.headers.get('content-type') ?? '';
    if (type && !given.startsWith(type)) throw new Error(`${where}: content type ${given}, not ${type}`);
    return bytes;
  }

  /** Ctrl-C; gives the exit code. */
  async stop() {
    const {child} = this.server;
    child.removeAllListeners('exit');
    if (child.exitCode !== null) return child.exitCode;
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    child.kill('SIGINT');
    const late = setTimeout(() => child.kill('SIGKILL'), 15000);
    const code = await ended;
    clearTimeout(late);
    return code;
  }

  async close() {
    if (this.server) await this.stop();
    await rm(this.directory, {recursive: true, force: true});
  }
}
