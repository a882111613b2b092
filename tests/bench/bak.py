"""How fast a large backup is read, as a share of plain sequential reading of the same file, and in how much memory:
bak.py BUILD [GIGABYTES [FOLDER]].

The large backup is made of a real one (the hospital of the shared fixtures): its table of patients and its table with
large values get as many more rows as are wanted, on pages of their own, with all allocation maps, counts and checksums
kept right. So it is read by the same way as a real one, and `inspect --check` finds nothing wrong with it.
"""
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

HANDOVER = pathlib.Path(sys.argv[1]) / "cli" / "handover"
GIGABYTES = float(sys.argv[2]) if len(sys.argv) > 2 else 2.2
FOLDER = sys.argv[3] if len(sys.argv) > 3 else "/var/tmp"
SOURCE = pathlib.Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "bak" / "aelg-Hospital.bak"

PAGE, EXTENT, HEADER = 8192, 65536, 96
PFS_PAGES, PFS_START, BITMAP = 8088, 100, 194
MOST_EXTENTS = 63000  # that one GAM page and one IAM page of a table tell of
FIRST_NEW = 64  # the first extent after the file's own end
CHECKSUM = 60
MOST_MEMORY = 128  # MB, for a file of any size
PIECES = 4  # pages of one large value


def u16(data, at):
    return struct.unpack_from("<H", data, at)[0]


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def rotate(word, by):
    return (word << by | word >> (32 - by)) & 0xFFFFFFFF if by else word


def checksum(page):
    """The format reference, section 4.1: sixteen sectors, each XORed together word by word."""
    total = 0
    data = bytes(page[:CHECKSUM]) + bytes(4) + bytes(page[CHECKSUM + 4:])
    for sector in range(16):
        value, size = int.from_bytes(data[512 * sector:512 * (sector + 1)], "little"), 4096
        while size > 32:
            size //= 2
            value = (value >> size) ^ (value & ((1 << size) - 1))
        total ^= rotate(value, 15 - sector)
    return total


def seal(page):
    struct.pack_into("<I", page, CHECKSUM, checksum(page))


def numbered(page, number):
    """A copy under another page number; the checksum follows by what the one word changes."""
    copy = bytearray(page)
    struct.pack_into("<I", copy, 32, number)
    struct.pack_into("<I", copy, CHECKSUM, u32(page, CHECKSUM) ^ rotate(u32(page, 32) ^ number, 15))
    return copy


def records(page):
    for slot in range(u16(page, 22)):
        yield u16(page, PAGE - 2 * (slot + 1))


def first_variable(page, offset):
    """The first variable column of a record."""
    at = offset + u16(page, offset + 2)
    at += 2 + (u16(page, at) + 7) // 8
    start = at + 2 + 2 * u16(page, at)
    return bytes(page[start:offset + u16(page, at + 2)])


class Backup:
    def __init__(self, path):
        self.data = bytearray(path.read_bytes())
        self.head = self.data.index(b"MQDA")
        self.start = self.head + 22 + 2
        self.extents = (struct.unpack_from("<Q", self.data, self.head + 8)[0] - 2) // EXTENT
        self.places = {}
        for at in range(self.start, self.start + self.extents * EXTENT, PAGE):
            if u16(self.data, at + 36) == 1 and self.data[at] == 1:
                self.places[u32(self.data, at + 32)] = at

    def page(self, number):
        at = self.places[number]
        return self.data[at:at + PAGE]

    def put(self, number, page):
        seal(page)
        self.data[self.places[number]:self.places[number] + PAGE] = page

    def base_rows(self, part):
        """Rows of a system table, by the object part of its pages: (page, offset)."""
        for number, at in self.places.items():
            page = self.data[at:at + PAGE]
            if page[1] == 1 and page[3] == 0 and u32(page, 24) == part and u16(page, 6) <= 1:
                for offset in records(page):
                    yield number, offset, page

    def object_id(self, name):
        wanted = name.encode("utf-16-le")
        for _, offset, page in self.base_rows(34):
            if page[offset + 17:offset + 19] == b"U " and first_variable(page, offset) == wanted:
                return struct.unpack_from("<i", page, offset + 4)[0]
        raise LookupError(name)

    def rowset(self, table):
        for number, offset, page in self.base_rows(5):
            if struct.unpack_from("<ii", page, offset + 13) in ((table, 0), (table, 1)):
                return number, offset, struct.unpack_from("<q", page, offset + 4)[0]
        raise LookupError(table)

    def unit(self, rowset, kind):
        """First page and first IAM page of an allocation unit."""
        for _, offset, page in self.base_rows(7):
            if page[offset + 12] == kind and struct.unpack_from("<q", page, offset + 13)[0] == rowset:
                return u32(page, offset + 27), u32(page, offset + 39)
        raise LookupError(rowset)

    def set_rows(self, table, rows):
        number, offset, _ = self.rowset(table)
        page = self.page(number)
        struct.pack_into("<q", page, offset + 31, rows)
        self.put(number, page)


