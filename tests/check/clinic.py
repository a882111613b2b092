"""What Cliniko should hold after the sample clinic's export was transferred, worked out from its files alone.

This is a second opinion: it shares no code and no profile with the transfer. The rules for patients and the diary; those
for catalogues, notes and files are in compare_catalogue.py, compare_notes.py and compare_files.py:

patient      every row but the merged ones; old_reference_id is FD- and the PatientID; archived unless active
appointment  every row but: deleted, casual (no patient), patient not in the export, practitioner left behind by choice
             a merged patient's appointments are those of the patient into whom it was merged
             without a location: the practitioner's, who may have none: then the first, and the notes say so
             when somebody arrived is in the notes
             without a type: a type called "Appointment" of 30 minutes
             a length that is not 1 minute to 24 hours: the length of the type
casual       as the clinic answers: calendar notes become unavailable blocks, walk-ins patients with appointments, or they
             stay behind
times        wall clock of the location's zone, to the nearest second; an hour that daylight saving skipped is moved
             forward by the gap, an hour that comes twice is the first of the two
odd values   what Cliniko would refuse (a second e-mail, a phone that is none, a DVA number that is none) is in the notes,
             and so is everything that Cliniko has no field for
warnings     as the clinic answers: medical alerts, or shown with each appointment; reminders become memos
messages     nobody gets any while the transfer runs; at its end each patient has the reminders that were consented to
"""
import collections
import csv
import datetime
import json
import pathlib
import re
import zoneinfo

from compare_report import Holds, Record, joined, line_of, text_of

csv.field_size_limit(1 << 30)

PREFIX = "FD-"
DAY_MINUTES = 24 * 60
EMPTY_DATES = {"1899-12-30", "1900-01-01", "1753-01-01"}
EARLIEST_BIRTH = "1880-01-01"
SEXES = {"M": "Male", "F": "Female", "X": "Other"}
CARDS = {"1": "gold", "2": "white", "3": "orange"}
REMINDERS = {("0", "0"): "None", ("1", "0"): "SMS", ("0", "1"): "Email", ("1", "1"): "SMS & Email"}
REASON_OTHER = 50
MAIN_LOCATION = "1"
NO_LOCATION = "No location was recorded: taken to be at the main one."
KIND_REMINDER = "1"  # everything else is a warning
DOCTORS = ("1", "2")
ADVERTISING = "3"
DVA = re.compile(r"[NVQSWT](?:[A-Z ]\d{1,6}|[A-Z]{2}\d{1,5}|[A-Z]{3}\d{1,4})[A-Z]?")
EMAIL = re.compile(r"[A-Z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Z0-9.-]+\.[A-Z]{2,63}", re.I)
PHONE = re.compile(r"[0-9 ()+.-]+( ext \d+)?")


class Tables(dict):
    """{table: rows}, and the folder of the export, beside which its binary values stand."""

    folder = None


class Answers:
    """The clinic's answers.json; without one, everybody is called the same in Cliniko and defaults hold."""

    def __init__(self, document=None):
        self.questions = (document or {}).get("questions", {})
        self.practitioners = (document or {}).get("practitioner", {})

    def says(self, question, value, fallback=None):
        return self.questions.get(question, fallback) == value

    def stand_in(self, row):
        """The name in Cliniko of who stands for this practitioner; None: their appointments stay behind."""
        name = full_name(row)
        for known_as in (PREFIX + row["PractitionerID"], name):
            if known_as in self.practitioners:
                return self.practitioners[known_as]
        return name


def read_answers(path):
    return Answers(json.loads(pathlib.Path(path).read_text(encoding="utf-8")) if path else None)


def read_tables(folder):
    tables = Tables()
    tables.folder = pathlib.Path(folder)
    for path in sorted(tables.folder.glob("*.csv")):
        with open(path, newline="", encoding="utf-8") as file:
            tables[path.stem] = list(csv.DictReader(file))
    return tables


def by_key(rows, key):
    return {row[key]: row for row in rows}


def full_name(row):
    return f"{line_of(row['FirstName'])} {line_of(row['Surname'])}"


def wall(text):
    """To the nearest second, since the ticks of SQL Server miss it by up to 3 ms."""
    moment = datetime.datetime.fromisoformat(text)
    return (moment + datetime.timedelta(milliseconds=500)).replace(microsecond=0)


