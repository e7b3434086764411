"""Every file Pier writes says the same to ffprobe and MediaInfo as Pier says of it: deliveries, published tracks, IMF packages."""

import fractions
import os
import re
from concurrent import futures

import clips
import read_by_others
from pier_program import DONE, DataDirectory, PierTest, main, pier, share_with

PICTURES = 12
PQ = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range", "tv"]
# Values of no display there is, so that no tool calls them by a name.
DISPLAY = "G(14000,34000)B(7000,2500)R(33000,15500)WP(15635,16450)L(11000000,70)"
MASTERING = "14000 34000 7000 2500 33000 15500 15635 16450 11000000 70"
LIGHTS = {"pq": ("bt2020", "smpte2084", "bt2020nc"), "hlg": ("bt2020", "arib-std-b67", "bt2020nc"),
          "sdr": ("bt709", "bt709", "bt709")}
SAMPLINGS = {"420": "4:2:0", "422": "4:2:2", "444": "4:4:4"}
MOV_MXF, PLAYERS = ("mov", "mxf"), ("mp4", "mov", "ts")
# name: (containers: all of each kind of coding, raster, profile to ffprobe, profile to MediaInfo: level and tier may follow)
FORMATS = {
    "prores-proxy": (("mov",), "320x180", "Proxy", "422 Proxy"), "prores-422-lt": (("mxf",), "320x180", "LT", "422 LT"),
    "prores-422": (("mov",), "320x180", "Standard", "422"), "prores-422-hq": (MOV_MXF, "320x180", "HQ", "422 HQ"),
    "prores-4444": (MOV_MXF, "320x180", "4444", "4444"),
    "dnxhr-lb": (("mov",), "320x180", "DNXHR LB", "RI LB"), "dnxhr-sq": (("mxf",), "320x180", "DNXHR SQ", "RI SQ"),
    "dnxhr-hq": (("mov",), "320x180", "DNXHR HQ", "RI HQ"), "dnxhr-hqx": (MOV_MXF, "320x180", "DNXHR HQX", "RI HQX"),
    "dnxhr-444": (MOV_MXF, "320x180", "DNXHR 444", "RI 444"),
    "avc-intra-100": (MOV_MXF, "1920x1080", "High 4:2:2 Intra", "High 4:2:2 Intra"),
    "avc-intra-100i": (MOV_MXF, "1920x1080", "High 4:2:2 Intra", "High 4:2:2 Intra"),
    "xdcam-hd422": (("mxf",), "1920x1080", "4:2:2", "4:2:2 High"),
    "avc-intra-200": (MOV_MXF, "1920x1080", "High 4:2:2 Intra", "High 4:2:2 Intra"),
    "xavc-intra-300": (("mxf",), "3840x2160", "High 4:2:2 Intra", "High 4:2:2 Intra"),
    "xavc-intra-480": (("mov",), "3840x2160", "High 4:2:2 Intra", "High 4:2:2 Intra"),
    "hevc-intra": (("mov",), "320x180", "Rext", "Format Range"),
    "hevc": (PLAYERS, "320x180", "Main 10", "Main 10"), "avc": (PLAYERS, "320x180", "High", "High"),
}
NAMES = {"dnxhr": "dnxhd", "prores": "prores", "avc": "h264", "xavc": "h264", "hevc": "hevc", "xdcam": "mpeg2video"}


class Excuse:
    """A field a tool is known not to show, or to show as something else, in such files."""

    def __init__(self, tool, part, field, why, where=lambda case: True, shows=None):
        self.tool, self.part, self.field, self.why, self.where, self.shows = tool, part, field, why, where, shows


def of(*names):
    return lambda case: case["container"] in names or case["coding"] in names


RUNGS = {"hevc": ("hevc", True, 0), "av1": ("av1", True, 0), "avc": ("h264", False, 0), "aac": ("aac", False, 2),
         "eac3": ("eac3", False, 6)}
LADDER = 'name = "others"\ntitle_en = "For others"\ntitle_zh = "others"\n' + "".join(
    f'[[rung]]\nname = "{rung}"\ncodec = "{rung}"\n' +
    (f'kind = "audio"\nchannels = {channels}\nbitrate = 0.384\n' if channels else
     f'height = 180\nat_most = true\nkeep_hdr = {str(hdr).lower()}\nbit_depth = {10 if hdr else 8}\n'
     f'preset = "{"12" if rung == "av1" else "ultrafast"}"\ncrf = 26\nbitrate = 0.8\nmax_bitrate = 1.5\n'
     "buffer_seconds = 1.5\nbuffer_start = 0.5\n")
    for rung, (_, hdr, channels) in RUNGS.items())


def mezzanine_in_mov(case):
    return case["container"] == "mov" and case["coding"] in ("prores", "dnxhd")


