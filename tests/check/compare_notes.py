"""Clinical notes: text, title, author, visit.

text     what a person reads in the note, line by line; formatting is gone, and so are blank lines and list signs
title    day and time, author and title of the original, and a marker at the end
author   who holds the key that it was written with: the practitioner's own where one was given, else the owner's
visit    the appointment, where that went over and is the same patient's
"""
import collections
import html.parser
import re
import unicodedata

from clinic import PREFIX, by_key, diary_index, full_name, reference_of, shown, place_and_time, wall, why_left
from cliniko import related_id
from compare_report import Record, line_of, take_marker

BLOCKS = {"div", "p", "br", "li", "ul", "ol", "h1", "h2", "blockquote"}
LIST_SIGN = re.compile(r"^[•·▪◦\uf0b7*-]\s+")


def reading(text):
    """The lines that a person reads, in a form in which two programs agree."""
    lines = []
    for line in unicodedata.normalize("NFC", text or "").split("\n"):
        line = LIST_SIGN.sub("", " ".join(line.split()))
        if line:
            lines.append(line)
    return lines


class Paragraphs(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag in BLOCKS:
            self.text += "\n"

    handle_endtag = lambda self, tag: self.handle_starttag(tag, None)

    def handle_data(self, data):
        # Line breaks and tabs in the string are dropped by Cliniko.
        self.text += re.sub(r"[\r\n\t]", "", data)


def content_lines(content):
    """The lines of a note as Cliniko shows it: of all answers of all questions."""
    text = []
    for section in (content or {}).get("sections", []):
        for question in section.get("questions", []):
            parser = Paragraphs()
            parser.feed(question.get("answer") or "")
            parser.close()
            text.append(parser.text)
    return reading("\n".join(text))


class Title:
    """Parts in their order."""

    def __init__(self, *parts):
        self.parts = [part for part in parts if part]

    def __eq__(self, other):
        at = 0
        for part in self.parts:
            at = (other or "").find(part, at)
            if at < 0:
                return False
            at += len(part)
        return True

    def __repr__(self):
        return " … ".join(map(repr, self.parts))


def texts_of(truth, table):
    """{row: (number of pictures, text)} of what the generator has written down about its own documents."""
    return {(row["RowID"], row["ColumnName"]): (int(row["Pictures"]), row["Text"])
            for row in truth if row["TableName"] == table}


def title_time(text):
    """Without a time at midnight; seconds are cut."""
    moment = wall(text)
    return moment.strftime("%Y-%m-%d %H:%M")


def expected_notes(tables, truth, answers, keys, owner):
    """([Record], {reason: rows left behind}). `keys` are names of practitioners whose keys were given."""
    indexed = diary_index(tables)
    appointments = by_key(tables["Appointment"], "AppointmentID")
    texts = texts_of(truth, "ClinicalNote")
    records = []
    left = collections.Counter()
    for row in tables["ClinicalNote"]:
        patient = reference_of(row["PatientID"], indexed["patient"])
        if patient is None:
            left["of a patient who is not in the export"] += 1
            continue
        author = indexed["practitioner"][row["PractitionerID"]]
        visit = appointments.get(row["AppointmentID"])
        goes_over = visit and not why_left(visit, indexed, answers)
        stand_in = answers.stand_in(author)
        key = f"{PREFIX}note-{row['ClinicalNoteID']}"
        records.append(Record((patient, key), f"note {row['ClinicalNoteID']} of {patient}", {
            "patient": patient,
            "title": Title(title_time(row["NoteDate"]), full_name(author), line_of(row["Title"])),
            "draft": row["IsDraft"] == "1",
            "lines": reading(texts[row["ClinicalNoteID"], "Body"][1]),
            "booking": shown(place_and_time(visit, indexed)[2]) if goes_over else None,
            "practitioner": stand_in if stand_in in keys else owner,
        }))
    return records, left


def found_notes(account):
    patients = {entry["id"]: entry["old_reference_id"] for entry in account["patients"]}
    bookings = {entry["id"]: entry["starts_at"] for entry in account["appointments"]}
    practitioners = {entry["id"]: f"{entry['first_name']} {entry['last_name']}" for entry in account["practitioners"]}
    records = []
    for entry in account["treatment_notes"]:
        title, marker = take_marker(entry["title"])
        patient = patients.get(related_id(entry, "patient"))
        records.append(Record((patient, marker), f"note {(title or '')[:20]!r}… {marker} of {patient}", {
            "patient": patient,
            "title": title,
            "draft": entry["draft"],
            "lines": content_lines(entry["content"]),
            "booking": bookings.get(related_id(entry, "booking")),
            "practitioner": practitioners.get(related_id(entry, "practitioner")),
        }))
    return records


def compare_notes(tables, truth, account, answers, keys, differences):
    owner = account["owner"]
    expected, left = expected_notes(tables, truth, answers, keys, owner)
    found = found_notes(account)
    differences.records(expected, found)
    differences.markers("treatment notes", [(record.label, record.group[1]) for record in found])
    return len(expected), left
