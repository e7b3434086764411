"""Ladders of channels: assets of other shape, light and raster get the same tracks, and segments of one follow those of another
without an error and within the buffer; what a channel cannot show is refused."""

import os
import random
import re
import subprocess
import urllib.parse
import urllib.request

import clips
from pier_program import DONE, FAILED, PierTest, Server, main, pier, share_with

SDR = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
HLG = ["-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", "-color_range", "tv"]
RUNG = """
[[rung]]
name = "{name}"
codec = "{codec}"
height = 180
keep_hdr = {keep}
bit_depth = {depth}
preset = "ultrafast"
crf = 22
bitrate = 0.6
max_bitrate = 1.0
buffer_seconds = 1.0
buffer_start = 0.5
"""
SOUND = """
[[rung]]
name = "aac-stereo"
kind = "audio"
codec = "aac"
channels = 2
bitrate = 0.128
"""
RUNGS = RUNG.format(name="hevc-180", codec="hevc", keep="true", depth=10) + \
    RUNG.format(name="avc-180-sdr", codec="avc", keep="false", depth=8) + SOUND
CHANNEL = '[channel]\nrate = "25"\nlight = "hlg"\n' + RUNGS


CODECS = {"hevc-180": "hvc1.", "avc-180-sdr": "avc1."}
RATE, PICTURES = 25, 163  # a second; of every master: 6.5 s


def get(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read()


def units(media):
    """Bits of the coded pictures of a file, in the order they are decoded in."""
    done = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "packet=size", "-of", "csv=p=0", media], check=True,
                          stdout=subprocess.PIPE)
    return [int(line) * 8 for line in done.stdout.decode().replace(",", " ").split()]


def underflows(sizes, rate, size, fullness):
    """Pictures that are not there when they are to be decoded (leaky bucket of ISO/IEC 14496-10 annex C, low delay off)."""
    missing = 0
    for bits in sizes:
        fullness -= bits
        missing += fullness < 0
        fullness = min(size, fullness + rate / RATE)
    return missing


class Track:
    """One rendition as a player gets it."""

    def __init__(self, address, asset, codec):
        self.folder = address.rstrip("/") + f"/media/{asset}/"
        lines = get(self.folder + "hls.m3u8").decode().splitlines()
        uri = next(lines[i + 1] for i, line in enumerate(lines) if line.startswith("#EXT-X-STREAM-INF") and codec in line)
        self.playlist = urllib.parse.urljoin(self.folder + "hls.m3u8", uri)
        lines = get(self.playlist).decode().splitlines()
        first = next(line for line in lines if line.startswith("#EXT-X-MAP"))
        self.map = urllib.parse.urljoin(self.playlist, re.search('URI="([^"]+)"', first)[1])
        self.segments = [(lines[i], urllib.parse.urljoin(self.playlist, lines[i + 1]))
                         for i, line in enumerate(lines) if line.startswith("#EXTINF")]

    def init(self):
        return get(self.map)


