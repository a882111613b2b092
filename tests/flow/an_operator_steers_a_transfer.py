"""`handover transfer …` against configured services: several workers of several kinds, pause, resume, cancel, drain."""
import json
import re
import shutil
import signal

import harness

UNDER_WAY = 8 * 2 * 4 + 1  # tasks of two workers with eight slots together, four requests each


class Operator(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=60, years=2)
        self.cliniko = self.sandbox(self.clinic.account)
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=800, TASK_SIZE=40, IN_FLIGHT=4)
        self.slow = {"route": "*", "kind": "latency", "ms": 20}
        self.cliniko.put_faults(self.slow)

    def start_workers(self, *more):
        return [self.services.start_worker(kinds) for kinds in
                ("extract,preflight", "patients", "catalogue,appointments,notes,attachments,verify", *more)]

    def new_transfer(self, *flags):
        out = self.services.handover("transfer", "new", self.clinic.folder, "--profile", harness.FRONT_DESK, "--to",
                                     "harbour", "--key-file", self.clinic.key_file, "--rate", "0", "--bad-rows",
                                     "exclude", "--answers", self.clinic.answers_file, *flags)
        return re.fullmatch(r"transfer (\d+)\n", out).group(1)

    def state(self, number):
        return re.search(r" is (\w+)", self.services.handover("transfer", "show", number)).group(1)

    def await_state(self, number, *wanted):
        harness.until(lambda: self.state(number) in wanted, 60, lambda: f"it is {self.state(number)}, not {wanted}")

    def await_requests(self, method, collection, count):
        harness.until(lambda: self.cliniko.requests(method, collection) >= count, 60, lambda: self.cliniko.writes())

    def await_quiet(self, psql, number):
        """No task is at work: what was under way is recorded."""
        harness.until(lambda: psql.value("select count(*) from task where state = 'leased'") == "0", 60,
                      "tasks are still at work")

    def tasks_of(self, worker):
        return worker.err.count(" task_done ") + worker.err.count(" task_returned ")

    def assert_each_sent_once(self):
        for collection in ("patients", "individual_appointments"):
            self.assertEqual(self.cliniko.requests("POST", collection), self.clinic.expected[collection], collection)

    def test_from_new_to_the_end_with_a_pause_between(self):
        psql = self.services.psql()
        workers = self.start_workers("appointments")
        number = self.new_transfer()
        self.assertEqual(self.state(number), "draft")
        self.assertIn("harbour", self.services.handover("transfer", "list"))
        self.services.handover("transfer", "start", number)
        self.await_state(number, "waiting")
        self.assertEqual(self.cliniko.writes(), {}, "something was sent before it was approved")
        watch = self.services.command("transfer", "watch", number)
        self.assert_status(watch, 4)
        self.assertRegex(watch.out, r"Forecast: about [1-9]\d+ requests; ")
        self.assertRegex(watch.out, r"Of the appointments \d+ are past and \d+ are to come\.")
        self.assertNotIn("To be done in Cliniko now", watch.out)
        self.assertRegex(self.services.handover("transfer", "start", number), f"transfer {number} is (scheduled|running)\n")
        self.await_requests("POST", "individual_appointments", 100)

        self.cliniko.put_faults({"route": "*", "kind": "latency", "ms": 1500})
        self.assertEqual(self.services.handover("transfer", "pause", number), f"transfer {number} is paused\n")
        before = self.cliniko.requests("POST", "individual_appointments")
        self.await_quiet(psql, number)
        self.cliniko.put_faults(self.slow)
        sent = self.cliniko.requests("POST", "individual_appointments")
        self.assertLess(sent - before, UNDER_WAY, "requests after the pause")
        self.assertLess(sent, self.clinic.expected["individual_appointments"])
        self.assertEqual(psql.value("select count(*) from record where state = 'sending'"), "0", "records in doubt")
        self.assertEqual(self.cliniko.stats()["creates"]["individual_appointments"], sent)
        watch = self.services.command("transfer", "watch", number)
        self.assert_status(watch, 1)
        self.assertIn("paused by the operator", watch.err)
        self.assertEqual(self.cliniko.requests("POST", "individual_appointments"), sent, "it went on while paused")

        listed = self.services.handover("workers", "--json").splitlines()
        kinds = sorted(json.loads(line)["kinds"] for line in listed)
        self.assertEqual(kinds, ["appointments", "catalogue,appointments,notes,attachments,verify", "extract,preflight", "patients"])
        self.assertEqual(self.services.handover("transfer", "resume", number), f"transfer {number} is running\n")
        watch = self.services.command("transfer", "watch", number)
        self.assert_status(watch, self.clinic.status)
        self.assert_arrived_whole(self.cliniko, self.clinic)
        self.assert_each_sent_once()
        self.assertTrue(all(self.tasks_of(worker) > 0 for worker in workers),
                        f"tasks of the workers: {[self.tasks_of(worker) for worker in workers]}")
        self.assert_words_that_come_too_late(number)

    def assert_words_that_come_too_late(self, number):
        for word in ("start", "pause", "resume", "cancel"):
            with self.subTest(f"{word} after the end"):
                command = self.services.command("transfer", word, number)
                self.assert_status(command, 1)
                self.assertIn(f"Transfer {number} is completed: ", command.err)
        for words, says in ((("transfer", "show", "999"), "There is no transfer 999"),
                            (("transfer", "show", "first"), "the transfer's number"),
                            (("transfer", "begin", number), "is no command")):
            with self.subTest(" ".join(words)):
                command = self.services.command(*words)
                self.assertNotEqual(command.wait(30), 0)
                self.assertIn(says, command.err)

    def test_cancel_ends_it_and_what_was_sent_is_known_to_the_next_one(self):
        psql = self.services.psql()
        self.start_workers()
        number = self.new_transfer("--approve")
        self.services.handover("transfer", "start", number)
        self.await_requests("POST", "individual_appointments", 100)
        self.assertEqual(self.services.handover("transfer", "cancel", number), f"transfer {number} is cancelled\n")
        self.await_quiet(psql, number)
        sent = self.cliniko.requests("POST", "individual_appointments")
        watch = self.services.command("transfer", "watch", number)
        self.assert_status(watch, 1)
        self.assertEqual(self.cliniko.requests("POST", "individual_appointments"), sent, "it went on")
        self.cliniko.clear_faults()
        second = self.new_transfer("--approve")
        self.assertNotEqual(second, number)
        self.services.handover("transfer", "start", second)
        watch = self.services.command("transfer", "watch", second, "--json")
        self.assert_status(watch, self.clinic.status)
        self.assertEqual(json.loads(watch.out.splitlines()[-1])["state"], "completed")
        self.assert_arrived_whole(self.cliniko, self.clinic)
        self.assert_each_sent_once()

    def test_a_newer_export_takes_the_place_of_one_that_is_not_over(self):
        self.start_workers()
        number = self.new_transfer("--approve")
        self.services.handover("transfer", "start", number)
        self.await_requests("POST", "individual_appointments", 60)
        newer = self.work / "newer"
        shutil.copytree(self.clinic.folder, newer)
        settings = {**self.services.settings, "DATA": None}
        run = self.run_transfer(self.cliniko, self.clinic, source=newer, **settings)
        self.assert_status(run, 1)
        self.assertRegex(run.err, rf"Transfer {number} brings the same system .* is not over.*--cancel-earlier")
        self.cliniko.clear_faults()
        run = self.run_transfer(self.cliniko, self.clinic, "--cancel-earlier", source=newer, **settings)
        self.assert_status(run, self.clinic.status)
        self.assertIn(f"transfer {number} is cancelled", run.err)
        self.assert_arrived_whole(self.cliniko, self.clinic)
        self.assert_each_sent_once()

    def test_a_worker_that_is_told_to_end_leaves_nothing_in_doubt(self):
        psql = self.services.psql()
        self.start_workers()
        number = self.new_transfer("--approve")
        self.services.handover("transfer", "start", number)
        worker = self.services.workers[2]
        self.await_requests("POST", "individual_appointments", 100)
        worker.signal(signal.SIGTERM)
        self.assert_status(worker, 0, 60)
        self.assertEqual(psql.value("select count(*) from record where state = 'sending'"), "0", "records in doubt")
        self.assertEqual(psql.value("select count(*) from task where state = 'leased'"), "0", "tasks not returned")
        self.assertEqual(psql.value("select state from transfer"), "running")
        self.assertEqual(psql.value("select count(*) from record where entity = 'appointment' and state = 'created'"),
                         str(self.cliniko.stats()["creates"]["individual_appointments"]))
        self.cliniko.clear_faults()
        self.services.start_worker("catalogue,appointments,notes,attachments,verify")
        watch = self.services.command("transfer", "watch", number)
        self.assert_status(watch, self.clinic.status)
        self.assert_arrived_whole(self.cliniko, self.clinic)
        self.assert_each_sent_once()

    def test_a_second_coordinator_takes_over(self):
        """It cannot listen at the same address: its workers know both."""
        first = self.services.settings["LISTEN_URL"]
        self.services.settings["COORDINATOR_URL"] = f"{first},{first}-2"
        standby = harness.Process(self, "standby", [harness.PROGRAMS["handover-coordinator"]],
                                  {**self.services.settings, "LISTEN_URL": f"{first}-2"})
        self.services.start_worker()
        number = self.new_transfer("--approve")
        self.services.handover("transfer", "start", number)
        self.await_requests("POST", "individual_appointments", 100)
        self.services.coordinator.kill()
        watch = self.services.command("transfer", "watch", number)
        self.assert_status(watch, self.clinic.status)
        self.assertIn("leadership_taken", standby.err)
        self.assert_arrived_whole(self.cliniko, self.clinic)
        self.assert_each_sent_once()


if __name__ == "__main__":
    harness.main()
