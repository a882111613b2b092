"""Every oddity of a clinic's database that docs/sample-clinic.md lists: what becomes of it in Cliniko, and what the user
is told. The sample clinic brings some of its own; the others are put into it here, each in a row of its own."""
import collections
import json

import harness

LOST = "9000001"  # a patient who is not there
NEW = 70000  # numbers from here on are rows of this test
SYDNEY, BRISBANE = "1", "2"
LONG_NOTE = "\n".join(f"Line {number} of a text that fills many pages." for number in range(2000))

# What is typed into a patient's file: what Cliniko then has, and what is told of it, if anything.
PATIENTS = {
    "no birth: the day of Access": ({"DateOfBirth": "1899-12-30 00:00:00"}, {"date_of_birth": None}, None),
    "no birth: the day of SQL Server": ({"DateOfBirth": "1900-01-01 00:00:00"}, {"date_of_birth": None}, None),
    "no birth: the first day there is": ({"DateOfBirth": "1753-01-01 00:00:00"}, {"date_of_birth": None}, None),
    "a birth to come": ({"DateOfBirth": "2031-05-01 00:00:00"}, {"date_of_birth": None, "notes": "2031-05-01"},
                        "date_of_birth: no date of birth that can be right"),
    "a leading zero": ({"PostCode": "0800"}, {"post_code": "0800"}, None),
    "a state as somebody typed it": ({"State": "Qld."}, {"state": "Qld."}, None),
    "blanks at the ends": ({"Address1": "  7 Quay St  ", "Suburb": " Balmain"},
                           {"address_1": "7 Quay St", "city": "Balmain"}, None),
    "one name": ({"FirstName": "", "Surname": "Sukarno"}, {"first_name": "(unknown)", "last_name": "Sukarno"},
                 "first_name: empty, sent as (unknown)"),
    "no name": ({"FirstName": " ", "Surname": ""}, {"first_name": "(unknown)", "last_name": "(unknown)"},
                "last_name: empty, sent as (unknown)"),
    "names of other scripts": ({"FirstName": "Νίκος", "Surname": "ماجد 李"}, {"first_name": "Νίκος", "last_name": "ماجد 李"},
                               None),
    "two e-mails": ({"Email": "one@mail.example; two@mail.example"},
                    {"email": "one@mail.example", "notes": "two@mail.example"}, "email: more than one address"),
    "an e-mail that is none": ({"Email": "has none"}, {"email": None, "notes": "has none"}, "email: no address"),
    "a reference glued on": ({"MedicareNo": "2123 45670 12", "MedicareRef": ""},
                             {"medicare": "2123456701", "medicare_reference_number": "2"}, None),
    "a file number with blanks": ({"DvaNo": "nx 12 34"}, {"dva_card_number": "NX1234"}, None),
    "a file number that is none": ({"DvaNo": "12345-?"}, {"dva_card_number": None, "notes": "12345-?"},
                                   "dva_card_number: no DVA number"),
    "two numbers in one field": ({"PhoneHome": "(08) 8361 2666 / 0412 345 678"},
                                 {"phones": [("Home", "(08) 8361 2666"), ("Home", "0412 345 678")]}, None),
    "a number with words": ({"PhoneHome": "ask for Jan"}, {"phones": [], "notes": "ask for Jan"},
                            "phone_home: not only a number"),
    "a doctor who is not in the table": ({"GpID": "999"}, {"notes": "999, who is not in the database"}, None),
    "an advertisement as referrer": ({"ReferrerID": "8"}, {"referral_source": "Local Paper"}, None),
    "died": ({"Status": "3"}, {"archived": True, "notes": "Deceased"}, None),
    "archived": ({"Status": "2"}, {"archived": True}, None),
    "an address of several lines": ({"PostalAddress": "PO Box 1\r\nBalmain\r\nNSW"}, {"notes": "PO Box 1 Balmain NSW"}, None),
    "notes of many pages": ({"Notes": LONG_NOTE}, {"notes": "Line 1999 of a text that fills many pages."}, None),
    "a computed column that disagrees": ({"FullName": "NOT-THIS, ONE"}, {"first_name": "Ann"}, None),
    "the same person once": ({"FirstName": "Twin", "Surname": "Same", "DateOfBirth": "1960-01-02 00:00:00"},
                             {"first_name": "Twin"}, None),
    "the same person twice": ({"FirstName": "Twin", "Surname": "Same", "DateOfBirth": "1960-01-02 00:00:00"},
                              {"first_name": "Twin"}, None),
}

