"""Dynamic HDR metadata of a master (HDR10+, HDR Vivid, Dolby Vision 8.1) is in the published track, picture by picture."""

import itertools
import json
import re
import struct
import urllib.parse
import urllib.request

import clips
from pier_program import DataDirectory, PierTest, Server, main, pier

RATE, SECONDS = 25, 8
HEVC_VPS, HEVC_SEI, HEVC_RPU = 32, 39, 62
COLOUR = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range", "tv"]


class Bits:
    def __init__(self):
        self.text = ""

    def put(self, value, count):
        self.text += format(value, f"0{count}b")
        return self

    def bytes(self):
        text = self.text + "0" * (-len(self.text) % 8)
        return bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))


def hdr10_plus(number, windows=1):
    """SMPTE ST 2094-40, application 4 version 1, by its syntax table; the number is in maxscl of red."""
    bits = Bits().put(0xB5, 8).put(0x003C, 16).put(0x0001, 16).put(4, 8).put(1, 8).put(windows, 2)
    for _ in range(1, windows):
        for value in (16, 16, 160, 120):  # corners
            bits.put(value, 16)
        for value, count in ((80, 16), (60, 16), (0, 8), (20, 16), (40, 16), (40, 16), (0, 1)):  # an ellipse
            bits.put(value, count)
    bits.put(400, 27).put(0, 1)
    for _ in range(windows):
        for value in (1000 + number, 2000, 3000):
            bits.put(value, 17)
        bits.put(500, 17).put(0, 4).put(10, 10)
    bits.put(0, 1)
    for _ in range(windows):
        bits.put(0, 1).put(0, 1)
    return bits.bytes()


def hdr_vivid(number):
    """T/UWA 005.1: the four statistics of one window, without curves; the number is the average."""
    bits = Bits().put(0x26, 8).put(0x0004, 16).put(0x0005, 16).put(1, 8)
    for value in (1, 100 + number, 300, 3000):
        bits.put(value, 12)
    return bits.put(0, 1).put(0, 1).bytes()


def rpu(number):
    """Some bytes under the prefix of an RPU; nobody here reads what is inside."""
    return bytes([0x7C, 0x01, 0x19]) + struct.pack(">I", 0x08090000 | number + 0x0400) + b"\x80"


def escaped(raw):
    out, zeros = bytearray(), 0
    for byte in raw:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def unescaped(unit):
    return re.sub(rb"\x00\x00\x03", b"\x00\x00", unit)


def units(stream):
    """NAL units of a byte stream (H.265 Annex B)."""
    return [unit.rstrip(b"\x00") for unit in re.split(rb"\x00\x00\x01", stream)[1:]]


def kind(unit):
    return unit[0] >> 1 & 63


def access_units(stream):
    """Lists of units: one begins with what follows the slices of the one before."""
    found, current, sliced = [], [], False
    for unit in units(stream):
        first_slice = kind(unit) < HEVC_VPS and unit[2] & 0x80
        begins = first_slice if not sliced else first_slice or (HEVC_VPS <= kind(unit) <= HEVC_SEI and kind(unit) != 38)
        if sliced and begins:
            found.append(current)
            current, sliced = [], False
        current.append(unit)
        sliced = sliced or kind(unit) < HEVC_VPS
    return [*found, current]


def sei(payload):
    assert len(payload) < 255
    return bytes([HEVC_SEI << 1, 1]) + escaped(bytes([4, len(payload)]) + payload + b"\x80")


def payloads(access_unit):
    """[T.35 user data or RPU unit]"""
    found = []
    for unit in access_unit:
        if kind(unit) == HEVC_RPU:
            found.append(unit)
        if kind(unit) == HEVC_SEI:
            body = unescaped(unit[2:])
            while len(body) > 2:  # messages here are short
                if body[0] == 4 and body[2:3] in (b"\xb5", b"\x26"):
                    found.append(body[2:2 + body[1]])
                body = body[2 + body[1]:]
    return found


def boxed(kind_, payload):
    return struct.pack(">I", len(payload) + 8) + kind_ + payload


HEADS = {"stsd": 8, "hvc1": 78}  # bytes before the boxes inside
CONTAINERS = {"moov", "trak", "mdia", "minf", "stbl", *HEADS}


def edited(content, edits):
    """An ISO media file with the payloads of some boxes changed, by name."""
    out, at = b"", 0
    while at < len(content):
        size, name = struct.unpack(">I4s", content[at:at + 8])
        name, payload = name.decode("latin1"), content[at + 8:at + size]
        if name in CONTAINERS:
            head = HEADS.get(name, 0)
            payload = payload[:head] + edited(payload[head:], edits)
        out += boxed(name.encode("latin1"), edits.get(name, lambda same: same)(payload))
        at += size
    return out


def samples(content):
    """Of a file with one track, in the order of coding."""
    found = {name: payload for name, payload in clips.boxes(content, {"stsz", "mdat"})}
    sizes = struct.unpack(f">{int.from_bytes(found['stsz'][8:12], 'big')}I", found["stsz"][12:])
    assert sum(sizes) == len(found["mdat"])
    ends = list(itertools.accumulate(sizes))
    return [found["mdat"][end - size:end] for end, size in zip(ends, sizes)]


