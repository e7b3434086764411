"""`pier imf`: a package is read back by FFmpeg's imf demuxer and by `pier check`, its digests are counted again, and planted faults are told."""

import array
import base64
import hashlib
import math
import pathlib
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import clips  # noqa: E402
from pier_program import FAILED, PierTest, main, pier  # noqa: E402

HDR = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range", "tv"]
SDR = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
MASTERING = ("master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=900,300:"
             "log-level=none")
LEAST_PSNR = 38  # of moving test pictures at the rate asked for


def tag(element):
    return element.tag.rpartition("}")[2]


def texts(root, name):
    return [(one.text or "").strip() for one in root.iter() if tag(one) == name]


def psnr(left, right, depth):
    """Of luma, of two raw planes of 16-bit samples."""
    error = sum((a - b) ** 2 for a, b in zip(left, right, strict=True)) / len(left)
    peak = (1 << depth) - 1
    return 99 if error == 0 else 10 * math.log10(peak * peak / error)


def as_input(path):
    """FFmpeg is told that a playlist is one."""
    return ["-f", "imf", "-i", path] if path.suffix == ".xml" else ["-i", path]


def luma(path, depth=10):
    """Every luma sample of the first pictures."""
    raw = clips.ffmpeg(*as_input(path), "-frames:v", "3", "-vf", "extractplanes=y", "-f", "rawvideo", "-pix_fmt",
                       f"gray{depth}le", "-")
    return array.array("H", raw)


def samples(path, channel=0):
    """One channel, decoded; 32 bits, so that 24 are exact."""
    raw = clips.ffmpeg(*as_input(path), "-map", "0:a:0", "-af", f"pan=mono|c0=c{channel}", "-f", "s32le", "-")
    return array.array("i", raw)


def pictures(playlist):
    """How many FFmpeg decodes."""
    got = clips.ffprobe(playlist, "-f", "imf", "-select_streams", "v:0", "-count_frames", "-show_entries", "stream=nb_read_frames")
    return int(got["streams"][0]["nb_read_frames"])


