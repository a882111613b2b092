"""PostgreSQL and Redis restart, the key is revoked, in the middle: it goes on, none twice, none missing."""
import harness


class Restarts(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=40, years=1)
        self.cliniko = self.sandbox(self.clinic.account)
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=800, TASK_SIZE=40, IN_FLIGHT=4)
        for _ in range(2):
            self.services.start_worker()
        self.slow = {"route": "*", "kind": "latency", "ms": 20}
        self.cliniko.put_faults(self.slow)

    def start(self, *flags):
        return self.run_transfer(self.cliniko, self.clinic, *flags, **{**self.services.settings, "DATA": None})

    def await_requests(self, run, method, collection, count):
        harness.until(lambda: self.cliniko.requests(method, collection) >= count or not run.runs(), 60,
                      lambda: f"no {count} times {method} {collection}: {self.cliniko.writes()}\n{run.out}\n{run.err}")
        self.assertTrue(run.runs(), f"it was over before {method} {collection} {count}\n{run.out}\n{run.err}")

    def complete(self, run):
        self.cliniko.clear_faults()
        self.assert_status(run, self.clinic.status)
        self.assert_arrived_whole(self.cliniko, self.clinic)
        for collection in ("patients", "individual_appointments"):
            self.assertEqual(self.cliniko.stats()["creates"][collection], self.clinic.expected[collection], collection)

    def test_postgresql_restarts_in_both_ways_and_redis_loses_its_data(self):
        run = self.start()
        self.await_requests(run, "POST", "patients", 10)
        self.services.restart_redis()
        self.await_requests(run, "POST", "individual_appointments", 60)
        self.services.restart_postgres("fast")
        self.await_requests(run, "POST", "individual_appointments", 400)
        self.services.restart_redis()
        self.await_requests(run, "PATCH", "attendees", 10)
        self.services.restart_postgres("immediate")
        self.await_requests(run, "POST", "patient_attachments", 20)
        self.services.restart_redis()
        self.services.restart_postgres("immediate")
        self.complete(run)
        for program in (self.services.coordinator, *self.services.workers):
            self.assertTrue(program.runs(), f"{program.name} has ended\n{program.err[-2000:]}")

    def test_nothing_is_sent_while_redis_is_away(self):
        run = self.start("--rate", "30000")  # without a limit Redis is not asked
        self.await_requests(run, "POST", "individual_appointments", 100)
        self.services.redis.kill()
        quiet = [self.cliniko.all_requests(), 0]

        def is_quiet():
            now = self.cliniko.all_requests()
            quiet[1] = quiet[1] + 1 if now == quiet[0] else 0
            quiet[0] = now
            return quiet[1] > 50  # half a second without a request; each takes 20 ms
        harness.until(is_quiet, 20, "it goes on sending")
        self.assertTrue(run.runs(), run.err)
        self.services.start_redis()
        self.complete(run)

    def test_a_revoked_key_pauses_and_the_same_command_goes_on(self):
        run = self.start()
        self.await_requests(run, "POST", "individual_appointments", 150)
        self.cliniko.put_faults({"route": "*", "kind": "status", "status": 401,
                                 "body": {"message": "The api key provided is invalid"}})
        self.assert_status(run, 1, 60)
        self.assertRegex(run.err, r"(?m)^handover: transfer 1 is paused: .*key")
        shown = self.services.handover("transfer", "show", 1)
        self.assertNotRegex(shown, r"\tfailed\t|\tskipped\t", "records were given up")
        self.cliniko.put_faults(self.slow)
        again = self.start()
        harness.until(lambda: "going on with transfer 1" in again.err, 60, lambda: again.err)
        self.complete(again)
        self.assertEqual(self.cliniko.requests("POST", "patients"), self.clinic.expected["patients"])


if __name__ == "__main__":
    harness.main()
