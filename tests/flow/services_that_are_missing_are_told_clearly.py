"""Ports in use, servers that do not answer, a full disk: one message each, a status but 0, nothing half-done."""
import contextlib
import os
import re
import socket
import subprocess
import unittest

import harness

SMALL_MB = 100
BEFORE = r"\d{4}-\d\d-\d\dT|handover: starting private services"


class Services(harness.FlowTest):
    def taken_port(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        return listener.getsockname()[1]

    def free_port(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return listener.getsockname()[1]

    def refuse(self, program, arguments, *says, status=1, settings=None):
        """One message on stderr, beside lines of the log and what `run` says at its start."""
        process = harness.Process(self, program, [harness.PROGRAMS[program], *arguments], settings)
        self.assert_status(process, status, 60)
        lines = [line for line in process.err.splitlines() if not re.match(BEFORE, line)]
        self.assertEqual(len(lines), 1, f"one message, got: {process.err}")
        for words in says:
            self.assertIn(words, lines[0])

    def transfer_arguments(self, clinic):
        return ["run", clinic.folder, "--profile", harness.FRONT_DESK, "--to", "harbour", "--key-file", clinic.key_file]

    def test_a_port_in_use(self):
        clinic = self.export(patients=4)
        cliniko = self.sandbox(clinic.account)
        seed_file = cliniko.folder / "account.json"
        port = self.taken_port()
        self.refuse("handover-sandbox", ["--listen", f"127.0.0.1:{port}", "--seed-file", seed_file],
                    f"127.0.0.1:{port}", "another program does already")
        services = harness.Services(self, cliniko)
        self.refuse("handover-coordinator", [], f"tcp://127.0.0.1:{port}", "in use",
                    settings={**services.settings, "LISTEN_URL": f"tcp://127.0.0.1:{port}"})
        self.refuse("handover-worker", ["--kind", "extract,patient"], "'patient' is no kind of work",
                    settings=services.settings)
        gone = f"redis://127.0.0.1:{self.free_port()}/0"
        self.refuse("handover-worker", [], gone.split("//")[1].split("/")[0],
                    settings={**services.settings, "REDIS_URL": gone})
        services.coordinator.stop()
        services.postgres.stop()
        for program, arguments in (("handover-worker", []), ("handover-coordinator", []), ("handover", ["migrate"]),
                                   ("handover", ["workers"]), ("handover", self.transfer_arguments(clinic))):
            with self.subTest(f"{program} {' '.join(map(str, arguments[:1]))} without PostgreSQL"):
                self.refuse(program, arguments, "PostgreSQL", str(services.folder), settings=services.settings)
        self.assertEqual(cliniko.all_requests(), 0)

    def test_a_data_folder_that_is_in_use(self):
        clinic = self.export(patients=30)
        cliniko = self.sandbox(clinic.account)
        cliniko.put_faults({"route": "POST /v1/patients", "kind": "stall", "ms": 60000, "count": 1})
        first = self.run_transfer(cliniko, clinic)
        harness.until(lambda: cliniko.requests("POST", "patients"), 60, lambda: first.err)
        self.refuse("handover", self.transfer_arguments(clinic), "in use by another run", str(first.pid), "--data",
                    settings={"DATA": self.work / "data"})
        cliniko.clear_faults()
        first.kill()

    def test_a_folder_that_is_not_ours(self):
        clinic = self.export(patients=4)
        self.refuse("handover", self.transfer_arguments(clinic), "is not empty, and no data folder of Handover",
                    settings={"DATA": clinic.folder})
        self.assertFalse((clinic.folder / "handover.lock").exists())


class FullDisk(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.disk = self.work / "disk"
        self.disk.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=711", "none", self.disk],
                                               stderr=subprocess.DEVNULL).returncode != 0:
            raise unittest.SkipTest("only root can mount the small disk that this test fills")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk])
        self.clinic = self.export(patients=120, years=2)
        self.cliniko = self.sandbox(self.clinic.account)

    def fill(self, leave_mb):
        """About so many MB are left; for 0 nothing is, while others write as well."""
        room = os.statvfs(self.disk)
        size = room.f_bavail * room.f_frsize - max(leave_mb, 2) * 1024 * 1024
        with open(self.disk / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, size)
            file.seek(size)
            while not leave_mb:
                file.write(b"\0" * 4096)

    def test_is_seen_before_anything_is_started(self):
        self.fill(SMALL_MB)
        run = self.run_transfer(self.cliniko, self.clinic, data=self.disk / "data")
        self.assert_status(run, 1)
        self.assertRegex(run.err, r"has \d+ MB left")
        self.assertIn("--data", run.err)
        self.assertEqual(self.cliniko.all_requests(), 0)

    def test_in_the_middle_loses_and_doubles_nothing(self):
        """PostgreSQL can write no more; when there is room again, the same command goes on."""
        data = self.disk / "data"
        self.cliniko.put_faults({"route": "POST /v1/individual_appointments", "kind": "latency", "ms": 40})
        run = self.run_transfer(self.cliniko, self.clinic, data=data, TASK_SIZE=50, IN_FLIGHT=2)
        harness.until(lambda: self.cliniko.requests("POST", "individual_appointments") > 20, 60, lambda: run.err)
        self.fill(0)
        before = self.cliniko.requests("POST", "individual_appointments")
        harness.until(lambda: not run.runs() or self.is_told(run), 90,
                      lambda: f"nothing is told\n{run.out[-2000:]}\n{run.err}")
        (self.disk / "filler").unlink()
        run.stop()
        self.assertGreaterEqual(self.cliniko.requests("POST", "individual_appointments"), before)
        self.cliniko.clear_faults()
        again = self.run_transfer(self.cliniko, self.clinic, data=data)
        self.assert_status(again, self.clinic.status)
        self.assert_arrived_whole(self.cliniko, self.clinic)

    def is_told(self, run):
        return any("No space left" in path.read_text(errors="replace") for path in run.data.glob("*.log"))


if __name__ == "__main__":
    harness.main()
