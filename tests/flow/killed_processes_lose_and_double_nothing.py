"""kill -9 of workers, of the coordinator, of a whole run, at many points: it completes, none twice, none missing."""
import contextlib
import os
import signal

import harness

SLOW = {"route": "*", "kind": "latency", "ms": 15}


class Killed(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=30, years=1)
        self.cliniko = self.sandbox(self.clinic.account)
        self.cliniko.put_faults(SLOW)

    def start(self, **settings):
        return self.run_transfer(self.cliniko, self.clinic, **{"IN_FLIGHT": 4, "TASK_SIZE": 40, **settings})

    def await_requests(self, run, method, collection, count):
        """The requests are counted before they are answered, so what is killed now has some under way."""
        harness.until(lambda: self.cliniko.requests(method, collection) >= count or not run.runs(), 90,
                      lambda: f"no {count} times {method} {collection}: {self.cliniko.writes()}\n{run.out}")
        self.assertTrue(run.runs(), f"it was over before {method} {collection} {count}\n{run.out}\n{run.err}")

    def complete(self, run):
        self.cliniko.clear_faults()
        self.assert_status(run, self.clinic.status)
        self.assert_arrived_whole(self.cliniko, self.clinic)
        self.assert_counts()

    def assert_counts(self):
        """Beside the comparison by content: as many as expected were ever made, though some may be sent twice."""
        creates = self.cliniko.stats()["creates"]
        for collection in ("patients", "individual_appointments", "appointment_types"):
            self.assertEqual(creates[collection], self.clinic.expected[collection], f"{collection} that were made")
        self.assertEqual(harness.doubled(self.cliniko, self.clinic.key), [])

    def points(self):
        """Where to strike: in each phase, early and late."""
        wanted = self.clinic.expected
        return (("POST", "products", 4), ("POST", "contacts", 4), ("POST", "patients", 4),
                ("POST", "patients", wanted["patients"] - 6), ("POST", "individual_appointments", 60),
                ("POST", "individual_appointments", wanted["individual_appointments"] // 2),
                ("PATCH", "attendees", 10), ("POST", "treatment_notes", 40), ("POST", "patient_attachments", 30))

    def test_a_worker_at_nine_points_of_one_run(self):
        run = self.start(WORKERS=4)  # so that each has been back for long when its turn comes again
        for number, point in enumerate(self.points()):
            name = f"worker-{number % 4 + 1}"
            self.await_requests(run, *point)
            harness.until(lambda: run.kill_children(name), 30, f"{name} is not started again")
        self.complete(run)

    def test_all_workers_at_once_in_each_phase(self):
        run = self.start(WORKERS=3)
        for point in (self.points()[2], self.points()[5], self.points()[7]):
            self.await_requests(run, *point)
            self.assertEqual(len(run.kill_children("worker-")), 3)
        self.complete(run)

    def test_the_coordinator(self):
        run = self.start()
        for point in (self.points()[2], self.points()[4], self.points()[8]):
            self.await_requests(run, *point)
            self.assertEqual(run.kill_children("coordinator"), ["coordinator"])
        self.complete(run)

    def test_a_run_with_all_of_its_processes_at_three_points(self):
        """As a power cut would: the same command goes on."""
        for point in (self.points()[1], self.points()[4], self.points()[8]):
            run = self.start()
            self.await_requests(run, *point)
            children = run.children()
            run.kill()
            for pid in children.values():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.complete(self.start())

    def test_only_the_program_that_was_started(self):
        """Its children end by themselves, and nothing hinders the same command."""
        run = self.start()
        self.await_requests(run, "POST", "individual_appointments", 100)
        children = run.children()
        run.kill()
        again = self.start()
        self.complete(again)
        for name, pid in children.items():
            self.assertTrue(harness.is_gone(pid), f"{name} of the killed run is still there")

    def test_ctrl_c_records_what_is_under_way_and_leaves_nothing_in_doubt(self):
        run = self.start()
        self.await_requests(run, "POST", "individual_appointments", 100)
        run.signal(signal.SIGINT)
        self.assert_status(run, 1)
        self.assertIn("The same command goes on", run.err)
        answered = self.cliniko.stats()
        before = answered["creates"]["individual_appointments"]
        self.assertEqual(self.cliniko.requests("POST", "individual_appointments"), before)
        self.complete(self.start())
        self.assertEqual(self.cliniko.requests("POST", "individual_appointments"),
                         self.clinic.expected["individual_appointments"], "something was sent twice")


class KilledWhileExtracting(harness.FlowTest):
    def test_all_workers_while_records_are_staged(self):
        clinic = self.export(patients=30, years=1)
        cliniko = self.sandbox(clinic.account)
        services = harness.Services(self, cliniko, IN_DOUBT_WAIT_MS=1500)
        stager, watcher = services.psql(), services.psql()
        stager.ask("begin")
        stager.ask("lock table record in share mode")  # staging waits in the middle of its first statements
        workers = [services.start_worker() for _ in range(2)]
        run = self.run_transfer(cliniko, clinic, **{**services.settings, "DATA": None})
        harness.until(lambda: watcher.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and "
                                            "query ~ 'record'") not in (None, "0"), 60, lambda: run.err)
        self.assertEqual(watcher.value("select state from transfer"), "extracting")
        for worker in workers:
            worker.kill()
        stager.ask("rollback")
        services.start_worker()
        self.assert_status(run, clinic.status)
        self.assert_arrived_whole(cliniko, clinic)
        self.assertEqual(cliniko.stats()["creates"]["individual_appointments"],
                         clinic.expected["individual_appointments"])


if __name__ == "__main__":
    harness.main()
