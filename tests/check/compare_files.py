"""Files: attachments, photos, X-rays, letters, and notes with pictures.

attachments, photos   the same bytes, by SHA-256; empty ones and those that are only a path on a server stay behind
X-rays without report the same bytes
X-rays with one       one PDF with the report's text and the image: JPEG bytes as they were, others pixel by pixel; an
                      image that no page can show lies beside it, as DICOM always does, and a report that is a PDF too
letters               a PDF with the text and without pictures; Word 97 and PDF letters as they were
notes with pictures   a PDF with the text and the pictures, beside the note itself
letters of scripts    that no font has: the original lies beside the PDF
descriptions          say what it is and when it was made, and end with a marker
"""
import collections
import concurrent.futures
import hashlib
import pathlib
import re
import struct
import tempfile
import unicodedata

from clinic import PREFIX, diary_index, full_name, reference_of
from cliniko import related_id
from compare_notes import Title, reading, texts_of
from compare_pictures import Pdf, kind_of, pictures_in, read_grey
from compare_report import Record, line_of, take_marker

AT_ONCE = 4
LONG = 100  # characters of a name or a subject that must be told, however little room a description has
HEAD_BYTES = 512
FIRST_RARE = "\u2e80"  # Chinese, Japanese, Korean and what follows


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class SameBytes:
    """The file as it was; or the text of a cell."""

    def __init__(self, path=None, text=None):
        self.sha256 = sha256_of(path) if path else hashlib.sha256(text.encode()).hexdigest()
        self.size = path.stat().st_size if path else len(text.encode())

    def __eq__(self, other):
        return isinstance(other, Downloaded) and (other.size, other.sha256) == (self.size, self.sha256)

    def __repr__(self):
        return f"{self.size} bytes, SHA-256 {self.sha256[:12]}…"


class Document:
    """A PDF with these lines, and these pictures: [(kind, bytes)]. `drawn` is false for one whose fonts lack letters: then
    the original lies beside it, and the letters of common scripts are what counts."""

    def __init__(self, lines, pictures=(), drawn=True):
        self.lines = lines
        self.pictures = list(pictures)
        self.drawn = drawn

    def __eq__(self, other):
        return isinstance(other, Downloaded) and other.kind == "pdf" and self.missing_in(other) is None

    def missing_in(self, other):
        """What of it the file lacks; None when nothing."""
        text = squeezed(other.text)
        for line in self.lines:
            if not stands_in(line, text, self.drawn):
                return f"the line {line[:60]!r}"
        images = other.images
        if len(images) != len(self.pictures):
            return f"{len(self.pictures)} pictures, not {len(images)}"
        for number, (wanted, got) in enumerate(zip(self.pictures, images), 1):
            if not same_picture(wanted, got):
                return f"picture {number} as it was"
        return None

    def __repr__(self):
        return f"a PDF of {len(self.lines)} lines and {len(self.pictures)} pictures"


def same_picture(wanted, got):
    kind, data = wanted
    if kind == "jpeg":
        return got == data
    return kind_of(got) == "png" and read_grey(data, kind).like(read_grey(got))


def squeezed(text):
    """Without blanks, and with letters in the form in which poppler and the source agree."""
    return re.sub(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2066-\u2069]+", "", unicodedata.normalize("NFKC", text))


def is_shaped(character):
    """Letters whose order or form a page has to change: their text cannot be taken out of a PDF reliably."""
    return "\u0590" <= character <= "\u0dff" or character > "\uffff" or unicodedata.combining(character) \
        or character in "\u200d\ufe0f"


def is_rare(character):
    """Letters that a machine may have no font for."""
    return character >= FIRST_RARE or is_shaped(character)


def stands_in(line, text, drawn):
    """Where letters are shaped, or may not be drawn, all the others must be there."""
    left_out = is_shaped if drawn else is_rare
    pieces = "".join(" " if left_out(character) else character for character in unicodedata.normalize("NFC", line))
    if pieces == line:
        return squeezed(line) in text
    return all(squeezed(piece) in text for piece in pieces.split())


class Downloaded:
    """A file of the account, on disk for as long as the comparison takes."""

    def __init__(self, entry, path):
        self.entry = entry
        self.path = path
        self.size = path.stat().st_size
        self.sha256 = sha256_of(path)
        with open(path, "rb") as file:
            self.kind = kind_of(file.read(HEAD_BYTES))
        self.text = ""
        self.images = []

    def read(self):
        """Text and pictures, when it is a PDF. Told by the comparison, not here, when it is none."""
        if self.kind == "pdf":
            try:
                self.text = Pdf(self.path).text()
                self.images = Pdf(self.path).images()
            except ValueError as error:
                self.text = str(error)
        return self

    def __repr__(self):
        return f"{self.kind or 'file'} of {self.size} bytes, SHA-256 {self.sha256[:12]}…"


# ---- what should be there ----


