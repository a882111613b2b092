"""Pictures as grey values, read with a few lines for each format: enough for what the sample clinic holds and for what
poppler takes out of a PDF. Python's standard library only."""
import base64
import pathlib
import re
import struct
import subprocess
import tempfile
import zlib


class Grey:
    """Rows from the top, one byte each."""

    def __init__(self, width, height, rows):
        self.size = (width, height)
        self.pixels = b"".join(rows)

    def like(self, other, most=2):
        """True when no pixel is further away than that."""
        return self.size == other.size and all(abs(a - b) <= most for a, b in zip(self.pixels, other.pixels))


def unfilter(kind, line, before, step):
    """Undoes the filter of one row of a PNG (specification, section 9)."""
    if kind == 0:
        return line
    if kind == 2:
        return bytes((value + up) & 255 for value, up in zip(line, before))
    out = bytearray(line)
    for i, value in enumerate(line):
        left = out[i - step] if i >= step else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + before[i]) // 2
        else:
            guess = paeth(left, before[i], before[i - step] if i >= step else 0)
        out[i] = (value + guess) & 255
    return bytes(out)


def paeth(left, up, corner):
    """Whichever is nearest to left + up - corner, the first of them."""
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner


def read_png(data):
    at = 8
    packed = b""
    palette = None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        elif kind == b"PLTE":
            palette = [body[i:i + 3] for i in range(0, size, 3)]
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    stride = (width * channels * depth + 7) // 8
    raw = zlib.decompress(packed)
    before = bytes(stride)
    rows = []
    for y in range(height):
        start = y * (stride + 1)
        before = unfilter(raw[start], raw[start + 1:start + 1 + stride], before, max(1, channels * depth // 8))
        rows.append(grey_row(before, width, depth, channels, palette))
    return Grey(width, height, rows)


def grey_row(line, width, depth, channels, palette):
    if depth < 8:
        values = [(line[x * depth // 8] >> (8 - depth - x * depth % 8)) & ((1 << depth) - 1) for x in range(width)]
        line = bytes(values) if palette else bytes(value * 255 // ((1 << depth) - 1) for value in values)
    if palette:
        return bytes(sum(palette[value]) // 3 for value in line)
    if channels in (3, 4):
        colours = (line[i::channels] for i in range(3))
        return bytes((red + green + blue) // 3 for red, green, blue in zip(*colours))
    return line[::channels]


def read_dib(data, start=None):
    """A bitmap of 8 bits with a palette, without its file header."""
    header, width, height, _, bits = struct.unpack("<IiiHH", data[:16])
    assert bits == 8 and height > 0
    palette = [sum(data[header + i * 4:header + i * 4 + 3]) // 3 for i in range(256)]
    start = header + 1024 if start is None else start
    stride = (width + 3) // 4 * 4
    rows = [bytes(palette[value] for value in data[start + y * stride:start + y * stride + width])
            for y in range(height - 1, -1, -1)]
    return Grey(width, height, rows)


def read_bmp(data):
    return read_dib(data[14:], struct.unpack("<I", data[10:14])[0] - 14)


def read_tiff(data):
    """Little-endian, grey, not packed, one strip."""
    at = struct.unpack("<I", data[4:8])[0]
    tags = {}
    for i in range(struct.unpack("<H", data[at:at + 2])[0]):
        tag, kind, _, value = struct.unpack("<HHII", data[at + 2 + i * 12:at + 14 + i * 12])
        tags[tag] = value & 0xFFFF if kind == 3 else value
    assert tags[259] == 1 and tags[258] == 8
    width, height, start = tags[256], tags[257], tags[273]
    return Grey(width, height, [data[start + y * width:start + (y + 1) * width] for y in range(height)])


def read_dicom(data):
    """Greyscale as the sample clinic writes it: explicit little endian, 16 bits, through the window of the file (PS3.3,
    C.11.2.1.2)."""
    if data[128:132] != b"DICM":
        raise ValueError("no DICOM file")
    elements = {}
    at = 132
    while at + 8 <= len(data):
        group, element, kind = struct.unpack("<HH2s", data[at:at + 6])
        size = struct.unpack("<I", data[at + 8:at + 12])[0] if kind == b"OW" else struct.unpack("<H", data[at + 6:at + 8])[0]
        at += 12 if kind == b"OW" else 8
        elements[group, element] = data[at:at + size]
        at += size
    height, width = (struct.unpack("<H", elements[0x28, number])[0] for number in (0x10, 0x11))
    centre, wide = (float(elements[0x28, number]) for number in (0x1050, 0x1051))
    values = struct.unpack(f"<{width * height}H", elements[0x7FE0, 0x10])
    grey = bytes(round(max(0, min(1, (value - centre + 0.5) / (wide - 1) + 0.5)) * 255) for value in values)
    return Grey(width, height, [grey])


def read_wmf(data):
    """The bitmap that is stretched over a metafile (META_STRETCHDIB)."""
    at = 18
    while True:
        size, function = struct.unpack("<IH", data[at:at + 6])
        if function == 0x0F43:
            return read_dib(data[at + 28:at + size * 2])
        assert function
        at += size * 2


def kind_of(data):
    for kind, start in (("jpeg", b"\xff\xd8\xff"), ("png", b"\x89PNG"), ("bmp", b"BM"), ("tiff", b"II*\0"),
                        ("pdf", b"%PDF")):
        if data.startswith(start):
            return kind
    return "dicom" if data[128:132] == b"DICM" else None


READERS = {"png": read_png, "bmp": read_bmp, "tiff": read_tiff, "dib": read_dib, "wmf": read_wmf,
           "dicom": read_dicom}


def read_grey(data, kind=None):
    return READERS[kind or kind_of(data)](data)


RTF_PICTURE = re.compile(r"\{\\pict\\(pngblip|jpegblip|dibitmap0|wmetafile8)[^\r\n]*\r\n([0-9a-f\s]+)\}")
RTF_KINDS = {"pngblip": "png", "jpegblip": "jpeg", "dibitmap0": "dib", "wmetafile8": "wmf"}
HTML_PICTURE = re.compile(r'src="data:image/(png|jpeg);base64,([A-Za-z0-9+/=]+)"')


def pictures_in(text):
    """[(kind, bytes)] of the pictures of a note, in their order."""
    found = [(match.start(), RTF_KINDS[match[1]], bytes.fromhex(match[2])) for match in RTF_PICTURE.finditer(text)]
    found += [(match.start(), match[1], base64.b64decode(match[2])) for match in HTML_PICTURE.finditer(text)]
    return [(kind, data) for _, kind, data in sorted(found)]


class Pdf:
    """A PDF file as poppler reads it."""

    def __init__(self, path):
        self.path = path

    def _run(self, *arguments):
        done = subprocess.run([*arguments], capture_output=True, check=False)
        if done.returncode != 0:
            raise ValueError(f"{arguments[0]}: {done.stderr.decode(errors='replace')[:200]}")
        return done.stdout.decode("utf-8", errors="replace")

    def text(self):
        return self._run("pdftotext", "-raw", "-enc", "UTF-8", self.path, "-")

    def images(self):
        """[bytes] of its images in their order: JPEG as they stand there, others as PNG; masks are left out."""
        listed = [line.split() for line in self._run("pdfimages", "-list", self.path).splitlines()[2:]]
        if not listed:
            return []
        with tempfile.TemporaryDirectory() as folder:
            self._run("pdfimages", "-j", "-png", self.path, f"{folder}/i")
            files = sorted(pathlib.Path(folder).iterdir())
            return [path.read_bytes() for path, line in zip(files, listed) if line[2] == "image"]
