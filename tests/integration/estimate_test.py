"""Forecasts: what a publication would take before it is handed in, and what is left of it while it waits and runs."""

import contextlib
import json
import os
import pathlib
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import clips  # noqa: E402
from pier_program import DONE, DataDirectory, PierTest, Server, Worker, finish, main, pier, start  # noqa: E402

PRICES = '[prices]\ncurrency = "CNY"\ncore_hour = 0.4\nterabyte_month = 120\n'


class Estimate(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.clip("master.mov", "256x144", 8.4)
        cls.smaller = cls.clip("smaller.mov", "160x90", 8.4)

    @classmethod
    def clip(cls, name, size, length):
        clips.ffmpeg(*clips.picture(size, 25, length), *clips.sound(length), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "pcm_s16le", cls.folder / name)
        return cls.folder / name

    def estimate(self, data, path, *arguments):
        outcome = pier("estimate", os.fspath(path), "--data", str(data), "--ladder", "tiny", "--json", *arguments)
        self.assert_done(outcome)
        self.check_forecast(outcome.answer["forecast"])
        return outcome.answer

    def check_forecast(self, forecast):
        for name in ("seconds_left", "core_hours"):
            one = forecast[name]
            self.assertLessEqual(one["least"], one["likely"], forecast)
            self.assertLessEqual(one["likely"], one["most"], forecast)
        times = forecast["finish"]
        self.assertLessEqual(times["earliest"], times["likely"])
        self.assertLessEqual(times["likely"], times["latest"])
        self.assertGreater(forecast["peak_bytes"], 0)
        self.assertLessEqual(forecast["kept_bytes"], forecast["peak_bytes"])
        self.assertLessEqual(forecast["core_hours_spent"], forecast["core_hours"]["likely"] + 1e-9)

    def view(self, data, job):
        outcome = pier("jobs", "show", job, "--data", str(data), "--json")
        self.assert_done(outcome)
        return outcome.answer

    def test_formula_then_measured(self):
        records = DataDirectory(self.folder / "measured")
        first = self.estimate(records.path, self.master)
        self.assertEqual((first["pictures"], first["ladder"]), (210, "tiny"))
        self.assertEqual(first["forecast"]["basis"], "formula")
        self.assertEqual(first["forecast"]["position"], {"jobs_ahead": 0, "tasks_ahead": 0})
        self.assertNotIn("money", first["forecast"])
        self.assertEqual(records.rows("SELECT id FROM jobs"), [], "an estimate hands nothing in")
        self.publish(records.path, self.master)
        tasks = records.rows("SELECT kind, cost_class, work FROM tasks")
        encodes = sum(task["kind"] == "encode" for task in tasks)
        self.assertEqual(encodes, first["chunks"], "the chunks were foreseen as they were cut")
        self.assertEqual([task for task in tasks if not task["cost_class"]], [], "every task says what its cost depends on")

        job = records.rows("SELECT created, updated, expected FROM jobs")[0]
        expected = {one["kind"]: one["tasks"] for one in json.loads(job["expected"])}
        made = {kind: sum(task["kind"] == kind for task in tasks) for kind in expected}
        self.assertEqual(made["encode"], expected["encode"])
        self.assertEqual(set(made), {task["kind"] for task in tasks})

        again = self.estimate(records.path, self.master)["forecast"]
        self.assertEqual(again["basis"], "measured")
        self.assertGreater(again["measured_share"], 0.95)
        took = (job["updated"] - job["created"]) / 1e6
        self.assertGreater(again["seconds_left"]["likely"], took / 3)
        self.assertLess(again["seconds_left"]["likely"], took * 3)
        spent = records.rows("SELECT sum(cpu_seconds) AS cpu FROM tasks")[0]["cpu"] / 3600
        self.assertAlmostEqual(again["core_hours"]["likely"], spent, delta=0.2 * spent)
        stored = records.rows("SELECT sum(size) AS size FROM objects")[0]["size"]
        self.assertAlmostEqual(again["peak_bytes"], stored, delta=0.1 * stored)
        other = self.estimate(records.path, self.smaller)["forecast"]
        self.assertEqual(other["basis"], "scaled", "another raster")

    def test_memory_is_declared_as_measured(self):
        records = DataDirectory(self.folder / "memory")
        for name in ("one", "two"):
            master = self.clip(name + ".mov", "256x144", 8.4 if name == "one" else 9.6)
            self.publish(records.path, master)
        measured = records.rows("SELECT peak_bytes FROM measured_runs WHERE kind = 'encode' AND cost_class <> ''")
        self.assertEqual(len(measured), 1)
        declared = {row["memory_bytes"] for row in
                    records.rows("SELECT memory_bytes FROM tasks WHERE kind = 'encode' ORDER BY id DESC LIMIT 2")}
        self.assertEqual(len(declared), 1)
        self.assertGreaterEqual(declared.pop(), measured[0]["peak_bytes"])

    def test_prices(self):
        data = self.folder / "priced"
        data.mkdir()
        file = data / "pier.toml"
        file.write_text(PRICES)
        forecast = self.estimate(data, self.master)["forecast"]
        money = forecast["money"]
        self.assertEqual(money["currency"], "CNY")
        self.assertAlmostEqual(money["computing"]["likely"], 0.4 * forecast["core_hours"]["likely"], delta=1e-5)
        self.assertAlmostEqual(money["storage_month"], 120 * forecast["kept_bytes"] / 1e12, delta=1e-5)
        self.assertIn("CNY", pier("estimate", self.master, "--data", data, "--ladder", "tiny").out.decode())
        for text, said in (('core_hour = -1\ncurrency = "EUR"', "prices.core_hour"),
                           ('currency = "EUR"\nterabyte_month = nan', "prices.terabyte_month"),
                           ('currency = "EUR"\nterabyte_month = inf', "prices.terabyte_month"),
                           ('currency = "EUR"\ncore_hour = "1"', "prices.core_hour"),
                           ('currency = "EUR"\ncpu_hour = 1', "unknown key prices.cpu_hour"),
                           ("currency = 3", "prices.currency"), ("core_hour = 1", "wants a currency")):
            file.write_text("[prices]\n" + text + "\n")
            refused = pier("estimate", self.master, "--data", data, "--json")
            self.assert_refused(refused, "invalid_argument")
            self.assertIn(said, refused.message)
        file.write_text("prices = 3\n")
        self.assertIn("table", pier("estimate", self.master, "--data", data, "--json").message)

    def test_while_it_waits_and_runs(self):
        with contextlib.ExitStack() as stack:
            records = DataDirectory(self.folder / "queue")
            stack.enter_context(Server(records.path, "--no-worker"))
            commands = []
            for _ in range(2):
                commands.append(start("publish", os.fspath(self.master), "--data", str(records.path), "--ladder", "tiny",
                                      "--json"))
                stack.callback(lambda one=commands[-1]: one.poll() is None and one.kill())
                records.wait_for("SELECT id FROM jobs GROUP BY 1 HAVING (SELECT count(*) FROM jobs) = ?", len(commands))
            jobs = [row["id"] for row in records.rows("SELECT id FROM jobs ORDER BY id")]
            waiting = self.view(records.path, jobs[1])["forecast"]
            self.assertIsNone(waiting["finish"], "no worker is active")
            self.assertEqual(waiting["position"]["jobs_ahead"], 1)
            self.assertGreater(waiting["core_hours"]["likely"], 0)
            stack.enter_context(Worker(records.path, "only"))
            records.wait_for("SELECT id FROM tasks WHERE kind = 'encode' AND state = 'done'")
            view = self.view(records.path, jobs[0])
            if view["job"]["state"] == "running":
                self.check_forecast(view["forecast"])
                self.assertGreater(view["forecast"]["core_hours_spent"], 0)
                self.assertEqual(view["progress"]["eta_seconds"], view["forecast"]["seconds_left"]["likely"])
                self.assertIn("forecast: finished in", pier("jobs", "show", jobs[0], "--data", records.path).out.decode())
            for command in commands:
                self.assert_done(finish(command))
            self.assertNotIn("forecast", self.view(records.path, jobs[0]), "what has ended is not foreseen")

    def test_over_the_network(self):
        with Server(self.folder / "net", "--root", f"masters={self.folder}") as server:
            def ask(body):
                request = urllib.request.Request(server.address + "/v1/estimates", json.dumps(body).encode(),
                                                 {"Content-Type": "application/json"})
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        return answer.status, json.load(answer)
                except urllib.error.HTTPError as error:
                    return error.code, json.load(error)
            named = {"root": "masters", "path": "master.mov"}
            code, answer = ask({"kind": "publish", "request": {"input": named, "ladder": "tiny"}})
            self.assertEqual(code, 200, answer)
            self.check_forecast(answer["forecast"])
            self.assertEqual(ask({"kind": "publish", "request": {"input": named, "ladder": "none"}})[0], 400)
            self.assertEqual(ask({"kind": "verify"})[0], 400)
            (self.folder / "text.mov").write_text("no media at all")
            code, answer = ask({"kind": "publish", "request": {"input": {"root": "masters", "path": "text.mov"}}})
            self.assertIn(code, (400, 415, 422), answer)


if __name__ == "__main__":
    main()
