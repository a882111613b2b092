"""A made-up clinic goes in; all of it, and nothing else, is in Cliniko afterwards, and nobody was bothered."""
import json
import re

import harness


class AClinic(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=30, years=2)
        self.cliniko = self.sandbox(self.clinic.account)

    def test_arrives_whole_and_a_second_run_sends_nothing(self):
        first = self.run_transfer(self.cliniko, self.clinic)
        self.assert_status(first, self.clinic.status)
        self.assert_arrived_whole(self.cliniko, self.clinic)
        for collection, name in (("patients", "patients"), ("individual_appointments", "individual_appointments")):
            with self.subTest(f"each of the {name} took one request"):
                self.assertEqual(self.cliniko.stats()["creates"][collection], self.clinic.expected[name])
        self.assertNotRegex(first.out, r"[\x1b\r]", "a pipe gets plain lines")
        self.assertRegex(first.out, r"(?m)^transfer 1  \w+  \d+:\d\d", "lines of progress")
        before = self.cliniko.writes()
        second = self.run_transfer(self.cliniko, self.clinic)
        self.assert_status(second, self.clinic.status)
        self.assertEqual(self.cliniko.writes(), before, "the second run has sent something")
        self.assert_arrived_whole(self.cliniko, self.clinic)

    def test_tells_machines_in_lines_of_json(self):
        run = self.run_transfer(self.cliniko, self.clinic, "--json")
        self.assert_status(run, self.clinic.status)
        lines = [json.loads(line) for line in run.out.splitlines()]
        self.assertTrue(lines, "there is no line")
        self.assertEqual(lines[-1]["state"], "completed")
        patients = lines[-1]["entities"]["patient"]
        self.assertEqual((patients["settled"], patients["created"], patients["failed"], patients["differing"]),
                         (self.clinic.expected["patients"], self.clinic.expected["patients"], 0, 0))
        self.assertEqual(lines[-1]["entities"]["attachment"]["excluded"] + lines[-1]["entities"]["letter"]["excluded"],
                         self.clinic.expected["empty"])

    def test_without_a_bad_row_the_status_is_0_and_with_one_it_is_3(self):
        self.clinic.drop_empty_files()
        whole = self.run_transfer(self.cliniko, self.clinic)
        self.assert_status(whole, 0)
        self.clinic.change("Appointment", lambda rows: rows + [
            {**rows[-1], "AppointmentID": "77777", "IsDeleted": "0", "StartTime": "2026-02-31 09:00:00.000"},
            {**rows[-1], "AppointmentID": "77778", "IsDeleted": "0", "PatientID": "99999"}])
        bad = self.run_transfer(self.cliniko, self.clinic)
        self.assert_status(bad, 3)
        self.assertRegex(bad.out, r"appointment FD-77777: excluded: .*2026-02-31")
        self.assertRegex(bad.out, r"appointment FD-77778: left: its patient is not in the database")
        self.clinic.change("Appointment", lambda rows: [row for row in rows if row["AppointmentID"] != "77777"])
        self.assert_arrived_whole(self.cliniko, self.clinic)


if __name__ == "__main__":
    harness.main()
