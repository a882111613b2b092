"""Real SQL Server backups of clinics: what `handover inspect` says of them, and what of them is in Cliniko afterwards."""
import csv
import io
import json
import os
import shutil
import signal
import subprocess
import unittest
import zipfile

import harness

BACKUPS = harness.FIXTURES / "bak"
EXAMPLES = harness.PROJECT / "profiles" / "examples"
KEY = "backup-test-key-au1"


def account(name, zone, practitioners):
    people = [tuple(one.rsplit(" ", 1)) for one in practitioners]
    return {"accounts": [{
        "name": name, "subdomain": "backup", "shard": "au1", "country": "Sweden", "country_code": "SE",
        "settings": {"default_reminder_type": "SMS & Email"},
        "users": [{"ref": f"u{i}", "first_name": first, "last_name": last, "email": f"u{i}@example.com",
                   "role": "administrator", "time_zone": zone, "time_zone_identifier": zone,
                   "keys": [KEY] if i == 0 else []} for i, (first, last) in enumerate(people)],
        "businesses": [{"ref": "clinic", "business_name": "Clinic", "display_name": "Clinic", "time_zone": zone,
                        "time_zone_identifier": zone}],
        "practitioners": [{"ref": f"p{i}", "user_id": f"@u{i}", "first_name": first, "last_name": last, "active": True,
                           "business_ids": ["@clinic"]} for i, (first, last) in enumerate(people)],
    }]}


def change_column(data, name, offset, value):
    """Changes a byte of what the catalogue says of the columns of a name; its pages go without checksums then."""
    first, wanted, changed = data.index(b"MQDA") + 24, name.encode("utf-16-le"), 0
    at = data.find(wanted)
    while at >= 0:
        for record in range(at - 120, at - 20):
            end = record + int.from_bytes(data[record + 2:record + 4], "little")
            if data[record] != 0x30 or not record + 40 < end < at:
                continue
            variables = end + 2 + (int.from_bytes(data[end:end + 2], "little") + 7) // 8
            if variables + 2 + 2 * int.from_bytes(data[variables:variables + 2], "little") == at:
                data[record + offset] = value
                page = first + (record - first) // 8192 * 8192
                data[page + 4:page + 6] = bytes(2)
                changed += 1
        at = data.find(wanted, at + 1)
    assert changed, name


