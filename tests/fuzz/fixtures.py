"""Seeds for the fuzz targets of backups, cut out of the real ones of the shared fixtures: fixtures.py TARGET FOLDER."""
import io
import pathlib
import struct
import sys
import zipfile

BACKUPS = pathlib.Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "bak"
PAGE, HEAD, ALIKE = 8192, 64 * 1024, 3  # so many pages of a kind and backup


def pages():
    """Some pages of every type; those of tables are told apart by whose they are."""
    for path in sorted(BACKUPS.glob("*.bak")):
        data, seen = path.read_bytes(), {}
        start = data.find(b"MQDA") + 24
        for at in range(start, len(data) - PAGE, PAGE):
            page = data[at:at + PAGE]
            kind = page[0], page[1], struct.unpack_from("<I", page, 24)[0]
            if page[0] == 1 and seen.setdefault(kind, 0) < ALIKE:
                seen[kind] += 1
                yield page


def records():
    """The first record of each page, as far as the next begins or it could reach."""
    for page in pages():
        offsets = sorted(at for at in struct.unpack("<8H", page[-16:]) if 96 <= at < PAGE)
        if offsets and page[1] in (1, 2):
            yield page[offsets[0]:offsets[1] if len(offsets) > 1 else offsets[0] + 200]


def containers():
    for path in sorted(BACKUPS.glob("*.bak")):
        data = path.read_bytes()
        yield data[:HEAD]
        at = data.find(b"MSTL")
        if at > 0:
            yield data[:0x400] + data[at:at + HEAD]


def zips():
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", compression) as archive:
            for path in sorted(BACKUPS.glob("*.bak"))[:2]:
                archive.writestr(path.name, path.read_bytes()[:PAGE])
        yield out.getvalue()


def main():
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    makers = {"bak_page": pages, "bak_record": records, "bak_container": containers, "zip": zips}
    for number, seed in enumerate(makers[target]() if target in makers and BACKUPS.is_dir() else ()):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:05}").write_bytes(seed)


main()
