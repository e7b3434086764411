// FFmpeg's xpsnr filter out of the npm package node-av (FFmpeg 8), for machines whose ffmpeg is too old to have it.
// node xpsnr_oracle.mjs DIRECTORY_WITH_NODE_MODULES REF TEST RATE STATS_FILE
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

// Newer than Node 20, and the package uses it.
Promise.withResolvers ??= () => {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const [folder, reference, test, rate, stats] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(folder), "package.json"));
const { Demuxer, Decoder, FilterComplexAPI } = await import(pathToFileURL(require.resolve("node-av/api")));

async function pictures(file) {
  const demuxer = await Demuxer.open(file);
  const stream = demuxer.video();
  const decoder = await Decoder.create(stream);
  return decoder.frames(demuxer.packets(stream.index));
}

const complex = FilterComplexAPI.create(`[0:v]fps=${rate}[a];[1:v]fps=${rate}[b];[a][b]xpsnr=stats_file=${stats}[out]`, {
  inputs: [{ label: "0:v" }, { label: "1:v" }],
  outputs: [{ label: "out" }],
});
let count = 0;
const sides = { "0:v": await pictures(reference), "1:v": await pictures(test) };
for (let open = Object.keys(sides); open.length > 0; ) {
  for (const label of [...open]) {
    const { value, done } = await sides[label].next();
    if (done || value === null) {
      open = open.filter((one) => one !== label);
      await complex.flush(label);
    } else {
      await complex.process(label, value);
      value.free();
    }
  }
  for (let frame = await complex.receive("out"); frame?.free; frame = await complex.receive("out")) {
    count += 1;
    frame.free();
  }
}
complex.close();
console.log(JSON.stringify({ frames: count }));