class Backups(harness.FlowTest):
    def setUp(self):
        super().setUp()
        if not BACKUPS.is_dir():
            raise unittest.SkipTest(f"the backups are not here: {BACKUPS}")
        self.spool = self.work / "spool"
        self.spool.mkdir(mode=0o700)

    def handover(self, *arguments, status=0):
        done = subprocess.run([harness.PROGRAMS["handover"], *map(str, arguments)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, env=harness.environment(SPOOL=self.spool), timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertNotRegex(done.stderr, harness.REPORTS)
        return done

    def inspect(self, *arguments, status=0):
        return json.loads(self.handover("inspect", *arguments, "--json", status=status).stdout)

    def table(self, source, name):
        """The rows as the CSV has them, NULL and empty text told apart."""
        text = self.handover("inspect", source, "--csv", name).stdout
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def transfer(self, seed, source, profile):
        cliniko = self.sandbox(seed)
        key_file = harness.write_key(self.work / "key", KEY)
        run = self.run_transfer(cliniko, None, to="backup", profile=EXAMPLES / profile, key_file=key_file, source=source,
                                SPOOL=self.spool)
        self.assert_status(run, 0)
        self.assert_no_message(cliniko)
        api = cliniko.api(KEY)
        patients = {entry["id"]: entry for entry in api.list("patients", "archived_at:*")}
        return run, patients, api.list("individual_appointments", "cancelled_at:*"), api

    def test_every_backup_that_can_be_read_is_sound(self):
        unreadable = ("abdo", "hibios", "stripe", "DIFF", "PASSWORD", "COMPRESSED")
        paths = [path for path in sorted(BACKUPS.glob("*.bak")) if not any(word in path.name for word in unreadable)]
        self.assertEqual(len(paths), 11)
        for path in paths:
            with self.subTest(path.name):
                found = self.inspect(path, "--check")
                self.assertTrue(found["sound"], found)
                for table in found["tables"]:
                    self.assertTrue(table["read"] and table["rows"] == table["counted_by_server"], table)

    def test_backups_that_cannot_be_read_are_refused_with_what_to_do(self):
        for name, words in (
                ("abdo-Clinic.bak", ["one of 2 files", "number 2 of 2"]),
                ("appveyor-difftest-diff1.DIFF.bak", ["differential", "full backup"]),
                ("appveyor-rtc2016-1.LOG.trn", ["transaction log", "full backup"]),
                ("appveyor-passwd.PASSWORD.bak", ["password", "--with-password"]),
                ("devsatya-TutorialDB-COMPRESSED.bak", ["compressed", "Make the backup again without"])):
            with self.subTest(name):
                error = self.handover("inspect", BACKUPS / name, status=1).stderr
                for word in words:
                    self.assertIn(word, error)
        whole = (BACKUPS / "alina-ClinicDB.bak").read_bytes()
        for name, data, words in (("cut.bak", whole[:2_000_000], "missing"), ("text.bak", b"no backup at all" * 9, "bak")):
            (self.work / name).write_bytes(data)
            self.assertIn(words, self.handover("inspect", self.work / name, status=1).stderr)

    def test_stripes_are_read_together_and_a_password_with_consent(self):
        stripes = [BACKUPS / "appveyor-stripe1of2.bak", BACKUPS / "appveyor-stripe2of2.bak"]
        found = self.inspect(",".join(map(str, reversed(stripes))))
        self.assertEqual((found["facts"]["stripes"], [table["name"] for table in found["tables"]]), (2, ["steps"]))
        folder = self.work / "stripes"
        folder.mkdir()
        for path in stripes:
            os.symlink(path, folder / path.name)
        self.assertEqual(self.inspect(folder)["tables"], found["tables"])
        locked = self.inspect(BACKUPS / "appveyor-passwd.PASSWORD.bak", "--with-password", "--check")
        self.assertTrue(locked["sound"], "that it was read by consent is no fault of it")
        self.assertRegex(" ".join(locked["warnings"]), "password")
        self.assertEqual([(table["name"], table["rows"]) for table in locked["tables"]], [("steps", 60)])

    def test_damage_is_said_wherever_rows_are_shown(self):
        data = bytearray((BACKUPS / "alina-ClinicDB.bak").read_bytes())
        data[data.index("Karlsson".encode("utf-16-le"))] = ord("B")
        damaged = self.work / "damaged.bak"
        damaged.write_bytes(data)
        lines = self.handover("inspect", damaged, "--sample", "Patients", "--json", status=3).stdout.splitlines()
        self.assertEqual(len(lines), 6)
        last = json.loads(lines[-1])
        self.assertEqual(last["problem_count"], 1)
        self.assertIn("its checksum is wrong", last["problems"][0])
        self.assertIn("its checksum is wrong", self.handover("inspect", damaged, "--sample", "Patients", status=3).stdout)
        self.assertIn("is damaged in the backup", self.handover("inspect", damaged, "--csv", "Patients", status=1).stderr)
        found = self.inspect(damaged, "--check", status=3)
        self.assertFalse(found["sound"])
        self.assertEqual(len(found["faults"]), 1)
        text = self.handover("inspect", damaged, "--check", status=3).stdout
        self.assertRegex(text, r"Patients +5 +\d+  1 damaged pages\n")
        self.assertNotRegex(text, r"Patients .*all there")

    def test_what_protects_the_pages_is_said_with_the_rows(self):
        shown = self.handover("inspect", BACKUPS / "xande-Northwind.bak", "--csv", "Shippers")
        self.assertEqual(len(shown.stdout.splitlines()), 4)
        self.assertIn("torn-page bits only", shown.stderr)
        self.assertEqual(self.handover("inspect", BACKUPS / "salman-Northwind.bak", "--csv", "Shippers").stderr, "")
        self.assertEqual(self.inspect(BACKUPS / "salman-Northwind.bak")["facts"]["changed_tables"], 0,
                         "the log is looked at without --check, too")

    def test_values_that_no_page_holds_are_counted_and_left_out(self):
        data = bytearray((BACKUPS / "alina-ClinicDB.bak").read_bytes())
        change_column(data, "NurseId", 27, 0x20)
        elsewhere = self.work / "filestream.bak"
        elsewhere.write_bytes(data)
        found = self.inspect(elsewhere, "--check", status=3)
        absent = {table["name"]: table["absent"] for table in found["tables"] if "absent" in table}
        self.assertIn("column NurseId of table Appointments keeps 3 values as FILESTREAM files", absent["Appointments"][0])
        self.assertEqual(found["faults"], [])
        shown = self.handover("inspect", elsewhere, "--csv", "Appointments")
        self.assertIn("left out: column NurseId of table Appointments keeps 3 values", shown.stderr)
        rows = list(csv.DictReader(io.StringIO(shown.stdout, newline="")))
        self.assertEqual(len(rows), 5)
        self.assertNotIn("NurseId", rows[0])
        self.assertEqual(rows[2]["Reason"], "Blood pressure check")

    def test_northwind_is_what_everybody_knows(self):
        for name in ("salman-Northwind.bak", "xande-Northwind.bak"):
            customers = self.table(BACKUPS / name, "Customers")
            self.assertEqual(len(customers), 91)
            self.assertEqual((customers[0]["CustomerID"], customers[0]["CompanyName"], customers[0]["Address"],
                              customers[0]["Region"]), ("ALFKI", "Alfreds Futterkiste", "Obere Str. 57", ""))
            products = {row["ProductName"]: row for row in self.table(BACKUPS / name, "Products")}
            self.assertEqual([products[one]["UnitPrice"] for one in ("Chai", "Chang", "Côte de Blaye")],
                             ["18.0000", "19.0000", "263.5000"])
            self.assertEqual(sum(int(row["Discontinued"]) for row in products.values()), 8)
            lines = self.table(BACKUPS / name, "Order Details")
            total = sum(round(float(row["UnitPrice"]) * int(row["Quantity"]) * (1 - float(row["Discount"])), 6)
                        for row in lines)
            self.assertAlmostEqual(total, 1265793.04, places=2)
        pictures = [[row["Picture"] for row in self.table(BACKUPS / name, "Categories")]
                    for name in ("salman-Northwind.bak", "xande-Northwind.bak")]
        self.assertEqual(pictures[0], pictures[1])
        self.assertTrue(all(bytes.fromhex(one[2:])[78:80] == b"BM" for one in pictures[0]))

    def test_a_swedish_clinic_arrives(self):
        source = BACKUPS / "alina-ClinicDB.bak"
        seed = account("Register", "Europe/Stockholm", ["Anders Ekström", "Sara Wiklund", "Peter Åkesson", "Maria Holm",
                                                        "Petra Sjöberg", "Lena Johansson"])
        _, patients, appointments, api = self.transfer(seed, source, "alina.json")
        rows = self.table(source, "Patients")
        wanted = sorted((f"CDB-{row['PatientId']}", row["FirstName"], row["LastName"], row["DateOfBirth"], row["Email"],
                         row["HomeAddress"], f"Personal number: {row['PersonalNumber12']}") for row in rows)
        got = sorted((entry["old_reference_id"], entry["first_name"], entry["last_name"], entry["date_of_birth"],
                      entry["email"], f"{entry['address_1']}, {entry['city']}", entry["notes"])
                     for entry in patients.values())
        self.assertEqual(got, wanted)
        self.assertIn(("CDB-5", "Elin", "Persson", "1983-05-01", "elin.persson@example.com",
                       "Ögärdesvägen 15, Öjersjö", "Personal number: 198305012222"), got)
        self.assertEqual(sorted((entry["starts_at"], patients[harness.related_id(entry, "patient")]["first_name"],
                                 entry["notes"].split("\n")[0]) for entry in appointments),
                         [("2025-01-15T08:00:00Z", "Anna", "General check-up"),
                          ("2025-01-18T09:00:00Z", "Sofia", "Blood pressure check"),
                          ("2025-01-20T12:30:00Z", "Markus", "Persistent cough"),
                          ("2025-01-22T14:00:00Z", "Johan", "Child vaccination"),
                          ("2025-01-25T10:00:00Z", "Elin", "Diabetes consultation")])
        self.assertEqual(sum(bool(entry["arrived"]) for entry in api.list("attendees")), 1)

    def test_a_hospital_that_nobody_had_seen_before_arrives(self):
        """The profile that docs/new-source.md ends with."""
        source = BACKUPS / "aelg-Hospital.bak"
        doctors = {row["docid"]: f"{row['docfname']} {row['doclname']}" for row in self.table(source, "doctor")}
        run, patients, appointments, api = self.transfer(account("Hospital", "America/New_York", doctors.values()), source,
                                                         "aelg.json")
        rows = {row["patientid"]: row for row in self.table(source, "patient")}
        phones, emails, drugs = ({key: set() for key in rows} for _ in range(3))
        for row in self.table(source, "patientphone"):
            phones[row["patientid"]].add(row["patientphone"])
        for row in self.table(source, "patientemail"):
            emails[row["patientid"]].add(row["patientemail"])
        names = {row["prescid"]: f"Prescribed: {row['prescname']}, {row['duration']}"
                 for row in self.table(source, "prescription")}
        for row in self.table(source, "distribution"):
            drugs[row["patientid"]].add(names[row["prescid"]])
        self.assertEqual(len(patients), 22)
        for entry in patients.values():
            key = entry["old_reference_id"].removeprefix("AH-")
            row = rows[key]
            by = rows.get(row["prefersid"])
            self.assertEqual((entry["first_name"], entry["last_name"], entry["date_of_birth"], entry["referral_source"]),
                             (row["patientfname"], row["patientlname"], row["patientbdate"],
                              f"{by['patientfname']} {by['patientlname']}" if by else None))
            self.assertEqual({one["number"] for one in entry["patient_phone_numbers"]}, phones[key])
            self.assertIn(entry["email"] or "", emails[key] or {""})
            for line in {f"Social security number: {row['patientssn']}"} | drugs[key]:
                self.assertIn(line, entry["notes"])
            for address in emails[key] if len(emails[key]) > 1 else ():
                self.assertIn(address, entry["notes"])
        practitioners = {entry["id"]: f"{entry['first_name']} {entry['last_name']}" for entry in api.list("practitioners")}
        got = sorted((entry["starts_at"], patients[harness.related_id(entry, "patient")]["old_reference_id"],
                      practitioners[harness.related_id(entry, "practitioner")]) for entry in appointments)
        wanted = []
        for row in self.table(source, "appointment"):
            hour, minute = map(int, row["apptime"].split(":"))
            hour += 4 if hour >= 8 else 16  # New York in August; 01:00 is in the afternoon
            wanted.append((f"{row['appdate']}T{hour:02}:{minute:02}:00Z", f"AH-{row['patientid']}",
                           doctors[rows[row["patientid"]]["docid"]]))
        self.assertEqual(got, sorted(wanted))
        self.assertRegex(run.out, r"31 payments")

    def test_the_draft_for_it_says_what_is_still_to_be_done(self):
        done = self.handover("profile", "draft", BACKUPS / "aelg-Hospital.bak")
        self.assertIn("table patientphone: not used, though 30 rows belong to patient", done.stderr)
        self.assertIn("perhaps those are in the afternoon", done.stderr)
        profile = self.work / "hospital.json"
        profile.write_text(done.stdout)
        found = json.loads(self.handover("profile", "check", profile, BACKUPS / "aelg-Hospital.bak", "--time-zone",
                                         "America/New_York", "--json").stdout)
        self.assertTrue(found["fits"])
        self.assertEqual({one["entity"]: one["records"] for one in found["entities"]},
                         {"business": 1, "practitioner": 21, "appointment_type": 1, "patient": 22, "appointment": 30})
        self.assertIn("table patientphone is not read", found["not_read"])
        broken = json.loads(profile.read_text())
        broken["entities"]["patient"]["fields"]["email"] = "patientmail"
        broken["entities"]["appointment"]["table"] = "visits"
        profile.write_text(json.dumps(broken))
        done = self.handover("profile", "check", profile, BACKUPS / "aelg-Hospital.bak", status=1)
        self.assertIn("2 of the tables and columns that the profile reads are not in the source", done.stderr)
        self.assertIn("patient.patientmail: patient has no column 'patientmail'", done.stdout)
        self.assertIn("visits: there is no table 'visits'", done.stdout)

    def zipped(self, compression, *names):
        path = self.work / f"clinic-{compression}-{len(names)}.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name in names:
                archive.write(BACKUPS / "sasha-Clinic.bak", name)
        return path

    def test_a_serbian_clinic_arrives_out_of_a_zip(self):
        heads = ["Zoran Hajdukovic", "Dragana Stamatovic", "Milan Petronijevic", "Aleksandar Djurovic",
                 "Radomir Matunovic"]
        source = self.zipped(zipfile.ZIP_DEFLATED, "backups/Clinic.bak")
        run, patients, appointments, _ = self.transfer(account("Clinic", "Europe/Belgrade", heads), source, "sasha.json")
        self.assertEqual(sorted((entry["old_reference_id"], entry["first_name"], entry["last_name"], entry["sex"],
                                 entry["date_of_birth"], entry["city"]) for entry in patients.values()),
                         [("CL-1", "Pera", "Peric", "Male", "1985-07-12", "Beograd"),
                          ("CL-2", "Mika", "Mikic", "Male", "1986-03-20", "Novi Sad"),
                          ("CL-3", "Zika", "Zikic", "Male", "1986-05-15", "Subotica"),
                          ("CL-4", "Saban", "Saulic", "Male", "1950-01-10", "Sabac"),
                          ("CL-5", "Test", "Test", "Female", "1979-07-04", "test")])
        notes = {entry["old_reference_id"]: entry["notes"] for entry in patients.values()}
        self.assertIn("2017-08-01 5 x Daktanol (oralni gel 2% 40g), dr Radomir Matunovic", notes["CL-3"])
        rows = self.table(BACKUPS / "sasha-Clinic.bak", "tblDoctorAppointment")
        self.assertEqual(sorted(entry["starts_at"] for entry in appointments),
                         sorted(f"{row['DateOfScheduling']}T07:00:00Z" for row in rows))
        self.assertRegex(run.out, r"22 user names and passwords")
        self.assertEqual(list(self.spool.iterdir()), [], "the unpacked copy is still there")

    def test_zips_are_read_in_place_or_unpacked_once_and_nothing_stays(self):
        plain = self.inspect(BACKUPS / "sasha-Clinic.bak")["tables"]
        for compression, words in ((zipfile.ZIP_STORED, "read in place"), (zipfile.ZIP_DEFLATED, "unpacked")):
            found = self.inspect(self.zipped(compression, "Clinic.bak"), "--check")
            self.assertTrue(found["sound"])
            self.assertIn(words, found["facts"]["zip_member"])
            self.assertEqual([(one["name"], one["rows"]) for one in found["tables"]],
                             [(one["name"], one["rows"]) for one in plain])
        stored = self.zipped(zipfile.ZIP_STORED, "Clinic.bak")
        data = bytearray(stored.read_bytes())
        data[data.rindex(b"SPAD") + 40] ^= 1  # padding, of which the backup itself knows nothing
        changed = self.work / "changed.zip"
        changed.write_bytes(data)
        self.assertIn("the checksum of Clinic.bak in the zip is wrong", self.inspect(changed, "--check", status=3)["faults"][0])
        two = self.zipped(zipfile.ZIP_DEFLATED, "Clinic.bak", "old/Clinic2016.bak")
        error = self.handover("inspect", two, status=1).stderr
        self.assertIn("more than one backup: say which with --member NAME. They are: Clinic.bak, old/Clinic2016.bak",
                      error)
        self.assertEqual(self.inspect(two, "--member", "Clinic2016.bak")["tables"], plain)
        data = bytearray(two.read_bytes())
        data[50_000] ^= 0xFF
        (self.work / "damaged.zip").write_bytes(data)
        self.assertIn("is damaged in the zip", self.handover("inspect", self.work / "damaged.zip", "--member",
                                                             "Clinic.bak", status=1).stderr)
        self.assertEqual(list(self.spool.iterdir()), [])

    def test_what_windows_packs_is_read(self):
        """Explorer packs files of 2 GB and more by Deflate64; 7-Zip can, and Python cannot."""
        if not shutil.which("7z"):
            self.skipTest("there is no 7z")
        source = self.work / "windows.zip"
        subprocess.run(["7z", "a", "-tzip", "-mm=Deflate64", source, BACKUPS / "salman-Northwind.bak"], check=True,
                       stdout=subprocess.DEVNULL)
        with zipfile.ZipFile(source) as archive:
            self.assertEqual(archive.infolist()[0].compress_type, 9)
        found = self.inspect(source, "--check")
        self.assertTrue(found["sound"])
        self.assertEqual({table["name"]: table["rows"] for table in found["tables"]}["Order Details"], 2155)

    def test_what_a_killed_process_left_behind_is_removed_by_the_next(self):
        left = self.spool / "handover-spool-1-2-3-4-00000000.bak"
        left.write_bytes(b"of a process that is gone")
        source = self.zipped(zipfile.ZIP_DEFLATED, "Clinic.bak")
        killed = subprocess.Popen([harness.PROGRAMS["handover"], "inspect", source, "--csv", "tblPatients"],
                                  stdout=subprocess.PIPE, env=harness.environment(SPOOL=self.spool))
        killed.stdout.read(1)
        killed.send_signal(signal.SIGKILL)
        killed.communicate(timeout=30)
        self.assertEqual(len(self.table(source, "tblPatients")), 5)
        self.assertEqual(list(self.spool.iterdir()), [])


if __name__ == "__main__":
    harness.main()
