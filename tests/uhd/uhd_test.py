"""4K and 8K in their real size: rasters, pictures, colour and manifests of a publication, and what it takes of memory."""

import pathlib
import resource
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import clips  # noqa: E402
from pier_program import DataDirectory, PierTest, Server, check, main, pier  # noqa: E402

PATIENCE = 1500
MASTERING = "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,50)"
MEMORY_BAR = 12 << 30  # 8K publishes within 12 GiB
CHECK_4K_BAR, CHECK_8K_BAR = 2 << 30, 6 << 30  # what `pier check` may hold, at two threads


class Uhd(PierTest):
    def master(self, name, size, frames, transfer, *x265):
        """A master as it comes from a grading suite: 50p, ten bits, BT.2020, 5.1 sound."""
        path, seconds = self.folder / name, frames / 50
        parameters = ":".join(["log-level=error", "repeat-headers=1", *x265])
        clips.ffmpeg(*clips.picture(size, 50, seconds), *clips.sound(seconds, "5.1"), "-c:v", "libx265", "-preset",
                     "ultrafast", "-pix_fmt", "yuv420p10le", "-color_primaries", "bt2020", "-colorspace", "bt2020nc",
                     "-color_range", "tv", "-color_trc", transfer, "-x265-params", parameters, "-tag:v", "hvc1",
                     "-c:a", "pcm_s24le", path)
        return path

    def published(self, path):
        records = DataDirectory(self.folder / f"data-{path.stem}")
        outcome = pier("publish", path, "--data", records.path, "--ladder", "demo", "--json", timeout=PATIENCE)
        self.assert_done(outcome)
        self.assert_done(pier("verify", "--data", records.path, "--json", timeout=PATIENCE))
        return records, outcome.answer

    def check_tracks(self, records, answer, rasters, frames, transfer):
        """Each rung once, in its raster, with every picture; HDR rungs keep the transfer, SDR rungs say BT.709."""
        tracks = {track["rung"]: track for track in answer["tracks"] if track["kind"] == "video"}
        self.assertEqual({rung: (track["width"], track["height"]) for rung, track in tracks.items()}, rasters)
        for rung, track in tracks.items():
            self.assertEqual(track["frames"], frames, rung)
            stored = records.track_file(answer["asset"]["id"], rung)
            stream, _ = clips.stream_facts(stored)
            sdr = rung.endswith("-sdr")
            self.assertEqual((stream["color_transfer"], stream["color_primaries"], stream["pix_fmt"]),
                             ("bt709", "bt709", "yuv420p") if sdr else (transfer, "bt2020", "yuv420p10le"), rung)
            counted = clips.ffprobe(stored, "-count_packets", "-show_entries", "stream=nb_read_packets,width,height")
            self.assertEqual((int(counted["streams"][0]["nb_read_packets"]), counted["streams"][0]["width"]),
                             (frames, rasters[rung][0]), rung)
        audio = []
        for track in answer["tracks"]:
            if track["kind"] == "audio":
                stream, _ = clips.stream_facts(records.track_file(answer["asset"]["id"], track["rung"]), "a:0")
                audio.append((stream["codec_name"], stream["channels"]))
        self.assertEqual(sorted(audio), [("aac", 2), ("eac3", 6)])

    def check_manifests(self, records, answer, raster, video_range):
        with Server(records.path) as server:
            def text(path):
                with urllib.request.urlopen(urllib.parse.urljoin(server.address, path), timeout=60) as response:
                    return response.read().decode()
            variants = [line for line in text(answer["hls"]).splitlines() if line.startswith("#EXT-X-STREAM-INF:")]
            best = [line for line in variants if f"RESOLUTION={raster}," in line + ","]
            self.assertTrue(best, variants)
            for line in best:
                self.assertIn(f"VIDEO-RANGE={video_range}", line)
                self.assertIn("hvc1.2.4.", line)
            self.assertIn(f'width="{raster.split("x")[0]}"', text(answer["dash"]))

    def test_4k_pq(self):
        path = self.master("4k.mov", "3840x2160", 50, "smpte2084", "hdr10=1", f"master-display={MASTERING}",
                           "max-cll=10000,4000")
        records, answer = self.published(path)
        self.check_tracks(records, answer, {"hevc-2160": (3840, 2160), "hevc-1080": (1920, 1080), "av1-1080": (1920, 1080),
                                            "avc-1080-sdr": (1920, 1080), "avc-720-sdr": (1280, 720)}, 50, "smpte2084")
        _, frame = clips.stream_facts(records.track_file(answer["asset"]["id"], "hevc-2160"))
        carried = {data["side_data_type"] for data in frame["side_data_list"]}
        self.assertLessEqual({"Mastering display metadata", "Content light level metadata"}, carried)
        self.check_manifests(records, answer, "3840x2160", "PQ")

    def test_8k_hlg(self):
        path = self.master("8k.mov", "7680x4320", 16, "arib-std-b67")
        records, answer = self.published(path)
        self.check_tracks(records, answer, {"hevc-4320": (7680, 4320), "hevc-2160": (3840, 2160), "hevc-1080": (1920, 1080),
                                            "av1-1080": (1920, 1080), "avc-1080-sdr": (1920, 1080),
                                            "avc-720-sdr": (1280, 720)}, 16, "arib-std-b67")
        self.check_manifests(records, answer, "7680x4320", "HLG")
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        self.assertLess(largest, MEMORY_BAR, "the largest process alone is over what all together may take")

    def check_memory(self, path, bar):
        """`pier check` in no more memory than `bar`; gives its answer."""
        outcome, memory = check(path, "--profile", "itu-bt2100")
        print(f"  check of {path.name}: {memory / (1 << 30):.2f} GiB resident at most", file=sys.stderr)
        self.assertIn(outcome.code, (0, 1, 2), str(outcome))
        self.assertNotIn("error", outcome.answer, str(outcome))
        self.assertLess(memory, bar)
        return outcome.answer["analysis"]

    def test_4k_check_memory(self):
        path = self.master("4k-check.mov", "3840x2160", 60, "smpte2084")
        self.assertEqual(self.check_memory(path, CHECK_4K_BAR)["programme_frames"], 60)

    def test_8k_check_memory(self):
        path = self.master("8k-check.mov", "7680x4320", 24, "arib-std-b67")
        self.assertEqual(self.check_memory(path, CHECK_8K_BAR)["programme_frames"], 24)

    def test_4k_conformity(self):
        """`pier check` finds nothing against the format of a 4K master; the same pictures at 1080 are refused by raster."""
        real = self.master("uhd.mov", "3840x2160", 10, "arib-std-b67")
        checked = pier("check", real, "--profile", "itu-bt2100", "--json", timeout=PATIENCE)
        self.assertIn(checked.code, (0, 1), str(checked))  # a test pattern may hold codes that no programme may
        broken = {rule["rule"] for rule in checked.answer["report"]["rules"] if rule["outcome"] == "broken"}
        self.assertFalse(broken & {"raster", "bit-depth", "primaries", "transfer", "matrix", "progressive"}, broken)
        small = self.folder / "hd.mov"
        clips.ffmpeg("-i", real, "-vf", "scale=1920:1080", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                     "log-level=error", "-color_primaries", "bt2020", "-colorspace", "bt2020nc", "-color_trc",
                     "arib-std-b67", "-tag:v", "hvc1", small)
        checked = pier("check", small, "--profile", "cn-uhd-4k", "--json", timeout=PATIENCE)
        self.assertEqual(checked.code, 1, str(checked))
        broken = {rule["rule"] for rule in checked.answer["report"]["rules"] if rule["outcome"] == "broken"}
        self.assertIn("raster", broken)


if __name__ == "__main__":
    if subprocess.run(["ffmpeg", "-version"], capture_output=True, check=False).returncode != 0:
        raise SystemExit("the ffmpeg command makes the masters of this test; install it")
    main()
