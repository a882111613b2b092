"""A worker that lost its lease, because it was stopped or cut off, sends nothing and writes nothing under it any more."""
import os
import pathlib
import signal
import sys
import time

import harness

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "chaos"))

import links  # noqa: E402

LEASE_MS = 2000
SLOW = {"route": "*", "kind": "latency", "ms": 15}
STATE = ("select md5(string_agg(r::text, ',' order by r.transfer, r.ordinal)) from record r",
         "select md5(string_agg(m::text, ',' order by m.entity, m.source_key)) from id_map m",
         "select md5(string_agg(k::text, ',' order by k.id)) from task k")


class Leases(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=60, years=2)
        self.cliniko = self.sandbox(self.clinic.account)
        self.cliniko.put_faults(SLOW)
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=1500, TASK_SIZE=40, IN_FLIGHT=8,
                                         LEASE_MS=LEASE_MS)
        self.database = self.services.psql()

    def start(self):
        return self.run_transfer(self.cliniko, self.clinic, **{**self.services.settings, "DATA": None})

    def await_appointments(self, run, count):
        harness.until(lambda: self.cliniko.requests("POST", "individual_appointments") >= count or not run.runs(), 90,
                      lambda: f"{self.cliniko.writes()}\n{run.err}")
        self.assertTrue(run.runs(), run.err)

    def held_by(self, worker):
        return int(self.database.value(
            f"select count(*) from task where state = 'leased' and leased_by like '%:{worker.pid}:%'"))

    def state(self):
        return [self.database.value(question) for question in STATE]

    def complete(self, run):
        self.assert_status(run, self.clinic.status)
        self.cliniko.clear_faults()
        self.assert_arrived_whole(self.cliniko, self.clinic)
        for collection in ("patients", "individual_appointments"):
            self.assertEqual(self.cliniko.stats()["creates"][collection], self.clinic.expected[collection], collection)

    def test_a_worker_that_was_stopped_beyond_its_lease_finds_everything_done_and_touches_nothing(self):
        stopped = self.services.start_worker()
        run = self.start()
        self.await_appointments(run, 60)
        harness.until(lambda: self.held_by(stopped), 30, "it holds nothing")
        stopped.signal(signal.SIGSTOP)
        self.services.start_worker()
        self.complete(run)
        before, requests = self.state(), self.cliniko.all_requests()
        told, found = stopped.err.count("lease_lost"), stopped.err.count("coordinator_found")
        stopped.signal(signal.SIGCONT)
        harness.until(lambda: stopped.err.count("lease_lost") > told, 30, lambda: stopped.err[-3000:])
        harness.until(lambda: stopped.err.count("coordinator_found") > found, 30, lambda: stopped.err[-3000:])
        self.assertEqual(self.state(), before, "it wrote under the old lease")
        self.assertEqual(self.cliniko.all_requests(), requests, "it sent under the old lease")

    def test_many_stops_of_all_lengths_send_nothing_twice(self):
        workers = [self.services.start_worker() for _ in range(3)]
        run = self.start()
        self.await_appointments(run, 20)
        for number in range(9):
            worker = workers[number % 3]
            worker.signal(signal.SIGSTOP)
            time.sleep((0.3, 0.9, 1.4)[number // 3] * LEASE_MS / 1000)  # below, near and beyond the lease
            worker.signal(signal.SIGCONT)
            if not run.runs():
                break
        self.complete(run)
        self.assertEqual(harness.doubled(self.cliniko, self.clinic.key), [])

    def test_a_worker_that_cannot_renew_stops_sending_before_its_lease_ends(self):
        network = links.Network()
        self.addCleanup(network.close)
        folder = self.work / "ways"
        folder.mkdir()
        folder.chmod(0o755)
        network.link("postgres", str(folder / ".s.PGSQL.5432"), str(self.services.folder / ".s.PGSQL.5432"))
        way = network.link("cliniko", ("127.0.0.1", 0), ("127.0.0.1", self.cliniko.port))
        links.wait_for(lambda: len(network.links) == 2, 10)
        worker = self.services.start_worker(DATABASE_URL=f"postgresql://handover@/postgres?host={folder}",
                                            CLINIKO_URL=f"https://127.0.0.1:{way.address[1]}/v1")
        run = self.start()
        self.await_appointments(run, 60)
        harness.until(lambda: self.held_by(worker), 30, "it holds nothing")
        network.cut("postgres")
        harness.until(lambda: self.held_by(worker) == 0, 30, "its lease is not taken back")
        passed = way.passed
        time.sleep(LEASE_MS / 1000)
        self.assertEqual(way.passed, passed, "it sends after the end of its lease")
        network.mend("postgres")
        self.complete(run)

    def test_another_process_with_the_same_pid_is_not_taken_for_the_worker(self):
        """Pids come again: the name of a worker says when its process started, and where."""
        mark = f"{os.uname().nodename}:{os.getpid()}:1.{'0' * 16}"  # of another place: nothing is known of it
        worker = self.services.start_worker()
        name = harness.until(lambda: self.database.value("select name from worker"), 30, "it does not come")
        self.assertRegex(name, rf":{worker.pid}:[0-9a-f]+\.[0-9a-f]{{16}}$")
        place = name.rsplit(".", 1)[1]
        reused = f"{os.uname().nodename}:{os.getpid()}:1.{place}"  # this very process lives, but started later
        for other in (mark, reused):
            self.database.ask("insert into worker (name, host, pid, kinds, slots) values "
                              f"('{other}', '{os.uname().nodename}', {os.getpid()}, 'patients', 1)")
        self.services.coordinator.kill()
        self.services.start_coordinator()
        harness.until(lambda: self.database.value(f"select state from worker where name = '{reused}'") == "gone", 30,
                      "a process that took over a pid passes for the worker")
        self.assertEqual(self.database.value(f"select state from worker where name = '{mark}'"), "here")


if __name__ == "__main__":
    harness.main()
