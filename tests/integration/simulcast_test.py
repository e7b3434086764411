"""Interlaced masters become 50 pictures a second, and pictures become XDCAM HD422 and AVC-Intra of fields: one HD beside the UHD."""

import json
import os
import re
import subprocess

import clips
from pier_program import DONE, PierTest, main, pier

SDR = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
PQ = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range", "tv"]
# A picture that moves in every field, smoothly in both directions.
MOVING = "testsrc2=size={size}:rate=50:duration={seconds},gblur=sigma=2"
FIELDS = ["-flags", "+ildct+ilme"]


def psnr(path, other, filters="", before=""):
    """Least of luma over all pictures, by FFmpeg; `before` is done to the first."""
    graph = f"[0:v]{before or 'null'},format=yuv422p10le[a];[1:v]{filters or 'null'},format=yuv422p10le[b];[a][b]psnr=f=-"
    done = clips.ffmpeg("-i", path, "-i", other, "-lavfi", graph, "-f", "null", "-")
    return min(float(found) if found != "inf" else 99 for found in re.findall(r"psnr_y:(\S+)", done.decode()))


def mediainfo(path, kind):
    done = subprocess.run([*clips.NICE, "mediainfo", "--Output=JSON", path], capture_output=True, check=True)
    return [track for track in json.loads(done.stdout)["media"]["track"] if track["@type"] == kind]


