"""Captions as streams carry them: CTA-608 and CTA-708 in pictures (ATSC A/53 part 4), teletext in PES (EN 300 472),
and a small writer of transport streams (ISO/IEC 13818-1) for both."""

import re

PTS_START = 90000  # of the first picture: streams do not begin at 0


# --- CTA-608 -----------------------------------------------------------------------------------------------------------

def odd(code):
    return code if bin(code).count("1") % 2 else code | 0x80


def control(first, second):
    """A control code; it is sent twice."""
    return [(odd(first), odd(second))] * 2


def words(text):
    codes = [odd(ord(letter)) for letter in text] + [odd(0)] * (len(text) % 2)
    return list(zip(codes[::2], codes[1::2]))


LOAD, ERASE_HIDDEN, SHOW, ERASE, RETURN = (control(0x14, code) for code in (0x20, 0x2E, 0x2F, 0x2C, 0x2D))
ROLL_UP_2, PAINT = control(0x14, 0x25), control(0x14, 0x29)
ROW_1_RED, ROW_14, ROW_15 = control(0x11, 0x48), control(0x14, 0x52), control(0x14, 0x70)


def line21(frames, events):
    """Pairs of field 1 of each picture; `events`: {picture: pairs from there on}, one pair a picture."""
    pairs = [(0x80, 0x80)] * frames
    for at, codes in events.items():
        for offset, pair in enumerate(codes):
            assert pairs[at + offset] == (0x80, 0x80), f"two pairs in picture {at + offset}"
            pairs[at + offset] = pair
    return pairs


# --- CTA-708 -----------------------------------------------------------------------------------------------------------

