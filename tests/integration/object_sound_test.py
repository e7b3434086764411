"""Sound of objects is recognised and named: ADM in WAV, Audio Vivid in MP4 and transport streams."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import clips  # noqa: E402
from caption_streams import crc32  # noqa: E402
from pier_program import PierTest, main, pier  # noqa: E402

ADM = ('<?xml version="1.0" encoding="UTF-8"?><ebuCoreMain xmlns="urn:ebu:metadata-schema:ebuCore_2016"><coreMetadata>'
       '<format><audioFormatExtended><audioProgramme audioProgrammeID="APR_1001" audioProgrammeName="栈桥"/>'
       '<audioObject audioObjectID="AO_1001" audioObjectName="Bed"/><audioObject audioObjectID="AO_1002" '
       'audioObjectName="Dialogue"/></audioFormatExtended></format></coreMetadata></ebuCoreMain>').encode()


def chunk(name, content):
    return name + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


class ObjectSound(PierTest):
    def probe(self, path):
        outcome = pier("probe", path, "--json")
        self.assert_done(outcome)
        return outcome.answer

    def test_adm_of_wave_files(self):
        plain = self.folder / "plain.wav"
        clips.ffmpeg(*clips.sound(0.5, "5.1"), "-c:a", "pcm_s24le", plain)
        self.assertEqual(self.probe(plain)["audio"][0]["profile"], "")
        chunks = plain.read_bytes()[12:] + chunk(b"chna", (6).to_bytes(2, "little") * 2 + bytes(240)) + chunk(b"axml", ADM)
        path = self.folder / "adm.wav"
        path.write_bytes(b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WAVE" + chunks)
        facts = self.probe(path)
        self.assertEqual(facts["audio"][0]["profile"],
                         'ADM, 1 programme ("栈桥"), 2 objects ("Bed", "Dialogue"), 6 tracks')
        self.assertEqual(facts["audio"][0]["channels"], 6)
        self.assertTrue(any("drop the model" in one for one in facts["warnings"]), facts["warnings"])
        sizes = bytes(8) + (0).to_bytes(8, "little") + bytes(12)
        path.write_bytes(b"BW64\xff\xff\xff\xffWAVE" + chunk(b"ds64", sizes) + chunks)
        self.assertIn("2 objects", self.probe(path)["audio"][0]["profile"])

    def test_audio_vivid_in_mp4(self):
        path = self.folder / "vivid.mp4"
        clips.ffmpeg(*clips.picture("192x108", 25, 1), *clips.sound(1), "-c:v", "libx264", "-c:a", "aac", path)
        path.write_bytes(path.read_bytes().replace(b"mp4a", b"av3a").replace(b"esds", b"free"))
        audio = self.probe(path)["audio"][0]
        self.assertEqual((audio["codec_name"], audio["profile"], audio["decodable"]), ("av3a", "Audio Vivid", False))

    def test_audio_vivid_in_transport_streams(self):
        path = self.folder / "vivid.ts"
        clips.ffmpeg(*clips.picture("192x108", 25, 1), *clips.sound(1), "-c:v", "libx264", "-c:a", "mp2", path)
        content = path.read_bytes()
        self.assertFalse(any("Audio Vivid" in one for one in self.probe(path)["warnings"]))
        # The programme map names the sound by stream type 3 and PID 257; its CRC changes with it.
        at = content.index(b"\x03\xe1\x01\xf0")
        start = content.rindex(b"\x02\xb0", 0, at)
        size = 3 + (int.from_bytes(content[start + 1:start + 3], "big") & 0xFFF)
        old = content[start:start + size]
        new = old[:at - start] + b"\xd5" + old[at - start + 1:-4]
        path.write_bytes(content.replace(old, new + crc32(new)))
        self.assertTrue(any("stream 257 is sound of AVS3 (Audio Vivid)" in one for one in self.probe(path)["warnings"]))


if __name__ == "__main__":
    main()
