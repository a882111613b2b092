"""PostgreSQL, Redis and Cliniko away for long, a full disk: it waits and goes on by itself. LONG_OUTAGE_SECONDS sets how
long; a minute or ten for a proof, a few leases here."""
import contextlib
import os
import shutil
import signal
import subprocess
import time

import harness

SECONDS = float(os.environ.get("LONG_OUTAGE_SECONDS", "12"))
LEASE_MS = 3000
SLOW = {"route": "*", "kind": "latency", "ms": 15}


class Outages(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=60, years=2)
        self.cliniko = self.sandbox(self.clinic.account)
        self.cliniko.put_faults(SLOW)
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=1500, TASK_SIZE=40, IN_FLIGHT=8,
                                         LEASE_MS=LEASE_MS)
        self.workers = [self.services.start_worker() for _ in range(2)]

    def start(self, *flags):
        run = self.run_transfer(self.cliniko, self.clinic, *flags, **{**self.services.settings, "DATA": None})
        harness.until(lambda: self.cliniko.requests("POST", "individual_appointments") >= 100 or not run.runs(), 90,
                      lambda: f"{self.cliniko.writes()}\n{run.err}\n{self.workers[0].err[-2000:]}")
        self.assertTrue(run.runs(), run.err)
        return run

    def complete(self, run):
        self.assert_status(run, self.clinic.status, 300)
        self.cliniko.clear_faults()
        self.assert_arrived_whole(self.cliniko, self.clinic)
        for collection in ("patients", "individual_appointments"):
            self.assertEqual(self.cliniko.stats()["creates"][collection], self.clinic.expected[collection], collection)
        for program in (self.services.coordinator, *self.workers):
            self.assertTrue(program.runs(), f"{program.name} has ended\n{program.err[-2000:]}")

    def test_postgresql_is_away(self):
        run = self.start()
        self.services.postgres.signal(signal.SIGQUIT)
        self.services.postgres.wait(60)
        time.sleep(SECONDS)
        quiet = self.cliniko.all_requests()
        time.sleep(1)
        self.assertEqual(self.cliniko.all_requests(), quiet, "it sends although no lease can be renewed")
        self.services.start_postgres()
        self.complete(run)

    def test_redis_is_away(self):
        run = self.start("--rate", "12000")  # without a limit Redis is not asked
        self.services.redis.kill()
        time.sleep(SECONDS)
        self.services.start_redis()
        self.complete(run)

    def test_cliniko_is_away(self):
        run = self.start()
        self.cliniko.put_faults({"route": "*", "kind": "drop_before"})
        time.sleep(SECONDS)
        self.cliniko.put_faults(SLOW)
        self.complete(run)

    def test_the_disk_of_postgresql_is_full(self):
        disk = self.work / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=0755", "none", disk],
                                 stderr=subprocess.DEVNULL).returncode == 0
        if not mounted:
            self.skipTest("this needs a disk of its own")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        services = self.services
        database = services.psql()
        harness.until(lambda: database.value("select count(*) from worker where state = 'here'") == "2", 30,
                      "the workers do not come")
        services.postgres.signal(signal.SIGINT)
        services.postgres.wait(60)
        shutil.move(services.folder / "data", disk / "data")
        subprocess.run(["chown", "-R", "postgres", disk], check=True)
        (services.folder / "data").symlink_to(disk / "data")
        services.start_postgres()
        run = self.start()
        self.fill(disk)
        harness.until(lambda: self.complains(), 90, "the full disk is not noticed")
        (disk / "filler").unlink()
        if not services.postgres.runs():
            services.start_postgres()
        self.complete(run)

    def fill(self, disk):
        with open(disk / "filler", "wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 16))
                file.flush()

    def complains(self):
        return "No space left" in self.services.postgres.err or \
            any("out of resources" in program.err for program in self.workers)


if __name__ == "__main__":
    harness.main()