# What stands in the diary, and how that is in Cliniko, in UTC.
VISITS = {
    "length 0": ({"DurationMin": "0"}, {"minutes": 30}, "duration_minutes: '0' is not within 1 to 1440, so the 30 minutes"),
    "length below 0": ({"DurationMin": "-30"}, {"minutes": 30}, "duration_minutes: '-30'"),
    "longer than a day": ({"DurationMin": "1500"}, {"minutes": 30}, "duration_minutes: '1500'"),
    "a tick before the minute": ({"StartTime": "2025-07-01 09:59:59.997"}, {"starts_at": "2025-07-01T00:00:00Z"}, None),
    "a tick after the minute": ({"StartTime": "2025-07-01 10:00:00.003"}, {"starts_at": "2025-07-01T00:00:00Z"}, None),
    "an hour that was skipped": ({"StartTime": "2025-10-05 02:30:00.000"}, {"starts_at": "2025-10-04T16:30:00Z"},
                                 "daylight saving skipped, moved forward"),
    "an hour that came twice": ({"StartTime": "2025-04-06 02:30:00.000"}, {"starts_at": "2025-04-05T15:30:00Z"},
                                "daylight saving repeats, taken as the first"),
    "the same hour across the border": ({"StartTime": "2025-10-05 02:30:00.000", "LocationID": BRISBANE},
                                        {"starts_at": "2025-10-04T16:30:00Z"}, None),
    "summer in Sydney": ({"StartTime": "2026-01-05 09:00:00.000"}, {"starts_at": "2026-01-04T22:00:00Z"}, None),
    "summer in Brisbane": ({"StartTime": "2026-01-05 09:00:00.000", "LocationID": BRISBANE},
                           {"starts_at": "2026-01-04T23:00:00Z"}, None),
    "no type": ({"AppointmentTypeID": ""}, {"type": "Appointment"}, None),
    "no place": ({"LocationID": "", "PractitionerID": "2"},
                 {"place": "Harbour Physiotherapy Balmain", "notes": "No location was recorded"}, None),
    "no place, but the practitioner's": ({"LocationID": "", "PractitionerID": "3"},
                                         {"place": "Harbour Physiotherapy Coolangatta"}, None),
    "arrived": ({"Attendance": "1"}, {"arrived": True}, None),
    "did not come": ({"Attendance": "2"}, {"arrived": False}, None),
    "cancelled and absent at once": ({"IsCancelled": "1", "Attendance": "2", "CancelReason": "Ill",
                                      "CancelledAt": "2025-06-30 10:00:00"},
                                     {"cancelled": True, "cancellation_note": "did not arrive", "arrived": None},
                                     "attendance: recorded, but the appointment is cancelled"),
    "an entry once": ({"StartTime": "2025-07-08 11:00:00.000"}, {"starts_at": "2025-07-08T01:00:00Z"}, None),
    "the same entry twice": ({"StartTime": "2025-07-08 11:00:00.000"}, {"starts_at": "2025-07-08T01:00:00Z"}, None),
    "to come, of an archived patient": ({"PatientID": "archived", "StartTime": "2026-08-03 09:00:00.000"},
                                        {"starts_at": "2026-08-02T23:00:00Z"}, None),
    "of a patient who was merged twice": ({"PatientID": "merged"}, {"patient": "FD-1"}, None),
}

