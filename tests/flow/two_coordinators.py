"""Two coordinators: the second takes over when the first is killed or hangs; running tasks are not begun anew."""
import signal
import time

import harness

SLOW = {"route": "*", "kind": "latency", "ms": 20}
GENEROUS_SECONDS = 20  # on a busy machine; what it really takes is printed


class Pair(harness.Services):
    def start_coordinator(self):
        urls = [f"ipc://{self.test.work}/coordinator.{number}" for number in range(2)]
        self.settings["COORDINATOR_URL"] = ",".join(urls)
        self.coordinators = [
            harness.Process(self.test, f"coordinator-{number}", [harness.PROGRAMS["handover-coordinator"]],
                            {**self.settings, "LISTEN_URL": url}) for number, url in enumerate(urls)]
        self.coordinator = self.coordinators[0]
        return self.coordinator


class Two(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=60, years=2)
        self.cliniko = self.sandbox(self.clinic.account)
        self.cliniko.put_faults(SLOW)
        self.services = Pair(self, self.cliniko, IN_DOUBT_WAIT_MS=800, TASK_SIZE=200, IN_FLIGHT=4)
        self.workers = [self.services.start_worker() for _ in range(2)]
        self.database = self.services.psql()

    def leader(self):
        name = self.database.value("select a.application_name from pg_locks l join pg_stat_activity a on a.pid = l.pid "
                                   "where l.locktype = 'advisory' and l.objid = 1281712484 and l.granted")
        return next((one for one in self.services.coordinators if name and name.endswith(f":{one.pid}")), None)

    def start(self):
        run = self.run_transfer(self.cliniko, self.clinic, **{**self.services.settings, "DATA": None})
        harness.until(lambda: self.cliniko.requests("POST", "individual_appointments") >= 60 or not run.runs(), 90,
                      lambda: f"{self.cliniko.writes()}\n{run.err}")
        self.assertTrue(run.runs(), run.err)
        return run

    def leases(self):
        return set(self.database.ask("select lease_token from task where state = 'leased'"))

    def take_over(self, first, number):
        """Strikes the leader; seconds until the other one leads, and until it leads the workers as well."""
        second = next(one for one in self.services.coordinators if one is not first)
        began = time.monotonic()
        first.signal(number)
        harness.until(lambda: self.leader() is second, GENEROUS_SECONDS, "nobody takes over")
        leads = time.monotonic() - began
        harness.until(lambda: second.err.count("worker_came") >= len(self.workers), GENEROUS_SECONDS,
                      lambda: second.err[-2000:])
        print(f"leadership after {leads:.1f} s, all workers after {time.monotonic() - began:.1f} s", flush=True)
        return second

    def complete(self, run):
        self.cliniko.clear_faults()
        self.assert_status(run, self.clinic.status)
        self.assert_arrived_whole(self.cliniko, self.clinic)
        for collection in ("patients", "individual_appointments"):
            self.assertEqual(self.cliniko.requests("POST", collection), self.clinic.expected[collection],
                             f"{collection} that were sent: something was begun anew")

    def assert_leases_were_kept(self):
        for worker in self.workers:
            self.assertNotIn("lease_lost", worker.err)
            self.assertNotIn("task_returned", worker.err)

    def test_the_standby_takes_over_from_one_that_was_killed(self):
        run = self.start()
        first = harness.until(self.leader, 20, "nobody leads")
        before = self.leases()
        self.assertTrue(before)
        self.take_over(first, signal.SIGKILL)
        self.complete(run)
        self.assert_leases_were_kept()

    def test_the_standby_takes_over_from_one_that_hangs_which_then_stands_by(self):
        run = self.start()
        first = harness.until(self.leader, 20, "nobody leads")
        second = self.take_over(first, signal.SIGSTOP)
        first.signal(signal.SIGCONT)
        harness.until(lambda: "leadership_lost" in first.err, 20, lambda: first.err[-2000:])
        self.assertIs(self.leader(), second)
        self.complete(run)
        self.assert_leases_were_kept()

    def test_each_in_turn(self):
        """Back and forth, with the killed one started again in between."""
        run = self.start()
        for _ in range(3):
            first = harness.until(self.leader, 20, "nobody leads")
            place = self.services.coordinators.index(first)
            self.take_over(first, signal.SIGKILL)
            self.services.coordinators[place] = harness.Process(
                self, f"coordinator-{place}", [harness.PROGRAMS["handover-coordinator"]],
                {**self.services.settings, "LISTEN_URL": f"ipc://{self.work}/coordinator.{place}"})
            if not run.runs():
                break
        self.complete(run)
        self.assert_leases_were_kept()


class Killed(harness.FlowTest):
    """How long it takes until the records of a killed worker go on; on this host, and on another one."""

    def recover(self, elsewhere):
        clinic = self.export(patients=60, years=2)
        cliniko = self.sandbox(clinic.account)
        cliniko.put_faults(SLOW)
        services = harness.Services(self, cliniko, IN_DOUBT_WAIT_MS=800, TASK_SIZE=200, IN_FLIGHT=4)
        database = services.psql()
        if elsewhere:
            worker = harness.Process(self, "worker", ["unshare", "--uts", "sh", "-c",
                                                      "hostname elsewhere && exec \"$0\" --kind all",
                                                      harness.PROGRAMS["handover-worker"]], services.settings)
        else:
            worker = services.start_worker()
        run = self.run_transfer(cliniko, clinic, **{**services.settings, "DATA": None})
        harness.until(lambda: cliniko.requests("POST", "individual_appointments") >= 60 or not run.runs(), 90,
                      lambda: f"{cliniko.writes()}\n{run.err}{worker.err}")
        services.start_worker()
        harness.until(lambda: database.value("select count(*) from worker where state = 'here'") == "2", 30, "no second")
        held = database.ask(f"select id, lease_token from task where state = 'leased' and leased_by like '%:{worker.pid}:%'")
        self.assertTrue(held)
        began = time.monotonic()
        worker.signal(signal.SIGKILL)
        tasks = ",".join(line.split("|")[0] for line in held)
        tokens = ",".join(line.split("|")[1] for line in held)
        harness.until(lambda: database.value(f"select count(*) from task where id in ({tasks}) and lease_token not in "
                                             f"({tokens})") == str(len(held)), 60, "nobody takes its tasks")
        print(f"{'elsewhere' if elsewhere else 'on this host'}: its tasks go on after {time.monotonic() - began:.2f} s",
              flush=True)
        cliniko.clear_faults()
        self.assert_status(run, clinic.status)
        self.assert_arrived_whole(cliniko, clinic)
        return time.monotonic() - began

    def test_on_this_host(self):
        self.recover(False)

    def test_on_another_host(self):
        """Its end closes its connection, and it renews no more: so it is not waited for until its lease ends."""
        probe = harness.Process(self, "probe", ["unshare", "--uts", "hostname", "elsewhere"])
        if probe.wait(10):
            self.skipTest("this needs a host name of its own for a process")
        self.recover(True)


if __name__ == "__main__":
    harness.main()
