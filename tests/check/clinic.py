"""What Cliniko should hold after the sample clinic's CSV export was transferred, worked out from the files alone.

This is a second opinion: it shares no code and no profile with the transfer. The rules:

patient      every row but the merged ones; old_reference_id is FD- and the PatientID; archived unless active
appointment  every row but: deleted, casual (no patient), patient not in the export
             a merged patient's appointments are those of the patient into whom it was merged
             without a location: the practitioner's, who may have none: then the first, and the notes say so
             without a type: a type called "Appointment" of 30 minutes
             a length that is not 1 minute to 24 hours: the length of the type
times        wall clock of the location's zone; an hour that daylight saving skipped is moved forward by the gap, an
             hour that comes twice is the first of the two; the end is the start and so many minutes later
odd values   what Cliniko would refuse (a second e-mail, a phone that is none, a DVA number that is none) is in the notes
messages     nobody gets any: no reminders, no confirmations, no templates on appointment types
"""
import collections
import csv
import datetime
import pathlib
import re
import zoneinfo

PREFIX = "FD-"
DAY_MINUTES = 24 * 60
EMPTY_DATES = {"1899-12-30", "1900-01-01", "1753-01-01"}
SEXES = {"M": "Male", "F": "Female", "X": "Other"}
CARDS = {"1": "gold", "2": "white", "3": "orange"}
REASON_OTHER = 50
MAIN_LOCATION = "1"
NO_LOCATION = "No location was recorded: taken to be at the main one."
DVA = re.compile(r"[NVQSWT](?:[A-Z ]\d{1,6}|[A-Z]{2}\d{1,5}|[A-Z]{3}\d{1,4})[A-Z]?")
EMAIL = re.compile(r"[A-Z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Z0-9.-]+\.[A-Z]{2,63}", re.I)
PHONE = re.compile(r"[0-9 ()+.-]+( ext \d+)?")


class Holds:
    """A text that is not spelled out in full: it begins with `start` and then holds each of `parts`."""

    def __init__(self, start, parts):
        self.start = start or ""
        self.parts = parts

    def __eq__(self, other):
        if not self.parts:
            return (self.start or None) == text_of(other)
        text = text_of(other) or ""
        rest = text[len(self.start):]
        return text.startswith(self.start) and all(text_of(part) in rest for part in self.parts)

    def __repr__(self):
        return repr(self.start) + "".join(f" … {part!r}" for part in self.parts)


def line_of(value):
    """On one line, without blanks at the ends; None for nothing."""
    return " ".join((value or "").split()) or None


def text_of(value):
    """A text of several lines, with plain line ends; None for nothing but white space."""
    return (value or "").replace("\r\n", "\n").replace("\r", "\n").strip() or None


def joined(parts, separator):
    return separator.join(part for part in parts if part) or None


def read_tables(folder):
    tables = {}
    for path in sorted(pathlib.Path(folder).glob("*.csv")):
        with open(path, newline="", encoding="utf-8") as file:
            tables[path.stem] = list(csv.DictReader(file))
    return tables


def by_key(rows, key):
    return {row[key]: row for row in rows}


def wall(text):
    return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


def to_utc(moment, zone):
    """fold=0 takes the first of two hours, and in a gap the offset that was in force before it."""
    return moment.replace(tzinfo=zone, fold=0).astimezone(datetime.timezone.utc)


