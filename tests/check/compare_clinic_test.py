"""The comparison finds what it is for: an account that is right passes, and each single fault in it is seen."""
import contextlib
import copy
import io
import tempfile
import pathlib
import unittest

import clinic
import compare_clinic

PATIENT = {
    "PatientID": "1", "FileNumber": "H1", "Title": "Ms", "FirstName": " Zoë ", "MiddleName": "", "Surname": "O'Dea",
    "PreferredName": "", "DateOfBirth": "1980-02-29 00:00:00", "Sex": "F", "Address1": "1 Wharf Road", "Address2": "",
    "Suburb": "Balmain", "State": "NSW", "PostCode": "0800", "Country": "", "PostalAddress": "",
    "PhoneHome": "ask for Jan", "PhoneWork": "", "PhoneMobile": "0412 345 678 / 0400 111 222", "Fax": "",
    "Email": "a@b.example; c@d.example", "Occupation": "", "Employer": "", "MedicareNo": "2123 45670 1",
    "MedicareRef": "3", "MedicareExpiry": "", "DvaNo": "pending", "DvaCard": "0", "HealthFundID": "1",
    "HealthFundNo": "77", "PensionNo": "", "EmergencyName": "", "EmergencyPhone": "", "EmergencyRelation": "",
    "Status": "0", "MergedIntoPatientID": "", "Notes": "first\r\nsecond",
}
APPOINTMENT = {
    "AppointmentID": "1", "PatientID": "1", "PractitionerID": "1", "LocationID": "1", "AppointmentTypeID": "1",
    "StartTime": "2026-03-02 09:00:00", "DurationMin": "30", "Attendance": "1", "IsCancelled": "0", "CancelledAt": "",
    "CancelReason": "", "Notes": "bring \"x-rays\"", "IsDeleted": "0",
}


def tables():
    return {
        "HealthFund": [{"HealthFundID": "1", "Name": "Wattle"}],
        "Patient": [PATIENT, {**PATIENT, "PatientID": "2", "Status": "2"},
                    {**PATIENT, "PatientID": "3", "MergedIntoPatientID": "2"}],
        "Practitioner": [{"PractitionerID": "1", "FirstName": "Sarah", "Surname": "Whitlock", "LocationID": "1"}],
        "Location": [{"LocationID": "1", "Name": "Balmain", "TimeZoneName": "Australia/Sydney"}],
        "AppointmentType": [{"AppointmentTypeID": "1", "Name": "Standard", "DurationMin": "45"}],
        "Appointment": [
            APPOINTMENT,
            {**APPOINTMENT, "AppointmentID": "2"},  # a true duplicate of the first
            {**APPOINTMENT, "AppointmentID": "3", "PatientID": "3", "Attendance": "2"},
            {**APPOINTMENT, "AppointmentID": "4", "Attendance": "0", "IsCancelled": "1", "CancelReason": "Sick",
             "CancelledAt": "2026-03-01 10:00:00"},
            {**APPOINTMENT, "AppointmentID": "5", "IsDeleted": "1"},
            {**APPOINTMENT, "AppointmentID": "6", "PatientID": ""},
            {**APPOINTMENT, "AppointmentID": "7", "PatientID": "999"},
        ],
    }


def link(collection, number):
    return {"links": {"self": f"https://localhost/v1/{collection}/{number}"}}


def patient(number, archived):
    return {
        "id": f"10{number}", "old_reference_id": f"FD-{number}", "first_name": "Zoë", "last_name": "O'Dea", "title": "Ms",
        "date_of_birth": "1980-02-29", "sex": "Female", "address_1": "1 Wharf Road", "city": "Balmain", "state": "NSW",
        "post_code": "0800", "email": "a@b.example", "medicare": "2123456701", "medicare_reference_number": "3",
        "patient_phone_numbers": [{"phone_type": "Mobile", "number": "0412 345 678"},
                                  {"phone_type": "Mobile", "number": "0400 111 222"}],
        "notes": "first\nsecond\nFile number: H1\nHealth fund: Wattle, number 77\nEmail as recorded: "
                 "a@b.example; c@d.example\nHome phone as recorded: ask for Jan\nDVA number as recorded: pending",
        "archived_at": archived, "reminder_type": "None", "receives_confirmation_emails": False,
    }


def appointment(number, patient_number, **changes):
    return {
        "id": f"20{number}", "patient": link("patients", f"10{patient_number}"), "practitioner": link("practitioners", 1),
        "business": link("businesses", 1), "appointment_type": link("appointment_types", 1),
        "starts_at": "2026-03-01T22:00:00Z", "ends_at": "2026-03-01T22:30:00Z", "notes": "bring \"x-rays\"",
        "cancelled_at": None, "cancellation_reason": None, "cancellation_note": None, **changes,
    }


