"""Makes small media with the ffmpeg command, and reads times, samples and colour back with it."""

import array
import fractions
import json
import math
import operator
import subprocess

NICE = ["nice", "-n", "5"]


def ffmpeg(*arguments):
    done = subprocess.run([*NICE, "ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments],
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"ffmpeg {' '.join(map(str, arguments))}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def ffprobe(path, *arguments):
    done = subprocess.run([*NICE, "ffprobe", "-hide_banner", "-loglevel", "error", "-of", "json", *arguments, path],
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"ffprobe {path}: {done.stderr.decode(errors='replace')}")
    return json.loads(done.stdout)


def picture(size="160x90", rate="25", seconds=1.0):
    """lavfi input of moving pictures with detail."""
    return ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"]


def sound(seconds=1.0, channels="stereo", rate=48000):
    """lavfi input of pink noise, another in each channel: its place can be found by correlation."""
    count = {"stereo": 2, "5.1": 6, "7.1": 8}[channels]
    voices = "".join(f"anoisesrc=color=pink:amplitude=0.5:seed={i + 1}:r={rate}:d={seconds}[n{i}];" for i in range(count))
    inputs = "".join(f"[n{i}]" for i in range(count))
    return ["-f", "lavfi", "-i", f"{voices}{inputs}amerge=inputs={count},aformat=channel_layouts={channels}"]


def frame_times(path, stream="v:0"):
    """Presentation times of all pictures the decoder gives, exact, from the first one on."""
    got = ffprobe(path, "-select_streams", stream, "-show_entries", "stream=time_base:frame=best_effort_timestamp")
    base = fractions.Fraction(got["streams"][0]["time_base"])
    times = [int(frame["best_effort_timestamp"]) * base for frame in got["frames"]]
    return [time - times[0] for time in times]


def samples(path, stream="a:0", channel=0):
    """One channel of a sound track, decoded; what lies before time 0 is priming and left out."""
    got = ffmpeg("-copyts", "-i", path, "-map", f"0:{stream}", "-af", f"atrim=start=0,pan=mono|c0=c{channel}", "-f",
                 "s16le", "-")
    return array.array("h", got)


def best_lag(want, got, start, length=3000, reach=24):
    """At which offset (-reach..reach) of `got` lies what `want` holds at `start`?"""
    piece = want[start:start + length]

    def likeness(lag):
        other = got[start + lag:start + lag + length]
        return sum(map(operator.mul, piece, other)) / math.sqrt(1 + sum(map(operator.mul, other, other)))
    return max(range(-reach, reach + 1), key=likeness)


def alike(want, got, start, length=3000, reach=8):
    """The greatest correlation (-1..1) of a piece of `want` with `got` at nearly the same place."""
    piece = want[start:start + length]
    power = math.sqrt(1 + sum(map(operator.mul, piece, piece)))

    def at(lag):
        other = got[start + lag:start + lag + length]
        return sum(map(operator.mul, piece, other)) / (power * math.sqrt(1 + sum(map(operator.mul, other, other))))
    return max((at(lag) for lag in range(-reach, reach + 1)), key=abs)


def stream_facts(path, stream="v:0"):
    """ffprobe's stream and first frame side data."""
    got = ffprobe(path, "-select_streams", stream, "-show_streams", "-show_frames", "-read_intervals", "%+#2")
    return got["streams"][0], (got["frames"] or [{}])[0]


def boxes(content, wanted, start=0, end=None, path=""):
    """(path, payload) of every box of an ISO media file named by one of the wanted types, in order."""
    containers = {"moov", "trak", "edts", "mdia", "minf", "stbl", "moof", "traf", "mvex"}
    end = len(content) if end is None else end
    while start + 8 <= end:
        size, kind, header = int.from_bytes(content[start:start + 4], "big"), content[start + 4:start + 8], 8
        if size == 1:
            size, header = int.from_bytes(content[start + 8:start + 16], "big"), 16
        if size == 0:
            size = end - start
        if size < header:
            raise AssertionError(f"box {kind!r} at {start} has size {size}")
        name = kind.decode("latin1")
        if name in wanted:
            yield name, content[start + header:start + size]
        if name in containers:
            yield from boxes(content, wanted, start + header, start + size, path + "/" + name)
        start += size


def sample_durations(content):
    """Durations of all samples of a single-track fragmented file, in ticks, by its own boxes (ISO/IEC 14496-12)."""
    durations, default = [], 0
    for name, payload in boxes(content, {"trex", "tfhd", "trun"}):
        flags = int.from_bytes(payload[1:4], "big")
        word = lambda at: int.from_bytes(payload[at:at + 4], "big")  # noqa: E731
        if name == "trex":
            default = word(12)
        elif name == "tfhd":
            at = 8 + 8 * bool(flags & 1) + 4 * bool(flags & 2)
            current = word(at) if flags & 8 else default
        else:
            at = 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
            step = 4 * bin(flags & 0xF00).count("1")
            for i in range(word(4)):
                durations.append(word(at + i * step) if flags & 0x100 else current)
    return durations


def edits(content):
    """[(segment duration, media time)] of the edit list; empty without one."""
    found = []
    for _, payload in boxes(content, {"elst"}):
        version, count = payload[0], int.from_bytes(payload[4:8], "big")
        size = 8 if version else 4
        for i in range(count):
            at = 8 + i * (2 * size + 4)
            found.append((int.from_bytes(payload[at:at + size], "big"),
                          int.from_bytes(payload[at + size:at + 2 * size], "big", signed=True)))
    return found
