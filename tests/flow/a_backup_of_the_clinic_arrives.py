"""The made-up clinic as its owner sends it: a backup, mostly in a zip. All of it arrives as from an export, the file stays
as it was, and one that is not decrypted, cut off or damaged is refused before anything is written to Cliniko."""
import json

import harness


class ABackup(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.spool = self.work / "spool"
        self.spool.mkdir(mode=0o700)

    def transfer(self, cliniko, clinic, source, *flags, **options):
        return self.run_transfer(cliniko, clinic, *flags, source=source, SPOOL=self.spool, **options)

    def test_in_a_zip_arrives_whole_and_a_second_run_sends_nothing(self):
        clinic = self.export(patients=30, years=2, zip="FD_DECRYPTED.zip")
        keys = json.loads(clinic.keys_file.read_text(encoding="utf-8"))
        cliniko = self.sandbox(clinic.account)
        with harness.unchanged(clinic.zip):
            run = self.transfer(cliniko, clinic, clinic.zip, "--practitioner-keys", clinic.keys_file)
            self.assert_status(run, clinic.status, 240)
            self.assertRegex(run.err, rf"(?m)^handover: the backup was taken on {harness.TODAY} \d\d:\d\d:\d\d by its "
                             "server's clock: what was entered later is not in it$")
            before = cliniko.writes()
            self.assert_status(self.transfer(cliniko, clinic, clinic.zip), clinic.status, 240)
        self.assertEqual(cliniko.writes(), before, "the second run has sent something")
        self.assert_arrived_whole(cliniko, clinic, keys)
        self.assertEqual(list(self.spool.iterdir()), [], "the unpacked copy is still there")

    def test_that_is_not_decrypted_is_named_and_goes_over_without_notes_and_files_when_the_clinic_says_so(self):
        clinic = self.export(patients=20, undecrypted=True, bak="FD.bak")
        cliniko = self.sandbox(clinic.account)
        with harness.unchanged(clinic.bak):
            run = self.transfer(cliniko, clinic, clinic.bak)
            self.assert_status(run, 1)
            self.assertEqual(cliniko.writes(), {}, "Cliniko got a write")
            self.assertIn("this looks like FD.bak, not the decrypted backup", run.err)
            self.assertIn("FD_DECRYPTED.bak", run.err)
            self.assertRegex(run.err, r"still encrypted: ClinicalNote, column Body \(\d.*; Attachment, column Content \(\d")
            given = json.loads(clinic.answers_file.read_text(encoding="utf-8"))
            clinic.answer(**{**given, "questions": {**given["questions"], "encrypted_content": "leave"}})
            run = self.transfer(cliniko, clinic, clinic.bak)
            self.assert_status(run, clinic.status, 240)
        tables = clinic.tables()
        reason = "still encrypted, and left behind by choice"
        patients = {row["PatientID"] for row in tables["Patient"]}
        for name, what, column in (("ClinicalNote", "clinical notes", "Body"), ("Attachment", "attachments", "Content")):
            left = [row for row in tables[name] if row[column] and row["PatientID"] in patients]
            self.assertRegex(run.out, rf"(?m)^ +{len(left)} {what}: {reason}$")
            clinic.change(name, lambda rows, column=column: [row for row in rows if not row[column]])
        self.assert_arrived_whole(cliniko, clinic)

    def spoil(self, clinic, name, change):
        """A copy of the backup, changed: change(bytes) returns the new bytes."""
        path = self.work / name
        path.write_bytes(change(bytearray(clinic.bak.read_bytes())))
        return path

    def test_that_is_damaged_or_cut_off_is_refused_before_anything_is_sent(self):
        clinic = self.export(patients=20, bak="FD_DECRYPTED.bak")
        patient = next(row for row in clinic.tables()["Patient"] if len(row["Surname"]) > 5)
        surname = patient["Surname"].encode("utf-16-le")

        def flip(data):
            place = data.index(surname)
            data[place] ^= 0x04
            return data

        size = clinic.bak.stat().st_size
        cases = [
            ("damaged", flip, r"table Patient is damaged in the backup .*page 1:\d+: its checksum is wrong"),
            ("cut", lambda data: data[:size * 6 // 10], rf"cut.bak is cut off: .*ends at byte {size * 6 // 10}; \d+ bytes"),
        ]
        for name, change, words in cases:
            with self.subTest(name):
                cliniko = self.sandbox(clinic.account)
                source = self.spoil(clinic, f"{name}.bak", change)
                run = self.transfer(cliniko, clinic, source, to=name)
                self.assert_status(run, 1)
                self.assertRegex(run.err, words)
                self.assertEqual(cliniko.writes(), {}, "Cliniko got a write")


if __name__ == "__main__":
    harness.main()
