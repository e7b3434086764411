"""pier lut: a conversion as a .cube file that another program reads, and errors with their line."""

import subprocess

from pier_program import DONE, FAILED, PierTest, main, pier


class Lut(PierTest):
    def test_what_is_written_is_read_and_near_its_conversion(self):
        out = self.folder / "hlg_to_bt709.cube"
        written = pier("lut", "write", out, "--from", "hlg", "--to", "bt709", "--size", "33", "--json")
        self.assertEqual(written.code, DONE, written)
        shown = pier("lut", "show", out, "--from", "hlg", "--to", "bt709", "--json")
        self.assertEqual(shown.answer["title"], "hlg to bt709")
        self.assertEqual(shown.answer["lattice"]["size"], 33)
        self.assertLess(shown.answer["de_itp_mean"], 0.4)
        self.assertEqual(shown.answer["de_itp_mean"], written.answer["de_itp_mean"])
        # As what it is not for it is far off.
        other = pier("lut", "show", out, "--from", "pq", "--to", "bt709", "--json")
        self.assertGreater(other.answer["de_itp_mean"], 5)

    def test_ffmpeg_reads_it_and_gives_the_same_colour(self):
        out = self.folder / "hlg_to_bt709.cube"
        self.assertEqual(pier("lut", "write", out, "--from", "hlg", "--to", "bt709", "--size", "65").code, DONE)
        # Grey of 75 % HLG is reference white: BT.2446 A takes it to the same value as Pier's table says.
        line = [row for row in out.read_text().splitlines() if row[0].isdigit()][48 * (1 + 65 + 65 * 65)]
        wanted = [round(float(value) * 65535) for value in line.split()]
        raw = subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=c=0xbfbfbf:s=16x16:d=0.04,format=gbrp16le,"
             f"lutrgb=r=49151:g=49151:b=49151,lut3d=file={out}:interp=tetrahedral,format=gbrp16le", "-frames:v", "1", "-f",
             "rawvideo", "-"], capture_output=True, check=True).stdout
        got = int.from_bytes(raw[:2], "little")
        self.assertLess(abs(got - wanted[1]), 40, f"{got} {wanted}")

    def test_bad_files_are_told_with_their_line(self):
        bad = self.folder / "bad.cube"
        bad.write_text("LUT_3D_SIZE 2\r\n0 0 0\r\n0 0 x\r\n" + "#" * 99)
        shown = pier("lut", "show", bad, "--json")
        self.assertEqual(shown.code, FAILED)
        self.assertEqual(shown.error_code, "input_damaged")
        self.assertIn("line 3: 'x' is no number", shown.message)
        refused = pier("lut", "write", self.folder / "never.cube", "--from", "hlg", "--to", "bt709", "--size", "500")
        self.assertEqual(refused.code, FAILED)
        self.assertFalse((self.folder / "never.cube").exists())


if __name__ == "__main__":
    main()
