"""Published tracks hold their source's pictures at their times, its sound to the sample, its colour to the letter."""

import fractions
import os
import pathlib
import shutil
import urllib.parse
import urllib.request
import xml.etree.ElementTree

import clips
from pier_program import DataDirectory, PierTest, Server, main

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BT2020_PRIMARIES = ["-color_primaries", "bt2020", "-colorspace", "bt2020nc", "-color_range", "tv"]
MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"

# `tiny` with surround sound and without thumbnails.
LADDER = """
name = "timing"
title_en = "Timing: for tests"
title_zh = "时间:用于测试"
[[rung]]
name = "hevc"
codec = "hevc"
height = 360
at_most = true
preset = "ultrafast"
crf = 26
bitrate = 0.8
max_bitrate = 1.5
[[rung]]
name = "avc-sdr"
codec = "avc"
height = 360
at_most = true
keep_hdr = false
bit_depth = 8
preset = "ultrafast"
crf = 26
bitrate = 0.8
max_bitrate = 1.5
[[rung]]
name = "av1"
codec = "av1"
height = 360
at_most = true
preset = "12"
crf = 40
bitrate = 0.8
max_bitrate = 1.5
[[rung]]
name = "aac"
kind = "audio"
codec = "aac"
channels = 2
bitrate = 0.128
[[rung]]
name = "eac3"
kind = "audio"
codec = "eac3"
channels = 6
bitrate = 0.384
"""