# Rows that stay behind, each named with its reason.
NAMED = {
    ("appointment", "FD-78001"): "its patient is not in the database",
    ("medical_alert", "FD-78001"): "its patient is not in the database",
    ("treatment_note", "FD-note-21"): "its patient is not in the database",
    ("attachment", "FD-14"): "only the path of a file on the clinic's server was recorded",
    ("attachment", "FD-15"): "its patient is not in the database",
    ("attachment", "FD-22"): "no file was recorded",
    ("xray", "FD-xray-21"): "its patient is not in the database",
    ("xray", "FD-xray-22"): "its patient is not in the database",
    ("letter", "FD-letter-11"): "no text was recorded",
    ("letter", "FD-letter-12"): "its patient is not in the database",
}

# Records of the sample clinic that arrive, with what is told of them; None where nothing is to be told.
TOLD = {
    ("product", "FD-2"): None,  # a stock below nothing
    ("product", "FD-4"): "stock_level: not a whole number, sent as 127",
    ("product", "FD-10"): None,  # costs nothing
    ("billable_item", "FD-3"): None,  # a code that another one has
    ("billable_item", "FD-8"): "price: empty, sent as 0.00",
    ("appointment_type", "FD-8"): "'FD-99' is not in the source",
    ("contact", "FD-S2"): "email: more than one address",
    ("contact", "FD-S4"): "phone_work: not only a number",
    ("contact", "FD-R5"): "email: no address that Cliniko takes",
    ("treatment_note", "FD-note-10"): "body: empty",
    ("treatment_note", "FD-note-11"): "body: empty",
    ("treatment_note", "FD-note-12"): "body: empty",
    ("treatment_note", "FD-note-17"): None,  # RTF in a column that says plain
    ("treatment_note", "FD-note-18"): None,  # and the other way round
    ("treatment_note", "FD-note-22"): None,  # without a visit
    ("treatment_note", "FD-note-23"): "'FD-8888888' is not in the source",
    ("treatment_note", "FD-note-24"): None,  # flagged as encrypted, and is not
    ("note_document", "FD-note-2"): None,
    ("note_document", "FD-note-8"): None,
    ("attachment", "FD-8"): "its name ends in .pdf, but it is a file of the kind .png",
    ("attachment", "FD-11"): "description: longer than 255 characters",
    ("attachment", "FD-20"): None,  # another size than the column says
    ("attachment", "FD-21"): None,  # flagged as encrypted, and is not
    ("letter", "FD-letter-3"): "a Word 97 document: it is attached as it was",
    ("letter", "FD-letter-5"): "pictures do not go over",
    ("letter", "FD-letter-7"): "the fonts lack the characters",
    ("letter", "FD-letter-13"): "description: longer than 255 characters",
}


class Outcome:
    """What Cliniko holds, by source key, and what the user is told of it."""

    def __init__(self, services, sandbox, export, number):
        self.account = harness.read_account(sandbox.api(export.key))
        self.entries = {entry["id"]: entry for rows in self.account.values() if isinstance(rows, list) for entry in rows}
        ids = (line.split("|") for line in services.psql().ask(
            f"select entity, source_key, cliniko_id from record where transfer = {number} and cliniko_id is not null"))
        self.ids = {(entity, key): cliniko_id for entity, key, cliniko_id in ids}
        self.told = {}
        self.left = {}
        for line in services.handover("transfer", "show", number, "--json").splitlines():
            row = json.loads(line)
            if "source_key" in row:
                self.told[row["entity"], row["source_key"]] = (row["state"], row["problem"])
            elif "left_behind" in row:
                self.left[row["left_behind"]] = row

    def of(self, entity, key):
        return self.entries[self.ids[entity, key]]

    def related(self, entry, name):
        return self.entries[harness.related_id(entry, name)]

    def patient(self, key):
        return harness.compare_clinic.found_patient(self.of("patient", key), harness.compare_clinic.names_of(self.account))

    def visit(self, key):
        """As a person sees it in the diary."""
        entry = self.of("appointment", key)
        attendees = {harness.related_id(one, "booking"): one for one in self.account["attendees"]}
        start, end = (harness.clinic.datetime.datetime.fromisoformat(entry[name]) for name in ("starts_at", "ends_at"))
        return {**entry, "minutes": (end - start).total_seconds() / 60,
                "type": self.related(entry, "appointment_type")["name"],
                "place": self.related(entry, "business")["business_name"],
                "patient": self.related(entry, "patient")["old_reference_id"],
                "arrived": attendees[entry["id"]]["arrived"], "cancelled": entry.get("cancelled_at") is not None}


