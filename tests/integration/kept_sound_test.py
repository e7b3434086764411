"""Sound that is published as the master has it: every unit, in sync, in the manifests, verified, and refused where it cannot."""

import array
import json
import subprocess
import urllib.request

import clips
from pier_program import DONE, SHARE, DataDirectory, PierTest, Server, main, pier, share_with

SOURCE_RUNG = """
[[rung]]
name = "source-sound"
kind = "audio"
codec = "source"
"""
CODECS = {"aac": "mp4a.40.2", "ac3": "ac-3", "eac3": "ec-3"}


def get(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read()


def output(*command):
    return subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE).stdout


def unit_digests(path, stream):
    """MD5 of every coded unit, as ffmpeg reads them."""
    lines = output("ffmpeg", "-v", "error", "-i", path, "-map", f"0:{stream}", "-c", "copy", "-bsf:a", "null", "-f",
                   "framemd5", "-").decode().splitlines()
    return [line.split(",")[5].strip() for line in lines if not line.startswith("#")]


def samples(path):
    """From time 0 on: ffmpeg gives what lies before it, where a fragmented file has an edit list."""
    return output("ffmpeg", "-v", "error", "-copyts", "-i", path, "-map", "0:a:0", "-af", "atrim=start=0", "-ac", "1", "-f",
                  "s16le", "-")


class KeptSound(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tiny = (SHARE / "ladders" / "tiny.toml").read_text()
        cls.share = share_with(cls.folder, kept=tiny.replace('name = "tiny"', 'name = "kept"') + SOURCE_RUNG)
        cls.data = DataDirectory(cls.folder / "data")
        cls.masters = {codec: cls.master(codec, f"{codec}.mp4", "-c:a", codec) for codec in CODECS}
        cls.assets = {codec: cls.publish(path) for codec, path in cls.masters.items()}

    @classmethod
    def master(cls, name, file, *sound):
        """8 s of pictures with sound that never repeats."""
        path = cls.folder / file
        clips.ffmpeg(*clips.picture("192x108", 25, 8), "-f", "lavfi", "-i",
                     "aevalsrc=sin(2*PI*(200+150*t)*t)/3|sin(2*PI*(300+90*t)*t)/3:s=48000:d=8", "-c:v", "libx264", "-pix_fmt",
                     "yuv420p", *sound, "-metadata:s:a:0", "language=deu", path)
        return path

    @classmethod
    def publish(cls, path, *options):
        done = pier("publish", path, "--ladder", "kept", "--data", cls.data.path, "--json", *options,
                    env={"PIER_SHARE": str(cls.share)})
        if done.code != DONE:
            raise AssertionError(done.err.decode() + done.out.decode())
        return json.loads(done.out)["asset"]

    def kept(self, asset):
        return self.data.track_file(asset["id"], "source-sound")

    def test_every_unit_is_that_of_the_master(self):
        for codec, asset in self.assets.items():
            wanted, stored = unit_digests(self.masters[codec], "a:0"), unit_digests(self.kept(asset), "a:0")
            self.assertGreater(len(stored), 200, codec)
            self.assertEqual(stored, wanted[:len(stored)], codec)
            self.assertLessEqual(len(wanted) - len(stored), 1, codec)

    def test_it_stands_where_it_stood(self):
        for codec, asset in self.assets.items():
            wanted, stored = samples(self.masters[codec]), samples(self.kept(asset))
            self.assertEqual(stored, wanted[:len(stored)], codec)
            self.assertGreater(len(stored), 2 * 48000 * 7.9, codec)

    def test_a_part_of_the_programme_is_in_sync(self):
        """From 2 s on: the unit before the one it begins in is stored too, so that its first sample is right already."""
        for codec, path in self.masters.items():
            part = self.publish(path, "--in", "00:00:02:00", "--title", f"part of {codec}")
            whole, stored = samples(path), samples(self.kept(part))
            # Decoders that have not heard all that was before differ in their dither.
            ours, theirs = (array.array("h", part) for part in (stored[:2 * 40000], whole[2 * 96000:2 * 136000]))
            off = max(abs(one - other) for one, other in zip(ours, theirs, strict=True))
            self.assertLessEqual(off, 16, codec)

    def test_the_manifests_say_so(self):
        with Server(self.data.path, "--no-worker") as server:
            for codec, name in CODECS.items():
                asset = self.assets[codec]
                folder = f"{server.address}/media/{asset['id']}".replace("//media", "/media")
                hls, dash = (get(f"{folder}/{manifest}").decode() for manifest in ("hls.m3u8", "dash.mpd"))
                sounds = [line for line in hls.splitlines() if "TYPE=AUDIO" in line and 'LANGUAGE="de"' in line]
                self.assertEqual(len(sounds), 2, hls)
                self.assertIn('CHANNELS="2"', sounds[-1])
                self.assertIn(f'codecs="{name}', dash)

    def test_verification_held_every_unit_against_the_master(self):
        rows = self.data.rows("SELECT result FROM tasks WHERE kind = 'verify_sound' AND result LIKE '%units%'")
        stored = sum(len(unit_digests(self.kept(asset), "a:0")) for asset in self.assets.values())
        self.assertGreaterEqual(sum(json.loads(row["result"])["units"] for row in rows), stored)

    def test_what_cannot_be_kept_is_left_out_with_the_reason(self):
        asset = self.publish(self.master("pcm", "pcm.mov", "-c:a", "pcm_s16le"))
        reasons = {one["rung"]: one["reason"] for one in asset["grid"]["left_out"]}
        self.assertIn("pcm_s16le is not AAC-LC, AC-3 or E-AC-3", reasons["source-sound"])
        self.assertNotIn("source-sound", self.data.tracks(asset["id"]))


if __name__ == "__main__":
    main()