def ffprobe_leaves_light(case):
    return case["coding"] == "h264" and case["container"] in ("mxf", "ts")


BOTH = ("ffprobe", "mediainfo")
EXCUSES = [
    Excuse("mediainfo", "picture", "site", "MediaInfo 23.04 reads it from HEVC alone", of("h264", "av1")),
    Excuse("mediainfo", "picture", "scan", "MediaInfo 23.04 shows none for HEVC without messages about it, and none for AV1",
           of("hevc", "av1")),
    Excuse("mediainfo", "picture", "depth", "MediaInfo does not show that of ProRes in MOV",
           lambda case: case["container"] == "mov" and case["coding"] == "prores"),
    Excuse("ffprobe", "picture", "scan", "FFmpeg's parser calls AVC frames without picture timing progressive, its decoder does not",
           lambda case: case["format"] == "avc-intra-100i" and case["container"] == "mov", shows="progressive/tff"),
    Excuse("mediainfo", "picture", "scan", "MediaInfo 23.04 shows the order of AVC-Intra by the descriptor of MXF alone",
           lambda case: case["format"] == "avc-intra-100i" and case["container"] == "mov", shows="interlaced"),
    Excuse("mediainfo", "picture", "range", "MOV's nclc has no place for it, nor have ProRes and VC-3", mezzanine_in_mov),
    Excuse("mediainfo", "picture", "sampling", "FFmpeg codes YCbCr 4:4:4 as VC-3's RGB whose every macroblock is transformed; "
           "MediaInfo says what stands in the header", lambda case: case["format"] == "dnxhr-444", shows="rgb"),
    *(Excuse("mediainfo", "picture", field, "MediaInfo 23.04 does not know XAVC's sample entry aivx",
             lambda case: case["container"] == "mov" and case["format"].startswith("xavc"))
      for field in ("coding", "scan", "depth", "sampling", "range")),
    *(Excuse("ffprobe", "picture", field, "FFmpeg 5.1 does not read these messages of AVC, nor boxes where there are none",
             ffprobe_leaves_light) for field in ("mastering", "light")),
    *(Excuse(tool, "picture", "light", "in IMF packages it stands in the composition", of("imf")) for tool in BOTH),
    *(Excuse(tool, "sound", "layout", "FFmpeg 5.1 writes no channel labels (ST 377-4) into MXF", of("mxf")) for tool in BOTH),
    *(Excuse("mediainfo", "sound", field, "MediaInfo 23.04 does not read channels of Opus in MP4",
             lambda case: case["sound"] == "opus") for field in ("channels", "layout")),
]