def shown(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def split_email(value):
    """The first address, and the whole value when there was more in it."""
    pieces = (value or "").replace(";", " ").replace(",", " ").split()
    address = next((piece for piece in pieces if EMAIL.fullmatch(piece)), None)
    return address, [value] if [address] != pieces and pieces else []


def split_phones(value):
    """The numbers of a field, and the whole value when some of it is no number."""
    pieces = [line_of(piece) for piece in re.split(r"[/;,]", value or "")]
    pieces = [piece for piece in pieces if piece]
    numbers = [piece for piece in pieces if PHONE.fullmatch(piece) and 5 <= len(re.sub(r"ext.*|\D", "", piece)) <= 20]
    return numbers, [value] if len(numbers) < len(pieces) else []


def phones_of(row):
    """[(type, number)] and what has to go to the notes. A number that stands in two fields counts once."""
    found = []
    rest = []
    for kind, column in (("Mobile", "PhoneMobile"), ("Home", "PhoneHome"), ("Work", "PhoneWork"), ("Fax", "Fax")):
        numbers, left = split_phones(row[column])
        for number in numbers:
            if number not in [known for _, known in found]:
                found.append((kind, number))
        rest += left
    return sorted(found), rest


def medicare_of(row):
    digits = re.sub(r"[ ./-]", "", row["MedicareNo"])
    if not re.fullmatch(r"\d{10,11}", digits):
        return line_of(row["MedicareNo"]), line_of(row["MedicareRef"])
    return digits[:10], line_of(row["MedicareRef"]) or digits[10:] or None


def dva_of(row):
    value = line_of((row["DvaNo"] or "").upper())
    if value is None:
        return None, []
    for candidate in (value, re.sub("[ -]", "", value)):
        if DVA.fullmatch(candidate):
            return candidate, []
    return None, [row["DvaNo"]]


def facts_for_notes(row, funds):
    """What Cliniko has no field for, one line each."""
    fund = funds.get(row["HealthFundID"], {}).get("Name")
    labelled = (
        ("File number: ", line_of(row["FileNumber"])),
        ("Middle name: ", line_of(row["MiddleName"])),
        ("Postal address: ", line_of(row["PostalAddress"])),
        ("Employer: ", line_of(row["Employer"])),
        ("Medicare card expires: ", line_of(row["MedicareExpiry"])),
        ("DVA card: ", CARDS.get(row["DvaCard"])),
        ("Health fund: ", joined([line_of(fund), line_of(row["HealthFundNo"])], ", number ")),
        ("Pension number: ", line_of(row["PensionNo"])),
    )
    lines = [text_of(row["Notes"]), "Deceased" if row["Status"] == "3" else None]
    return joined(lines + [label + value if value else None for label, value in labelled], "\n")


def birth_of(row):
    day = row["DateOfBirth"][:10]
    return None if day in EMPTY_DATES else day or None


def expected_patient(row, funds):
    email, more_email = split_email(row["Email"])
    phones, more_phones = phones_of(row)
    medicare, reference = medicare_of(row)
    dva, more_dva = dva_of(row)
    return {
        "first_name": line_of(row["FirstName"]) or "(unknown)",
        "last_name": line_of(row["Surname"]) or "(unknown)",
        "title": line_of(row["Title"]),
        "preferred_first_name": line_of(row["PreferredName"]),
        "date_of_birth": birth_of(row),
        "sex": SEXES.get(row["Sex"]),
        "email": email,
        "address_1": line_of(row["Address1"]),
        "address_2": line_of(row["Address2"]),
        "city": line_of(row["Suburb"]),
        "state": line_of(row["State"]),
        "post_code": line_of(row["PostCode"]),
        "country": line_of(row["Country"]),
        "phones": phones,
        "medicare": medicare,
        "medicare_reference_number": reference,
        "dva_card_number": dva,
        "occupation": line_of(row["Occupation"]),
        "emergency_contact": joined([line_of(row[name]) for name in
                                     ("EmergencyName", "EmergencyRelation", "EmergencyPhone")], ", "),
        "notes": Holds(facts_for_notes(row, funds), more_email + more_phones + more_dva),
        "archived": row["Status"] != "0",
        "reminder_type": "None",
        "receives_confirmation_emails": False,
    }


def expected_patients(tables):
    """({old_reference_id: fields}, {reason: rows left behind})"""
    funds = by_key(tables["HealthFund"], "HealthFundID")
    expected = {}
    left = collections.Counter()
    for row in tables["Patient"]:
        if row["MergedIntoPatientID"]:
            left["merged into another patient"] += 1
        else:
            expected[PREFIX + row["PatientID"]] = expected_patient(row, funds)
    return expected, left


def survivor(patient_id, patients):
    while patients[patient_id]["MergedIntoPatientID"]:
        patient_id = patients[patient_id]["MergedIntoPatientID"]
    return patient_id


def minutes_of(row, types):
    minutes = int(row["DurationMin"])
    if 1 <= minutes <= DAY_MINUTES:
        return minutes
    return int(types[row["AppointmentTypeID"]]["DurationMin"]) if row["AppointmentTypeID"] else 30


def expected_appointment(row, tables):
    """The fields in the order of FIELDS in compare_clinic.py; compared as a whole, since rows may be true duplicates."""
    practitioner = tables["practitioner"][row["PractitionerID"]]
    recorded = row["LocationID"] or practitioner["LocationID"]
    location = tables["location"][recorded or MAIN_LOCATION]
    kind = tables["type"].get(row["AppointmentTypeID"])
    start = to_utc(wall(row["StartTime"]), zoneinfo.ZoneInfo(location["TimeZoneName"]))
    end = start + datetime.timedelta(minutes=minutes_of(row, tables["type"]))
    cancelled = row["IsCancelled"] == "1"
    note = joined([text_of(row["CancelReason"]), f"Cancelled at {row['CancelledAt']}"], "\n")
    return (
        PREFIX + survivor(row["PatientID"], tables["patient"]),
        shown(start),
        shown(end),
        f"{line_of(practitioner['FirstName'])} {line_of(practitioner['Surname'])}",
        line_of(location["Name"]),
        line_of(kind["Name"]) if kind else "Appointment",
        joined([text_of(row["Notes"]), None if recorded else NO_LOCATION], "\n"),
        {"0": None, "1": True, "2": False}[row["Attendance"]],
        cancelled,
        REASON_OTHER if cancelled else None,
        note if cancelled else None,
    )


def expected_appointments(tables):
    """(Counter of field tuples, {reason: rows left behind})"""
    indexed = {
        "patient": by_key(tables["Patient"], "PatientID"),
        "practitioner": by_key(tables["Practitioner"], "PractitionerID"),
        "location": by_key(tables["Location"], "LocationID"),
        "type": by_key(tables["AppointmentType"], "AppointmentTypeID"),
    }
    expected = collections.Counter()
    left = collections.Counter()
    for row in tables["Appointment"]:
        if row["IsDeleted"] == "1":
            left["deleted in the diary"] += 1
        elif not row["PatientID"]:
            left["casual, without a patient file"] += 1
        elif row["PatientID"] not in indexed["patient"]:
            left["of a patient who is not in the export"] += 1
        else:
            expected[expected_appointment(row, indexed)] += 1
    return expected, left


def expected_types(tables):
    """{name: minutes} of the types that some appointment needs, and of those that none does."""
    types = {line_of(row["Name"]): int(row["DurationMin"]) for row in tables["AppointmentType"]}
    types["Appointment"] = 30
    return types
