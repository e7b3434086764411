"""The peer: one ffmpeg process that makes the same pictures and sounds, with default threading, without analysis or
verification. Presets, rates and groups of pictures are those of the ladder file, as src/transcode reads it."""

import tomllib

from measure import kRepository

kGop = 48  # pictures of a fragment at 50 Hz: 0.96 s
kBufferSeconds = 1.5
kHdrColour = ["-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", "-color_range", "tv"]
kSdrColour = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
# The chain everybody uses with FFmpeg 5.1; the curve does not change its cost.
kToneMap = ("zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"
            "zscale=t=bt709:m=bt709:r=tv,format=yuv420p")


def read_ladder(name):
    with open(kRepository / "ladders" / f"{name}.toml", "rb") as file:
        return {rung["name"]: rung for rung in tomllib.load(file)["rung"]}


def encoder_options(rung):
    most = rung["max_bitrate"] * 1000  # kbit/s; at 50 Hz the ladder's figures hold as they are
    buffer = most * rung.get("buffer_seconds", kBufferSeconds)
    capped = ["-crf", str(rung["crf"]), "-maxrate", f"{most:.0f}k", "-bufsize", f"{buffer:.0f}k", "-g", str(kGop)]
    if rung["codec"] == "hevc":
        return ["-c:v", "libx265", "-preset", rung["preset"], "-crf", str(rung["crf"]), "-profile:v", "main10", "-tag:v", "hvc1",
                "-x265-params", f"log-level=error:keyint={kGop}:min-keyint={kGop}:scenecut=0:open-gop=0:repeat-headers=0"
                f":hrd=0:high-tier=0:vbv-maxrate={most:.0f}:vbv-bufsize={buffer:.0f}", *kHdrColour]
    if rung["codec"] == "av1":
        return ["-c:v", "libsvtav1", "-preset", rung["preset"], *capped, "-svtav1-params", "irefresh-type=2:scd=0", *kHdrColour]
    return ["-c:v", "libx264", "-preset", rung["preset"], *capped, "-keyint_min", str(kGop), "-sc_threshold", "0",
            "-profile:v", "high", "-flags", "+cgop", *kSdrColour]


class Graph:
    """One decode; HDR rungs take it as it is or scaled, SDR rungs share one tone mapping at the largest SDR raster."""

    def __init__(self, size, pictures):
        self.source, self.chains, self.outputs = size, [], {}
        hdr = [one for one in pictures if one["hdr"]]
        sdr = sorted((one for one in pictures if not one["hdr"]), key=lambda one: -one["size"][0])
        ends = [f"h{i}" for i in range(len(hdr))] + (["s"] if sdr else [])
        self.chains.append(f"[0:v:0]split={len(ends)}" + "".join(f"[{end}]" for end in ends))
        for i, one in enumerate(hdr):
            self.outputs[one["rung"]] = self._scaled(f"h{i}", size, one, "yuv420p10le")
        if not sdr:
            return
        largest = sdr[0]["size"]
        first = self._scale(size, largest)
        self.chains.append(f"[s]{first}{kToneMap},split={len(sdr)}" + "".join(f"[t{i}]" for i in range(len(sdr))))
        for i, one in enumerate(sdr):
            self.outputs[one["rung"]] = self._scaled(f"t{i}", largest, one, "yuv420p")

    @staticmethod
    def _scale(source, wanted):
        return "" if tuple(source) == tuple(wanted) else f"scale={wanted[0]}:{wanted[1]}:flags=bicubic,"

    def _scaled(self, pad, source, one, pixels):
        before = "fps=1/0.96," if one.get("tiles") else ""
        after = f",tile={one['tiles']},format=yuvj420p" if one.get("tiles") else f",format={pixels}"
        self.chains.append(f"[{pad}]{before}{self._scale(source, one['size'])}null{after}[o{pad}]")
        return f"[o{pad}]"


def command(clip, size, ladder_name, tracks, folder):
    """ffmpeg's arguments for the tracks that `pier publish` made of `clip`."""
    ladder = read_ladder(ladder_name)
    pictures, sounds = [], []
    for track in tracks:
        rung = ladder[track["rung"]]
        if track["kind"] == "audio":
            sounds.append(rung)
        elif track["kind"] == "image":
            pictures.append({"rung": rung["name"], "hdr": False, "size": (rung["height"] * size[0] // size[1], rung["height"]),
                             "tiles": f"{rung['columns']}x{rung['rows']}"})
        else:
            pictures.append({"rung": rung["name"], "hdr": rung.get("keep_hdr", True), "size": (track["width"], track["height"])})
    graph = Graph(size, pictures)
    line = ["ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-y", "-i", clip, "-filter_complex", ";".join(graph.chains)]
    fragmented = ["-movflags", "+frag_keyframe+delay_moov+default_base_moof", "-f", "mp4"]
    for one in pictures:
        line += ["-map", graph.outputs[one["rung"]]]
        if one.get("tiles"):
            line += ["-c:v", "mjpeg", "-q:v", "3", "-f", "image2", folder / f"{one['rung']}-%d.jpg"]
        else:
            line += [*encoder_options(ladder[one["rung"]]), *fragmented, folder / f"{one['rung']}.mp4"]
    for rung in sounds:
        line += ["-map", "0:a:1" if rung["channels"] == 6 else "0:a:0", "-c:a", rung["codec"], "-b:a", f"{rung['bitrate']}M",
                 *fragmented, folder / f"{rung['name']}.mp4"]
    return [str(word) for word in line]