class ReadByOthers(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls.folder / "source.mov"
        sounds = [*clips.sound(0.48), *clips.sound(0.48, "5.1")]
        clips.ffmpeg(*clips.picture("320x180", "25", "0.48"), *sounds, "-map", "0:v", "-map", "1:a", "-map", "2:a", "-pix_fmt",
                     "yuv420p10le", *PQ, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                     f"log-level=none:crf=4:master-display={DISPLAY}:max-cll=873,211", "-c:a", "pcm_s24le", "-timecode",
                     "10:00:00:00", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=zho", "-tag:v", "hvc1", cls.source)
        cls.drop = cls.folder / "drop.mov"
        clips.ffmpeg(*clips.picture("320x180", "30000/1001", "0.4"), *clips.sound(0.4004), "-pix_fmt", "yuv422p10le", *PQ, "-c:v",
                     "prores_ks", "-c:a", "pcm_s24le", "-timecode", "00:01:00;02", cls.drop)
        cls.used = set()

    def convert(self, form, container, light, raster, *arguments, source=None):
        name = re.sub(r"\W+", "-", "-".join([form, light, source.stem if source else "", *arguments]))
        out = self.folder / f"{name}.{container}"
        outcome = pier("convert", os.fspath(source or self.source), os.fspath(out), "--format", form, "--to", light, "--size", raster,
                       "--json", *arguments)
        self.assertEqual(outcome.code, DONE, str(outcome))
        return {tag["field"]: tag["wanted"] for tag in outcome.answer["tags"] if tag["verdict"] == "equal"}, out

    def wanted_of(self, tags, form, light, container):
        """What Pier says it wrote, in the words of read_by_others."""
        sampling, depth = re.fullmatch(r"yuv(4\d\d)p(\d*)", tags["format"]).groups()
        picture = {"coding": NAMES[form.split("-")[0]], "raster": tags["raster"], "aspect": "1/1", "rate": tags["frame_rate"],
                   "pictures": tags["pictures"], "scan": {"interlaced": "tff"}.get(tags["scan"], tags["scan"]),
                   "depth": depth or "8", "sampling": SAMPLINGS[sampling], "range": tags["range"]}
        for field, value in zip(("primaries", "transfer", "matrix"), LIGHTS[light], strict=True):
            self.assertEqual(tags[field], value)
            picture[field] = value
        if sampling == "420":
            picture["site"] = "left" if light == "sdr" else "topleft"
        if "mastering_display" in tags:
            picture["mastering"], picture["light"] = MASTERING, tags.get("content_light")
        sounds = []
        for number in range(1, 1 + int(tags["sound_tracks"])):
            said = {key.split(".")[1]: value for key, value in tags.items() if key.startswith(f"sound{number}.")}
            sounds.append({"coding": said["codec"], "channels": said["channels"], "rate": said["sample_rate"],
                           "layout": read_by_others.LAYOUTS[int(said["channels"])], "depth": said.get("bit_depth"),
                           "language": said.get("language") or None})
        return {"picture": picture, "sounds": sounds, "timecode": tags.get("timecode")}

    def differing(self, tool, part, case, wanted, found):
        for field, value in wanted.items():
            if value is None or found.get(field) == value or (field == "aspect" and found.get(field) is None):
                continue  # samples are square where nothing is said
            excuse = next((one for one in EXCUSES if (one.tool, one.part, one.field) == (tool, part, field) and one.where(case)
                           and found.get(field) == one.shows), None)
            if excuse is None:
                yield f"{tool}: {part} {field} is {found.get(field)}, wanted {value}"
            else:
                self.used.add(excuse)

    def faults(self, case, wanted, readings):
        """`case`: container, coding, format; `readings`: by tool."""
        wrong = []
        for tool, found in readings.items():
            if wanted["picture"]:
                wrong += self.differing(tool, "picture", case, wanted["picture"], found["picture"])
            if len(found["sounds"]) != len(wanted["sounds"]):
                wrong.append(f"{tool}: {len(found['sounds'])} sounds, wanted {len(wanted['sounds'])}")
            for want, got in zip(wanted["sounds"], found["sounds"], strict=False):
                wrong += self.differing(tool, "sound", {**case, "sound": want["coding"]}, want, got)
            if wanted["timecode"] and found["timecode"] != wanted["timecode"]:
                wrong.append(f"{tool}: time code {found['timecode']}, wanted {wanted['timecode']}")
            wrong += self.durations(tool, case, wanted, found)
        return wrong

    def durations(self, tool, case, wanted, found):
        """Pictures to the millisecond; what is coded in blocks of samples to one block and its priming."""
        if not wanted["picture"]:
            return
        length = float(int(wanted["picture"]["pictures"]) / fractions.Fraction(wanted["picture"]["rate"]))
        slack = 0.041 if case["container"] == "ts" else 0.0011  # of a stream tools see first and last time stamps only
        for part, one in [("picture", found["picture"]), *(("sound", sound) for sound in found["sounds"])]:
            limit = slack + (0.05 if one["coding"] in ("aac", "ac3", "eac3", "opus", "flac") else 0)
            if abs(float(one["duration"] or 0) - length) > limit:
                yield f"{tool}: {part} lasts {one['duration']}, wanted {length}"

    def held(self, form, container, light, raster, *arguments, source=None):
        """What is wrong with such a delivery."""
        tags, out = self.convert(form, container, light, raster, *arguments, source=source)
        wanted = self.wanted_of(tags, form, light, container)
        readings = {"ffprobe": read_by_others.by_ffprobe(out), "mediainfo": read_by_others.by_mediainfo(out)}
        out.unlink()
        case = {"container": container, "coding": wanted["picture"]["coding"], "format": form}
        wrong = self.faults(case, wanted, readings)
        of_ffprobe, of_mediainfo = FORMATS[form][2:]
        if readings["ffprobe"]["picture"]["profile"] != of_ffprobe:
            wrong.append(f"ffprobe: profile {readings['ffprobe']['picture']['profile']}")
        shown = readings["mediainfo"]["picture"]["profile"]
        if shown is None and case["container"] == "mov" and form.startswith("xavc"):
            return wrong  # as the excuse of aivx has it
        if container == "mxf" and form in ("avc-intra-200", "xavc-intra-300"):
            of_mediainfo = "High 4:2:2"  # it shows the sub-descriptor, whose place for a profile has no constraint flags
        if not re.match(rf"{of_mediainfo}( |@|$)", shown or ""):
            wrong.append(f"mediainfo: profile {shown}")
        return wrong

    def assert_held(self, cases):
        with futures.ThreadPoolExecutor(2) as pool:
            outcomes = [(case, pool.submit(self.held, *case[:-1], source=case[-1])) for case in cases]
        for case, outcome in outcomes:
            with self.subTest(case):
                self.assertEqual(outcome.result(), [])

    def test_1_every_format(self):
        offered = pier("convert", "--help").out.decode().split("--format NAME REQUIRED")[1].split("--to")[0]
        self.assertEqual(set(re.split(r",\s+", offered.strip())), set(FORMATS))
        self.assert_held([(form, container, "pq", raster, *(() if raster == "320x180" else ("--out", "0.12")), None)
                          for form, (containers, raster, _, _) in FORMATS.items() for container in containers])

    def test_2_other_light_rates_and_sounds(self):
        cases = [("prores-422-hq", "mov", "hlg"), ("dnxhr-hqx", "mxf", "sdr"), ("hevc", "ts", "hlg"),
                 ("hevc", "mp4", "sdr", "--audio", "eac3"), ("avc", "mp4", "sdr", "--audio", "ac3"),
                 ("avc", "mp4", "sdr", "--audio", "opus"), ("avc", "mp4", "sdr", "--audio", "flac", "--audio-bits", "16"),
                 ("avc", "ts", "sdr", "--audio", "ac3"), ("avc", "ts", "sdr", "--audio", "eac3"),
                 ("prores-422", "mov", "pq", "--audio-bits", "16")]
        fractional = [("prores-422", "mov"), ("dnxhr-hqx", "mxf"), ("hevc", "ts"), ("avc", "mp4")]
        self.assert_held([(*case[:3], "320x180", *case[3:], None) for case in cases] +
                         [(*case, "pq", "320x180", self.drop) for case in fractional])

    def test_3_tracks_of_an_imf_package(self):
        package = self.folder / "package"
        outcome = pier("imf", os.fspath(self.source), os.fspath(package), "--json")
        self.assert_done(outcome)
        picture = {"coding": "jpeg2000", "raster": "320x180", "rate": "25", "pictures": str(PICTURES), "scan": "progressive",
                   "depth": "10", "sampling": "4:2:2", "range": "tv", "mastering": MASTERING, "light": "873,211",
                   **dict(zip(("primaries", "transfer", "matrix"), LIGHTS["pq"], strict=True))}
        layouts = ["stereo", "5.1"]
        for track in outcome.answer["tracks"]:
            path = package / track["file"]
            readings = {"ffprobe": read_by_others.by_ffprobe(path), "mediainfo": read_by_others.by_mediainfo(path)}
            wanted = {"picture": picture if track["kind"] == "picture" else None, "sounds": [], "timecode": None}
            if track["kind"] != "picture":
                layout = layouts.pop(0)
                wanted["sounds"] = [{"coding": "pcm", "channels": {"stereo": "2", "5.1": "6"}[layout], "layout": layout,
                                     "rate": "48000", "depth": "24"}]
            with self.subTest(track["kind"]):
                self.assertEqual(self.faults({"container": "imf", "coding": "jpeg2000", "format": "imf"}, wanted, readings), [])
        self.assertEqual(layouts, [])

    def test_4_published_tracks(self):
        share = share_with(self.folder, others=LADDER)
        answer = self.publish(self.folder / "data", self.source, "--policy", "ignore", ladder="others",
                              env={"PIER_SHARE": os.fspath(share)})
        data = DataDirectory(self.folder / "data")
        light = answer["tracks"][0]["details"]["video"]["content_light"]  # measured by Pier
        for rung, (coding, hdr, channels) in RUNGS.items():
            path = data.track_file(answer["asset"]["id"], rung)
            readings = {"ffprobe": read_by_others.by_ffprobe(path), "mediainfo": read_by_others.by_mediainfo(path)}
            wanted = {"picture": None, "sounds": [], "timecode": None}
            if channels:
                wanted["sounds"] = [{"coding": coding, "channels": str(channels), "rate": "48000",
                                     "layout": read_by_others.LAYOUTS[channels]}]
            else:
                said = LIGHTS["pq" if hdr else "sdr"]
                wanted["picture"] = {"coding": coding, "raster": "320x180", "rate": "25", "pictures": str(PICTURES),
                                     "scan": "progressive", "depth": "10" if hdr else "8", "sampling": "4:2:0", "range": "tv",
                                     "site": "topleft" if hdr else "left",
                                     **dict(zip(("primaries", "transfer", "matrix"), said, strict=True))}
                if hdr:
                    wanted["picture"] |= {"mastering": MASTERING, "light": f"{light['max_cll']},{light['max_fall']}"}
            with self.subTest(rung):
                self.assertEqual(self.faults({"container": "cmaf", "coding": coding, "format": rung}, wanted, readings), [])

    def test_9_every_excuse_was_needed(self):
        self.assertEqual([(one.tool, one.part, one.field, one.why) for one in EXCUSES if one not in self.used], [])


if __name__ == "__main__":
    main()
