"""Static tags of a media file, as ffprobe and as MediaInfo read them, in the same words."""

import fractions
import json
import re
import subprocess

import clips

PRIMARIES = {"BT.709": "bt709", "BT.2020": "bt2020"}
TRANSFERS = {"BT.709": "bt709", "PQ": "smpte2084", "HLG": "arib-std-b67", "BT.2020 (10-bit)": "bt2020-10"}
MATRICES = {"BT.709": "bt709", "BT.2020 non-constant": "bt2020nc"}
CODINGS = {"AVC": "h264", "HEVC": "hevc", "AV1": "av1", "ProRes": "prores", "VC-3": "dnxhd", "JPEG 2000": "jpeg2000",
           "MPEG Video": "mpeg2video", "PCM": "pcm", "AAC": "aac", "AC-3": "ac3", "E-AC-3": "eac3", "Opus": "opus", "FLAC": "flac"}
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
SUBSAMPLINGS = {"420": "4:2:0", "422": "4:2:2", "444": "4:4:4"}


def display(values):
    """Green, blue, red, white in x and y, then the greatest and the least luminance; all in the units of ST 2086."""
    return " ".join(str(round(value)) for value in values)


def one_of(*found):
    """What several places say: one value, or all of them where they differ; None where none says anything."""
    said = sorted({value for value in found if value not in (None, "", "unknown", "unspecified", "N/A", "und")})
    return "/".join(said) if said else None


def ffprobe_picture(stream, frame):
    both = {entry["side_data_type"]: entry for part in (stream, frame) for entry in part.get("side_data_list", [])}
    light, mastering = both.get("Content light level metadata"), both.get("Mastering display metadata")
    pixels = re.fullmatch(r"(yuv|gbr|rgb)[avj]*p?(4[024][024])?p?(\d+)?(?:le|be)?", stream["pix_fmt"])
    colour, sampling, depth = pixels.groups()
    order = stream.get("field_order") or "unknown"
    fields = {"tt": "tff", "bb": "bff", "tb": "tff", "bt": "bff", "progressive": "progressive"}
    pulled = ("tff" if frame.get("top_field_first") else "bff") if frame.get("interlaced_frame") else "progressive"
    facts = {
        "coding": stream["codec_name"], "profile": stream.get("profile"), "raster": f"{stream['width']}x{stream['height']}",
        "aspect": (stream.get("sample_aspect_ratio") or "").replace(":", "/") or None,
        "rate": str(fractions.Fraction(stream["r_frame_rate"])), "pictures": stream["nb_read_packets"],
        "scan": one_of(fields.get(order), pulled), "depth": depth or "8",
        "sampling": "rgb" if colour != "yuv" else SUBSAMPLINGS[sampling],
        "site": one_of(stream.get("chroma_location"), frame.get("chroma_location")),
        "range": one_of(stream.get("color_range"), frame.get("color_range")),
        "primaries": one_of(stream.get("color_primaries"), frame.get("color_primaries")),
        "transfer": one_of(stream.get("color_transfer"), frame.get("color_transfer")),
        "matrix": one_of(stream.get("color_space"), frame.get("color_space")),
        "duration": stream.get("duration"),
    }
    if mastering:
        parts = [f"{point}_{axis}" for point in ("green", "blue", "red", "white_point") for axis in "xy"]
        facts["mastering"] = display([fractions.Fraction(mastering[part]) * 50000 for part in parts] +
                                     [fractions.Fraction(mastering[f"{end}_luminance"]) * 10000 for end in ("max", "min")])
    if light:
        facts["light"] = f"{light['max_content']},{light['max_average']}"
    return facts


def ffprobe_sound(stream):
    bits = int(stream.get("bits_per_raw_sample") or 0) or stream.get("bits_per_sample")
    return {"coding": stream["codec_name"].split("_")[0], "channels": str(stream["channels"]),
            "layout": (stream.get("channel_layout") or "").replace("(side)", "").replace("(back)", "") or None,
            "rate": stream["sample_rate"], "depth": str(bits) if bits else None,
            "language": one_of(stream.get("tags", {}).get("language")), "duration": stream.get("duration")}