class Imf(PierTest):
    def hdr_master(self, name="master.mkv", seconds="0.4", channels="5.1"):
        path = self.folder / name
        clips.ffmpeg(*clips.picture("320x180", "24000/1001", seconds), *clips.sound(seconds, channels), "-pix_fmt",
                     "yuv420p10le", "-c:v", "libx265", "-x265-params", MASTERING, *HDR, "-c:a", "pcm_s24le",
                     "-metadata:s:a:0", "language=eng", path)
        return path

    def sdr_master(self, name="sdr.mov"):
        path = self.folder / name
        clips.ffmpeg(*clips.picture("320x180", "25", "0.4"), *clips.sound("0.4"), "-pix_fmt", "yuv422p10le", "-c:v", "prores_ks",
                     *SDR, "-c:a", "pcm_s16le", path)
        return path

    def write(self, master, name, *arguments):
        outcome = pier("imf", master, self.folder / name, "--json", *arguments)
        self.assert_done(outcome)
        return outcome.answer, self.folder / name

    def composition(self, package, answer):
        return ElementTree.parse(package / answer["composition"]["file"]).getroot()

    def issues(self, package):
        """What `pier check` tells of the package: kinds of its findings; its error where it cannot be read at all."""
        outcome = pier("check", package, "--json")
        if outcome.code == FAILED:
            return [outcome.error_code]
        self.assertIn("package.hash", outcome.answer["analysis"]["looked_for"])
        return [one["kind"] for one in outcome.answer["analysis"]["findings"] if one["kind"].startswith("package.")]

    def test_ffmpeg_reads_pictures_sound_and_colour_back(self):
        master = self.hdr_master()
        answer, package = self.write(master, "package", "--mbps", "20", "--title", "Ein <Titel> & mehr")
        playlist = package / answer["composition"]["file"]
        stream = clips.ffprobe(playlist, "-f", "imf", "-select_streams", "v:0", "-show_streams")["streams"][0]
        for key, value in (("codec_name", "jpeg2000"), ("width", 320), ("height", 180), ("pix_fmt", "yuv422p10le"),
                           ("color_primaries", "bt2020"), ("color_transfer", "smpte2084"), ("color_space", "bt2020nc"),
                           ("color_range", "tv"), ("r_frame_rate", "24000/1001")):
            self.assertEqual(stream[key], value, key)
        self.assertGreater(psnr(luma(master), luma(playlist), 10), LEAST_PSNR)
        self.assertEqual(pictures(playlist), answer["composition"]["duration"])
        length = answer["tracks"][1]["duration"]
        for channel in range(6):
            want = samples(master, channel=channel)[:length]
            got = samples(playlist, channel=channel)
            self.assertEqual(got[:len(want)], want, f"channel {channel} is not exact")
            self.assertEqual(len(got), length)
        root = self.composition(package, answer)
        self.assertEqual(texts(root, "ContentTitle"), ["Ein <Titel> & mehr"])
        self.assertEqual(texts(root, "ApplicationIdentification"), ["http://www.smpte-ra.org/ns/2067-21/2021"])
        self.assertEqual((texts(root, "MaxCLL"), texts(root, "MaxFALL")), (["900"], ["300"]))
        self.assertEqual(texts(root, "MasteringDisplayMaximumLuminance"), ["10000000"])
        self.assertEqual(texts(root, "MCATagSymbol"), ["sg51", "chL", "chR", "chC", "chLFE", "chLs", "chRs"])
        self.assertEqual(texts(root, "RFC5646SpokenLanguage"), ["en"])

    def test_rgb_stays_rgb_and_p3_becomes_rgb(self):
        rgb = self.folder / "rgb.mkv"
        clips.ffmpeg(*clips.picture("320x180", "25", "0.2"), "-pix_fmt", "gbrp12le", "-c:v", "ffv1", "-color_primaries", "bt709",
                     "-color_trc", "bt709", rgb)
        cinema = self.folder / "cinema.mkv"
        clips.ffmpeg(*clips.picture("320x180", "25", "0.2"), "-pix_fmt", "yuv422p10le", "-c:v", "libx265", "-x265-params",
                     "log-level=none", "-color_primaries", "smpte432", "-color_trc", "smpte2084", "-colorspace", "bt2020nc",
                     "-color_range", "tv", cinema)
        for master, primaries, transfer in ((rgb, "bt709", "bt709"), (cinema, "smpte432", "smpte2084")):
            with self.subTest(primaries):
                answer, package = self.write(master, master.stem, "--mbps", "30")
                playlist = package / answer["composition"]["file"]
                stream = clips.ffprobe(playlist, "-f", "imf", "-select_streams", "v:0", "-show_streams")["streams"][0]
                self.assertEqual((stream["pix_fmt"], stream["color_primaries"], stream["color_transfer"]),
                                 ("rgb48le", primaries, transfer))
                self.assertEqual(texts(self.composition(package, answer), "CodingEquations"), [])
        first = clips.ffmpeg("-i", rgb, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gbrp12le", "-")
        playlist = next((self.folder / "rgb").glob("CPL_*.xml"))
        again = clips.ffmpeg(*as_input(playlist), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gbrp12le", "-")
        self.assertGreater(psnr(array.array("H", first), array.array("H", again), 12), LEAST_PSNR)

    def test_digests_and_sizes_are_those_of_the_files(self):
        answer, package = self.write(self.sdr_master(), "digests")
        listed = ElementTree.parse(next(package.glob("PKL_*.xml"))).getroot()
        assets = [one for one in listed.iter() if tag(one) == "Asset"]
        self.assertEqual(len(assets), 3)
        for asset in assets:
            content = (package / texts(asset, "OriginalFileName")[0]).read_bytes()
            self.assertEqual(texts(asset, "Size"), [str(len(content))])
            self.assertEqual(texts(asset, "Hash"), [base64.b64encode(hashlib.sha1(content).digest()).decode()])
        hashes = texts(self.composition(package, answer), "Hash")
        self.assertEqual(len(hashes), 2)
        self.assertTrue(set(hashes) < set(texts(listed, "Hash")))
        mapped = ElementTree.parse(package / "ASSETMAP.xml").getroot()
        for path in texts(mapped, "Path"):
            self.assertTrue((package / path).is_file(), path)
        self.assertTrue((package / "VOLINDEX.xml").is_file())

    def test_pier_check_is_quiet_until_something_is_wrong(self):
        answer, package = self.write(self.sdr_master(), "control")
        self.assertEqual(self.issues(package), [])
        video = next(package.glob("VIDEO_*.mxf")).name

        def broken(name, change):
            copy = self.folder / name
            shutil.copytree(package, copy)
            change(copy)
            return self.issues(copy)

        def flip(copy):
            content = bytearray((copy / video).read_bytes())
            content[len(content) // 2] ^= 1
            (copy / video).write_bytes(content)

        def relabel(copy):
            path = copy / answer["composition"]["file"]
            path.write_text(path.read_text().replace("04010101.03030000", "04010101.03040000"))

        for name, change, told in (("digest", flip, "package.hash"), ("label", relabel, "package.descriptor"),
                                   ("missing", lambda copy: next(copy.glob("AUDIO_*.mxf")).unlink(), "not_found")):
            with self.subTest(name):
                self.assertIn(told, broken(name, change))

    def test_track_files_are_held_against_the_clauses(self):
        answer, package = self.write(self.sdr_master(), "clauses")
        for track in answer["tracks"]:
            self.assertIn("ST 377-1 clause 11", track["checked"])
        quiet = pier("imf", package, "--check", "--json")
        self.assert_done(quiet)
        self.assertEqual([one["faults"] for one in quiet.answer["files"]], [[], []])
        path = next(package.glob("VIDEO_*.mxf"))
        transfer = bytes.fromhex("060e2b34040101010401010101020000")
        content = path.read_bytes()
        self.assertEqual(content.count(transfer), 1)
        path.write_bytes(content.replace(transfer, bytes.fromhex("060e2b340401010d04010101010a0000")))
        told = pier("imf", package, "--check", "--json")
        self.assertEqual(told.code, 1)
        faults = [fault["clause"] for one in told.answer["files"] for fault in one["faults"]]
        self.assertEqual(faults, ["ST 2067-21 clause 6.2"])

    def test_what_application_2e_has_no_place_for_is_refused_and_nothing_is_left(self):
        def refused(words, *arguments, code="input_unsupported", master=None):
            outcome = pier("imf", master, self.folder / "refused", "--json", *arguments)
            self.assertEqual((outcome.code, outcome.error_code), (2, code), str(outcome))
            self.assertRegex(outcome.message, words)
            self.assertEqual([one for one in self.folder.iterdir() if "refused" in one.name], [])

        plain = self.folder / "plain.mkv"
        clips.ffmpeg(*clips.picture("320x180", "25", "0.2"), "-pix_fmt", "yuv420p", "-c:v", "ffv1", plain)
        refused("does not say its colour.*6.2.*--colour", master=plain)
        self.assert_done(pier("imf", plain, self.folder / "told", "--json", "--colour", "bt709"))
        refused("no colour of Application 2E", "--colour", "xyz", master=plain, code="invalid_argument")
        fast = self.folder / "fast.mkv"
        clips.ffmpeg(*clips.picture("320x180", "48", "0.2"), "-pix_fmt", "yuv420p", "-c:v", "ffv1", *SDR, fast)
        refused("no place for 48.000 pictures a second.*Table 3", master=fast)
        rate = self.folder / "rate.mkv"
        clips.ffmpeg(*clips.picture("320x180", "25", "0.2"), *clips.sound("0.2", rate=44100), "-pix_fmt", "yuv420p", "-c:v", "ffv1",
                     *SDR, "-c:a", "pcm_s16le", rate)
        refused("44100 Hz.*2067-2", master=rate)
        self.assert_done(pier("imf", rate, self.folder / "silent", "--json", "--no-sound"))
        outcome = pier("imf", plain, self.folder / "told", "--json", "--colour", "bt709")
        self.assertEqual(outcome.error_code, "already_exists")

    def test_supplemental_package_holds_only_what_is_new(self):
        master = self.hdr_master(channels="stereo")
        first, base = self.write(master, "base", "--mbps", "10")
        dubbed = self.folder / "dubbed.mkv"
        clips.ffmpeg("-i", master, "-map", "0:v", "-map", "0:a", "-c:v", "copy", "-af", "volume=0.5", "-c:a", "pcm_s24le",
                     "-metadata:s:a:0", "language=fre", dubbed)
        second, package = self.write(dubbed, "supplement", "--supplement", base, "--take", "sound")
        self.assertEqual([track["kind"] for track in second["tracks"]], ["sound"])
        self.assertEqual(second["borrowed"], [first["tracks"][0]["id"]])
        self.assertEqual(list(package.glob("VIDEO_*")), [])
        root = self.composition(package, second)
        self.assertIn(first["tracks"][0]["id"], texts(root, "TrackFileId"))
        described = {texts(one, "Id")[0] for one in root.iter() if tag(one) == "EssenceDescriptor"}
        self.assertEqual(set(texts(root, "SourceEncoding")), described)
        self.assertEqual(texts(root, "RFC5646SpokenLanguage"), ["fr"])
        # Both packages together are whole: FFmpeg reads the new composition over the two asset maps.
        joined = self.folder / "joined"
        shutil.copytree(base, joined)
        for one in package.iterdir():
            if one.name not in ("ASSETMAP.xml", "VOLINDEX.xml"):
                shutil.copy(one, joined)
        assets = re.search(r"<AssetList>(.*)</AssetList>", (package / "ASSETMAP.xml").read_text(), re.S).group(1)
        whole = (joined / "ASSETMAP.xml").read_text().replace("</AssetList>", assets + "</AssetList>")
        (joined / "ASSETMAP.xml").write_text(whole)
        playlist = joined / second["composition"]["file"]
        self.assertEqual(pictures(playlist), second["composition"]["duration"])
        self.assertEqual(samples(playlist)[:2000], samples(dubbed)[:2000])


if __name__ == "__main__":
    main()