class Expected:
    """Gathers records of files. `key` is what the marker says."""

    def __init__(self, tables, found):
        self.found = {(record.group, record.fields["marker"]) for record in found}
        self.folder = tables.folder
        self.patients = diary_index(tables)["patient"]
        self.practitioners = diary_index(tables)["practitioner"]
        self.records = []
        self.left = collections.Counter()

    def owner(self, row, what):
        patient = reference_of(row["PatientID"], self.patients)
        if patient is None:
            self.left[f"{what} of a patient who is not in the export"] += 1
        return patient

    def author(self, row):
        one = self.practitioners.get(row["PractitionerID"])
        return full_name(one) if one else None

    def add(self, patient, key, what, description, content):
        self.records.append(Record((patient, what), f"{what} {key} of {patient}", {
            "marker": PREFIX + key, "description": description, "content": content}))

    def add_document(self, patient, key, what, description, text, original, pictures=()):
        """A PDF, and beside it the original when its text has letters that fonts may lack: a PDF alone that shows boxes is
        not accepted. `original` is a rule for the bytes."""
        drawn = ((patient, what), PREFIX + key + "/original") not in self.found
        if not drawn and any(map(is_rare, text)):
            self.add(patient, key + "/original", what, description, original)
        self.add(patient, key, what, description, Document(reading(text), pictures, drawn))

    def bytes_of(self, cell):
        return (self.folder / cell).read_bytes()


def expect_attachments(tables, expected):
    for row in tables["Attachment"]:
        patient = expected.owner(row, "attachments")
        if patient is None:
            continue
        if not row["Content"]:
            expected.left["attachments that are only a path on a server" if row["LinkPath"]
                          else "attachments without content"] += 1
        elif (expected.folder / row["Content"]).stat().st_size == 0:
            expected.left["attachments that are empty"] += 1
        else:
            expected.add(patient, row["AttachmentID"], "file",
                         Title(original_name(row), row["AddedAt"][:10]), SameBytes(expected.folder / row["Content"]))


def original_name(row):
    """Names longer than a description are cut; so far they must be told."""
    return row["FileName"].strip()[:LONG] or None


def expect_photos(tables, expected):
    for row in tables["Patient"]:
        if row["Photo"]:
            expected.add(expected.owner(row, "photos"), "photo-" + row["PatientID"], "file", Title("hoto"),
                         SameBytes(expected.folder / row["Photo"]))


def can_stand_on_a_page(image):
    kind = kind_of(image)
    return kind in ("png", "bmp", "tiff") or (kind == "jpeg" and image.rstrip(b"\0").endswith(b"\xff\xd9"))


def drawn_beside(image):
    """A DICOM image that can be read is drawn as well."""
    try:
        read_grey(image, "dicom")
    except (ValueError, KeyError, struct.error):
        return []
    return [("dicom", image)]


def expect_report_file(row, expected, patient, texts, image):
    """A report that is a file of its own: its text stands in the PDF unless it is a PDF already."""
    report = SameBytes(expected.folder / row["ReportFile"])
    if kind_of(expected.bytes_of(row["ReportFile"])) == "pdf":
        expect_image(row, expected, patient, image, "")
        expected.add(patient, "xray-" + row["XRayID"] + "/report", "X-ray", Title(row["TakenOn"]), report)
    else:
        expect_report(row, expected, patient, texts[row["XRayID"], "ReportFile"][1], report, image)


def expect_image(row, expected, patient, image, part):
    if image:
        expected.add(patient, "xray-" + row["XRayID"] + part, "X-ray", Title(line_of(row["BodyRegion"]), row["TakenOn"]),
                     SameBytes(expected.folder / row["Image"]))


def expect_report(row, expected, patient, text, report, image):
    title = Title(line_of(row["BodyRegion"]), row["TakenOn"])
    if not image:
        expected.add_document(patient, "report-text-" + row["XRayID"], "letter", title, text, report)
    elif can_stand_on_a_page(image):
        expected.add_document(patient, "xray-" + row["XRayID"], "X-ray", title, text, report, [(kind_of(image), image)])
    else:
        expect_image(row, expected, patient, image, "/image")
        expected.add_document(patient, "xray-" + row["XRayID"], "X-ray", title, text, report, drawn_beside(image))


def expect_xrays(tables, truth, expected):
    texts = texts_of(truth, "XRay")
    for row in tables["XRay"]:
        patient = expected.owner(row, "X-rays")
        if patient is None:
            continue
        image = expected.bytes_of(row["Image"]) if row["Image"] else None
        has_text = bool(row["ReportText"].strip())
        if has_text:
            expect_report(row, expected, patient, texts[row["XRayID"], "ReportText"][1],
                          SameBytes(text=row["ReportText"]), image)
        elif row["ReportFile"]:
            expect_report_file(row, expected, patient, texts, image)
        elif image:
            expect_image(row, expected, patient, image, "")
        else:
            expected.left["X-rays without image and report"] += 1
        if has_text and row["ReportFile"]:
            expected.add(patient, "report-" + row["XRayID"], "file", Title(row["TakenOn"]),
                         SameBytes(expected.folder / row["ReportFile"]))