def by_ffprobe(path, options=()):
    """{"picture": facts or None, "sounds": [facts], "timecode": text or None}"""
    whole = clips.ffprobe(path, *options, "-show_format", "-show_streams", "-count_packets")
    frames = clips.ffprobe(path, *options, "-select_streams", "v:0", "-show_frames", "-read_intervals", "%+#2")["frames"]
    pictures = [stream for stream in whole["streams"] if stream["codec_type"] == "video"]
    times = [part.get("tags", {}).get("timecode") for part in [whole["format"], *whole["streams"]]]
    return {"picture": ffprobe_picture(pictures[0], frames[0]) if pictures else None, "timecode": one_of(*times),
            "sounds": [ffprobe_sound(stream) for stream in whole["streams"] if stream["codec_type"] == "audio"]}


def words(names, text):
    """MediaInfo names a value twice where two places of a stream say it."""
    return one_of(*(names.get(part) for part in (text or "").split(" / ")))


def luminance(text):
    number, unit = re.fullmatch(r"([\d.]+) ?(m?)cd/m2", text).groups()
    return fractions.Fraction(number) / (1000 if unit else 1)


def mediainfo_picture(track):
    rate = fractions.Fraction(int(track["FrameRate_Num"]), int(track["FrameRate_Den"])) if "FrameRate_Num" in track else \
        fractions.Fraction(track["FrameRate"])
    aspect = track.get("PixelAspectRatio")
    scans = {"Progressive": "progressive", "MBAFF": "interlaced", "Interlaced": "interlaced", None: None}
    scan = {"TFF": "tff", "BFF": "bff"}.get(track.get("ScanOrder"), scans[track.get("ScanType")])
    facts = {
        "coding": CODINGS.get(track["Format"]), "raster": f"{track['Width']}x{track['Height']}",
        "profile": " ".join(track[key] for key in ("Format_Profile", "Format_Level") if key in track) or None,
        "aspect": "1/1" if aspect and abs(float(aspect) - 1) < 0.0005 else aspect, "rate": str(rate),
        "pictures": track.get("FrameCount"), "scan": scan,
        "depth": track.get("BitDepth"), "site": {"Type 2": "topleft", "Type 0": "left"}.get(track.get("ChromaSubsampling_Position")),
        "sampling": "rgb" if track.get("ColorSpace") == "RGB" else track.get("ChromaSubsampling"),
        "range": {"Limited": "tv", "Full": "pc"}.get(track.get("colour_range")),
        "primaries": words(PRIMARIES, track.get("colour_primaries")), "transfer": words(TRANSFERS, track.get("transfer_characteristics")),
        "matrix": words(MATRICES, track.get("matrix_coefficients")), "duration": track.get("Duration"),
    }
    if "MasteringDisplay_ColorPrimaries" in track:
        points = {name: (float(x) * 50000, float(y) * 50000) for name, x, y in re.findall(
            r"(R|G|B|White point): x=([\d.]+) y=([\d.]+)", track["MasteringDisplay_ColorPrimaries"])}
        least, most = re.fullmatch(r"min: (.*), max: (.*)", track["MasteringDisplay_Luminance"]).groups()
        facts["mastering"] = display([axis for name in ("G", "B", "R", "White point") for axis in points[name]] +
                                     [10000 * luminance(most), 10000 * luminance(least)])
    if "MaxCLL" in track:
        facts["light"] = f"{luminance(track['MaxCLL'])},{luminance(track['MaxFALL'])}"
    return facts


def mediainfo_sound(track):
    channels = track.get("Channels")
    return {"coding": CODINGS[track["Format"]], "channels": channels,
            "layout": LAYOUTS.get(int(channels)) if track.get("ChannelLayout") else None,
            "rate": track["SamplingRate"], "depth": track.get("BitDepth"),
            "language": {"en": "eng", "zh": "zho"}.get(track.get("Language")), "duration": track.get("Duration")}


def by_mediainfo(path):
    done = subprocess.run([*clips.NICE, "mediainfo", "--Output=JSON", path], capture_output=True, check=True)
    tracks = json.loads(done.stdout)["media"]["track"]
    kinds = {kind: [track for track in tracks if track["@type"] == kind] for kind in ("Video", "Audio", "Other")}
    return {"picture": mediainfo_picture(kinds["Video"][0]) if kinds["Video"] else None,
            "timecode": one_of(*(track.get("TimeCode_FirstFrame") for track in kinds["Other"])),
            "sounds": [mediainfo_sound(track) for track in kinds["Audio"]]}