def packets(events):
    """Pairs of DTVCC of each picture that has any: {picture: bytes of service 1}."""
    made = {}
    for number, (at, data) in enumerate(sorted(events.items())):
        block = bytes([1 << 5 | len(data)]) + bytes(data)
        block += b"\0" * (1 - len(block) % 2)
        packet = bytes([number % 4 << 6 | (len(block) + 1) // 2]) + block
        made[at] = list(zip(packet[::2], packet[1::2]))
    return made


# --- A/53 --------------------------------------------------------------------------------------------------------------

def user_data(pair, dtvcc):
    """ATSC identifier and cc_data of one picture."""
    constructs = bytes([0xFC, *pair])
    for number, two in enumerate(dtvcc):
        constructs += bytes([0xFF if number == 0 else 0xFE, *two])
    return b"GA94\x03" + bytes([0xC0 | len(constructs) // 3, 0xFF]) + constructs + b"\xff"


def with_emulation(rbsp):
    out, zeros = bytearray(), 0
    for byte in rbsp:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def sei(codec, data):
    payload = b"\xb5\x00\x31" + data
    rbsp = bytes([4, len(payload)]) + payload + b"\x80"
    return b"\0\0\0\1" + {"avc": b"\x06", "hevc": b"\x4e\x01"}[codec] + with_emulation(rbsp)


def with_captions(codec, unit, data):
    """An access unit with captions before its first slice."""
    def is_slice(header):
        if codec == "avc":
            return header & 0x1F in (1, 5)
        return header >> 1 & 0x3F < 32 if codec == "hevc" else header == 1
    for found in re.finditer(rb"\x00?\x00\x00\x01(.)", unit, re.DOTALL):
        if is_slice(found[1][0]):
            new = b"\0\0\1\xb2" + data if codec == "mpeg2" else sei(codec, data)
            return unit[:found.start()] + new + unit[found.start():]
    raise AssertionError("an access unit without a slice")


# --- teletext ----------------------------------------------------------------------------------------------------------

HAMMING = (0x15, 0x02, 0x49, 0x5E, 0x64, 0x73, 0x38, 0x2F, 0xD0, 0xC7, 0x8C, 0x9B, 0xA1, 0xB6, 0xFD, 0xEA)


def reversed_bits(data):
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


def teletext_packet(magazine, row, content):
    head = bytes([HAMMING[magazine % 8 | (row & 1) << 3], HAMMING[row >> 1]])
    return b"\x03\x2c\xe8\xe4" + reversed_bits(head + content.ljust(40, b"\x20"))


def teletext_page(page, rows, national=0):
    """Data field of one PES packet: a subtitle page that erases what was, {row: codes}, and the header that ends it."""
    def header(tens_units, subtitle):
        digits = (tens_units & 15, tens_units >> 4, 0, 8, 0, 8 if subtitle else 0, 0, national << 1)
        return teletext_packet(page // 100, 0, bytes(HAMMING[digit] for digit in digits))
    number = int(str(page % 100).rjust(2, "0"), 16)
    units = header(number, True)
    for row, text in rows.items():
        units += teletext_packet(page // 100, row, bytes(odd(code) for code in text.ljust(40)))
    return b"\x10" + units + header(0xFF, False)


# --- transport stream --------------------------------------------------------------------------------------------------

VIDEO, TELETEXT = 0x100, 0x101
STREAM_TYPES = {"avc": 0x1B, "hevc": 0x24, "mpeg2": 0x02}


def crc32(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value.to_bytes(4, "big")


def section(table, number, body):
    head = bytes([table]) + (0xB000 | len(body) + 9).to_bytes(2, "big") + number.to_bytes(2, "big") + b"\xc1\0\0"
    return b"\0" + head + body + crc32(head + body)


def programme_map(codec, page):
    streams = bytes([STREAM_TYPES[codec]]) + (0xE000 | VIDEO).to_bytes(2, "big") + b"\xf0\0"
    if page:
        # EN 300 468, 6.2.43: language, type 2 (subtitle page), magazine, page.
        descriptor = b"\x56\x05ger" + bytes([2 << 3 | page // 100 % 8, int(str(page % 100), 16)])
        streams += b"\x06" + (0xE000 | TELETEXT).to_bytes(2, "big") + b"\xf0" + bytes([len(descriptor)]) + descriptor
    return section(2, 1, (0xE000 | VIDEO).to_bytes(2, "big") + b"\xf0\0" + streams)


def time_code(mark, ticks):
    return bytes([mark << 4 | ticks >> 29 & 0xE | 1]) + (ticks >> 14 & 0xFFFE | 1).to_bytes(2, "big") + \
        (ticks << 1 & 0xFFFE | 1).to_bytes(2, "big")


def pes(stream_id, pts, dts, data):
    times = time_code(2, pts) if dts is None else time_code(3, pts) + time_code(1, dts)
    stuffing = b""
    if stream_id == 0xBD:
        stuffing = b"\xff" * (36 - len(times))  # EN 300 472, 4.1: PES_header_data_length is 24h
    head = b"\x84" + (b"\x80" if dts is None else b"\xc0") + bytes([len(times + stuffing)]) + times + stuffing
    size = len(head) + len(data)
    return b"\0\0\1" + bytes([stream_id]) + (0 if stream_id == 0xE0 else size).to_bytes(2, "big") + head + data


class Packets:
    def __init__(self):
        self.out, self.counters = bytearray(), {}

    def add(self, pid, data, clock=None):
        first = True
        while data:
            field = b""
            if first and clock is not None:
                field = b"\x10" + (clock >> 1).to_bytes(4, "big") + bytes([(clock & 1) << 7 | 0x7E, 0])
            room = 184 - (len(field) + 1 if field else 0)
            if len(data) < room:
                missing = room - len(data)
                if field:
                    field += b"\xff" * missing
                else:
                    field = b"" if missing == 1 else b"\0" + b"\xff" * (missing - 2)
                has_field = True
            else:
                has_field = bool(field)
            count = self.counters.get(pid, -1) + 1 & 15
            self.counters[pid] = count
            self.out += b"\x47" + ((0x4000 if first else 0) | pid).to_bytes(2, "big")
            self.out += bytes([(0x30 if has_field else 0x10) | count])
            if has_field:
                self.out += bytes([len(field)]) + field
                take = 183 - len(field)
            else:
                take = 184
            self.out += data[:take]
            data, first = data[take:], False


def transport_stream(codec, units, teletext=None, page=0):
    """`units`: (pts, dts, bytes) in 1/90000 s, in decoding order; `teletext`: (pts, data field)."""
    stream = Packets()
    waiting = sorted(teletext or [])
    for number, (pts, dts, data) in enumerate(units):
        if number % 10 == 0:
            stream.add(0, section(0, 1, b"\0\1\xf0\0").ljust(184, b"\xff"))
            stream.add(0x1000, programme_map(codec, page).ljust(184, b"\xff"))
        while waiting and waiting[0][0] <= dts + PTS_START:
            at, field = waiting.pop(0)
            stream.add(TELETEXT, pes(0xBD, at + PTS_START, None, field))
        stream.add(VIDEO, pes(0xE0, pts + PTS_START, dts + PTS_START, data), dts)
    assert not waiting
    return bytes(stream.out)
