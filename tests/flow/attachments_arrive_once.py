"""Files on their way while leases end and workers die: each arrives whole, and once. And a large one takes no memory."""
import hashlib
import json
import os

import harness

KEY = "files-key-au1"
ACCOUNT = {"accounts": [{
    "name": "Files", "subdomain": "files",
    "users": [{"ref": "a", "first_name": "A", "last_name": "B", "email": "a@example.com", "role": "administrator",
               "keys": [KEY]}],
    "businesses": [{"business_name": "Quay", "time_zone": "Sydney", "time_zone_identifier": "Australia/Sydney"}],
    "practitioners": [{"user_id": "@a", "first_name": "A", "last_name": "B"}]}]}
PROFILE = {
    "profile": "files", "system": "files", "key_prefix": "F-",
    "recognise": [{"table": "Patient", "columns": ["Id"]}, {"table": "Attachment", "columns": ["Id", "Content"]}],
    "entities": {
        "patient": {"table": "Patient", "key": "Id", "fields": {"first_name": "First", "last_name": "Last"}},
        "attachment": {"table": "Attachment", "key": {"column": "Id", "then": [{"prefix": "A"}]},
                       "fields": {"patient": "Patient", "content": "Content", "file_name": "Name"}}}}
LARGE = 200 << 20
MEMORY_MOST_KB = 64 << 10  # of a worker that uploads a file of any size
S3 = "POST /s3/{bucket}"
CREATE = "POST /v1/patient_attachments"


class Attachments(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.folder = self.work / "export"
        files = self.folder / "Attachment.files"
        files.mkdir(parents=True)
        rows = ["Id,Patient,Name,Content"]
        self.expected = {}
        for number in range(1, 7):
            content = os.urandom(number * 300_000)
            (files / f"{number}.bin").write_bytes(content)
            self.expected[f"{number}.bin"] = hashlib.sha256(content).hexdigest()
            rows.append(f"{number},1,{number}.bin,Attachment.files/{number}.bin")
        self.rows = rows
        self.write_rows()
        (self.folder / "Patient.csv").write_text("Id,First,Last\r\n1,Ann,Lee\r\n", encoding="utf-8")
        self.profile = self.work / "profile.json"
        self.profile.write_text(json.dumps(PROFILE), encoding="utf-8")
        self.cliniko = self.sandbox(ACCOUNT)

    def write_rows(self):
        (self.folder / "Attachment.csv").write_text("\r\n".join(self.rows) + "\r\n", encoding="utf-8")

    def add_large_file(self):
        """Mostly a hole: it takes no room on the disk."""
        path = self.folder / "Attachment.files" / "large.bin"
        with open(path, "wb") as file:
            file.write(os.urandom(1 << 20))
            file.truncate(LARGE)
        with open(path, "rb") as file:
            self.expected[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
        self.rows.append(f"9,1,{path.name},Attachment.files/{path.name}")
        self.write_rows()

    def start(self, lease_ms):
        self.services = harness.Services(self, self.cliniko, LEASE_MS=lease_ms, IN_DOUBT_WAIT_MS=1000)
        self.services.start_worker("extract,preflight,catalogue,patients,appointments,notes,verify")
        worker = self.services.start_worker("attachments")
        self.start_transfer()
        return worker

    def start_transfer(self):
        number = self.services.handover(
            "transfer", "new", self.folder, "--profile", self.profile, "--to", "files", "--key-file",
            harness.write_key(self.work / "key", KEY), "--rate", "0", "--approve").split()[1]
        self.services.handover("transfer", "start", number)

    def arrived(self):
        return self.cliniko.control("GET", "/__files")

    def await_completion(self):
        session = self.services.psql()
        newest = "from transfer order by id desc limit 1"
        harness.until(lambda: session.value(f"select state {newest}") == "completed", 90,
                      lambda: session.value(f"select state || coalesce(problem, '') {newest}"))
        files = self.arrived()["files"]
        self.assertEqual({file["filename"]: file["sha256"] for file in files}, self.expected)
        self.assertEqual(len(files), len(self.expected), "some are there twice")
        self.assertEqual(session.value("select count(*) from uploaded_file join record using (transfer, ordinal) "
                                       "where state = 'created'"), str(len(self.expected)))

    def test_an_upload_outlasts_its_lease(self):
        self.cliniko.put_faults({"route": S3, "kind": "stall", "ms": 7000, "at": [2]})
        self.start(lease_ms=2000)
        self.await_completion()
        self.assertEqual(self.arrived()["uploads"], len(self.expected), "something was uploaded again")

    def test_a_worker_dies_while_it_uploads(self):
        self.cliniko.put_faults({"route": S3, "kind": "stall", "ms": 60000, "at": [3, 4, 5, 6]})
        worker = self.start(lease_ms=2000)
        harness.until(lambda: sum(self.cliniko.acted()) >= 2, 60, lambda: worker.err)
        worker.kill()
        self.cliniko.clear_faults()
        self.services.start_worker("attachments")
        self.await_completion()

    def test_a_worker_dies_between_the_file_and_its_attachment(self):
        self.cliniko.put_faults({"route": CREATE, "kind": "latency", "ms": 60000, "at": [2, 3]},
                                {"route": CREATE, "kind": "drop_after", "at": [1]})
        worker = self.start(lease_ms=2000)
        harness.until(lambda: sum(self.cliniko.acted()) >= 2, 60, lambda: worker.err)
        worker.kill()
        self.cliniko.clear_faults()
        self.services.start_worker("attachments")
        self.await_completion()

    def test_a_large_file_takes_no_more_memory_than_small_ones(self):
        """The bound is that of the program as it ships; a sanitizer keeps for a while what was freed."""
        worker = self.start(lease_ms=10000)
        self.await_completion()
        before = harness.peak_kb(worker.pid)
        self.add_large_file()
        self.start_transfer()
        self.await_completion()
        peak = harness.peak_kb(worker.pid)
        if harness.has_sanitizers():
            self.assertLess(peak - before, LARGE / 1024 / 2, "it grows with the file")
        else:
            self.assertLess(peak, MEMORY_MOST_KB)


if __name__ == "__main__":
    harness.main()