class Simulcast(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pictures = cls.folder / "pictures.mov"
        clips.ffmpeg("-f", "lavfi", "-i", MOVING.format(size="640x360", seconds=0.8), "-pix_fmt", "yuv422p10le", *SDR, "-c:v",
                     "prores_ks", "-profile:v", "3", cls.pictures)

    def interlaced(self, name, filters, *coding, sound=()):
        path = self.folder / name
        clips.ffmpeg("-i", self.pictures, *sound, "-vf", filters, *SDR, *coding, path)
        return path

    def convert(self, source, out, form, *arguments, code=DONE):
        path = self.folder / out
        outcome = pier("convert", os.fspath(source), os.fspath(path), "--format", form, "--json", *arguments)
        self.assertEqual(outcome.code, code, str(outcome))
        return outcome.answer, path

    def test_fields_become_pictures(self):
        x264 = ["-c:v", "libx264", "-x264-params", "log-level=none", "-crf", "8", "-preset", "ultrafast", *FIELDS]
        for name, filters, coding, note in (
                ("top.mov", "interlace=scan=tff:lowpass=0", ["-c:v", "prores_ks", *FIELDS], None),
                ("bottom.mov", "interlace=scan=bff:lowpass=0", ["-c:v", "prores_ks", *FIELDS, "-top", "0"], None),
                ("long.ts", "interlace=scan=tff:lowpass=0,format=yuv420p", x264, None),
                ("station.mxf", "interlace=scan=tff:lowpass=0,format=yuv422p",
                 ["-c:v", "mpeg2video", "-b:v", "30M", "-g", "12", "-bf", "2", *FIELDS], None),
                ("wrong.mxf", "interlace=scan=bff:lowpass=0,setfield=tff,format=yuv422p",
                 ["-c:v", "mpeg2video", "-b:v", "30M", "-g", "12", *FIELDS, "-top", "1"], "bottom field first, and they are believed")):
            with self.subTest(name):
                source = self.interlaced(name, filters, *coding)
                answer, out = self.convert(source, f"{name}.50p.mov", "prores-422-hq")
                said = " ".join(answer["notes"])
                self.assertIn(note or "each field becomes a picture, 50 a second", said)
                self.assertEqual("believed" in said, note is not None, said)
                stream, frame = clips.stream_facts(out)
                self.assertEqual((stream["r_frame_rate"], frame["interlaced_frame"]), ("50/1", 0))
                self.assertEqual(len(clips.frame_times(out)), 40)
                ours = psnr(self.pictures, out)
                bobbed = psnr(self.pictures, source, "bwdif=mode=send_field")
                self.assertGreater(ours, 27 if note else max(27, bobbed - 0.5), bobbed)

    def test_frames_of_one_moment_stay_whole(self):
        source = self.interlaced("segmented.mov", "fps=25,setfield=tff", "-c:v", "prores_ks", "-profile:v", "3", *FIELDS)
        answer, out = self.convert(source, "segmented.25p.mov", "prores-422-hq")
        self.assertIn("its pictures are progressive, and they are believed", " ".join(answer["notes"]))
        self.assertEqual(clips.stream_facts(out)[0]["r_frame_rate"], "25/1")
        self.assertGreater(psnr(source, out), 45)

    def uhd(self, seconds=0.16):
        path = self.folder / "uhd.mov"
        if not path.exists():
            clips.ffmpeg("-f", "lavfi", "-i", MOVING.format(size="640x360", seconds=seconds), *clips.sound(seconds),
                         *clips.sound(seconds, "5.1"), "-map", "0", "-map", "1", "-map", "2", "-vf", "scale=3840:2160", "-pix_fmt",
                         "yuv422p10le", *PQ, "-c:v", "prores_ks", "-c:a", "pcm_s24le", "-timecode", "10:00:00:30", path)
        return path

    def assert_fields(self, path, pictures, better_than):
        """Fields of the file are those of the pictures, top first, freed of flicker; the other order is not."""
        right = psnr(path, pictures, "interlace=scan=tff:lowpass=complex", "setfield=tff")
        wrong = psnr(path, pictures, "interlace=scan=bff:lowpass=complex", "setfield=bff")
        self.assertGreater(right, better_than)
        self.assertLess(wrong, right - 3)

    def test_hdr_uhd_becomes_sdr_of_fields(self):
        _, pictures = self.convert(self.uhd(), "hd.mov", "prores-422-hq", "--to", "sdr", "--size", "1920x1080")
        answer, xdcam = self.convert(self.uhd(), "simulcast.mxf", "xdcam-hd422", "--to", "sdr")
        self.assertEqual({tag["verdict"] for tag in answer["tags"]} - {"not_carried"}, {"equal"}, answer["tags"])
        self.assert_fields(xdcam, pictures, 34)
        stream, frame = clips.stream_facts(xdcam)
        self.assertEqual((stream["codec_name"], stream["profile"], stream["level"], stream["pix_fmt"]),
                         ("mpeg2video", "4:2:2", 2, "yuv422p"))
        self.assertEqual((stream["field_order"], frame["interlaced_frame"], frame["top_field_first"], stream["r_frame_rate"]),
                         ("tt", 1, 1, "25/1"))
        self.assertEqual((stream["color_primaries"], stream["color_transfer"], stream["color_space"]), ("bt709",) * 3)
        sizes = [int(packet["size"]) for packet in clips.ffprobe(xdcam, "-select_streams", "v", "-show_packets")["packets"]]
        self.assertEqual(len(sizes), 4)
        sounds = clips.ffprobe(xdcam, "-select_streams", "a", "-show_streams")["streams"]
        self.assertEqual([(one["codec_name"], one["channels"], one["sample_rate"]) for one in sounds], [("pcm_s24le", 1, "48000")] * 8)
        for track, (source, channel) in {0: ("a:0", 0), 1: ("a:0", 1), 2: ("a:1", 0), 7: ("a:1", 5)}.items():
            self.assertEqual(list(clips.samples(xdcam, f"a:{track}")[:7000]),
                             list(clips.samples(self.uhd(), source, channel)[:7000]), track)
        video, = mediainfo(xdcam, "Video")
        self.assertEqual([video[key] for key in ("Format", "Format_Profile", "Format_Level", "ScanType", "ScanOrder", "BitRate_Mode",
                                                 "ChromaSubsampling")],
                         ["MPEG Video", "4:2:2", "High", "Interlaced", "TFF", "CBR", "4:2:2"])
        self.assertEqual(int(video["BitRate"]), 50_000_000)
        self.assertIn("10:00:00:15", [other.get("TimeCode_FirstFrame") for other in mediainfo(xdcam, "Other")])

    def test_avc_intra_of_fields(self):
        _, pictures = self.convert(self.uhd(), "hd-b.mov", "prores-422-hq", "--to", "sdr", "--size", "1920x1080")
        for container in ("mxf", "mov"):
            with self.subTest(container):
                _, out = self.convert(self.uhd(), f"intra.{container}", "avc-intra-100i", "--to", "sdr")
                self.assert_fields(out, pictures, 34)
                stream, frame = clips.stream_facts(out)
                self.assertEqual((stream["codec_name"], stream["profile"], frame["interlaced_frame"], frame["top_field_first"]),
                                 ("h264", "High 4:2:2 Intra", 1, 1))
                sizes = {packet["size"] for packet in clips.ffprobe(out, "-select_streams", "v", "-show_packets")["packets"]}
                self.assertEqual(len(sizes), 1, "every picture has as many bytes")
                video, = mediainfo(out, "Video")
                self.assertEqual(video["Format"], "AVC")
                self.assertIn(video["ScanType"], ("Interlaced", "MBAFF"))
                if container == "mxf":  # MediaInfo 23.04 shows the order of AVC-Intra by the descriptor of MXF alone
                    self.assertEqual(video["ScanOrder"], "TFF")

    def test_interlaced_in_and_out(self):
        source = self.folder / "in.mxf"
        clips.ffmpeg("-f", "lavfi", "-i", MOVING.format(size="1920x1080", seconds=0.4), "-vf",
                     "interlace=scan=tff:lowpass=0,format=yuv422p", *SDR, "-c:v", "mpeg2video", "-b:v", "80M", "-g", "1", *FIELDS, source)
        _, out = self.convert(source, "again.mxf", "xdcam-hd422")
        self.assertGreater(psnr(source, out), 36)

    def test_what_does_not_go(self):
        for rate, word in (("24", "24"), ("60", "60")):
            source = self.folder / f"rate{rate}.mov"
            clips.ffmpeg(*clips.picture("320x180", rate, 0.2), *SDR, "-pix_fmt", "yuv422p10le", "-c:v", "prores_ks", source)
            answer, _ = self.convert(source, f"no{rate}.mxf", "xdcam-hd422", code=2)
            self.assertIn(word, answer["error"]["message"])
        answer, _ = self.convert(self.pictures, "no.mov", "xdcam-hd422", code=2)
        self.assertIn(".mxf", answer["error"]["message"])


if __name__ == "__main__":
    main()