def account():
    template_lists = {"appointment_confirmation_template_ids": [], "appointment_reminder_template_ids": []}
    return {
        "businesses": [{"id": "1", "business_name": "Balmain"}],
        "practitioners": [{"id": "1", "first_name": "Sarah", "last_name": "Whitlock"}],
        "appointment_types": [
            {"id": "1", "name": "Standard", "duration_in_minutes": 45, "show_in_online_bookings": False, **template_lists},
            {"id": "2", "name": "Appointment", "duration_in_minutes": 30, "show_in_online_bookings": False,
             **template_lists},
        ],
        "patients": [patient(1, None), patient(2, "2026-03-02T00:00:00Z")],
        "appointments": [
            appointment(1, 1), appointment(2, 1), appointment(3, 2),
            appointment(4, 1, cancelled_at="2026-03-02T00:00:00Z", cancellation_reason=50,
                        cancellation_note="Sick\nCancelled at 2026-03-01 10:00:00"),
        ],
        "attendees": [{"booking": link("bookings", f"20{number}"), "arrived": arrived}
                      for number, arrived in ((1, True), (2, True), (3, False), (4, None))],
    }


def differences(found, log_total=0, wanted=None):
    with contextlib.redirect_stdout(io.StringIO()):
        return compare_clinic.compare(wanted or tables(), found, {"total": log_total})


class Comparison(unittest.TestCase):
    def test_an_account_that_is_right_passes(self):
        self.assertEqual(differences(account()), 0)

    def test_every_changed_field_of_a_patient_is_seen(self):
        for field, value in account()["patients"][0].items():
            if field in ("id", "patient_phone_numbers"):
                continue
            found = account()
            found["patients"][0][field] = None if value else "2026-01-01T00:00:00Z"
            with self.subTest(field=field):
                self.assertGreater(differences(found), 0)

    def test_every_changed_field_of_an_appointment_is_seen(self):
        changes = {"starts_at": "2026-03-01T23:00:00Z", "ends_at": "2026-03-01T22:45:00Z", "notes": None,
                   "patient": link("patients", 102), "practitioner": link("practitioners", 2),
                   "business": None, "appointment_type": link("appointment_types", 2),
                   "cancelled_at": "2026-03-02T00:00:00Z", "cancellation_reason": 30, "cancellation_note": "x"}
        for field, value in changes.items():
            found = account()
            found["appointments"][0][field] = value
            with self.subTest(field=field):
                self.assertGreater(differences(found), 0)

    def test_lost_doubled_and_foreign_records_are_seen(self):
        for collection in ("patients", "appointments", "appointment_types", "attendees"):
            found = account()
            del found[collection][0]
            with self.subTest(lost=collection):
                self.assertGreater(differences(found), 0)
            if collection == "attendees":
                continue
            found = account()
            found[collection].append({**copy.deepcopy(found[collection][0]), "id": "999"})
            with self.subTest(doubled=collection):
                self.assertGreater(differences(found), 0)

    def test_wrong_attendance_phones_and_templates_are_seen(self):
        found = account()
        found["attendees"][2]["arrived"] = None
        self.assertGreater(differences(found), 0)
        found = account()
        found["patients"][1]["patient_phone_numbers"].pop()
        self.assertGreater(differences(found), 0)
        found = account()
        found["appointment_types"][0]["appointment_reminder_template_ids"] = ["72"]
        self.assertGreater(differences(found), 0)

    def test_a_single_message_to_a_patient_is_seen(self):
        self.assertEqual(differences(account(), log_total=1), 1)


class Rules(unittest.TestCase):
    def test_hours_that_are_skipped_or_repeated(self):
        cases = (
            ("Australia/Sydney", "2025-10-05 02:30:00", "2025-10-04T16:30:00Z"),    # skipped: as if 03:30 daylight time
            ("Australia/Sydney", "2025-04-06 02:30:00", "2025-04-05T15:30:00Z"),    # twice: the first
            ("Australia/Brisbane", "2025-10-05 02:30:00", "2025-10-04T16:30:00Z"),  # no daylight saving there
        )
        for zone, wall, want in cases:
            with self.subTest(zone=zone, wall=wall):
                self.assertEqual(clinic.shown(clinic.to_utc(clinic.wall(wall), clinic.zoneinfo.ZoneInfo(zone))), want)

    def test_fields_that_hold_more_than_they_should(self):
        self.assertEqual(clinic.split_email("none"), (None, ["none"]))
        self.assertEqual(clinic.split_email(""), (None, []))
        self.assertEqual(clinic.split_phones("02 9555 0140 ext 12"), (["02 9555 0140 ext 12"], []))
        self.assertEqual(clinic.medicare_of({"MedicareNo": "21234567014", "MedicareRef": ""}), ("2123456701", "4"))
        self.assertEqual(clinic.dva_of({"DvaNo": "nx 98 765"}), ("NX98765", []))

    def test_null_and_quoted_text_are_read(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "T.csv").write_bytes(b'A,B\r\n,"x\r\n""y"""\r\n')
            self.assertEqual(clinic.read_tables(folder), {"T": [{"A": "", "B": 'x\r\n"y"'}]})


if __name__ == "__main__":
    unittest.main()
