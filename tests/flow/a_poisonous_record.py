"""A record that crashes whoever works on it is found, isolated and named; everything else arrives."""
import os
import time

import harness

CRASH = "TESTING_CRASH_AT_RECORD"


class Poison(harness.FlowTest):
    def setUp(self):
        super().setUp()
        cache = (harness.BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
        if "CMAKE_BUILD_TYPE:STRING=Debug" not in cache:
            self.skipTest("what ships cannot be told to crash")
        self.clinic = self.export(patients=30, years=1)
        self.cliniko = self.sandbox(self.clinic.account)
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=600, TASK_SIZE=100, IN_FLIGHT=8)
        self.database = self.services.psql()

    def run_with(self, record):
        """Workers are started again as a supervisor would; how many died, and the transfer's exit status."""
        os.environ[CRASH] = record
        self.addCleanup(os.environ.pop, CRASH, None)
        workers = [self.services.start_worker() for _ in range(2)]
        run = self.run_transfer(self.cliniko, self.clinic, **{**self.services.settings, "DATA": None})
        died = 0
        deadline = time.monotonic() + 150
        while run.runs() and time.monotonic() < deadline:
            for place, worker in enumerate(workers):
                if not worker.runs():
                    died += 1
                    workers[place] = self.services.start_worker()
            time.sleep(0.05)
        self.assert_status(run, 3, 1)
        return run, died

    def named(self, run):
        number = run.err.split("this is transfer ")[1].split()[0]
        shown = self.services.handover("transfer", "show", number)
        return [line.split("\t") for line in shown.splitlines() if line.count("\t") == 3]

    def test_it_alone_is_given_up_and_named(self):
        before = self.database.value("select 1")
        self.assertEqual(before, "1")
        run, died = self.run_with("appointment FD-100")
        failed = [row for row in self.named(run) if row[2] == "failed" and "crashed" in row[3]]
        self.assertEqual([row[:2] for row in failed], [["appointment", "FD-100"]])
        print(f"{died} workers died until it was found", flush=True)
        self.assertLessEqual(died, 15)
        made = self.cliniko.stats()["creates"]
        self.assertEqual(made["individual_appointments"], self.clinic.expected["individual_appointments"] - 1)
        self.assertEqual(made["patients"], self.clinic.expected["patients"])
        self.assertEqual(self.database.value("select count(*) from record where state in ('sending', 'staged') and "
                                             "entity not in ('practitioner', 'business')"), "0")
        self.assert_no_message(self.cliniko)


if __name__ == "__main__":
    harness.main()