class Timing(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.share = cls.folder / "share"
        cls.share.mkdir()
        given = pathlib.Path(os.environ.get("PIER_SHARE", SOURCE))
        for part in ("profiles", "web", "api"):
            if (given / part).exists():
                (cls.share / part).symlink_to(given / part)
        shutil.copytree(given / "ladders", cls.share / "ladders")
        (cls.share / "ladders" / "timing.toml").write_text(LADDER)
        cls.data = cls.folder / "data"
        cls.server = Server(cls.data, env={"PIER_SHARE": str(cls.share)})
        cls.addClassCleanup(cls.server.__exit__)
        cls.records = DataDirectory(cls.data)

    def published(self, path, *arguments):
        answer = self.publish(self.data, path, *arguments, ladder="timing")
        asset = answer["asset"]["id"]
        return answer, {track["rung"]: self.records.track_file(asset, track["rung"]) for track in answer["tracks"]}

    # Pictures

    def check_pictures(self, path, files, exact=True):
        want = clips.frame_times(path)
        for rung in ("hevc", "avc-sdr", "av1"):
            if rung not in files:
                continue
            got = clips.frame_times(files[rung])
            self.assertEqual(len(got), len(want), rung)
            if exact:
                self.assertEqual(got, want, rung)
            content = files[rung].read_bytes()
            self.assertEqual(clips.edits(content), [], "a picture track has no edit list")
            self.assertEqual(len(clips.sample_durations(content)), len(want), rung)

    def check_regular(self, files, rate, frames):
        """On a timescale that divides exactly: times are whole frames, so is the track's length."""
        want = [i / rate for i in range(frames)]
        for rung in ("hevc", "avc-sdr"):
            self.assertEqual(clips.frame_times(files[rung]), want)
            content = files[rung].read_bytes()
            _, header = next(clips.boxes(content, {"mdhd"}))
            at = 20 if header[0] else 12
            timescale = int.from_bytes(header[at:at + 4], "big")
            self.assertEqual(fractions.Fraction(sum(clips.sample_durations(content)), timescale), frames / rate)

    # Sound

    def check_sound(self, path, stream, stored, codec_frame):
        """Without priming and padding the track lasts as long as the source, and lies where it lay."""
        channels = int(clips.stream_facts(path, f"a:{stream}")[0]["channels"])
        content = stored.read_bytes()
        found = clips.edits(content)
        self.assertEqual(len(found), 1, "one edit list entry takes the priming out")
        source = clips.samples(path, f"a:{stream}")
        length = sum(clips.sample_durations(content)) - found[0][1]
        self.assertEqual(length, len(source))
        for channel in (0, channels - 1):  # not the LFE: its low pass delays
            want = clips.samples(path, f"a:{stream}", channel)
            got = clips.samples(stored, channel=channel)
            self.assertGreaterEqual(len(got), length)
            self.assertLess(len(got) - length, codec_frame)
            for start in (9000, len(source) // 2, len(source) - 3100):
                self.assertEqual(clips.best_lag(want, got, start), 0, f"channel {channel} at sample {start}")

    def check_rate(self, rate, seconds):
        name = rate.replace("/", "_")
        path = self.folder / f"rate-{name}.mov"
        odd = seconds + 0.0137  # sound that ends inside a codec frame and beyond the last picture
        clips.ffmpeg(*clips.picture("160x90", rate, seconds), *clips.sound(odd, "stereo"), *clips.sound(odd, "5.1"),
                     "-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2",
                     "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", path)
        answer, files = self.published(path, "--rung", "hevc", "--rung", "avc-sdr", "--rung", "aac", "--rung", "eac3")
        self.check_pictures(path, files)
        self.check_regular(files, fractions.Fraction(rate), len(clips.frame_times(path)))
        self.check_sound(path, 0, files["aac"], 1024)
        self.check_sound(path, 1, files["eac3"], 1536)
        self.assertFalse(answer["asset"]["grid"]["variable_rate"])

    def test_24(self):
        self.check_rate("24", 3.0)

    def test_25(self):
        self.check_rate("25", 4.2)

    def test_30(self):
        self.check_rate("30", 4.4)

    def test_50(self):
        self.check_rate("50", 4.1)

    def test_59_94(self):
        self.check_rate("60000/1001", 4.4)

    def test_23_976_in_milliseconds(self):
        """Matroska rounds times to milliseconds; the track has the exact ones."""
        path = self.folder / "rounded.mkv"
        clips.ffmpeg(*clips.picture("160x90", "24000/1001", 2.5), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                     "yuv420p", path)
        _, files = self.published(path, "--rung", "hevc", "--rung", "avc-sdr")
        self.check_pictures(path, files, exact=False)
        self.check_regular(files, fractions.Fraction(24000, 1001), 60)

    def test_44100(self):
        path = self.folder / "compact-disc.mov"
        clips.ffmpeg(*clips.picture("128x72", 25, 2), *clips.sound(2.0101, rate=44100), "-c:v", "libx264", "-preset",
                     "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", path)
        _, files = self.published(path, "--rung", "avc-sdr", "--rung", "aac")
        self.check_sound(path, 0, files["aac"], 1024)

    def test_sound_that_starts_late(self):
        """Sound 0.4 s after the pictures stays 0.4 s after them."""
        path = self.folder / "late-sound.mov"
        clips.ffmpeg(*clips.picture("128x72", 25, 2), "-itsoffset", "0.4", *clips.sound(1.3), "-map", "0", "-map", "1",
                     "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", path)
        _, files = self.published(path, "--rung", "avc-sdr", "--rung", "aac")
        want, got = clips.samples(path), clips.samples(files["aac"])
        self.assertEqual(clips.best_lag(want, got[19200:], 9000), 0)
        self.assertLess(max(map(abs, got[2048:16000])), 200, "silence before the sound begins")

    # Variable rates

    def check_variable(self, path):
        answer, files = self.published(path)
        self.assertTrue(answer["asset"]["grid"]["variable_rate"])
        self.check_pictures(path, files)

    def test_variable_rate_mp4(self):
        """A phone's clip: 50000 ticks a second, uneven distances, B pictures."""
        path = self.folder / "phone.mp4"
        clips.ffmpeg(*clips.picture("160x90", 50, 6), "-vf", r"select='not(mod(n\,3))+lt(mod(n\,40)\,13)'", "-fps_mode",
                     "vfr", "-video_track_timescale", "50000", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", path)
        self.check_variable(path)

    def test_variable_rate_mkv(self):
        path = self.folder / "screen.mkv"
        clips.ffmpeg(*clips.picture("160x90", 30, 5), "-vf", r"settb=1/1000,setpts='N*33+mod(N*N\,7)*3'", "-fps_mode", "passthrough",
                     "-enc_time_base", "1:1000", "-c:v", "libx264", "-preset", "ultrafast", path)
        self.check_variable(path)

    def test_one_long_pause(self):
        """A picture that stands for six seconds, as in a screen recording."""
        path = self.folder / "pause.mkv"
        clips.ffmpeg(*clips.picture("160x90", 25, 2), "-vf", r"settb=1/1000,setpts='N*40+if(gt(N\,20)\,6000\,0)'", "-fps_mode",
                     "passthrough", "-enc_time_base", "1:1000", "-c:v", "libx264", "-preset", "ultrafast", path)
        self.check_variable(path)

    # Colour

    def coded(self, name, transfer, *x265):
        path = self.folder / name
        parameters = ":".join(["log-level=error", "repeat-headers=1", *x265])
        clips.ffmpeg(*clips.picture("160x90", 25, 1.2), "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt",
                     "yuv420p10le", *BT2020_PRIMARIES, "-color_trc", transfer, "-x265-params", parameters, "-tag:v",
                     "hvc1", path)
        return path

    def check_colour(self, stored, primaries, transfer, matrix, pixels):
        stream, frame = clips.stream_facts(stored)
        got = (stream.get("color_primaries"), stream.get("color_transfer"), stream.get("color_space"),
               stream.get("color_range"), stream["pix_fmt"])
        self.assertEqual(got, (primaries, transfer, matrix, "tv", pixels))
        self.assertEqual((frame.get("color_primaries"), frame.get("color_transfer"), frame.get("color_space")),
                         (primaries, transfer, matrix))
        content = stored.read_bytes()
        return {data["side_data_type"]: data for data in stream.get("side_data_list", []) + frame.get("side_data_list", [])
                }, {name for name in ("colr", "mdcv", "clli") if name.encode() in content[:4000]}

    def check_sdr_rung(self, files):
        side_data, found = self.check_colour(files["avc-sdr"], "bt709", "bt709", "bt709", "yuv420p")
        self.assertEqual(found, {"colr"})
        self.assertNotIn("Mastering display metadata", side_data)
        self.assertNotIn("Content light level metadata", side_data)

    def test_hlg(self):
        answer, files = self.published(self.coded("hlg.mp4", "arib-std-b67"))
        for rung, pixels in (("hevc", "yuv420p10le"), ("av1", "yuv420p10le")):
            side_data, found = self.check_colour(files[rung], "bt2020", "arib-std-b67", "bt2020nc", pixels)
            self.assertEqual(found, {"colr"}, "HLG has neither mdcv nor clli")
            self.assertNotIn("Mastering display metadata", side_data)
            self.assertNotIn("Content light level metadata", side_data)
        self.check_sdr_rung(files)
        ranges = self.manifest_ranges(answer)
        self.assertEqual(ranges["hvc1"] | ranges["av01"], {"HLG"})
        self.assertEqual(ranges["avc1"], {"SDR"})

    def test_pq(self):
        """ST 2086 is copied; content light, told lower than measured, is written as measured."""
        path = self.coded("pq.mp4", "smpte2084", "hdr10=1", f"master-display={MASTERING}", "max-cll=1,1")
        answer, files = self.published(path)
        for rung in ("hevc", "av1"):
            side_data, found = self.check_colour(files[rung], "bt2020", "smpte2084", "bt2020nc", "yuv420p10le")
            self.assertEqual(found, {"colr", "mdcv", "clli"})
            display = side_data["Mastering display metadata"]
            got = [fractions.Fraction(display[key]) for key in ("red_x", "green_y", "white_point_x", "max_luminance",
                                                                "min_luminance")]
            want = [fractions.Fraction(n, d) for n, d in ((34000, 50000), (34500, 50000), (15635, 50000), (1000, 1),
                                                          (50, 10000))]
            for one, other in zip(got, want):
                self.assertLess(abs(one - other), fractions.Fraction(1, 15000), f"{rung}: {display}")
            self.assertGreater(side_data["Content light level metadata"]["max_content"], 100)
        self.check_sdr_rung(files)
        ranges = self.manifest_ranges(answer)
        self.assertEqual(ranges["hvc1"] | ranges["av01"], {"PQ"})

    def test_pq_without_metadata(self):
        """No ST 2086 in the source: none is made up; content light is measured."""
        _, files = self.published(self.coded("bare-pq.mp4", "smpte2084"), "--rung", "hevc")
        side_data, found = self.check_colour(files["hevc"], "bt2020", "smpte2084", "bt2020nc", "yuv420p10le")
        self.assertEqual(found, {"colr", "clli"})
        self.assertNotIn("Mastering display metadata", side_data)

    def test_sdr_709(self):
        path = self.folder / "sdr.mp4"
        clips.ffmpeg(*clips.picture("160x90", 25, 1), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
                     "-color_primaries", "bt709", "-colorspace", "bt709", "-color_trc", "bt709", "-color_range", "tv", path)
        answer, files = self.published(path)
        self.check_sdr_rung(files)
        side_data, found = self.check_colour(files["hevc"], "bt709", "bt709", "bt709", "yuv420p10le")
        self.assertEqual((found, set().union(*self.manifest_ranges(answer).values())), ({"colr"}, {"SDR"}))

    # Delivery

    def fetch(self, path, **headers):
        request = urllib.request.Request(urllib.parse.urljoin(self.server.address, path), headers=headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()

    def manifest_ranges(self, answer):
        """{first codec: VIDEO-RANGE values} of the multivariant playlist."""
        ranges = {}
        for line in self.fetch(answer["hls"]).decode().splitlines():
            if line.startswith("#EXT-X-STREAM-INF:"):
                codec = line.split('CODECS="')[1][:4]
                ranges.setdefault(codec, set()).add(line.split("VIDEO-RANGE=")[1].split(",")[0])
        return ranges

    def test_what_is_served_is_what_is_stored(self):
        """Every address of both manifests answers, and the segments of a track joined are the stored track."""
        path = self.folder / "served.mov"
        clips.ffmpeg(*clips.picture("160x90", 25, 8.2), *clips.sound(8.2), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", path)
        answer = self.publish(self.data, path)
        playlist = self.fetch(answer["hls"]).decode()
        stored = {self.records.track_file(answer["asset"]["id"], track["rung"]).read_bytes()
                  for track in answer["tracks"] if track["kind"] in ("video", "audio")}
        media = {line for line in playlist.splitlines() if line and not line.startswith("#")}
        media |= {line.split('URI="')[1].split('"')[0] for line in playlist.splitlines()
                  if line.startswith("#EXT-X-MEDIA:") and "URI=" in line}
        self.assertEqual(len(media), 3, "two picture tracks and a sound track")
        for address in media:
            joined, pictures, length = self.join_track(urllib.parse.urljoin(answer["hls"], address))
            self.assertIn(joined, stored)
            self.assertAlmostEqual(length, 8.2, delta=0.03)
        dash = xml.etree.ElementTree.fromstring(self.fetch(answer["dash"]))
        self.assertTrue(dash.tag.endswith("MPD"))
        self.assertEqual(len([e for e in dash.iter() if e.tag.endswith("}Representation")]), 4)

    def join_track(self, address):
        joined, pictures, length, span = b"", 0, 0.0, None
        for line in self.fetch(address).decode().splitlines():
            if line.startswith("#EXTINF:"):
                length += float(line[8:].split(",")[0])
            if line.startswith("#EXT-X-BYTERANGE:"):
                size, begin = map(int, line[17:].split("@"))
                span = {"Range": f"bytes={begin}-{begin + size - 1}"}
            if line.startswith("#EXT-X-MAP:"):
                joined += self.fetch(urllib.parse.urljoin(address, line.split('URI="')[1].split('"')[0]))
            elif line and not line.startswith("#"):
                joined += self.fetch(urllib.parse.urljoin(address, line), **(span or {}))
                pictures, span = pictures + 1, None
        return joined, pictures, length


if __name__ == "__main__":
    main()
