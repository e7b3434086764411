// Codec strings derived from what an initialisation segment holds, independently of the server.

/** Children of an ISO box: [{type, body}]. */
function boxes(bytes) {
  const found = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) throw new Error(`a box of ${size} bytes at ${at} does not fit`);
    found.push({type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, at + size)});
    at += size;
  }
  return found;
}

function child(bytes, type) {
  const found = boxes(bytes).find((box) => box.type === type);
  if (!found) throw new Error(`there is no ${type}`);
  return found.body;
}

const hex = (value, digits = 0) => value.toString(16).padStart(digits, '0');
const two = (value) => String(value).padStart(2, '0');

function hevc(record) {
  const profile = record[1] & 0x1f, space = ['', 'A', 'B', 'C'][record[1] >> 6], tier = record[1] & 0x20 ? 'H' : 'L';
  let flags = 0;
  for (let i = 0, from = record.readUInt32BE(2); i < 32; i++) flags = (flags << 1 | (from >>> i & 1)) >>> 0;
  const constraints = [...record.subarray(6, 12)];
  while (constraints.length && constraints.at(-1) === 0) constraints.pop();
  return [`hvc1.${space}${profile}`, hex(flags).toUpperCase(), `${tier}${record[12]}`, ...constraints.map((one) => hex(one).toUpperCase())].join('.');
}

function av1(record, colr) {
  const profile = record[1] >> 5, level = record[1] & 0x1f, tier = record[2] & 0x80 ? 'H' : 'M';
  const depth = record[2] & 0x40 ? (record[2] & 0x20 ? 12 : 10) : 8;
  const mono = record[2] >> 4 & 1, sampling = `${record[2] >> 3 & 1}${record[2] >> 2 & 1}${record[2] & 3}`;
  const point = (at) => two(colr.readUInt16BE(at));
  return `av01.${profile}.${two(level)}${tier}.${two(depth)}.${mono}.${sampling}.${point(4)}.${point(6)}.${point(8)}.${colr[10] >> 7}`;
}

/** The object type of an esds: the first five bits of the DecoderSpecificInfo (tag 5). */
function aac(esds) {
  for (let at = 4; at < esds.length;) {
    const tag = esds[at++];
    let size = 0, more;
    do { more = esds[at]; size = size << 7 | more & 0x7f; at++; } while (more & 0x80);
    if (tag === 5) return `mp4a.40.${esds[at] >> 3}`;
    at += tag === 3 ? 3 : tag === 4 ? 13 : size;
  }
  throw new Error('there is no DecoderSpecificInfo');
}

/** {codec, colour: [primaries, transfer, matrix, full] or null} of the one sample entry of an initialisation segment. */
export function describeInit(init) {
  const stbl = ['moov', 'trak', 'mdia', 'minf', 'stbl'].reduce(child, init);
  const [entry] = boxes(child(stbl, 'stsd').subarray(8));
  const inside = entry.body.subarray(['mp4a', 'ec-3'].includes(entry.type) ? 28 : 78);
  const colr = boxes(inside).find((box) => box.type === 'colr')?.body;
  const colour = colr && [colr.readUInt16BE(4), colr.readUInt16BE(6), colr.readUInt16BE(8), colr[10] >> 7];
  const names = {
    avc1: () => `avc1.${child(inside, 'avcC').toString('hex', 1, 4).toUpperCase()}`, hvc1: () => hevc(child(inside, 'hvcC')),
    av01: () => av1(child(inside, 'av1C'), colr), mp4a: () => aac(child(inside, 'esds')), 'ec-3': () => 'ec-3',
  };
  if (!names[entry.type]) throw new Error(`an unexpected sample entry ${entry.type}`);
  return {codec: names[entry.type](), colour: colour ?? null};
}
