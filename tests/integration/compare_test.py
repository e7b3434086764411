"""pier compare: figures equal to ffmpeg's filters, alignment, other rasters and rates, limits, what is refused."""

import base64
import csv
import os
import pathlib
import re
import subprocess

import clips
from pier_program import DONE, NO, PierTest, main, pier

TESTS = pathlib.Path(__file__).resolve().parents[1]
E2E, ORACLE = TESTS / "e2e", TESTS / "peers" / "xpsnr_oracle.mjs"
SIZE, RATE, SECONDS = "192x112", 25, 1.2
SCENE = f"testsrc2=size={SIZE}:rate={RATE}:duration={SECONDS},noise=alls=6:allf=t:all_seed=3"
# Equal to four decimals of what ffmpeg prints with two: half a unit more.
DECIBELS, LIKENESS = 0.0101, 1e-4
HLG = ["-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", "-color_range", "tv"]
SDR = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]


class Compare(PierTest):
    def lossless(self, name, layout="yuv420p10le", extra="null", colour=SDR, scene=SCENE):
        path = self.folder / f"{name}.mkv"
        clips.ffmpeg("-f", "lavfi", "-i", f"{scene},{extra},format={layout}", *colour, "-c:v", "ffv1", path)
        return path

    def coded(self, source, name, *options, extra="null", colour=SDR, crf=34):
        path = self.folder / f"{name}.mp4"
        clips.ffmpeg("-i", source, "-vf", extra, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                     f"crf={crf}:log-level=none", *colour, *options, path)
        return path

    def compare(self, reference, test, *arguments, code=DONE):
        outcome = pier("compare", os.fspath(reference), os.fspath(test), "--json", *arguments)
        self.assertEqual(outcome.code, code, str(outcome))
        return outcome.answer

    def series(self, answer, name):
        at = answer["series"].index(name)
        return [picture[3][at] for picture in answer["pictures"]]

    def filtered(self, name, test, reference):
        """Lines of the statistics of one of ffmpeg's filters as {key: number}."""
        stats = self.folder / f"{name}.log"
        clips.ffmpeg("-i", test, "-i", reference, "-lavfi", f"{name}=stats_file={stats}", "-f", "null", "-")
        return self.read_stats(stats)

    def read_stats(self, path):
        lines = [line for line in path.read_text().splitlines() if line.startswith("n:")]
        return [{key: float(value) for key, value in re.findall(r"(\w+):\s*([-\d.]+|inf)", line)} for line in lines]

    def assert_series(self, answer, name, lines, key, tolerance):
        ours = self.series(answer, name)
        self.assertEqual(len(ours), len(lines))
        for number, (value, line) in enumerate(zip(ours, lines)):
            self.assertAlmostEqual(value, line[key], delta=tolerance, msg=f"{name} of picture {number}")

    def test_psnr_and_ssim_are_those_of_ffmpeg(self):
        for layout in ("yuv420p", "yuv420p10le", "yuv422p10le"):
            with self.subTest(layout):
                reference = self.lossless(f"psnr-{layout}", layout)
                test = self.coded(reference, f"psnr-{layout}")
                answer = self.compare(reference, test, "--metrics", "psnr,ssim", "--offset", "0")
                psnr, ssim = self.filtered("psnr", test, reference), self.filtered("ssim", test, reference)
                self.assertEqual(len(psnr), RATE * SECONDS)
                for plane, theirs in (("y", "y"), ("cb", "u"), ("cr", "v")):
                    self.assert_series(answer, f"psnr_{plane}", psnr, f"psnr_{theirs}", DECIBELS)
                    self.assert_series(answer, f"ssim_block_{plane}", ssim, theirs.upper(), LIKENESS)
                self.assert_series(answer, "ssim_block", ssim, "All", LIKENESS)
                self.assertLess(max(self.series(answer, "psnr_y")), 45)

    def xpsnr_of_ffmpeg(self, reference, test, rate):
        """Its statistics, of the ffmpeg command or of the npm package node-av; None when neither has the filter."""
        said = subprocess.run(["ffmpeg", "-hide_banner", "-filters"], capture_output=True, text=True, check=True).stdout
        if re.search(r"\bxpsnr\b", said):
            return self.filtered("xpsnr", reference, test)  # its first input is the reference
        folder = pathlib.Path(os.environ.get("PIER_NODE_AV", E2E))
        if not (folder / "node_modules" / "node-av").is_dir():
            return None
        stats = self.folder / "xpsnr.log"
        subprocess.run(["node", ORACLE, folder, reference, test, str(rate), stats], capture_output=True, check=True, timeout=240)
        return self.read_stats(stats)

    def test_xpsnr_is_that_of_ffmpeg(self):
        for size, rate in (("192x112", 25), ("1280x720", 50), ("3840x2160", 50), ("2560x1440", 25)):
            scene = f"testsrc2=size={size}:rate={rate}:duration={4 / rate},noise=alls=6:allf=t:all_seed=3"
            reference = self.lossless(f"xpsnr-{size}", scene=scene)
            test = self.coded(reference, f"xpsnr-{size}")
            lines = self.xpsnr_of_ffmpeg(reference, test, rate)
            if lines is None:
                self.skipTest("SKIPPED, not checked: no ffmpeg with an xpsnr filter (7.1 on), and no node-av in "
                              "PIER_NODE_AV or tests/e2e")
            answer = self.compare(reference, test, "--metrics", "xpsnr", "--offset", "0")
            for plane, theirs in (("y", "y"), ("cb", "u"), ("cr", "v")):
                self.assert_series(answer, f"xpsnr_{plane}", lines, theirs, DECIBELS)

    def test_a_late_start_is_found(self):
        reference = self.lossless("late")
        test = self.coded(reference, "late", extra="trim=start_frame=7,setpts=PTS-STARTPTS")
        answer = self.compare(reference, test, "--metrics", "psnr")
        self.assertEqual(answer["alignment"]["offset_seconds"], -7 / RATE)
        self.assertFalse(answer["alignment"]["given"])
        self.assertEqual(answer["alignment"]["reference_only"], 7)
        self.assertFalse(answer["alignment"]["doubtful"], answer["alignment"])
        self.assertEqual(answer["compared"], RATE * SECONDS - 7)
        self.assertEqual([picture[:2] for picture in answer["pictures"]][0], [7, 0])
        said = pier("compare", os.fspath(reference), os.fspath(test), "--metrics", "psnr")
        self.assertIn(b"time 0 of REF is -0.280 s of TEST (found by trying)", said.out)

    def test_a_wrong_offset_is_doubted(self):
        reference = self.lossless("doubt")
        test = self.coded(reference, "doubt")
        right = self.compare(reference, test, "--metrics", "psnr")
        self.assertEqual((right["alignment"]["offset_seconds"], right["alignment"]["doubtful"]), (0, False))
        wrong = self.compare(reference, test, "--metrics", "psnr", "--offset", "0.04")
        self.assertTrue(wrong["alignment"]["doubtful"], wrong["alignment"])
        self.assertIn("try --offset 0", wrong["alignment"]["doubt"])
        self.assertLess(wrong["figures"]["psnr"]["mean"], right["figures"]["psnr"]["mean"] - 3)

    def test_other_rasters_depths_ranges_and_rates(self):
        reference = self.lossless("forms")
        plain = self.compare(reference, self.coded(reference, "forms"), "--metrics", "psnr")
        small = self.compare(reference, self.coded(reference, "small", extra="scale=96:56"), "--metrics", "psnr,xpsnr")
        self.assertTrue(small["other_raster"])
        self.assertFalse(plain["other_raster"])
        self.assertEqual(small["measured_at"], "192x112 yuv420p10")
        self.assertIn("56p", small["test_way"])
        self.assertLess(small["figures"]["psnr"]["mean"], plain["figures"]["psnr"]["mean"])
        eight = self.compare(reference, self.coded(reference, "eight", "-pix_fmt", "yuv420p"), "--metrics", "psnr")
        self.assertEqual(eight["measured_at"], "192x112 yuv420p10")
        self.assertAlmostEqual(eight["figures"]["psnr"]["mean"], plain["figures"]["psnr"]["mean"], delta=1.5)
        full = self.lossless("full", extra="scale=out_range=pc", colour=[*SDR[:-1], "pc"])
        ranges = self.compare(reference, full, "--metrics", "psnr")
        self.assertGreater(ranges["figures"]["psnr"]["min"], 50, ranges["figures"])
        slow = self.lossless("slow", extra="fps=12.5")
        rates = self.compare(reference, slow, "--metrics", "psnr")
        self.assertGreater(rates["alignment"]["repeated"], 10)
        self.assertGreater(rates["alignment"]["apart"], 10)

    def test_limits_decide_the_exit_code(self):
        reference = self.lossless("limits")
        test = self.coded(reference, "limits")
        self.compare(reference, test, "--at-least", "xpsnr=10")
        answer = self.compare(reference, test, "--at-least", "xpsnr=10", "--at-least", "psnr_y:min=90", code=NO)
        self.assertEqual([one["holds"] for one in answer["limits"]], [True, False])
        self.compare(reference, test, "--metrics", "de_itp", "--at-most", "de_itp=0.01", code=NO)
        self.compare(reference, reference, "--metrics", "de_itp", "--at-most", "de_itp=0.01")
        self.assertEqual(sorted(self.compare(reference, test)["figures"]),
                         sorted(f"{metric}{plane}" for metric in ("xpsnr", "psnr", "ssim_block")
                                for plane in ("", "_y", "_cb", "_cr")))

    def test_every_picture_in_a_table(self):
        reference = self.lossless("table")
        path = self.folder / "table.csv"
        answer = self.compare(reference, self.coded(reference, "table"), "--metrics", "xpsnr,ms_ssim,psnr", "--per-frame",
                              os.fspath(path), code=DONE)
        rows = list(csv.DictReader(path.read_text().splitlines()))
        self.assertEqual(len(rows), answer["compared"])
        self.assertAlmostEqual(float(rows[3]["xpsnr_y"]), self.series(answer, "xpsnr_y")[3], delta=1e-5)
        self.assertEqual(rows[5]["seconds"], "0.200000")
        self.assertIn("without ms_ssim", " ".join(answer["notes"]))  # 112 lines are too few

    def test_a_page_with_plots_and_the_worst_pictures(self):
        reference = self.lossless("page", colour=HLG)
        # One picture is broken: everything else is as it was.
        test = self.lossless("page-fault", colour=HLG, extra="boxblur=8:enable='eq(n,19)'")
        page = self.folder / "page.html"
        answer = self.compare(reference, test, "--metrics", "xpsnr,pu21_ssim,de_itp", "--html", os.fspath(page))
        values = self.series(answer, "xpsnr")
        self.assertEqual(min(range(len(values)), key=values.__getitem__), 19)
        self.assertEqual(values.count(100), len(values) - 1)
        text = page.read_text()
        self.assertEqual(text.count("<svg"), 3)
        self.assertIn("<h3>0.760 s", text)
        self.assertEqual(text.index("<h3>"), text.index("<h3>0.760 s"))
        pictures = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", text)
        self.assertTrue(pictures and len(pictures) % 2 == 0)
        for picture in pictures:
            self.assertTrue(base64.b64decode(picture).startswith(b"\xff\xd8\xff"))
        self.assertNotEqual(pictures[0], pictures[1])

    def test_shots_have_figures_of_their_own(self):
        scene = (f"{SCENE},eq=brightness='if(gte(t,0.6),-0.3,0)':contrast='if(gte(t,0.6),0.5,1)':eval=frame,"
                 "hflip=enable='gte(t,0.6)',negate=enable='gte(t,0.6)'")
        reference = self.lossless("shots", scene=scene)
        answer = self.compare(reference, self.coded(reference, "shots"), "--metrics", "psnr")
        self.assertEqual([(shot["first"], shot["last"]) for shot in answer["shots"]], [(0, 14), (15, 29)])
        values = self.series(answer, "psnr")
        self.assertAlmostEqual(answer["shots"][1]["means"][0], sum(values[15:]) / 15, places=6)

    def test_hdr(self):
        reference = self.lossless("hdr", colour=HLG)
        test = self.coded(reference, "hdr", colour=HLG)
        answer = self.compare(reference, test)
        self.assertIn("pu21_ssim", answer["figures"])
        self.assertTrue(0.5 < answer["figures"]["pu21_ssim"]["mean"] < 0.9999, answer["figures"])
        sdr = self.coded(self.lossless("sdr"), "sdr")
        for one, other in ((reference, sdr), (sdr, reference)):
            outcome = pier("compare", os.fspath(one), os.fspath(other), "--json")
            self.assert_refused(outcome)
            self.assertIn("HDR (HLG)", str(outcome))
            self.assertIn("is SDR", str(outcome))
        # Tags that got lost are taken as the other's, and said so.
        untagged = self.folder / "untagged.mkv"
        clips.ffmpeg("-f", "lavfi", "-i", f"{SCENE},format=yuv420p10le", "-c:v", "ffv1", untagged)
        lost = self.compare(reference, untagged, "--metrics", "psnr")
        self.assertIn("TEST does not name all of its colour", " ".join(lost["notes"]))

    def test_bad_words_and_files(self):
        reference = self.lossless("words")
        broken = self.folder / "broken.mkv"
        broken.write_bytes(os.urandom(4096))
        for arguments, words in (((reference, reference, "--metrics", "vmaf"), "there is no metric"),
                                 ((reference, reference, "--offset", "soon"), "is no time"),
                                 ((reference, reference, "--offset", "500"), "no two pictures of one time"),
                                 ((reference, reference, "--at-least", "xpsnr"), "is no limit"),
                                 ((reference, reference, "--at-least", "vmaf=90"), "nothing named"),
                                 ((reference, reference, "--at-least", "xpsnr:p99=9"), "is not pooled"),
                                 ((reference, self.folder / "none.mkv"), "none.mkv"),
                                 ((reference, broken), "")):
            outcome = pier("compare", *map(os.fspath, arguments), "--json")
            self.assert_refused(outcome)
            self.assertIn(words, str(outcome))


if __name__ == "__main__":
    main()