OLE, PDF = b"\xd0\xcf\x11\xe0", b"%PDF"


def letter_title(row, author):
    subject = line_of(row["Subject"]) or ""
    return Title(subject[:LONG], author if len(subject) <= LONG else None, row["LetterDate"][:10])


def expect_letters(tables, truth, expected):
    texts = texts_of(truth, "Letter")
    for row in tables["Letter"]:
        patient = expected.owner(row, "letters")
        if patient is None:
            continue
        content = expected.bytes_of(row["Body"]) if row["Body"] else b""
        if not content:
            expected.left["letters without content"] += 1
            continue
        title = letter_title(row, expected.author(row))
        original = SameBytes(expected.folder / row["Body"])
        if content.startswith((OLE, PDF)):
            expected.add(patient, "letter-" + row["LetterID"], "letter", title, original)
        else:
            expected.add_document(patient, "letter-" + row["LetterID"], "letter", title, texts[row["LetterID"], "Body"][1],
                                  original)


def expect_note_documents(tables, truth, expected):
    texts = texts_of(truth, "ClinicalNote")
    for row in tables["ClinicalNote"]:
        count, text = texts[row["ClinicalNoteID"], "Body"]
        patient = reference_of(row["PatientID"], expected.patients)
        if count and patient:
            pictures = pictures_in(row["Body"])
            assert len(pictures) == count
            expected.add_document(patient, "note-" + row["ClinicalNoteID"], "note",
                                  Title(line_of(row["Title"]), row["NoteDate"][:10]), text,
                                  SameBytes(text=row["Body"]), pictures)


# ---- what is there ----

KINDS = (("Clinical note", "note"), ("X-ray report", "file"), ("X-ray", "X-ray"), ("Letter", "letter"))


def found_files(account, folder):
    patients = {entry["id"]: entry["old_reference_id"] for entry in account["patients"]}
    downloaded = []
    for entry in account["patient_attachments"]:
        path = folder / entry["id"]
        with open(path, "wb") as file:
            if entry.get("content"):
                account["download"](entry["content"]["links"]["self"], file.write)
        downloaded.append(Downloaded(entry, path))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(Downloaded.read, downloaded))
    records = []
    for one in downloaded:
        description, marker = take_marker(one.entry["description"])
        patient = patients.get(related_id(one.entry, "patient"))
        what = next((kind for start, kind in KINDS if (description or "").startswith(start)), "file")
        records.append(Record((patient, what), f"file {marker or one.entry['filename']!r} of {patient}", {
            "marker": marker, "description": description, "content": one}))
    return records


def compare_facts(records, differences):
    """What Cliniko says of a file agrees with its bytes, and its name is safe in every address."""
    for record in records:
        one = record.fields["content"]
        differences.value(record.label, "size", one.entry["size"], one.size)
        differences.value(record.label, "processing_completed", one.entry["processing_completed"], True)
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", one.entry["filename"] or ""):
            differences.add(f"{record.label}: the name {one.entry['filename']!r} is not safe")


def expected_files(tables, truth, found):
    expected = Expected(tables, found)
    expect_attachments(tables, expected)
    expect_photos(tables, expected)
    expect_xrays(tables, truth, expected)
    expect_letters(tables, truth, expected)
    expect_note_documents(tables, truth, expected)
    return expected


def keep(records, folder):
    """Copies the PDFs that were made, under the names that they have in Cliniko."""
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        one = record.fields["content"]
        if one.kind == "pdf" and record.group[1] != "file":
            (folder / one.entry["filename"]).write_bytes(one.path.read_bytes())


def compare_files(tables, truth, account, differences, pdf_folder=None):
    """(how many were expected, {reason: rows left behind}, how many PDFs there are)"""
    with tempfile.TemporaryDirectory() as folder:
        found = found_files(account, pathlib.Path(folder))
        expected = expected_files(tables, truth, found)
        compare_facts(found, differences)
        explain(expected.records, found, differences)
        if pdf_folder:
            keep(found, pathlib.Path(pdf_folder))
        pdfs = sum(record.fields["content"].kind == "pdf" for record in found)
    return len(expected.records), expected.left, pdfs


def explain(expected, found, differences):
    """As differences.records, and says what a PDF lacks."""
    before = differences.count
    differences.records(expected, list(found))
    if differences.count == before:
        return
    by_place = collections.defaultdict(list)
    for record in found:
        by_place[record.group, record.fields["marker"]].append(record.fields["content"])
    for record in expected:
        content = record.fields["content"]
        candidates = by_place[record.group, record.fields["marker"]]
        if isinstance(content, Document) and candidates and content not in candidates:
            lacks = content.missing_in(candidates[-1]) if candidates[-1].kind == "pdf" else "it is no PDF"
            print(f"            {record.label} lacks {lacks}")
