"""pier deliver: lists, names, sidecars and receipts; what fails alone, what is there already, what a kill leaves."""

import hashlib
import json
import os
import pathlib
import signal
import time
import xml.etree.ElementTree as ElementTree

import clips
from pier_program import DONE, FAILED, PierTest, finish, main, pier, start

SDR = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
RECIPE = """
recipient = "东方台"
container = "mp4"
file = "{title}_第{episode:02}集_{hdr}"
[picture]
format = "avc"
crf = 30
preset = "ultrafast"
[sound]
loudness = -24
true_peak = -2
[[sound.track]]
layout = "stereo"
codec = "aac"
[sidecars]
md5 = true
xml = true
csv = true
"""


class Deliver(PierTest):
    def setUp(self):
        super().setUp()
        self.place = self.folder / self._testMethodName
        self.place.mkdir()
        (self.place / "station.toml").write_text(RECIPE)

    def master(self, name, seconds=0.4, size="160x90", extra=()):
        path = self.place / name
        clips.ffmpeg(*clips.picture(size, seconds=seconds), *clips.sound(seconds), *SDR, *extra, "-c:v", "ffv1", "-pix_fmt",
                     "yuv422p10le", "-c:a", "pcm_s24le", path)
        return path

    def list_of(self, rows, head="master,title,episode"):
        path = self.place / "list.csv"
        path.write_text("\ufeff" + "\r\n".join([head, *rows]) + "\r\n", encoding="utf-8")
        return path

    def deliver(self, *arguments, code=DONE):
        outcome = pier("deliver", "--recipe", self.place / "station.toml", "--into", self.place / "out", "--json", *arguments)
        if code is not None:
            self.assertEqual(outcome.code, code, str(outcome))
        return outcome.answer

    def states(self, answer):
        return [episode["state"] for episode in answer["episodes"]]

    def test_assets_of_the_catalogue_and_their_verdict(self):
        master, data = self.master("asset.mkv"), self.place / "data"
        asset = self.publish(data, master, "--title", "海", "--profile", "screen-any")["asset"]["id"]
        made = self.deliver(asset, "--data", data)
        self.assertEqual([(episode["state"], episode["name"]) for episode in made["episodes"]], [("made", "海_第01集_SDR.mp4")])
        judged = json.loads(pathlib.Path(made["episodes"][0]["receipt"]).read_text())["judged"]
        self.assertEqual((judged["asset"], judged["profile"]), (asset, "screen-any"))
        recipe = self.place / "station.toml"
        recipe.write_text(RECIPE + '[demand]\nprofile = "screen-any"\nverdict = "pass"\n')
        strict = self.deliver(asset, "--data", data, "--replace", code=None)
        if judged["verdict"] == "pass":
            self.assertEqual(self.states(strict), ["made"])
        else:
            self.assertEqual(strict["episodes"][0]["error"]["code"], "not_conform")
        recipe.write_text(RECIPE + '[demand]\nprofile = "netflix-like"\n')
        other = self.deliver(asset, "--data", data, "--replace", code=FAILED)
        self.assertIn("was not judged by it", other["episodes"][0]["error"]["message"])
        self.assertEqual(pier("report", asset, "--profile", "netflix-like", "--data", data, "--json").code, 1)
        failed = self.deliver(asset, "--data", data, "--replace", code=FAILED)
        self.assertEqual(failed["episodes"][0]["error"]["code"], "not_conform")
        self.assertIn("findings", failed["episodes"][0]["error"]["message"])
        path = self.deliver(os.fspath(master), "--replace", code=FAILED)
        self.assertIn("give the id of its asset", path["episodes"][0]["error"]["message"])
        recipe.write_text(RECIPE)
        with master.open("ab") as file:
            file.write(b"more")
        changed = self.deliver(asset, "--data", data, "--replace", code=FAILED)
        self.assertEqual(changed["episodes"][0]["error"]["code"], "input_changed")

    def test_a_list_becomes_files_with_names_sidecars_and_receipts(self):
        for number in (1, 2):
            self.master(f"{number}.mkv")
        rows = self.list_of(['1.mkv,山海,1', '"2.mkv","山海",2'])
        planned = self.deliver("--csv", rows, "--dry-run")
        self.assertEqual((planned["planned"], self.states(planned)), (2, ["planned", "planned"]))
        self.assertFalse((self.place / "out").exists())
        made = self.deliver("--csv", rows)
        names = [episode["name"] for episode in made["episodes"]]
        self.assertEqual(names, ["山海_第01集_SDR.mp4", "山海_第02集_SDR.mp4"])
        self.assertEqual(names, [episode["name"] for episode in planned["episodes"]])
        for episode in made["episodes"]:
            path = self.place / "out" / episode["name"]
            content = path.read_bytes()
            md5, sha256 = hashlib.md5(content).hexdigest(), hashlib.sha256(content).hexdigest()
            self.assertEqual((episode["md5"], episode["sha256"], episode["bytes"]), (md5, sha256, len(content)))
            self.assertEqual(pathlib.Path(f"{path}.md5").read_text(), f"{md5}  {path.name}\n")
            root = ElementTree.parse(f"{path}.xml").getroot()
            self.assertEqual((root.get("recipient"), root.find("file").get("md5")), ("东方台", md5))
            self.assertIn(sha256, pathlib.Path(f"{path}.csv").read_text())
            receipt = json.loads((self.place / "out" / "receipts" / f"{path.name}.receipt.json").read_text())
            self.assertEqual((receipt["recipient"], receipt["file"]["sha256"]), ("东方台", sha256))
            self.assertIn("equal", {tag["verdict"] for tag in receipt["tags"]})
            master = (self.place / receipt["words"]["master"]).read_bytes()
            self.assertEqual(receipt["master"]["sha256"], hashlib.sha256(master).hexdigest())
            self.assertAlmostEqual(receipt["loudness"][0]["lufs"], -24, delta=0.15)
            stream, _ = clips.stream_facts(path)
            self.assertEqual((stream["codec_name"], stream["color_transfer"]), ("h264", "bt709"))

    def test_one_failure_stops_no_other_and_a_second_run_does_what_is_missing(self):
        for number in (1, 3, 5):
            self.master(f"{number}.mkv")
        (self.place / "2.mkv").write_text("no media")
        rows = self.list_of(["1.mkv,a,1", "2.mkv,a,2", "3.mkv,a,3", "4.mkv,a,4", "5.mkv,a,1", "3.mkv,,x"])
        first = self.deliver("--csv", rows, code=FAILED)
        self.assertEqual(self.states(first), ["made", "failed", "made", "failed", "failed", "failed"])
        messages = [episode.get("error", {}).get("message", "") for episode in first["episodes"]]
        self.assertIn("another master of this list", messages[4])
        self.assertIn("no number", messages[5])
        self.assertEqual([episode["line"] for episode in first["episodes"]], [2, 3, 4, 5, 6, 7])
        times = {path.name: path.stat().st_mtime_ns for path in (self.place / "out").iterdir()}
        self.master("4.mkv")
        second = self.deliver("--csv", rows, code=FAILED)
        self.assertEqual(self.states(second), ["there", "failed", "there", "made", "failed", "failed"])
        for name, stamp in times.items():
            if name != "receipts":
                self.assertEqual((self.place / "out" / name).stat().st_mtime_ns, stamp, name)
        (self.place / "out" / first["episodes"][0]["name"]).unlink()
        third = self.deliver("--csv", rows, code=FAILED)
        self.assertEqual(self.states(third)[:4], ["made", "failed", "there", "there"])
        self.assertEqual(third["episodes"][0]["sha256"], first["episodes"][0]["sha256"])

    def test_a_file_of_that_name_stays_and_another_recipe_is_another_delivery(self):
        source = self.master("one.mkv")
        out = self.place / "out"
        out.mkdir()
        mine = out / "one_第01集_SDR.mp4"
        mine.write_text("mine")
        refused = self.deliver(source, code=FAILED)
        self.assertEqual(refused["episodes"][0]["error"]["code"], "already_exists")
        self.assertEqual(mine.read_text(), "mine")
        self.assertEqual(self.states(self.deliver(source, "--replace")), ["made"])
        self.assertEqual(self.states(self.deliver(source)), ["there"])
        (self.place / "station.toml").write_text(RECIPE.replace("crf = 30", "crf = 40"))
        self.assertEqual(self.states(self.deliver(source, code=FAILED)), ["failed"])
        self.assertEqual(self.states(self.deliver(source, "--replace")), ["made"])

    def test_killed_it_goes_on_where_it_was(self):
        for number in (1, 2, 3):
            self.master(f"{number}.mkv", 3.0, "640x360")
        rows = self.list_of([f"{number}.mkv,long,{number}" for number in (1, 2, 3)])
        process = start("deliver", "--recipe", self.place / "station.toml", "--into", self.place / "out", "--csv", rows, "--json")
        receipts = self.place / "out" / "receipts"
        end = time.monotonic() + 120
        while not list(receipts.glob("*.receipt.json")):
            self.assertIsNone(process.poll(), "it ended before it could be killed")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        finish(process, 30)
        whole = {path.name.removesuffix(".receipt.json") for path in receipts.glob("*.receipt.json")}
        pending = {path.name.removesuffix(".receipt.pending") for path in receipts.glob("*.receipt.pending")}
        there = {path.name for path in (self.place / "out").glob("*.mp4")}
        self.assertLessEqual(whole, there)
        self.assertLessEqual(there, whole | pending, "a file that no receipt tells of")
        answer = self.deliver("--csv", rows)
        self.assertEqual((answer["failed"], answer["made"] + answer["there"]), (0, 3))
        self.assertGreaterEqual(answer["there"], 1)
        self.assertEqual(list(receipts.glob("*.pending")), [])

    def test_one_cut_off_between_its_name_and_its_receipt_is_completed(self):
        source = self.master("cut.mkv")
        made = self.deliver(source)["episodes"][0]
        receipt = pathlib.Path(made["receipt"])
        receipt.rename(str(receipt).replace(".receipt.json", ".receipt.pending"))
        sidecar = self.place / "out" / (made["name"] + ".md5")
        sidecar.unlink()
        self.assertEqual(self.states(self.deliver(source)), ["there"])
        self.assertTrue(receipt.exists())
        self.assertTrue(sidecar.exists())

    def test_bad_lists_and_recipes_are_told_with_their_line(self):
        source = self.master("bad.mkv")
        for content, word in (("title\nx\n", "master"), ("master,title\nx\n", "line 2"), ("", "master")):
            (self.place / "list.csv").write_text(content)
            outcome = pier("deliver", "--recipe", self.place / "station.toml", "--into", self.place / "out", "--csv",
                           self.place / "list.csv", "--json")
            self.assert_refused(outcome)
            self.assertIn(word, outcome.message)
        (self.place / "list.csv").write_bytes("master,title\n1.mkv,山海\n".encode("gb18030"))
        self.assertIn("UTF-8", pier("deliver", "--recipe", self.place / "station.toml", "--into", self.place / "out", "--csv",
                                    self.place / "list.csv", "--json").message)
        (self.place / "station.toml").write_text(RECIPE.replace("crf = 30", "crf = 300"))
        outcome = pier("deliver", source, "--recipe", self.place / "station.toml", "--into", self.place / "out", "--json")
        self.assert_refused(outcome)
        outcome = pier("deliver", source, "--recipe", "nobody", "--into", self.place / "out", "--json")
        self.assert_refused(outcome, "not_found")
        self.assertIn("station-uhd-hlg", outcome.message)


if __name__ == "__main__":
    main()