def mark(page, extents, taken):
    """Bits of a map: GAM pages clear them for extents in use, IAM pages set them."""
    for extent in extents:
        if taken:
            page[BITMAP + extent // 8] |= 1 << extent % 8
        else:
            page[BITMAP + extent // 8] &= ~(1 << extent % 8)


def full_page(backup, number, rows):
    """The page with the given records in place of its own, as many as have room."""
    page = backup.page(number)
    page[HEADER:] = bytes(PAGE - HEADER)
    at, slots = HEADER, 0
    while at + len(rows[slots % len(rows)]) + 2 * (slots + 1) <= PAGE:
        row = rows[slots % len(rows)]
        page[at:at + len(row)] = row
        struct.pack_into("<H", page, PAGE - 2 * (slots + 1), at)
        at, slots = at + len(row), slots + 1
    struct.pack_into("<IH", page, 8, 0, 0)
    struct.pack_into("<IH", page, 16, 0, 0)
    struct.pack_into("<H", page, 22, slots)
    struct.pack_into("<HH", page, 28, PAGE - at - 2 * slots, at)
    seal(page)
    return page


def row_bytes(page, offset):
    """One record with variable columns, to the end of the last."""
    at = offset + u16(page, offset + 2)
    at += 2 + (u16(page, at) + 7) // 8
    count = u16(page, at)
    return bytes(page[offset:offset + (u16(page, at + 2 * count) & 0x7FFF)])


class Maker:
    """Writes the large backup; every new extent belongs to one table's unit, or begins with a PFS page."""

    def __init__(self, extents):
        self.backup = Backup(SOURCE)
        self.extents = extents
        self.rows = {"patient": 22, "sysdiagrams": 1}
        self.owned = {"patient": [], "sysdiagrams": [], "large": []}
        self.plan()

    def plan(self):
        """Half of the extents hold patients; the rest large values, and one in twenty-six their rows."""
        backup = self.backup
        self.units = {}
        for name, kind, table in (("patient", 1, "patient"), ("sysdiagrams", 1, "sysdiagrams"), ("large", 2, "sysdiagrams")):
            self.units[name] = backup.unit(backup.rowset(backup.object_id(table))[2], kind)
        first = backup.page(self.units["patient"][0])
        self.patients = full_page(backup, self.units["patient"][0], [row_bytes(first, at) for at in records(first)])
        diagrams = backup.page(self.units["sysdiagrams"][0])
        self.diagram = row_bytes(diagrams, u16(diagrams, PAGE - 2))
        self.diagrams = full_page(backup, self.units["sysdiagrams"][0], [self.diagram])
        self.pieces = [backup.page(u32(self.diagram, len(self.diagram) - 12 * (PIECES - i) + 4)) for i in range(PIECES)]
        self.kinds = {}
        waiting = []
        for extent in range(FIRST_NEW, FIRST_NEW + self.extents):
            if extent * 8 % PFS_PAGES == 0:
                self.kinds[extent] = "pfs"
            elif extent % 2:
                self.kinds[extent] = "patient"
            elif len(waiting) * 2 >= u16(self.diagrams, 22) * 8:
                self.kinds[extent] = ("sysdiagrams", waiting)
                waiting = []
            else:
                self.kinds[extent] = "large"
                waiting.append(extent)
        for extent, kind in self.kinds.items():
            name = kind if isinstance(kind, str) else kind[0]
            if name != "pfs":
                self.owned[name].append(extent)
        self.rows["patient"] += len(self.owned["patient"]) * 8 * u16(self.patients, 22)
        self.rows["sysdiagrams"] += sum(len(kind[1]) * 2 for kind in self.kinds.values() if not isinstance(kind, str))

    def change_maps(self):
        backup = self.backup
        gam = backup.page(2)
        mark(gam, self.kinds, False)
        backup.put(2, gam)
        for name, (_, iam) in self.units.items():
            page = backup.page(iam)
            mark(page, self.owned[name], True)
            backup.put(iam, page)
        pfs = backup.page(1)
        self.template = bytearray(pfs)
        for number in range(FIRST_NEW * 8, min(PFS_PAGES, (FIRST_NEW + self.extents) * 8)):
            pfs[PFS_START + number] = 0x44
        backup.put(1, pfs)
        for name, rows in self.rows.items():
            backup.set_rows(backup.object_id(name), rows)
        length = 2 + (backup.extents + self.extents) * EXTENT
        struct.pack_into("<Q", backup.data, backup.head + 8, length)
        words = struct.unpack_from("<10H", backup.data, backup.head)
        total = 0
        for word in words:
            total ^= word
        struct.pack_into("<H", backup.data, backup.head + 20, total)
        self.change_facts()

    def change_facts(self):
        data, at = self.backup.data, 0
        while (at := data.find(b"SFIN", at)) >= 0:
            if u32(data, at + 0x1C) == 1:
                struct.pack_into("<I", data, at + 0x18, u32(data, at + 0x18) + self.extents * 8)
                struct.pack_into("<Q", data, at + 0x28, (FIRST_NEW + self.extents) * EXTENT)
            at += 4

    def pfs_extent(self, extent):
        page = bytearray(self.template)
        first = extent * 8
        for i in range(PFS_PAGES):
            page[PFS_START + i] = 0x44 if first + i < (FIRST_NEW + self.extents) * 8 else 0
        for i in range(1, 8):
            page[PFS_START + i] = 0
        struct.pack_into("<I", page, 32, first)
        seal(page)
        return bytes(page) + bytes(7 * PAGE)

    def diagram_extent(self, extent, values):
        """Rows whose roots lead to two values in each of the extents; the extent's last pages may have none left."""
        page, pages, used = None, [], 0
        starts = [value * 8 + half * PIECES for value in values for half in range(2)]
        each = u16(self.diagrams, 22)
        for number in range(8):
            page = bytearray(self.diagrams)
            mine = starts[used:used + each]
            used += len(mine)
            for slot, start in enumerate(mine):
                end = u16(page, PAGE - 2 * (slot + 1)) + len(self.diagram)
                for i in range(PIECES):
                    struct.pack_into("<I", page, end - 12 * (PIECES - i) + 4, start + i)
            struct.pack_into("<H", page, 22, len(mine))
            struct.pack_into("<I", page, 32, extent * 8 + number)
            seal(page)
            pages.append(bytes(page))
        assert used == len(starts)
        return b"".join(pages)

    def write(self, path):
        self.change_maps()
        backup = self.backup
        end = backup.start + backup.extents * EXTENT
        with open(path, "wb", buffering=1 << 22) as out:
            out.write(backup.data[:end])
            for extent, kind in self.kinds.items():
                if kind == "pfs":
                    out.write(self.pfs_extent(extent))
                elif kind == "patient":
                    out.writelines(numbered(self.patients, extent * 8 + i) for i in range(8))
                elif kind == "large":
                    out.writelines(numbered(self.pieces[i % PIECES], extent * 8 + i) for i in range(8))
                else:
                    out.write(self.diagram_extent(extent, kind[1]))
            out.write(backup.data[end:])


def forget(path):
    """So that the next reading comes from the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run(path, cold, *command):
    """Seconds, and the greatest memory in MB."""
    if cold:
        forget(path)
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: status {process.returncode}\n{error}")
    return time.monotonic() - started, usage.ru_maxrss / 1000


def main():
    if not SOURCE.exists():
        raise SystemExit(f"the backup that the large one is made of is not here: {SOURCE}")
    most = 0
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        path = pathlib.Path(folder) / "large.bak"
        started = time.monotonic()
        maker = Maker(min(MOST_EXTENTS, int(GIGABYTES * 1e9 / EXTENT)))
        maker.write(path)
        size = path.stat().st_size
        print(f"made {size / 1e9:.2f} GB in {time.monotonic() - started:.0f} s: {maker.rows['patient']} patients, "
              f"{maker.rows['sysdiagrams']} large values", flush=True)
        for cold in (False, True):
            plain, _ = run(path, cold, "dd", f"if={path}", "of=/dev/null", "bs=1M", "status=none")
            print(f"{'from the disk' if cold else 'from memory'}: plain reading {plain:.2f} s, {size / 1e6 / plain:.0f} MB/s")
            for title, *words in (("inspect", ), ("check of all pages and rows", "--check"),
                                  ("all patients as CSV", "--csv", "patient"),
                                  ("all large values as CSV", "--csv", "sysdiagrams")):
                seconds, memory = run(path, cold, HANDOVER, "inspect", path, *words)
                most = max(most, memory)
                share = {"all patients as CSV": len(maker.owned["patient"]),
                         "all large values as CSV": len(maker.owned["large"])}.get(title)
                rate = (share * EXTENT if share else size) / 1e6 / seconds
                part = "" if not words else f", {rate:.0f} MB/s of its pages, {100 * rate / (size / 1e6 / plain):.0f} % of plain reading"
                print(f"  {title}: {seconds:.2f} s{part}; at most {memory:.0f} MB of memory", flush=True)
    if most > MOST_MEMORY:
        raise SystemExit(f"{most:.0f} MB of memory, where {MOST_MEMORY} MB are the limit")


if __name__ == "__main__":
    main()