class Traps(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=30, years=1)
        self.given = json.loads(self.clinic.answers_file.read_text(encoding="utf-8"))
        self.keys = {}

    def start(self):
        self.cliniko = self.sandbox(self.clinic.account)
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=800)
        for _ in range(2):
            self.services.start_worker()

    def transfer(self, to, export=None, *flags, **options):
        self.cliniko.reset()
        run = self.run_transfer(self.cliniko, export or self.clinic, *flags, to=to,
                                **{**self.services.settings, "DATA": None, **options})
        run.wait(120)
        return run

    def outcome(self, run, export=None):
        return Outcome(self.services, self.cliniko, export or self.clinic, run.number)

    def set_traps(self):
        self.clinic.change("Patient", lambda rows: rows + list(self.odd_patients(rows[0])))
        self.clinic.change("Appointment", lambda rows: rows + list(self.odd_visits(rows)))
        self.clinic.change("PatientWarning", lambda rows: rows + list(self.odd_warnings(rows[0])))
        self.clinic.change("AppointmentType", lambda rows: [
            {**row, "Colour": "255"} if row["AppointmentTypeID"] == "1" else row for row in rows])

    def odd_patients(self, row):
        plain = {name: "" for name in row} | {
            "Surname": "Lee", "FirstName": "Ann", "DateOfBirth": "1970-01-01 00:00:00", "Status": "0", "DvaCard": "0",
            "ConsentSms": "0", "ConsentEmail": "0", "DateModified": "2026-03-02 10:00:00.000"}
        for number, (name, (fields, _, _)) in enumerate(PATIENTS.items(), NEW):
            self.keys[name] = f"FD-{number}"
            yield {**plain, **fields, "PatientID": str(number)}
        yield {**plain, "PatientID": "79001", "MergedIntoPatientID": "79002", "Status": "2"}
        yield {**plain, "PatientID": "79002", "MergedIntoPatientID": "1", "Status": "2"}

    def odd_visits(self, rows):
        plain = {name: "" for name in rows[0]} | {
            "PatientID": "1", "PractitionerID": "1", "LocationID": SYDNEY, "AppointmentTypeID": "2", "DurationMin": "30",
            "StartTime": "2025-07-01 10:00:00.000", "Attendance": "0", "IsCancelled": "0", "IsDeleted": "0"}
        patients = {"archived": self.keys["archived"].removeprefix("FD-"), "merged": "79001"}
        for number, (name, (fields, _, _)) in enumerate(VISITS.items(), NEW):
            self.keys[name] = f"FD-{number}"
            row = {**plain, **fields, "AppointmentID": str(number)}
            yield {**row, "PatientID": patients.get(row["PatientID"], row["PatientID"])}
        yield {**plain, "AppointmentID": "78001", "PatientID": LOST}
        yield {**plain, "AppointmentID": "78002", "IsDeleted": "1"}
        casual = {**plain, "PatientID": "", "CasualName": "Walter Walkin", "CasualPhone": "0400 222 333"}
        yield {**casual, "AppointmentID": "78010"}
        yield {**casual, "AppointmentID": "78011", "IsCancelled": "1", "CancelledAt": "2025-06-30 10:00:00"}

    def odd_warnings(self, row):
        plain = {**row, "PatientID": "1", "WarningText": "x", "Kind": "0", "IsConfidential": "0", "DueDate": "", "IsDone": "0"}
        yield {**plain, "PatientWarningID": "78001", "PatientID": LOST}
        yield {**plain, "PatientWarningID": "78002", "WarningText": "Plain warning"}
        yield {**plain, "PatientWarningID": "78003", "WarningText": "Secret warning", "IsConfidential": "1"}
        yield {**plain, "PatientWarningID": "78004", "IsConfidential": "1",
               "WarningText": " ".join(f"word{number}" for number in range(100))}
        yield {**plain, "PatientWarningID": "78005", "WarningText": "Ring in May", "Kind": "1", "DueDate": "2026-05-04"}
        yield {**plain, "PatientWarningID": "78006", "WarningText": "Dealt with", "Kind": "1", "IsDone": "1"}
        yield {**plain, "PatientWarningID": "78007", "WarningText": " \r\n"}

    def assert_told(self, outcome, entity, key, fragment):
        state, text = outcome.told.get((entity, key), (None, None))
        if fragment is None:
            self.assertIsNone(text, "nothing is to be told of it")
        else:
            self.assertEqual(state, "warning")
            self.assertIn(fragment, text)

    def assert_fields(self, found, wanted):
        for name, want in wanted.items():
            if name in ("notes", "cancellation_note", "referral_source"):
                self.assertIn(want, found[name], name)
            else:
                self.assertEqual(found[name], want, name)

    def check_rows(self, outcome, table, entity, find):
        for name, (_, wanted, told) in table.items():
            with self.subTest(f"{entity}: {name}"):
                self.assert_fields(find(self.keys[name]), wanted)
                self.assert_told(outcome, entity, self.keys[name], told)

    def check_named(self, outcome):
        for (entity, key), reason in NAMED.items():
            with self.subTest(f"stays behind: {entity} {key}"):
                self.assertNotIn((entity, key), outcome.ids)
                state, text = outcome.told[entity, key]
                self.assertEqual(state, "left")
                self.assertIn(reason, text)
        for (entity, key), told in TOLD.items():
            with self.subTest(f"arrives: {entity} {key}"):
                self.assertIn((entity, key), outcome.ids)
                self.assert_told(outcome, entity, key, told)
        for entity, key, says in (("attachment", "FD-7", "Attachment.csv, row 8, column Content names a file that is empty"),
                                  ("letter", "FD-letter-10", "names a file that is empty")):
            with self.subTest(f"cannot be sent: {entity} {key}"):
                self.assertEqual(outcome.told[entity, key][0], "excluded")
                self.assertIn(says, outcome.told[entity, key][1])

    def check_counts(self, outcome, answers):
        """What stays behind without being named is counted by its reason."""
        tables = self.clinic.tables()
        alive = [row for row in tables["Appointment"] if row["IsDeleted"] == "0"]
        wanted = {
            "patients: merged into another patient": sum(bool(row["MergedIntoPatientID"]) for row in tables["Patient"]),
            "appointments: deleted in the diary": sum(row["IsDeleted"] == "1" and bool(row["PatientID"])
                                                      for row in tables["Appointment"]),
            "medical alerts: a reminder that is done": sum(row["Kind"] == "1" and row["IsDone"] == "1"
                                                           for row in tables["PatientWarning"]),
            "medical alerts: without a text": sum(not row["WarningText"].strip() for row in tables["PatientWarning"]),
            "invoices": len(tables["Invoice"]), "lines of invoices": len(tables["InvoiceLine"]),
            "payments": len(tables["Payment"]), "logins": len(tables["AppUser"]), "recalls": len(tables["Recall"]),
            "entries of the waiting list": len(tables["WaitList"]), "templates of notes": len(tables["NoteTemplate"]),
            "provider numbers": len(tables["ProviderNumber"]),
        }
        if answers["casual_appointments"] == "notes":
            wanted["calendar notes: a casual appointment that was cancelled"] = sum(
                not row["PatientID"] and row["IsCancelled"] == "1" for row in alive)
        for what, count in wanted.items():
            with self.subTest(f"counted: {what}"):
                self.assertEqual(outcome.left.get(what, {}).get("found", 0), count)
        with self.subTest("advice about balances"):
            owed = outcome.left["patients who owe something or have paid too much"]
            self.assertIn("opening balance", owed["advice"])

    def test_as_the_clinic_answers(self):
        """Casual entries are calendar notes, price tiers are those of patients, warnings are for all, reminders memos."""
        self.set_traps()
        self.start()
        run = self.transfer("notes")
        self.assert_status(run, 3)
        outcome = self.outcome(run)
        self.check_rows(outcome, PATIENTS, "patient", outcome.patient)
        self.check_rows(outcome, VISITS, "appointment", outcome.visit)
        self.check_named(outcome)
        self.check_counts(outcome, self.given["questions"])
        self.check_people_around(outcome)
        self.check_catalogue(outcome)
        with self.subTest("casual: a note in the calendar"):
            block = outcome.of("unavailable_block", "FD-78010")
            self.assertEqual(block["notes"], "Walter Walkin, 0400 222 333\n[FD-78010]")
            self.assertNotIn(("unavailable_block", "FD-78011"), outcome.ids)
        with self.subTest("a computed column is nowhere"):
            self.assertNotIn("NOT-THIS", json.dumps(outcome.account["patients"]))
        with self.subTest("the merged are gone, what hangs on them is the survivor's"):
            self.assertFalse({"FD-79001", "FD-79002"} & {entry["old_reference_id"] for entry in outcome.account["patients"]})
        self.assert_arrived_whole(self.cliniko, self.clinic)

    def check_people_around(self, outcome):
        alerts = [entry["name"] for entry in outcome.account["medical_alerts"]
                  if outcome.related(entry, "patient")["old_reference_id"] == "FD-1"]
        notes = outcome.patient("FD-1")["appointment_notes"]
        with self.subTest("a warning for all, and one for practitioners only"):
            self.assertIn("Plain warning", notes)
            self.assertNotIn("Plain warning", alerts)
            self.assertIn("Secret warning", alerts)
            self.assertNotIn("Secret warning", notes + (outcome.patient("FD-1")["notes"] or ""))
        with self.subTest("a warning that is longer than an alert"):
            parts = sorted(name for name in alerts if name.startswith("word") or name[0].isdigit() or "word" in name)
            self.assertTrue(all(len(name) <= 255 for name in parts), parts)
            words = collections.Counter(word for name in parts for word in name.split() if word.startswith("word"))
            self.assertEqual(words, collections.Counter(f"word{number}" for number in range(100)))
            self.assertTrue(all(name.endswith(f"/{len(parts)})") for name in parts), parts)
        with self.subTest("a reminder that is due"):
            memo = outcome.of("reminder", "FD-78005")
            self.assertIn("Ring in May", memo["content"])
            self.assertIn("2026-05-04", memo["content"])
            self.assertNotIn("Dealt with", json.dumps(outcome.account["communications"]))

    def check_catalogue(self, outcome):
        with self.subTest("colours are blue, green, red in the source"):
            self.assertEqual(outcome.of("appointment_type", "FD-1")["color"], "#ff0000")
        with self.subTest("stock below nothing, price of nothing, a code that is there twice"):
            self.assertEqual(outcome.of("product", "FD-2")["stock_level"], -3)
            self.assertEqual(float(outcome.of("product", "FD-10")["price_including_tax"]), 0)
            self.assertEqual([outcome.of("product", f"FD-{number}")["item_code"] for number in (4, 5)], ["TAPE", "TAPE"])
            self.assertEqual([outcome.of("billable_item", f"FD-{number}")["item_code"] for number in (2, 3)], ["505", "505"])
        with self.subTest("a supplier who is not in the table"):
            self.assertIn("99", outcome.of("product", "FD-12")["notes"])
        with self.subTest("a type without a length"):
            self.assertEqual(outcome.of("appointment_type", "FD-8")["duration_in_minutes"], 30)
        with self.subTest("an advertisement is nobody, a firm without a person is somebody"):
            self.assertNotIn(("contact", "FD-R8"), outcome.ids)
            self.assertEqual(outcome.of("contact", "FD-R10")["company_name"], "Coastal WorkCover Agents")

    def test_as_another_clinic_would_answer(self):
        """Casual entries are walk-ins, price tiers are those of practitioners, warnings are confidential."""
        self.clinic.answer(questions={**self.given["questions"], "casual_appointments": "walk_ins", "reminders": "notes",
                                      "charge_types": "practitioner", "warnings_confidential": "yes"},
                           practitioner=self.given["practitioner"])
        self.set_traps()
        self.clinic.change("Appointment", lambda rows: rows + [
            {**row, "AppointmentID": "78020", "PractitionerID": "5"} for row in rows if row["AppointmentID"] == "78010"])
        self.start()
        run = self.transfer("walk-ins")
        self.assert_status(run, 3)
        outcome = self.outcome(run)
        with self.subTest("casual: a patient with an appointment"):
            self.assertEqual(outcome.visit("FD-78010")["patient"], "FD-casual-78010")
            self.assertTrue(outcome.visit("FD-78011")["cancelled"])
            self.assertEqual(outcome.told["patient", "FD-casual-78020"], ("left", "a walk-in whose appointment stays behind"))
            walk_in = outcome.patient("FD-casual-78010")
            self.assert_fields(walk_in, {"first_name": "Walter", "last_name": "Walkin", "notes": "Walk-in",
                                         "phones": [("Mobile", "0400 222 333")]})
        with self.subTest("every warning is for practitioners only, reminders are notes"):
            patient = outcome.patient("FD-1")
            self.assertNotIn("Plain warning", json.dumps(patient))
            self.assertIn("Plain warning", [entry["name"] for entry in outcome.account["medical_alerts"]])
            self.assertIn("Reminder, due 2026-05-04: Ring in May", patient["notes"])
            self.assertEqual(outcome.account["communications"], [])
        with self.subTest("each price of a service"):
            self.assertEqual(outcome.of("billable_item", "FD-1/6")["name"], "Initial consultation (Senior practitioner)")
            self.assertEqual(outcome.account["concession_types"], [])
        self.assert_arrived_whole(self.cliniko, self.clinic)

    def test_rows_that_make_no_sense(self):
        """They are not sent, and named with file, row, column and value; what hangs on them is skipped; or the run stops
        before anything is sent."""
        plain = next(row for row in self.clinic.tables()["Appointment"] if row["PatientID"] and row["IsDeleted"] == "0"
                     and row["Attendance"] == "1")
        wrong = {"StartTime": "2026-02-31 09:00:00.000", "Attendance": "7", "PractitionerID": "77", "LocationID": "88",
                 "AppointmentTypeID": "66"}
        self.clinic.drop_empty_files()
        self.clinic.change("Appointment", lambda rows: rows + [
            {**plain, "AppointmentID": str(NEW + number), name: value} for number, (name, value) in enumerate(wrong.items())])
        circle = [("70001", "70002"), ("70002", "70001"), ("70003", LOST)]
        self.clinic.change("Patient", lambda rows: rows + [
            {**rows[0], "PatientID": one, "MergedIntoPatientID": other, "Status": "2"} for one, other in circle])
        rows = {row["AppointmentID"]: place for place, row in enumerate(self.clinic.tables()["Appointment"], 2)}
        self.start()
        with self.subTest("nothing is sent while that is not said to be all right"):
            run = self.transfer("stops", BAD_ROWS="stop")
            self.assert_status(run, 1)
            self.assertRegex(run.err, r"\d+ rows cannot be transferred: .*--bad-rows exclude")
            self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")
        run = self.transfer("excludes")
        self.assert_status(run, 3)
        outcome = self.outcome(run)
        for number, (column, value) in enumerate(wrong.items()):
            with self.subTest(f"appointment: {column} {value}"):
                key = f"FD-{NEW + number}"
                self.assertNotIn(("appointment", key), outcome.ids)
                state, text = outcome.told["appointment", key]
                self.assertEqual(state, "excluded")
                self.assertIn(f"Appointment.csv, row {rows[str(NEW + number)]}", text)
                self.assertIn(value, text)
        for one, other in circle[:2]:
            with self.subTest(f"patient {one}, merged into {other}, which is merged into it"):
                place = 2 + next(at for at, row in enumerate(self.clinic.tables()["Patient"]) if row["PatientID"] == one)
                self.assertEqual(outcome.told["patient", f"Patient.csv:{place}"][0], "excluded")
                self.assertIn(f"'{other}' leads through Patient.csv in a circle",
                              outcome.told["patient", f"Patient.csv:{place}"][1])
        with self.subTest("a patient merged into one who is not there is not lost"):
            self.assertEqual(outcome.patient("FD-70003")["first_name"], self.clinic.tables()["Patient"][0]["FirstName"])


