"""pier convert: files for others, their tags by ffprobe, their pictures by the colour engine's figures, what is refused."""

import array
import os
import signal
import time

import clips
from pier_program import DONE, PierTest, finish, main, pier, start

RATE, SECONDS = 25, 0.48
PICTURES = 12
HLG = ["-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", "-color_range", "tv"]
PQ = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range", "tv"]
SDR = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
DISPLAY = "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,50)"
HDR10 = f"hdr10=1:master-display={DISPLAY}:max-cll=873,211"
NAMES = {"pq": ("bt2020", "smpte2084", "bt2020nc"), "hlg": ("bt2020", "arib-std-b67", "bt2020nc"),
         "sdr": ("bt709", "bt709", "bt709")}
CODECS = {"prores": "prores", "dnxhr": "dnxhd", "avc": "h264", "xavc": "h264", "hevc": "hevc"}
# format, container, size: every coding, and every container of those that go into several
FORMATS = [("prores-proxy", "mov", "320x180"), ("prores-422-lt", "mov", "320x180"), ("prores-422", "mov", "320x180"),
           ("prores-422-hq", "mov", "320x180"), ("prores-4444", "mov", "320x180"), ("prores-422-hq", "mxf", "320x180"),
           ("dnxhr-lb", "mov", "320x180"), ("dnxhr-sq", "mov", "320x180"), ("dnxhr-hq", "mov", "320x180"),
           ("dnxhr-hqx", "mov", "320x180"), ("dnxhr-444", "mov", "320x180"), ("dnxhr-hqx", "mxf", "320x180"),
           ("avc-intra-100", "mxf", "1920x1080"), ("avc-intra-100", "mov", "1920x1080"), ("hevc-intra", "mov", "320x180"),
           ("hevc", "mp4", "320x180"), ("hevc", "mov", "320x180"), ("hevc", "ts", "320x180"), ("avc", "mp4", "320x180"),
           ("avc", "ts", "320x180")]


