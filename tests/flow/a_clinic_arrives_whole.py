"""A made-up clinic goes in; all of it, and nothing else, is in Cliniko afterwards, and nobody was bothered."""
import json
import subprocess
import sys

import harness

JUDGE = harness.PROJECT / "tests" / "check" / "openapi.py"


class AClinic(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=30, years=2)
        self.transcript = self.work / "transcript"
        self.cliniko = self.sandbox(self.clinic.account, "--record", self.transcript)

    def test_arrives_whole_and_a_second_run_sends_nothing(self):
        keys = json.loads(self.clinic.keys_file.read_text(encoding="utf-8"))
        with harness.unchanged(self.clinic.folder):
            first = self.run_transfer(self.cliniko, self.clinic, "--practitioner-keys", self.clinic.keys_file)
            self.assert_status(first, self.clinic.status)
        self.assert_arrived_whole(self.cliniko, self.clinic, keys)
        with self.subTest("notes have the authors whose keys were given"):
            authors = {entry["author_name"] for entry in self.cliniko.api(self.clinic.key).list("treatment_notes")}
            self.assertEqual({author.split(" ", 1)[1] for author in authors}, set(keys))
        for collection, name in (("patients", "patients"), ("individual_appointments", "individual_appointments")):
            with self.subTest(f"each of the {name} took one request"):
                self.assertEqual(self.cliniko.stats()["creates"][collection], self.clinic.expected[name])
        self.assertNotRegex(first.out, r"[\x1b\r]", "a pipe gets plain lines")
        self.assertRegex(first.out, r"(?m)^transfer 1  \w+  \d+:\d\d", "lines of progress")
        before = self.cliniko.writes()
        second = self.run_transfer(self.cliniko, self.clinic)
        self.assert_status(second, self.clinic.status)
        self.assertEqual(self.cliniko.writes(), before, "the second run has sent something")
        self.assert_arrived_whole(self.cliniko, self.clinic, keys)
        self.assert_fits_the_document()

    def assert_fits_the_document(self):
        """Every request of the transfer and every answer, by the vendor's OpenAPI document, where that is at hand."""
        with self.subTest("requests and answers fit the vendor's document"):
            judged = subprocess.run([sys.executable, "-B", JUDGE, "--transcript", self.transcript], text=True,
                                    capture_output=True)
            if judged.returncode == harness.SKIPPED:
                self.skipTest(judged.stdout + judged.stderr)
            self.assertEqual(judged.returncode, 0, judged.stdout[-4000:] + judged.stderr[-2000:])

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