class ChannelLadder(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.share = share_with(cls.folder, channel='name = "channel"\n' + CHANNEL,
                               plain='name = "plain"\n' + RUNGS.replace("height = 180", "height = 180\nat_most = true"))
        cls.masters = {}
        for name, source, colour in (
                ("live", "mandelbrot=s=640x360:r=25,noise=alls=20:allf=t", HLG),
                ("archive", "testsrc2=s=192x144:r=25,noise=alls=30:allf=t", SDR)):
            path = cls.folder / f"{name}.mov"
            clips.ffmpeg("-f", "lavfi", "-i", f"{source},format=yuv420p10le", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", "6.5",
                         *colour, "-c:v", "ffv1", "-c:a", "pcm_s16le", "-ac", "2", path)
            cls.masters[name] = path
        cls.assets = {(name, ladder): cls.publish(path, ladder)["id"] for name, path in cls.masters.items()
                      for ladder in ("channel", "plain")}

    @classmethod
    def publish(cls, path, ladder):
        done = cls.try_to_publish(path, ladder)
        if done.code != DONE:
            raise AssertionError(str(done))
        return done.answer["asset"]

    @classmethod
    def try_to_publish(cls, path, ladder):
        return pier("publish", os.fspath(path), "--ladder", ladder, "--data", os.fspath(cls.folder / "data"), "--policy", "ignore",
                    "--title", f"{path.stem} {ladder}", "--json", env={"PIER_SHARE": str(cls.share)})

    def track(self, server, name, ladder, rung):
        return Track(server.address, self.assets[name, ladder], CODECS[rung])

    def decoded(self, path):
        """Digests of the pictures; an error of the decoder fails."""
        done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", os.fspath(path), "-map", "0:v", "-f", "framemd5",
                               "-"], capture_output=True)
        if done.returncode != 0 or done.stderr:
            return done.stderr.decode() or "failed"
        return [line.split(",")[-1].strip() for line in done.stdout.decode().splitlines() if not line.startswith("#")]

    def with_init(self, name, init, track):
        path = self.folder / name
        path.write_bytes(init + b"".join(get(uri) for _, uri in track.segments))
        return path

    def test_segments_of_one_follow_those_of_another(self):
        with Server(self.folder / "data", "--no-worker") as server:
            for rung in CODECS:
                live, archive = (self.track(server, name, "channel", rung) for name in ("live", "archive"))
                self.assertGreaterEqual(len(live.segments), 2)
                # The parameter sets are the same: the init segment of one decodes the segments of the other.
                own = self.decoded(self.with_init("own.mp4", archive.init(), archive))
                self.assertEqual(len(own), PICTURES, own)
                self.assertEqual(self.decoded(self.with_init("others.mp4", live.init(), archive)), own)
                # One decoder goes through the joints: the stream without its containers.
                kind = "hevc" if rung.startswith("hevc") else "h264"
                joined = self.folder / f"joined.{kind}"
                with open(joined, "wb") as stream:
                    for track, part in ((live, slice(0, 1)), (archive, slice(None)), (live, slice(1, None))):
                        piece = self.folder / "piece.mp4"
                        piece.write_bytes(track.init() + b"".join(get(uri) for _, uri in track.segments[part]))
                        stream.write(clips.ffmpeg("-i", piece, "-map", "0:v", "-c", "copy", "-f", kind, "-"))
                pictures = self.decoded(joined)
                self.assertEqual(len(pictures), 2 * PICTURES, pictures)
                first = pictures.index(own[0])
                self.assertEqual(pictures[first:first + PICTURES], own)

    def test_an_ordinary_ladder_does_not_join(self):
        with Server(self.folder / "data", "--no-worker") as server:
            live, archive = (self.track(server, name, "plain", "hevc-180") for name in ("live", "archive"))
            own = self.decoded(self.with_init("own.mp4", archive.init(), archive))
            self.assertNotEqual(self.decoded(self.with_init("others.mp4", live.init(), archive)), own, "of another raster")

    def test_any_order_keeps_the_buffer(self):
        with Server(self.folder / "data", "--no-worker") as server:
            for rung in CODECS:
                segments = []
                for name in ("live", "archive"):
                    track = self.track(server, name, "channel", rung)
                    for i, (_, uri) in enumerate(track.segments):
                        path = self.folder / f"{name}-{i}.mp4"
                        path.write_bytes(track.init() + get(uri))
                        segments.append(units(path))
                init = self.track(server, "live", "channel", rung).init()
                place = init.index(b"btrt") + 8
                rate = int.from_bytes(init[place:place + 4], "big")
                self.assertLess(max(sum(segment) for segment in segments), rate * 4)
                order = random.Random(1)
                for _ in range(200):
                    sizes = [bits for _ in range(12) for bits in order.choice(segments)]
                    self.assertEqual(underflows(sizes, rate, rate, rate / 2), 0, rung)
                self.assertGreater(underflows([3 * bits for bits in sizes], rate, rate, rate / 2), 0, "the noise fills the rate")

    def test_other_shapes_stand_between_bars(self):
        with Server(self.folder / "data", "--no-worker") as server:
            archive = self.track(server, "archive", "channel", "hevc-180")
            path = self.with_init("bars.mp4", archive.init(), archive)
        stream, frame = clips.stream_facts(path)
        self.assertEqual((stream["width"], stream["height"], stream["color_transfer"]), (320, 180, "arib-std-b67"))
        row = clips.ffmpeg("-i", path, "-frames:v", "1", "-vf", "crop=320:2:0:90,format=gray", "-f", "rawvideo", "-")[:320]
        self.assertLess(max(row[:36]), 30)
        self.assertLess(max(row[284:]), 30)
        self.assertGreater(max(row[60:260]), 60)

    def test_what_a_channel_cannot_show_is_refused(self):
        film, silent, mono, cd = (self.folder / name for name in ("film.mov", "silent.mov", "mono.mov", "cd.mov"))
        picture = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1,format=yuv420p"]
        tone = ["-f", "lavfi", "-i", "sine=d=1:r=48000"]
        clips.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=1,format=yuv420p", *tone, *SDR, "-c:v", "ffv1", "-ac", "2", film)
        clips.ffmpeg(*picture, *SDR, "-c:v", "ffv1", silent)
        clips.ffmpeg(*picture, *tone, *SDR, "-c:v", "ffv1", "-c:a", "pcm_s16le", mono)
        clips.ffmpeg(*picture, *tone, *SDR, "-c:v", "ffv1", "-c:a", "pcm_s16le", "-ac", "2", "-ar", "44100", cd)
        for path, said in ((film, "25 pictures a second, the master has 24"), (silent, "the master has none"), (mono, "mono"),
                           (cd, "44100 samples a second")):
            outcome = self.try_to_publish(path, "channel")
            self.assertEqual(outcome.code, FAILED, str(outcome))
            self.assertIn(said, str(outcome))


if __name__ == "__main__":
    main()