def with_samples(content, changed, extra):
    """The same file with other samples, in one run, and boxes appended to its sample entry."""
    sizes = struct.pack(f">{len(changed)}I", *map(len, changed))
    return edited(content, {
        "mdat": lambda _: b"".join(changed),
        "stsz": lambda old: old[:12] + sizes,
        "stsc": lambda old: old[:4] + struct.pack(">IIII", 1, 1, len(changed), 1),
        "stco": lambda old: old[:4] + struct.pack(">I", 1) + old[8:12],
        "hvc1": lambda old: old + extra,
    })


def length_prefixed(sample):
    found, at = [], 0
    while at < len(sample):
        size = int.from_bytes(sample[at:at + 4], "big")
        found.append(sample[at + 4:at + 4 + size])
        at += 4 + size
    return found


class DynamicHdr(PierTest):
    def make(self, name, size, metadata, dolby=b""):
        """A master with B pictures whose picture n (in the order of coding) carries metadata(n)."""
        path = self.folder / f"{name}.mov"
        clips.ffmpeg(*clips.picture(size, RATE, SECONDS), "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le",
                     "-x265-params", "bframes=3:keyint=50:log-level=none:colorprim=bt2020:transfer=smpte2084:"
                     "colormatrix=bt2020nc:range=limited", *COLOUR, "-tag:v", "hvc1", path)
        content = path.read_bytes()
        changed = []
        for number, sample in enumerate(samples(content)):
            inside = length_prefixed(sample)
            place = next(i for i, unit in enumerate(inside) if kind(unit) < HEVC_VPS)
            carried = metadata(number)
            inside[place:place] = [sei(one) for one in carried if one[0] != 0x7C]
            inside += [one for one in carried if one[0] == 0x7C]
            changed.append(b"".join(struct.pack(">I", len(unit)) + unit for unit in inside))
        path.write_bytes(with_samples(content, changed, boxed(b"dvvC", dolby) if dolby else b""))
        return path

    def carried(self, path):
        """[metadata] of a file's pictures in the order of presentation."""
        stream = clips.ffmpeg("-i", path, "-map", "0:v:0", "-c", "copy", "-bsf:v", "hevc_mp4toannexb", "-f", "hevc", "-")
        packets = clips.ffprobe(path, "-select_streams", "v:0", "-show_entries", "packet=pts")["packets"]
        found = access_units(stream)
        self.assertEqual(len(found), len(packets))
        ordered = sorted(zip((int(packet["pts"]) for packet in packets), found), key=lambda pair: pair[0])
        return [payloads(access_unit) for _, access_unit in ordered]

    def track(self, server, answer, rung):
        """A rung as it is given out: init and all segments in one file."""
        whole = server.address + answer["hls"]
        identity = next(track["id"] for track in answer["tracks"] if track["rung"] == rung)
        lines = self.get(whole).decode().splitlines()
        playlist = next(urllib.parse.urljoin(whole, line) for line in lines if line and line[0] != "#" and identity in line)
        text = self.get(playlist).decode()
        names = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', text) + [line for line in text.splitlines() if line and line[0] != "#"]
        path = self.folder / f"{identity}.mp4"
        path.write_bytes(b"".join(self.get(urllib.parse.urljoin(playlist, name)) for name in names))
        return path, "\n".join(lines)

    @staticmethod
    def get(address):
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.read()

    def side_data(self, path):
        """{kind: one value a picture} as ffprobe reads it, in the order of presentation."""
        found = {"hdr10plus": [], "vivid": []}
        for frame in clips.ffprobe(path, "-select_streams", "v:0", "-show_frames")["frames"]:
            for data in frame.get("side_data_list", []):
                if "2094-40" in data["side_data_type"]:
                    found["hdr10plus"].append(data["maxscl"])
                if "Vivid" in data["side_data_type"]:
                    found["vivid"].append(data["average_maxrgb"])
        return found

    def test_the_same_raster(self):
        """All three kinds, over the seam of two chunks; what ffmpeg reads is what it reads in the master."""
        record = bytes([1, 0]) + struct.pack(">H", 8 << 9 | 3 << 3 | 5) + bytes([1 << 4]) + bytes(19)
        master = self.make("all", "480x270", lambda n: [hdr10_plus(n), hdr_vivid(n), rpu(n)], record)
        before = self.carried(master)
        self.assertEqual({len(one) for one in before}, {3})
        self.assertEqual(len({one[0] for one in before}), RATE * SECONDS, "every picture has its own")
        records = DataDirectory(self.folder / "same")
        with Server(records.path) as server:
            answer = self.publish(records.path, master)
            self.assertGreater(records.rows("SELECT count(*) AS n FROM tasks WHERE kind = 'encode'")[0]["n"], 1)
            path, playlist = self.track(server, answer, "hevc-360")
            shown = pier("assets", "show", answer["asset"]["id"], "--data", records.path).out.decode()
        self.assertEqual(self.carried(path), before)
        ours, theirs = self.side_data(path), self.side_data(master)
        self.assertEqual({kind_: len(values) for kind_, values in theirs.items()},
                         {"hdr10plus": RATE * SECONDS, "vivid": RATE * SECONDS})
        self.assertEqual(ours, theirs)
        quality = next(track["quality"] for track in answer["tracks"] if track["rung"] == "hevc-360")
        count = RATE * SECONDS
        self.assertEqual(quality["dynamic"], {"hdr10plus": count, "hdr_vivid": count, "dolby_vision": count})
        self.assertIn("HDR10+", shown)
        stream = clips.ffprobe(path, "-select_streams", "v:0", "-show_streams")["streams"][0]
        dolby = [data for data in stream["side_data_list"] if "DOVI" in data["side_data_type"]]
        self.assertEqual([(one["dv_profile"], one["dv_level"], one["rpu_present_flag"], one["el_present_flag"],
                           one["dv_bl_signal_compatibility_id"]) for one in dolby], [(8, 3, 1, 0, 1)])
        self.assertIn(b"cuvv", path.read_bytes()[:4096])
        self.assertIn('SUPPLEMENTAL-CODECS="dvh1.08.03/db1p"', playlist)
        sdr = next(track["quality"] for track in answer["tracks"] if track["rung"] == "avc-360-sdr")
        self.assertNotIn("dynamic", sdr)

    def test_metadata_beside_the_master(self):
        """HDR10+ JSON out of one file is put into the publication of another that carries none, picture by picture."""
        master = self.make("given", "480x270", lambda n: [hdr10_plus(n)])
        bare = self.make("bare", "480x270", lambda n: [])
        text = self.folder / "given.json"
        self.assertIn("HDR10+ metadata of 200 pictures (profile A, 200 scenes)", pier("hdr10plus", master, text).out.decode())
        scenes = json.loads(text.read_text())["SceneInfo"]
        self.assertEqual(len(scenes), RATE * SECONDS)
        records = DataDirectory(self.folder / "beside")
        with Server(records.path) as server:
            answer = self.publish(records.path, bare, "--hdr10plus", text)
            path, _ = self.track(server, answer, "hevc-360")
            again = self.folder / "again.json"
            pier("hdr10plus", path, again)
            self.assertEqual(again.read_text(), text.read_text())
            quality = next(track["quality"] for track in answer["tracks"] if track["rung"] == "hevc-360")
            self.assertEqual(quality["dynamic"], {"hdr10plus": RATE * SECONDS})
            self.publish(records.path, bare, "--hdr10plus", text, "--rung", "avc-360-sdr")
            unused = "no rung can carry the HDR10+ metadata that was given; it is not used"
            said = [unused in json.loads(row["grid"])["warnings"] for row in records.rows("SELECT grid FROM assets ORDER BY id")]
            self.assertEqual(sorted(said), [False, True])
            cut = json.loads(text.read_text())
            cut["SceneInfo"].pop()
            del cut["SceneInfoSummary"]
            (self.folder / "cut.json").write_text(json.dumps(cut))
            refused = pier("publish", bare, "--hdr10plus", self.folder / "cut.json", "--data", records.path, "--ladder", "tiny")
            self.assertIn("is of 199 pictures, and the master has 200", refused.err.decode())
        none = pier("hdr10plus", bare, again)
        self.assertIn("no picture of this file carries HDR10+ metadata", none.err.decode())
        self.assertEqual(again.read_text(), text.read_text(), "what was there stays")

    def test_another_raster(self):
        """Messages about parts of the picture and RPUs are dropped, which is said; the others stay."""
        record = bytes([1, 0]) + struct.pack(">H", 8 << 9 | 4 << 3 | 5) + bytes([1 << 4]) + bytes(19)
        master = self.make("scaled", "960x540", lambda n: [hdr10_plus(n, 2 if n % 3 == 0 else 1), rpu(n)], record)
        before = self.carried(master)
        expected = [[one for one in carried if one[0] == 0xB5 and one[7] >> 6 == 1] for carried in before]
        whole = sum(map(len, expected))
        self.assertTrue(0 < whole < RATE * SECONDS)
        records = DataDirectory(self.folder / "other")
        with Server(records.path) as server:
            answer = self.publish(records.path, master)
            path, playlist = self.track(server, answer, "hevc-360")
        self.assertEqual(self.carried(path), expected)
        self.assertNotIn("SUPPLEMENTAL-CODECS", playlist)
        quality = next(track["quality"] for track in answer["tracks"] if track["rung"] == "hevc-360")
        self.assertEqual(quality["dynamic"], {"hdr10plus": whole})
        warnings = json.loads(records.rows("SELECT grid FROM assets")[0]["grid"])["warnings"]
        self.assertIn("Dolby Vision metadata is not carried into hevc-360: its raster is not the master's", warnings)


if __name__ == "__main__":
    main()