class Convert(PierTest):
    def master(self, name, size="320x180", colour=HLG, rate=RATE, seconds=SECONDS, extra=(), x265="", options=()):
        path = self.folder / f"{name}.mov"
        if not path.exists():
            clips.ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds},format=yuv420p10le",
                         *clips.sound(seconds), *extra, *colour, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                         f"log-level=none:crf=4{':' if x265 else ''}{x265}", "-c:a", "pcm_s24le", "-timecode", "10:00:00:00",
                         "-tag:v", "hvc1", *options, path)
        return path

    def hdr10(self):
        return self.master("hdr10", colour=PQ, x265=HDR10)

    def convert(self, source, name, form, *arguments, code=DONE):
        out = self.folder / "out" / name
        out.parent.mkdir(exist_ok=True)
        outcome = pier("convert", os.fspath(source), os.fspath(out), "--format", form, "--preset", "ultrafast", "--json",
                       *arguments)
        self.assertEqual(outcome.code, code, str(outcome))
        return outcome.answer, out

    def assert_colour(self, path, light):
        stream, frame = clips.stream_facts(path)
        primaries, transfer, matrix = NAMES[light]
        # What FFmpeg's ProRes decoder and its MXF reader call by another key stands in the frame.
        said = [stream.get(key) or frame.get(key) for key in ("color_primaries", "color_transfer", "color_space")]
        self.assertEqual(said, [primaries, transfer, matrix], path)
        self.assertEqual(stream.get("color_range") or frame.get("color_range"), "tv", path)
        return stream, frame

    def side_data(self, path):
        stream, frame = clips.stream_facts(path)
        both = {entry["side_data_type"]: entry for part in (stream, frame) for entry in part.get("side_data_list", [])}
        return both.get("Mastering display metadata"), both.get("Content light level metadata")

    def test_ffprobe_agrees_on_every_format(self):
        source = self.hdr10()
        for form, container, size in FORMATS:
            with self.subTest(form, container=container):
                answer, out = self.convert(source, f"{form}.{container}", form, "--to", "pq", "--size", size)
                stream, _ = self.assert_colour(out, "pq")
                self.assertEqual(stream["codec_name"], CODECS[form.split("-")[0]])
                self.assertEqual(f"{stream['width']}x{stream['height']}", size)
                self.assertEqual(stream["r_frame_rate"], "25/1")
                self.assertEqual(len(clips.frame_times(out)), PICTURES)
                tags = {tag["field"]: tag for tag in answer["tags"]}
                self.assertEqual({tag["verdict"] for tag in tags.values()} - {"not_carried"}, {"equal"}, answer["tags"])
                sounds = clips.ffprobe(out, "-select_streams", "a", "-show_streams")["streams"]
                self.assertEqual([(sound["channels"], sound["sample_rate"]) for sound in sounds], [(2, "48000")])
                if container in ("mov", "mxf"):
                    whole = clips.ffprobe(out, "-show_format", "-show_streams")
                    codes = [part.get("tags", {}).get("timecode") for part in [whole["format"], *whole["streams"]]]
                    self.assertIn("10:00:00:00", codes)
                    self.assertEqual(tags["timecode"]["verdict"], "equal")
                display, light = self.side_data(out)
                carried = lambda field: tags[field]["verdict"] == "equal"  # noqa: E731
                self.assertTrue(carried("mastering_display"), tags)
                if stream["codec_name"] == "h264" and container in ("ts", "mxf"):
                    continue  # SEI messages of AVC: ours reads them, FFmpeg 5.1 does not
                self.assertEqual([display["red_x"], display["green_y"], display["max_luminance"], display["min_luminance"]],
                                 ["35400/50000", "39850/50000", "10000000/10000", "50/10000"], display)
                self.assertEqual(light is not None, carried("content_light"), tags)
                if light:
                    self.assertEqual((light["max_content"], light["max_average"]), (873, 211))

    def test_xavc_intra_as_stations_take_it(self):
        source = self.master("uhd", "3840x2160", colour=HLG, rate=50, seconds=0.08)
        for form in ("xavc-intra-300", "xavc-intra-480"):
            with self.subTest(form):
                _, out = self.convert(source, f"{form}.mxf", form)
                stream, _ = self.assert_colour(out, "hlg")
                self.assertEqual((stream["codec_name"], stream["profile"], stream["pix_fmt"]),
                                 ("h264", "High 4:2:2 Intra", "yuv422p10le"))
                sizes = clips.ffprobe(out, "-select_streams", "v", "-show_entries", "packet=size,flags")["packets"]
                self.assertEqual(len({packet["size"] for packet in sizes}), 1, "pictures of a class have one size")
                self.assertTrue(all("K" in packet["flags"] for packet in sizes))
                bits = int(sizes[0]["size"]) * 8 * 50
                class_bits = int(form[-3:]) * 1_000_000 * 2  # the class is named by its rate at 25 pictures a second
                self.assertAlmostEqual(bits / class_bits, 1, delta=0.2)

    def test_light_is_that_of_the_colour_engine(self):
        """Grey steps, decoded from what was written: BT.2408 levels and the way there and back."""
        steps = {"hlg": 0.75, "pq": 0.58}  # of 203 cd/m2, reference white
        white = self.folder / "white.mkv"
        clips.ffmpeg("-f", "lavfi", "-i", "color=c=white:size=320x180:rate=25:duration=0.2,format=yuv420p10le", *SDR, "-c:v",
                     "ffv1", white)
        for light, signal in steps.items():
            with self.subTest(light):
                _, out = self.convert(white, f"white-{light}.mov", "prores-422-hq", "--to", light)
                self.assert_colour(out, light)
                raw = array.array("H", clips.ffmpeg("-i", out, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "yuv422p10le",
                                                    "-"))
                self.assertAlmostEqual((raw[160 + 320 * 90] - 64) / 876, signal, delta=0.006)
        source = self.master("way")
        _, there = self.convert(source, "way-pq.mov", "hevc-intra", "--to", "pq", "--crf", "2")
        _, back = self.convert(there, "way-hlg.mov", "hevc-intra", "--to", "hlg", "--crf", "2", "--peak", "1000")
        compared = pier("compare", os.fspath(source), os.fspath(back), "--metrics", "psnr", "--at-least", "psnr_y=40", "--json")
        self.assertEqual(compared.code, DONE, str(compared))  # 41.5 dB: two roundings to ten bits and two encodes
        _, sdr = self.convert(source, "way-sdr.mov", "prores-422-hq", "--to", "sdr", "--tone-map", "bt2446c")
        self.assert_colour(sdr, "sdr")
        self.assertNotEqual(sdr.read_bytes(), self.convert(source, "way-a.mov", "prores-422-hq", "--to", "sdr")[1].read_bytes())

    def test_equal_input_gives_equal_bytes(self):
        source = self.master("equal")
        for form, end in (("prores-422", "mov"), ("hevc", "mp4"), ("avc", "ts")):
            first, second = (self.convert(source, f"equal-{form}-{i}.{end}", form)[0]["sha256"] for i in range(2))
            self.assertEqual(first, second, form)

    def test_wrong_tags_are_repaired_and_logged(self):
        wrong = self.master("wrong", colour=SDR)
        answer, out = self.convert(wrong, "repaired.mov", "prores-422", "--tags", "hlg")
        self.assert_colour(out, "hlg")
        self.assertEqual([(one["field"], one["said"], one["given"]) for one in answer["repairs"]],
                         [("primaries", "bt709", "bt2020"), ("transfer", "bt709", "arib-std-b67"),
                          ("matrix", "bt709", "bt2020nc")])
        said = pier("convert", os.fspath(wrong), os.fspath(self.folder / "said.mov"), "--format", "prores-422", "--tags", "hlg")
        self.assertIn(b"by hand  transfer: said bt709, taken as arib-std-b67", said.out)
        untagged = self.folder / "untagged.mkv"
        clips.ffmpeg(*clips.picture(), "-c:v", "ffv1", "-pix_fmt", "yuv420p", untagged)
        outcome = pier("convert", os.fspath(untagged), os.fspath(self.folder / "no.mov"), "--format", "prores-422", "--json")
        self.assert_refused(outcome, "invalid_argument")
        self.assertIn("--tags", outcome.message)
        self.assertFalse((self.folder / "no.mov").exists())
        self.convert(untagged, "said.mp4", "avc", "--tags", "bt709", "--size", "160x90")

    def test_light_by_hand_and_what_is_not_carried(self):
        source = self.master("byhand", colour=PQ)
        answer, out = self.convert(source, "byhand.mp4", "hevc", "--mastering-display", DISPLAY, "--content-light", "1000,400")
        display, light = self.side_data(out)
        self.assertEqual((display["max_luminance"], light["max_content"], light["max_average"]), ("10000000/10000", 1000, 400))
        self.assertIn("content_light", [one["field"] for one in answer["repairs"]])
        answer, out = self.convert(source, "none.mp4", "hevc")
        self.assertEqual(self.side_data(out), (None, None))
        self.assertTrue(any("mastering display" in note for note in answer["notes"]), answer["notes"])

    def test_programme_and_sound_are_as_long_as_the_pictures(self):
        source = self.master("range", seconds=1.2)
        _, out = self.convert(source, "range.mov", "prores-422", "--in", "10:00:00:05", "--out", "0.84")
        self.assertEqual(len(clips.frame_times(out)), 16)
        want, got = clips.samples(source), clips.samples(out)
        self.assertEqual(len(got), 16 * 1920)
        self.assertEqual(clips.best_lag(want[5 * 1920:], got, 4000), 0)
        self.assertEqual(list(got[:64]), list(want[5 * 1920:5 * 1920 + 64]))
        whole = clips.ffprobe(out, "-show_format", "-show_streams")
        self.assertIn("10:00:00:05", [part.get("tags", {}).get("timecode") for part in [whole["format"], *whole["streams"]]])

    def test_sound_of_every_kind(self):
        source = self.folder / "surround.mov"
        clips.ffmpeg(*clips.picture("320x180"), *clips.sound(1.0, "5.1"), *SDR, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a",
                     "pcm_s24le", source)
        for name, codec in (("aac", "mp4"), ("eac3", "mp4"), ("opus", "mp4"), ("flac", "mp4"), ("ac3", "ts"), ("pcm", "mxf"),
                            ("pcm", "mov"), ("eac3", "ts"), ("aac", "mov")):
            with self.subTest(name, container=codec):
                form = "avc" if codec in ("mp4", "ts") else "prores-proxy"
                _, out = self.convert(source, f"sound-{name}.{codec}", form, "--audio", name)
                stream = clips.ffprobe(out, "-select_streams", "a", "-show_streams")["streams"][0]
                self.assertEqual((stream["codec_name"].split("_")[0], stream["channels"]), (name, 6))
                got = clips.samples(out, channel=2)
                self.assertGreaterEqual(len(got), 47000)
                want = clips.samples(source, channel=2)
                self.assertLess(abs(clips.best_lag(want, got, 20000, 2000, reach=8)), 2 if codec != "ts" else 9)
        self.assert_refused(pier("convert", os.fspath(source), os.fspath(self.folder / "no.mxf"), "--format", "prores-422",
                                 "--audio", "aac", "--json"), "invalid_argument")

    def test_seven_one_keeps_its_channels(self):
        source = self.folder / "seven.mov"
        clips.ffmpeg(*clips.picture("320x180"), *clips.sound(1.0, "7.1"), *SDR, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a",
                     "pcm_s24le", source)
        want = [clips.samples(source, channel=channel) for channel in range(8)]
        for name, container in (("pcm", "mov"), ("aac", "mp4"), ("flac", "mp4"), ("opus", "mp4")):
            with self.subTest(name):
                form = "avc" if container == "mp4" else "prores-proxy"
                _, out = self.convert(source, f"seven-{name}.{container}", form, "--audio", name)
                stream = clips.ffprobe(out, "-select_streams", "a", "-show_streams")["streams"][0]
                self.assertEqual((stream["codec_name"].split("_")[0], stream["channels"]), (name, 8))
                self.assertEqual(stream["channel_layout"], "7.1")
                for channel in range(8):
                    if channel == 3 and name in ("aac", "opus"):
                        continue  # low frequencies only: its noise does not come through
                    got = clips.samples(out, channel=channel)
                    likeness = [abs(clips.alike(other, got, 20000, 2000)) for other in want]
                    self.assertEqual(max(range(8), key=likeness.__getitem__), channel, f"{name} {likeness}")
                    self.assertGreater(likeness[channel], 0.7)

    def test_a_table_takes_the_place_of_the_conversion(self):
        source, table = self.master("table"), self.folder / "hlg.cube"
        self.assertEqual(pier("lut", "write", os.fspath(table), "--from", "hlg", "--to", "bt709", "--size", "65").code, DONE)
        answer, out = self.convert(source, "table.mov", "prores-422-hq", "--to", "sdr", "--lut", os.fspath(table))
        self.assert_colour(out, "sdr")
        self.assertTrue(any("hlg to bt709" in note for note in answer["notes"]), answer["notes"])
        _, built_in = self.convert(source, "no-table.mov", "prores-422-hq", "--to", "sdr")
        self.assertNotEqual(out.read_bytes(), built_in.read_bytes())
        near = pier("compare", os.fspath(built_in), os.fspath(out), "--metrics", "psnr", "--at-least", "psnr_y=40", "--json")
        self.assertEqual(near.code, DONE, str(near))
        black = self.folder / "black.cube"
        black.write_text("LUT_3D_SIZE 2\n" + "0 0 0\n" * 8)
        _, dark = self.convert(source, "black.mov", "prores-422-hq", "--to", "sdr", "--lut", os.fspath(black))
        luma = array.array("H", clips.ffmpeg("-i", dark, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "yuv422p10le", "-"))
        self.assertLessEqual(max(luma[:320 * 180]), 68)
        broken = self.folder / "broken.cube"
        broken.write_text("LUT_3D_SIZE 2\n0 0 x\n")
        for arguments, code in ((("--lut", os.fspath(broken)), "input_damaged"),
                                (("--lut", os.fspath(table), "--tone-map", "bt2390"), "invalid_argument"),
                                (("--lut", os.fspath(self.folder / "none.cube")), "not_found")):
            self.assert_refused(pier("convert", os.fspath(source), os.fspath(self.folder / "no.mov"), "--format", "prores-422",
                                     "--to", "sdr", "--json", *arguments), code)

    def test_a_variable_rate_comes_to_a_constant_one(self):
        source = self.folder / "variable.mp4"
        clips.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=50:duration=1,select='not(between(n,20,29))'", *SDR,
                     "-fps_mode", "vfr", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-video_track_timescale", "12800", source)
        answer, out = self.convert(source, "constant.mov", "prores-proxy")
        self.assertEqual(answer["pictures"], len(clips.frame_times(out)))
        steps = {b - a for a, b in zip(clips.frame_times(out), clips.frame_times(out)[1:])}
        self.assertEqual(len(steps), 1)
        self.assertGreater(answer["repeated"] + answer["dropped"], 0)

    def test_what_does_not_go_is_refused(self):
        source = self.master("refused")
        for arguments, word in (
                (["x.mxf", "--format", "hevc"], ".mp4"), (["x.mov", "--format", "prores"], "prores-422-hq"),
                (["x.avi", "--format", "avc"], ".mov"), (["x.mov", "--format", "prores-422", "--size", "320x320"], "distorted"),
                (["x.mov", "--format", "prores-422", "--to", "sdr", "--tone-map", "hable"], "bt2446a"),
                (["x.mov", "--format", "prores-422", "--tone-map", "bt2390"], "leave it out"),
                (["no/such/x.mov", "--format", "prores-422"], "No such file")):
            with self.subTest(arguments):
                outcome = pier("convert", os.fspath(source), os.fspath(self.folder / arguments[0]), *arguments[1:], "--json")
                self.assert_refused(outcome)
                self.assertIn(word, outcome.message)
                self.assertFalse((self.folder / arguments[0]).exists())
        _, out = self.convert(source, "there.mov", "prores-proxy", "--audio", "none")
        before = out.read_bytes()
        self.assert_refused(pier("convert", os.fspath(source), os.fspath(out), "--format", "avc", "--json"), "already_exists")
        self.assertEqual(out.read_bytes(), before)
        self.convert(source, "there.mov", "avc", "--replace", "--audio", "aac")
        self.assertNotEqual(out.read_bytes(), before)
        text = self.folder / "text.mov"
        text.write_text("not media at all")
        self.assert_refused(pier("convert", os.fspath(text), os.fspath(self.folder / "t.mov"), "--format", "avc", "--json"))

    def test_killed_it_leaves_nothing(self):
        source = self.master("killed", "960x540", seconds=5)
        place = self.folder / "killed"
        place.mkdir()
        process = start("convert", os.fspath(source), os.fspath(place / "out.mp4"), "--format", "hevc", "--preset", "slower",
                        "--json")
        time.sleep(3)
        self.assertIsNone(process.poll(), "it was done before it could be killed")
        os.killpg(process.pid, signal.SIGKILL)
        finish(process, 30)
        self.assertEqual(os.listdir(place), [])


if __name__ == "__main__":
    main()
