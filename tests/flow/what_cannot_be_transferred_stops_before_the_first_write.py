"""What only extraction and preflight can see: each finding in one message with what, where and what to do; no write."""
import json
import re

import harness


def user(role, key, **more):
    return {"first_name": "Uma", "last_name": role.title(), "email": "uma@example.com", "role": role, "keys": [key],
            "ref": f"user-{key}", "time_zone": "Sydney", "time_zone_identifier": "Australia/Sydney", **more}


class BeforeTheFirstWrite(harness.FlowTest):
    """One set of services for all cases; each has an account name and files of its own."""

    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=6, years=1)
        self.clinic.drop_empty_files()
        known = {row["PatientID"] for row in self.clinic.tables()["Patient"]}
        self.clinic.change("Appointment", lambda rows: [row for row in rows if row["PatientID"] in known | {""}])
        self.clinic.account["accounts"][0]["users"] += [
            user("scheduler", "scheduler-key-au1"), user("administrator", "no-practitioner-key-au1")]
        self.clinic.account["accounts"][0]["users"][0]["phone_numbers"] = []  # of whose key it is: told, and stops nothing
        self.cliniko = self.sandbox(self.clinic.account)
        self.services = harness.Services(self, self.cliniko)
        self.services.start_worker()
        self.cases = 0

    def transfer(self, export, *flags, key=None, **settings):
        self.cases += 1
        key_file = harness.write_key(self.work / f"key-{self.cases}", key) if key else None
        run = self.run_transfer(self.cliniko, export, *flags, to=f"account-{self.cases}", key_file=key_file,
                                **{**self.services.settings, "DATA": None, "BAD_ROWS": "stop", **settings})
        run.wait(60)
        return run

    def refuse(self, name, export, *flags, says=(), **options):
        with self.subTest(name):
            run = self.transfer(export, *flags, **options)
            messages = [line for line in run.err.splitlines() if " is failed: " in line]
            self.assertEqual(len(messages), 1, f"one message, got: {run.err}\n{run.out}")
            for words in says:
                self.assertIn(words, messages[0])
            self.assertEqual(run.process.returncode, 1)
            self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")

    def spoilt(self, table, edit):
        export = self.clinic.copy()
        export.change(table, edit)
        return export

    def groups_as_locations(self):
        """Those of the first group are in Sydney by Front Desk; their group is a place in Brisbane by Cliniko."""
        export = self.spoilt("PracticeGroup", lambda rows: [
            {**row, "Name": "Harbour Physiotherapy Coolangatta", "IsLocation": "1"} if row["PracticeGroupID"] == "1" else row
            for row in rows])
        export.change("Appointment", lambda rows: [{**row, "LocationID": "1"} for row in rows])
        given = json.loads(export.answers_file.read_text(encoding="utf-8"))
        export.answer(**{**given, "questions": {**given["questions"], "practice_groups": "locations"}})
        return export

    def test_each_case(self):
        whole = self.clinic
        self.refuse("a key that Cliniko does not know", whole, key="some-other-key-au1",
                    says=("key is not valid on shard au1",))
        self.refuse("a key of another shard", whole, key="harbour-sample-clinic-key-uk2",
                    says=("key is not valid on shard uk2", "another shard"))
        self.refuse("a scheduler's key", whole, key="scheduler-key-au1", says=("role 'scheduler'", "administrator"))
        self.refuse("an administrator who is no practitioner", whole, key="no-practitioner-key-au1",
                    says=("a user who is no practitioner",))
        self.refuse("a column that is missing",
                    self.spoilt("Patient", lambda rows: [{k: v for k, v in row.items() if k != "DateOfBirth"}
                                                         for row in rows]), says=("Patient.csv", "DateOfBirth"))

        self.refuse("a location in another time zone than in Cliniko",
                    self.spoilt("Location", lambda rows: [{**row, "TimeZoneName": "Australia/Perth"}
                                                          if row["LocationID"] == "2" else row for row in rows]),
                    says=("Coolangatta", "Australia/Perth", "Australia/Brisbane"))
        self.refuse("times read in a zone that the command line gave and that is another in Cliniko",
                    self.spoilt("Location", lambda rows: [{**row, "TimeZoneName": ""} for row in rows]),
                    "--time-zone", "Australia/Perth",
                    says=("Balmain (FD-1) were read in time zone Australia/Perth", "is in Australia/Sydney",
                          "Coolangatta (FD-2)", "--time-zone"))
        self.refuse("a practice group that is a location in another time zone", self.groups_as_locations(),
                    says=("Coolangatta (FD-group-1) were read in time zone Australia/Sydney", "is in Australia/Brisbane"))
        rows = self.clinic.tables()["Appointment"]
        bad = next(i for i, row in enumerate(rows)
                   if row["PatientID"] and row["IsDeleted"] == "0" and row["Attendance"] == "1")
        bad_date = self.spoilt("Appointment", lambda rows: [
            {**row, "StartTime": "2026-02-31 09:00:00"} if i == bad else row for i, row in enumerate(rows)])
        place = f"Appointment.csv, row {bad + 2}, column StartTime"
        self.refuse("a date that is none", bad_date,
                    says=("1 rows cannot be transferred", place, "2026-02-31 09:00:00", "--bad-rows exclude"))

        with self.subTest("with nothing wrong it is transferred"):
            run = self.transfer(whole)
            self.assertEqual(run.process.returncode, 0, run.err)
            self.assert_arrived_whole(self.cliniko, whole)
            self.assertIn("practitioner FD-1: warning: the administrator whose key is used has no mobile number", run.out)
            past, to_come = map(int, re.search(r"Of the appointments (\d+) are past and (\d+) are to come", run.out).groups())
            self.assertEqual(past + to_come, whole.expected["individual_appointments"])
            self.assertIn("To be done in Cliniko now:\n  Review the appointment types", run.out)
        self.refuse_a_second_time(whole)
        self.cliniko.reset()
        with self.subTest("the same date, left out, is named in the outcome; all else is there"):
            run = self.transfer(bad_date, BAD_ROWS="exclude")
            self.assertEqual(run.process.returncode, 3, run.err)
            key = rows[bad]["AppointmentID"]
            self.assertRegex(run.out, rf"appointment FD-{key}: excluded: {place}: .*2026-02-31 09:00:00")
            without = self.spoilt("Appointment", lambda rows: [row for i, row in enumerate(rows) if i != bad])
            self.assert_arrived_whole(self.cliniko, without)

    def refuse_a_second_time(self, whole):
        """Under another name, so that the ID map does not know them, the patients of the last run are strangers."""
        with self.subTest("patients that no transfer has brought"):
            before = self.cliniko.writes()
            run = self.transfer(whole)
            self.assertEqual(run.process.returncode, 1)
            holds = f"holds {whole.expected['patients']} patients, {len(whole.tables()['Product'])} products, "
            self.assertRegex(run.err, rf"{holds}.*\d+ billable items that no transfer has brought: .*--existing allow")
            self.assertEqual(self.cliniko.writes(), before, "Cliniko got a write")


if __name__ == "__main__":
    harness.main()
