"""Real input: rows of the public no-show file are in Cliniko, or named in the outcome with their reason.

NAME.py BUILD --rows N takes another number of rows; 0 is the whole file.
"""
import csv
import gzip
import io
import time
import unittest

import harness

SOURCE = harness.FIXTURES / "noshow" / "KaggleV2-May-2016.csv.gz"
MANGLED = harness.FIXTURES / "csv" / "noshow-excel-mangled-ids.csv"
PROFILE = harness.PROJECT / "profiles" / "examples" / "noshow.json"
ROWS = 3000
KEY = "vitoria-test-key-au1"
ACCOUNT = {"accounts": [{
    "name": "Vitória", "subdomain": "vitoria", "shard": "au1", "country": "Brazil", "country_code": "BR",
    "settings": {"default_reminder_type": "SMS & Email"},
    "users": [{"ref": "owner", "first_name": "Clinic", "last_name": "Vitória", "email": "clinic@example.com",
               "role": "administrator", "time_zone": "Brasilia", "time_zone_identifier": "America/Sao_Paulo",
               "keys": [KEY]}],
    "businesses": [{"ref": "vitoria", "business_name": "Vitória", "display_name": "Vitória", "time_zone": "Brasilia",
                    "time_zone_identifier": "America/Sao_Paulo"}],
    "practitioners": [{"ref": "clinic", "user_id": "@owner", "first_name": "Clinic", "last_name": "Vitória",
                       "active": True, "business_ids": ["@vitoria"]}],
}]}


class NoShow(harness.FlowTest):
    rows = ROWS

    def setUp(self):
        super().setUp()
        if not SOURCE.exists():
            raise unittest.SkipTest(f"the no-show file is not here: {SOURCE}")
        self.cliniko = self.sandbox(ACCOUNT)
        self.key_file = harness.write_key(self.work / "key", KEY)

    def cut(self):
        """The first rows, and each further one with a trap: five identities like 9377952927E-5, an age below 0."""
        with gzip.open(SOURCE, "rt", encoding="utf-8", newline="") as file:
            lines = file.readlines()
        traps = [line for line in lines[1:] if not line.split(",", 1)[0].isdigit() or int(line.split(",")[5]) < 0]
        chosen = lines if not self.rows else lines[:self.rows + 1] + [line for line in traps if line not in
                                                                       set(lines[:self.rows + 1])]
        self.assertEqual(len(traps), 6)
        (self.work / "source.csv").write_text("".join(chosen), encoding="utf-8")
        return list(csv.DictReader(io.StringIO("".join(chosen))))

    def transfer(self, source, *flags):
        started = time.monotonic()
        run = self.run_transfer(self.cliniko, None, *flags, to="vitoria", profile=PROFILE, key_file=self.key_file,
                                source=source, TASK_SIZE=None, IN_FLIGHT=None)
        run.wait(600)
        self.seconds = time.monotonic() - started
        return run

    def test_every_row_is_in_cliniko_or_named(self):
        rows = self.cut()
        run = self.transfer(self.work / "source.csv")
        print(f"\n{len(rows)} rows, {self.seconds:.1f} s, exit status {run.process.returncode}\n{run.out[-1500:]}")
        self.assertIn(run.process.returncode, (0, 3), run.err)
        api = self.cliniko.api(KEY)
        patients = {entry["id"]: entry for entry in api.list("patients", "archived_at:*")}
        appointments = api.list("individual_appointments", "cancelled_at:*")
        attended = {harness.related_id(entry, "booking"): entry["arrived"] for entry in api.list("attendees")}
        found = harness.collections.Counter(
            (patients[harness.related_id(entry, "patient")]["old_reference_id"].removeprefix("NS-"), entry["starts_at"],
             attended[entry["id"]], entry["notes"].split("\n")[0]) for entry in appointments)
        named = {line.split()[1].rstrip(":").removeprefix("NS-") for line in run.out.splitlines()
                 if ": excluded: " in line}
        wanted = harness.collections.Counter(
            (row["PatientId"], row["AppointmentDay"].replace("00:00:00Z", "12:00:00Z"), row["No-show"] == "No",
             f"Booked at {row['ScheduledDay']}") for row in rows if row["AppointmentID"] not in named)
        self.assertEqual(len(named) + len(appointments), len(rows))
        self.assertEqual(sum(((wanted - found) + (found - wanted)).values()), 0,
                         f"missing {list((wanted - found).items())[:5]}, extra {list((found - wanted).items())[:5]}")
        self.assertEqual(len(patients), len({row["PatientId"] for row in rows if row["AppointmentID"] not in named}))
        self.assert_no_message(self.cliniko)

        before = self.cliniko.writes()
        again = self.transfer(self.work / "source.csv")
        print(f"the second run: {self.seconds:.1f} s, exit status {again.process.returncode}")
        self.assertEqual(again.process.returncode, run.process.returncode, again.err)
        self.assertEqual(self.cliniko.writes(), before, "the second run has sent something")

    @unittest.skipUnless(MANGLED.exists(), f"the mangled file is not here: {MANGLED}")
    def test_what_excel_has_mangled_is_known_to_have_lost_its_identities(self):
        for flags in ((), ("--bad-rows", "exclude")):
            with self.subTest(flags):
                run = self.transfer(MANGLED, *flags)
                self.assertEqual(run.process.returncode, 1, run.err)
                self.assertRegex(run.err, r"(?m)^handover: .*identit")
                self.assertIn("E+", run.err)
                self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")


if __name__ == "__main__":
    if "--rows" in harness.sys.argv:
        place = harness.sys.argv.index("--rows")
        NoShow.rows = int(harness.sys.argv[place + 1])
        del harness.sys.argv[place:place + 2]
    harness.main()
