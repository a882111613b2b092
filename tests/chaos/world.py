"""Everything that a run needs: the local Cliniko, PostgreSQL, Redis, coordinators, workers, and links between them."""
import contextlib
import os
import pathlib
import shutil
import signal
import tempfile

import harness
import links

IN_DOUBT_WAIT_MS = 1500
KINDS = ("all", "all", "patients,appointments", "notes,attachments", "all",
         "extract,preflight,catalogue,patients,appointments,verify")


class Place:
    """What harness.Process and its like want of a test: a folder, a list of processes, clean-ups."""

    def __init__(self, keep=False):
        self.processes = []
        self.cleanups = []
        self.keep = keep
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="handover-chaos-"))
        self.work.chmod(0o711)

    def addCleanup(self, call, *arguments):
        self.cleanups.append((call, arguments))

    def close(self):
        for call, arguments in reversed(self.cleanups):
            call(*arguments)
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                process.signal(signal.SIGCONT)
            process.stop(10)
        if not self.keep:
            shutil.rmtree(self.work, ignore_errors=True)

    def reports(self):
        """Of the sanitizers, in any log."""
        found = []
        for process in self.processes:
            for path in process.paths:
                match = harness.REPORTS.search(path.read_text(encoding="utf-8", errors="replace"))
                if match:
                    found.append(f"{path}: {match.group(0)}")
        return found


class Worker:
    """A place in the line-up: it is started again whatever became of the process before."""

    def __init__(self, world, number):
        self.world, self.number = world, number
        self.kinds = KINDS[number % len(KINDS)]
        self.process = None
        self.stopped = False

    def links(self, what):
        return [name for name in self.world.network.links if name.startswith(f"{what}.w{self.number}")]

    def start(self):
        if self.process and self.process.runs():
            return
        self.stopped = False
        self.process = harness.Process(self.world.test, f"worker-{self.number}",
                                       [harness.PROGRAMS["handover-worker"], "--kind", self.kinds],
                                       {**self.world.settings, **self.world.ways_of(self.number)})


class World(harness.Services):
    def __init__(self, place, sandbox, workers, coordinators, lease_seconds, in_doubt_wait_ms=IN_DOUBT_WAIT_MS):
        self.network = links.Network()
        place.addCleanup(self.network.close)
        self.sandbox = sandbox
        self.coordinators = [None] * coordinators
        self.ways = {}
        super().__init__(place, sandbox, IN_DOUBT_WAIT_MS=in_doubt_wait_ms, TASK_SIZE=40, IN_FLIGHT=8, SLOTS=2,
                         LEASE_MS=int(lease_seconds * 1000), LOG_LEVEL="info", BAD_ROWS="exclude", APPROVE=1)
        self.session = None
        self.line_up = [Worker(self, number) for number in range(workers)]
        for worker in self.line_up:
            self.make_ways(worker.number)
        links.wait_for(lambda: len(self.network.links) == workers * (3 + coordinators), 10)
        for worker in self.line_up:
            worker.start()

    # ---- addresses

    def listen_url(self, number):
        return f"ipc://{self.test.work}/coordinator.{number}"

    def make_ways(self, number):
        """A worker reaches everything over links of its own."""
        folder = self.test.work / f"w{number}"
        folder.mkdir()
        folder.chmod(0o755)
        link = self.network.link
        link(f"postgres.w{number}", str(folder / ".s.PGSQL.5432"), str(self.folder / ".s.PGSQL.5432"))
        link(f"redis.w{number}", str(folder / "redis"), str(self.folder / "redis"))
        cliniko = link(f"cliniko.w{number}", ("127.0.0.1", 0), ("127.0.0.1", self.sandbox.port))
        for leader in range(len(self.coordinators)):
            link(f"coordinator.w{number}.{leader}", str(folder / f"coordinator.{leader}"),
                 str(self.test.work / f"coordinator.{leader}"))
        self.ways[number] = {
            "DATABASE_URL": f"postgresql://handover@/postgres?host={folder}",
            "REDIS_URL": f"unix://{folder}/redis",
            "CLINIKO_URL": f"https://127.0.0.1:{cliniko.address[1]}/v1",
            "COORDINATOR_URL": ",".join(f"ipc://{folder}/coordinator.{leader}"
                                        for leader in range(len(self.coordinators))),
        }

    def ways_of(self, number):
        return self.ways[number]

    # ---- processes

    def start_coordinator(self):
        for number in range(len(self.coordinators)):
            self.start_coordinator_at(number)
        return self.coordinators[0]

    def start_coordinator_at(self, number):
        process = self.coordinators[number]
        if process and process.runs():
            return
        self.coordinators[number] = harness.Process(
            self.test, f"coordinator-{number}", [harness.PROGRAMS["handover-coordinator"]],
            {**self.settings, "LISTEN_URL": self.listen_url(number)})

    def signal_worker(self, worker, number):
        if worker.process.runs():
            worker.process.signal(number)

    def try_handover(self, *arguments):
        """As an operator would: what cannot be done just now, since something is broken, is tried again later."""
        with contextlib.suppress(AssertionError):
            return self.handover(*arguments)
        return None

    # ---- questions

    def ask(self, statement):
        """Rows as lists of texts; None while PostgreSQL does not answer."""
        try:
            self.session = self.session or harness.Psql(self.settings["DATABASE_URL"])
            lines = self.session.ask(statement)
        except (AssertionError, OSError):
            lines = ["ERROR"]
        if any(line.startswith(("ERROR", "FATAL", "psql:", "server closed", "\t", "The connection", "WARNING"))
               for line in lines):
            with contextlib.suppress(Exception):
                self.session.close()
            self.session = None
            return None
        return [line.split("|") for line in lines]

    def leader_pid(self):
        """The process that holds the leadership; None when nobody does or PostgreSQL is away."""
        rows = self.ask("select a.application_name from pg_locks l join pg_stat_activity a on a.pid = l.pid "
                        "where l.locktype = 'advisory' and l.objid = 1281712484 and l.granted")
        return int(rows[0][0].rsplit(":", 1)[1]) if rows else None

    def tasks_of(self, pid):
        """{task: token} that a worker's process holds; None while PostgreSQL is away."""
        rows = self.ask(f"select id, lease_token from task where state = 'leased' and leased_by like '%:{pid}:%'")
        return None if rows is None else {int(task): int(token) for task, token in rows}

    # ---- ending

    def all_up(self):
        """Whatever is broken is mended and started."""
        for name in list(self.network.links):
            self.network.mend(name)
        self.sandbox.clear_faults()
        if not self.postgres.runs():
            self.start_postgres()
        if not self.redis.runs():
            self.start_redis()
        for number in range(len(self.coordinators)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.coordinators[number].pid, signal.SIGCONT)
            self.start_coordinator_at(number)
        for worker in self.line_up:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.process.pid, signal.SIGCONT)
            worker.start()