def to_utc(moment, zone):
    """fold=0 takes the first of two hours, and in a gap the offset that was in force before it."""
    return moment.replace(tzinfo=zone, fold=0).astimezone(datetime.timezone.utc)


def shown(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- patients ----


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


def phones_of(row, columns):
    """[(type, number)] and what has to go to the notes. A number that stands in two fields counts once."""
    found = []
    rest = []
    for kind, column in columns:
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


def birth_of(row, today):
    """The day, and the value as recorded when it cannot be one."""
    day = row["DateOfBirth"][:10]
    if not day or day in EMPTY_DATES:
        return None, []
    return (day, []) if EARLIEST_BIRTH <= day <= today else (None, [day])


def facts_for_notes(row, indexed):
    """What Cliniko has no field for."""
    usual = indexed["practitioner"].get(row["PractitionerID"])
    fund = indexed["fund"].get(row["HealthFundID"], {}).get("Name")
    category = indexed["category"].get(row["FeeCategoryID"])
    tier = line_of(category["Name"]) if category and category["FeeCategoryID"] not in indexed["concession"] else None
    missing = [row[name] for name in ("GpID", "ReferrerID") if row[name] and row[name] not in indexed["referrer"]]
    return [row["FileNumber"], row["MiddleName"], line_of(row["PostalAddress"]), row["Employer"], row["MedicareExpiry"],
            CARDS.get(row["DvaCard"]), fund, row["HealthFundNo"], row["PensionNo"], tier,
            full_name(usual) if usual else None, "Deceased" if row["Status"] == "3" else None] + missing


def facts_of_people_around(patient_ids, indexed, answers):
    """What the tables that hang on patients say; `patient_ids` are one file and those that were merged into it."""
    facts = []
    for table, columns in (("PatientContact", ("Name", "Relation", "Phone", "Email")), ("Referral", ("Notes",)),
                           ("PatientAccount", ("PayerName", "ClaimNo"))):
        for patient_id in patient_ids:
            for row in indexed[table].get(patient_id, []):
                facts += [line_of(row[column]) for column in columns]
    for patient_id in patient_ids:
        facts += [indexed["group"][row["PatientGroupID"]]["Name"]
                  for row in indexed["PatientGroupMember"].get(patient_id, [])]
        facts += [text_of(row["WarningText"]) for row in indexed["PatientWarning"].get(patient_id, [])
                  if is_reminder_note(row, answers)]
    return facts


def is_doctor(row):
    return row is not None and row["Kind"] in DOCTORS


def doctor_of(row, referrers):
    """The GP, else the referrer where that is a doctor; as the contact's name."""
    doctor = next((referrers.get(row[name]) for name in ("GpID", "ReferrerID") if is_doctor(referrers.get(row[name]))),
                  None)
    return full_name(doctor) if doctor else None


def source_of(row, referrers):
    """How a patient heard of the clinic, unless that is the referring doctor: a person, a firm or an advertisement."""
    source = referrers.get(row["ReferrerID"])
    if source is None or (is_doctor(source) and not is_doctor(referrers.get(row["GpID"]))):
        return None
    return Holds("", [line_of(source[name]) for name in ("FirstName", "Surname", "PracticeName")])


def is_concession(category, answers):
    """A price tier of patients, where the clinic's tiers are such."""
    return category["Kind"] == "0" and answers.says("charge_types", "patient")


# Warnings and reminders: what is confidential, by the row or by the clinic's word, only practitioners see.


def is_confidential(row, answers):
    return row["IsConfidential"] == "1" or not answers.says("warnings_confidential", "no")


def is_open(row):
    """It has a text, and nobody has dealt with it."""
    return text_of(row["WarningText"]) is not None and not (row["Kind"] == KIND_REMINDER and row["IsDone"] == "1")


def is_alert(row, answers):
    confidential = row["IsConfidential"] == "1" if row["Kind"] == KIND_REMINDER else is_confidential(row, answers)
    return is_open(row) and confidential


def is_shown_warning(row, answers):
    return is_open(row) and row["Kind"] != KIND_REMINDER and not is_confidential(row, answers)


def is_memo(row, answers):
    return is_open(row) and row["Kind"] == KIND_REMINDER and row["IsConfidential"] != "1" and \
        answers.says("reminders", "memos")


def is_reminder_note(row, answers):
    return is_open(row) and row["Kind"] == KIND_REMINDER and row["IsConfidential"] != "1" and \
        not answers.says("reminders", "memos")


def emergency_of(row, files, indexed):
    """Whom to call: as the file says, else the next of kin among the people around the patient."""
    said = joined([line_of(row[name]) for name in ("EmergencyName", "EmergencyRelation", "EmergencyPhone")], ", ")
    return said or joined([joined([line_of(one[name]) for name in ("Name", "Relation", "Phone")], ", ")
                           for file in files for one in indexed["PatientContact"].get(file, [])
                           if one["IsNextOfKin"] == "1"], "; ")


def expected_patient(row, indexed, answers, today):
    email, more_email = split_email(row["Email"])
    phones, more_phones = phones_of(row, PATIENT_PHONES)
    medicare, reference = medicare_of(row)
    dva, more_dva = dva_of(row)
    birth, more_birth = birth_of(row, today)
    reminder = REMINDERS[row["ConsentSms"] or "0", row["ConsentEmail"] or "0"]
    files = indexed["files"][row["PatientID"]]
    warnings = [text_of(one["WarningText"]) for file in files for one in indexed["PatientWarning"].get(file, [])
                if is_shown_warning(one, answers)]
    confidential = [text_of(one["WarningText"]) for file in files for one in indexed["PatientWarning"].get(file, [])
                    if is_alert(one, answers)]
    return {
        "first_name": line_of(row["FirstName"]) or "(unknown)",
        "last_name": line_of(row["Surname"]) or "(unknown)",
        "title": line_of(row["Title"]),
        "preferred_first_name": line_of(row["PreferredName"]),
        "date_of_birth": birth,
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
        "emergency_contact": emergency_of(row, files, indexed),
        "concession_type": indexed["concession"].get(row["FeeCategoryID"]),
        "referring_doctor": doctor_of(row, indexed["referrer"]),
        "referral_source": source_of(row, indexed["referrer"]),
        "appointment_notes": Holds("", warnings, without=confidential),
        "notes": Holds(text_of(row["Notes"]), facts_for_notes(row, indexed) + more_email + more_phones + more_dva
                       + more_birth + facts_of_people_around(files, indexed, answers), without=confidential),
        "archived": row["Status"] != "0",
        "reminder_type": reminder,
        "receives_confirmation_emails": "Email" in reminder,
    }


PATIENT_PHONES = (("Mobile", "PhoneMobile"), ("Home", "PhoneHome"), ("Work", "PhoneWork"), ("Fax", "Fax"))


def all_by_key(rows, key):
    found = collections.defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


HANG_ON_PATIENTS = ("PatientContact", "PatientAccount", "PatientGroupMember", "PatientWarning", "Referral")


def patient_index(tables, answers):
    patients = by_key(tables["Patient"], "PatientID")
    files = collections.defaultdict(list)
    for patient_id in patients:
        files[survivor(patient_id, patients)].append(patient_id)
    return {
        "patient": patients,
        "files": files,
        "fund": by_key(tables["HealthFund"], "HealthFundID"),
        "category": by_key(tables["FeeCategory"], "FeeCategoryID"),
        "concession": {row["FeeCategoryID"]: line_of(row["Name"]) for row in tables["FeeCategory"]
                       if is_concession(row, answers)},
        "referrer": by_key(tables["Referrer"], "ReferrerID"),
        "practitioner": by_key(tables["Practitioner"], "PractitionerID"),
        "group": by_key(tables.get("PatientGroup", []), "PatientGroupID"),
        **{name: all_by_key(tables.get(name, []), "PatientID") for name in HANG_ON_PATIENTS},
    }


def day_of_export(tables):
    """No later than the export was made: the latest change of a patient's file."""
    return max((row.get("DateModified", "")[:10] for row in tables["Patient"]), default="") or "9999"


def casual_reference(row):
    """Each walk-in is a patient: a key made of name and number would show them wherever records are named."""
    return f"{PREFIX}casual-{row['AppointmentID']}"


def expected_walk_ins(tables, answers):
    """{old_reference_id: fields} of those who came without a file, where the clinic says that casual entries are that."""
    expected = {}
    if not answers.says("casual_appointments", "walk_ins"):
        return expected
    indexed = diary_index(tables)
    for row in tables["Appointment"]:
        if row["PatientID"] or why_left(row, indexed, answers):
            continue
        first, _, last = (line_of(row["CasualName"]) or "").partition(" ")
        expected.setdefault(casual_reference(row), {
            "first_name": first or "(unknown)",
            "last_name": last or "(unknown)",
            "phones": [("Mobile", number) for number in split_phones(row["CasualPhone"])[0]],
            "archived": False,
            "reminder_type": "None",
            "receives_confirmation_emails": False,
        })
    return expected


def expected_patients(tables, answers=None):
    """({old_reference_id: fields}, {reason: rows left behind})"""
    answers = answers or Answers()
    indexed = patient_index(tables, answers)
    today = day_of_export(tables)
    expected = {}
    left = collections.Counter()
    for row in tables["Patient"]:
        if row["MergedIntoPatientID"]:
            left["merged into another patient"] += 1
        else:
            expected[PREFIX + row["PatientID"]] = expected_patient(row, indexed, answers, today)
    expected.update(expected_walk_ins(tables, answers))
    return expected, left


def survivor(patient_id, patients):
    while patients[patient_id]["MergedIntoPatientID"]:
        patient_id = patients[patient_id]["MergedIntoPatientID"]
    return patient_id


def reference_of(patient_id, patients):
    """old_reference_id of who a row belongs to; None when there is no such patient."""
    return PREFIX + survivor(patient_id, patients) if patient_id in patients else None


# ---- the diary ----


def minutes_of(row, types):
    minutes = int(row["DurationMin"])
    if 1 <= minutes <= DAY_MINUTES:
        return minutes
    return int(types[row["AppointmentTypeID"]]["DurationMin"]) if row["AppointmentTypeID"] else 30


def place_and_time(row, tables):
    """(location's row, whether it was recorded, start, end); the times are UTC."""
    practitioner = tables["practitioner"][row["PractitionerID"]]
    recorded = row["LocationID"] or practitioner["LocationID"]
    location = tables["location"][recorded or MAIN_LOCATION]
    start = to_utc(wall(row["StartTime"]), zoneinfo.ZoneInfo(location["TimeZoneName"]))
    return location, bool(recorded), start, start + datetime.timedelta(minutes=minutes_of(row, tables["type"]))


def arrival_of(row):
    return wall(row["ArrivedAt"]).strftime("Arrived at %Y-%m-%d %H:%M:%S") if row["ArrivedAt"] else None


APPOINTMENT_FIELDS = ("patient", "starts_at", "ends_at", "practitioner", "business", "type", "notes", "arrived",
                      "cancelled", "cancellation_reason", "cancellation_note")


def expected_appointment(row, tables, answers):
    """Values of APPOINTMENT_FIELDS; compared as a whole, since rows may be true duplicates."""
    location, recorded, start, end = place_and_time(row, tables)
    kind = tables["type"].get(row["AppointmentTypeID"])
    cancelled = row["IsCancelled"] == "1"
    note = joined([text_of(row["CancelReason"]), f"Cancelled at {row['CancelledAt']}"], "\n")
    return (
        reference_of(row["PatientID"], tables["patient"]) or casual_reference(row),
        shown(start),
        shown(end),
        answers.stand_in(tables["practitioner"][row["PractitionerID"]]),
        line_of(location["Name"]),
        line_of(kind["Name"]) if kind else "Appointment",
        joined([text_of(row["Notes"]), arrival_of(row), None if recorded else NO_LOCATION], "\n"),
        None if cancelled else {"0": None, "1": True, "2": False}[row["Attendance"]],
        cancelled,
        REASON_OTHER if cancelled else None,
        note if cancelled else None,
    )


def diary_index(tables):
    return {
        "patient": by_key(tables["Patient"], "PatientID"),
        "practitioner": by_key(tables["Practitioner"], "PractitionerID"),
        "location": by_key(tables["Location"], "LocationID"),
        "type": by_key(tables["AppointmentType"], "AppointmentTypeID"),
    }


def why_left(row, indexed, answers):
    """Why an appointment stays behind; None when it goes over."""
    if row["IsDeleted"] == "1":
        return "deleted in the diary"
    if not row["PatientID"] and not answers.says("casual_appointments", "walk_ins"):
        return "casual, without a patient file"
    if row["PatientID"] and row["PatientID"] not in indexed["patient"]:
        return "of a patient who is not in the export"
    if answers.stand_in(indexed["practitioner"][row["PractitionerID"]]) is None:
        return "of a practitioner who is left behind by choice"
    return None


def expected_appointments(tables, answers=None):
    """(Counter of field tuples, {reason: rows left behind})"""
    answers = answers or Answers()
    indexed = diary_index(tables)
    expected = collections.Counter()
    left = collections.Counter()
    for row in tables["Appointment"]:
        reason = why_left(row, indexed, answers)
        if reason:
            left[reason] += 1
        else:
            expected[expected_appointment(row, indexed, answers)] += 1
    return expected, left


def expected_diary(tables, answers):
    """The same appointments as records. What was noted of the attendance at a cancelled one is in the note."""
    indexed = diary_index(tables)
    records = []
    for row in tables["Appointment"]:
        if why_left(row, indexed, answers):
            continue
        fields = dict(zip(APPOINTMENT_FIELDS, expected_appointment(row, indexed, answers)))
        if fields["cancelled"] and row["Attendance"] != "0":
            fields["cancellation_note"] = Holds(fields["cancellation_note"], ["arrive"])
        label = f"appointment {row['AppointmentID']} of {fields['patient']} at {fields['starts_at']}"
        records.append(Record(fields["patient"], label, fields))
    return records


def expected_blocks(tables, answers):
    """([Record], {reason: rows left behind}) of casual entries that are calendar notes."""
    indexed = diary_index(tables)
    expected = []
    left = collections.Counter()
    for row in tables["Appointment"]:
        if row["IsDeleted"] == "1" or row["PatientID"]:
            continue
        if row["IsCancelled"] == "1":
            left["casual, cancelled"] += 1
            continue
        stand_in = answers.stand_in(indexed["practitioner"][row["PractitionerID"]])
        if answers.says("casual_appointments", "walk_ins"):
            continue
        if not answers.says("casual_appointments", "notes") or stand_in is None:
            left["casual, left behind by choice"] += 1
            continue
        location, _, start, end = place_and_time(row, indexed)
        expected.append(Record(shown(start), f"calendar note at {shown(start)}", {
            "starts_at": shown(start),
            "ends_at": shown(end),
            "practitioner": stand_in,
            "business": line_of(location["Name"]),
            "notes": Holds("", [line_of(row["CasualName"]), line_of(row["CasualPhone"]), text_of(row["Notes"]), arrival_of(row),
                                {"1": "Arrived", "2": "Did not arrive"}.get(row["Attendance"])]),
        }))
    return expected, left


def expected_alerts(tables, answers):
    """([Record], {reason: rows left behind}). An alert has one line of at most 255 characters; a longer text is told in
    parts, so all alerts of one row are taken together."""
    patients = by_key(tables["Patient"], "PatientID")
    records = []
    left = collections.Counter()
    for row in tables["PatientWarning"]:
        patient = reference_of(row["PatientID"], patients)
        if patient is None:
            left["of a patient who is not in the export"] += 1
        elif not is_open(row):
            left["without a text, or dealt with"] += 1
        elif is_alert(row, answers):
            due = row["DueDate"] if row["Kind"] == KIND_REMINDER else None
            records.append(Record(patient, f"alert {row['PatientWarningID']} of {patient}",
                                  {"patient": patient, "name": AlertText(row["WarningText"], due)}))
    return records, left


class AlertText:
    """The words of a warning in their order, and the day that a reminder is due."""

    def __init__(self, text, due):
        self.words = re.findall(r"\w+", text)
        self.due = due

    def __eq__(self, other):
        found = re.findall(r"\w+", other or "")
        return found[len(found) - len(self.words):] == self.words and (self.due or "") in (other or "")

    def __repr__(self):
        return repr(" ".join(self.words))


def expected_memos(tables, answers):
    patients = by_key(tables["Patient"], "PatientID")
    records = []
    for row in tables["PatientWarning"]:
        patient = reference_of(row["PatientID"], patients)
        if patient and is_memo(row, answers):
            records.append(Record(patient, f"memo {row['PatientWarningID']} of {patient}", {
                "patient": patient,
                "content": Holds("", [text_of(row["WarningText"]), row["DueDate"]]),
                "confidential": False,
                "category_code": 12,
            }))
    return records


def expected_types(tables):
    """{name: minutes} of the types that some appointment needs, and of those that none does."""
    types = {line_of(row["Name"]): int(row["DurationMin"]) or 30 for row in tables["AppointmentType"]}
    types["Appointment"] = 30
    return types