class Undecrypted(harness.FlowTest):
    """FD.bak instead of FD_DECRYPTED.bak, as CSV: notes and files are noise, and the flags tell the truth or not."""

    def test_is_named_and_goes_over_without_notes_and_files_when_the_clinic_says_so(self):
        clinic = self.export(patients=12, undecrypted=True)
        given = json.loads(clinic.answers_file.read_text(encoding="utf-8"))
        cliniko = self.sandbox(clinic.account)
        services = harness.Services(self, cliniko)
        services.start_worker()
        options = {**services.settings, "DATA": None}
        run = self.run_transfer(cliniko, clinic, **options)
        self.assert_status(run, 1)
        self.assertIn("this looks like FD.bak, not the decrypted backup", run.err)
        self.assertIn("FD_DECRYPTED.bak", run.err)
        self.assertEqual(cliniko.writes(), {}, "Cliniko got a write")
        clinic.answer(**{**given, "questions": {**given["questions"], "encrypted_content": "leave"}})
        run = self.run_transfer(cliniko, clinic, to="without", **options)
        run.wait(60)
        outcome = Outcome(services, cliniko, clinic, run.number)
        tables = clinic.tables()
        empty = {f"FD-note-{row['ClinicalNoteID']}" for row in tables["ClinicalNote"] if not row["Body"]}
        self.assertEqual({key for entity, key in outcome.ids if entity == "treatment_note"}, empty,
                         "only a note that has no body, and so is not encrypted, goes over")
        self.assertEqual({entity for entity, _ in outcome.ids} & {"attachment", "note_document"}, {"attachment"})
        photos = {f"FD-photo-{row['PatientID']}" for row in tables["Patient"] if row["Photo"]}
        self.assertTrue({key for entity, key in outcome.ids if entity == "attachment"} <= photos |
                        {f"FD-report-{row['XRayID']}" for row in tables["XRay"]}, "an encrypted file was sent")
        reason = "still encrypted, and left behind by choice"
        self.assertEqual(outcome.left[f"clinical notes: {reason}"]["found"], len(tables["ClinicalNote"]) - len(empty) - 1,
                         "all but those without a body, and the one of nobody")
        self.assertGreater(outcome.left[f"attachments: {reason}"]["found"], 15)
        self.assertGreater(sum(entity == "letter" for entity, _ in outcome.ids), 10, "letters are not encrypted")
        self.assertEqual({entry["old_reference_id"] for entry in outcome.account["patients"]},
                         set(harness.clinic.expected_patients(tables, clinic.answers)[0]))
        self.assert_no_message(cliniko)


if __name__ == "__main__":
    harness.main()
