"""What the flow tests share: the programs of a build, a local Cliniko, the services, and how they are watched.

A test file is run as: NAME.py BUILD_FOLDER [unittest arguments]. It drives the programs as a user does and judges by
what the local Cliniko holds and has counted, read over its public API. Nothing waits for a fixed time: until() polls
for a condition and fails at a deadline. Whatever a test starts is stopped with it, and a sanitizer's report in any log
fails it.
"""
import collections
import contextlib
import ctypes
import csv
import functools
import hashlib
import http.client
import io
import json
import os
import pathlib
import pty
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests" / "check"))

import clinic  # noqa: E402
import compare_clinic  # noqa: E402
from cliniko import Cliniko, read_account, related_id  # noqa: E402,F401

FIXTURES = PROJECT.parent / "shared" / "fixtures"
BUILD = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PROJECT / "build" / "asan"
PROGRAMS = {
    "handover": BUILD / "cli" / "handover",
    "handover-coordinator": BUILD / "coordinator" / "handover-coordinator",
    "handover-worker": BUILD / "workers" / "handover-worker",
    "handover-sandbox": BUILD / "sandbox" / "handover-sandbox",
    "handover-sandbox-tds": BUILD / "sandbox" / "handover-sandbox-tds",
    "handover-sample-clinic": BUILD / "sandbox" / "clinic" / "handover-sample-clinic",
}
STEP_SECONDS = 0.01
SKIPPED = 77  # what ctest takes for "skipped"
TODAY = "2026-03-02"
WRITES = ("POST", "PATCH", "PUT", "DELETE")
REPORTS = re.compile(r"ERROR: \w+Sanitizer|runtime error:|Assertion|must\(")
FRONT_DESK = PROJECT / "profiles" / "front-desk.json"


class NotYet(AssertionError):
    pass


def until(condition, seconds, what):
    """The first true value of condition(); fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise NotYet(f"after {seconds} s: {what() if callable(what) else what}")
        time.sleep(STEP_SECONDS)


def environment(**settings):
    """Ours without any setting of Handover that the caller's shell may hold, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HANDOVER_")}
    return {**kept, **{f"HANDOVER_{name}": str(value) for name, value in settings.items()}}


def is_gone(pid):
    """A zombie, which the init of a container may reap late, counts as gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return text.rpartition(")")[2].split()[0] == "Z"


def servers_user():
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_the_test():
    """A test that is killed, by a limit of time for instance, leaves nothing running: PostgreSQL knows SIGQUIT too."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def peak_kb(pid):
    """The most memory that a process ever held."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


def has_sanitizers():
    """True for a build that is checked while it runs: its figures say nothing of what ships."""
    return b"__asan_init" in PROGRAMS["handover-worker"].read_bytes()


class Process:
    """A program that was started, its output in files. Ended when the test ends, if it still runs then. With `terminal`,
    a descriptor, that is its standard input and output."""

    def __init__(self, test, name, arguments, settings=None, terminal=None, **more):
        self.name = name
        self.ends_by = signal.SIGTERM
        self.arguments = [str(argument) for argument in arguments]
        self.paths = [test.work / f"{name}.{len(test.processes)}.{stream}" for stream in ("out", "err")]
        with open(self.paths[0], "wb") as out, open(self.paths[1], "wb") as err:
            self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL if terminal is None else terminal,
                                            stdout=out if terminal is None else terminal, stderr=err,
                                            env=environment(**(settings or {})), start_new_session=True,
                                            preexec_fn=die_with_the_test, **more)
        self.pid = self.process.pid
        test.processes.append(self)

    @property
    def out(self):
        return self.paths[0].read_text(encoding="utf-8", errors="replace")

    @property
    def err(self):
        return self.paths[1].read_text(encoding="utf-8", errors="replace")

    def runs(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=120):
        """Its exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise NotYet(f"{self.name} still runs after {seconds} s\n{self.out[-3000:]}\n{self.err[-3000:]}") from None

    def kill(self):
        if self.runs():
            self.process.kill()
        self.process.wait(30)

    def stop(self, seconds=60):
        if self.runs():
            self.process.send_signal(self.ends_by)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.kill()


class Terminal:
    """What a person sees and types: the two ends of a pseudo terminal."""

    def __init__(self, test):
        self.ours, self.theirs = pty.openpty()
        os.set_blocking(self.ours, False)
        self.seen = ""
        self.read_to = 0
        test.addCleanup(os.close, self.ours)
        test.addCleanup(os.close, self.theirs)

    def look(self):
        """All that was shown so far; it has to be asked for, or the program waits when the terminal is full."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.ours, 65536):
                self.seen += data.decode(errors="replace")
        return self.seen

    def await_text(self, text, process, seconds=60):
        """Until it is shown, after what was awaited before."""
        def is_shown():
            self.look()
            return text in self.seen[self.read_to:] or not process.runs()
        until(is_shown, seconds, lambda: f"{text!r} is not shown\n{self.seen[-3000:]}\n{process.err}")
        place = self.look().find(text, self.read_to)
        if place < 0:
            raise AssertionError(f"{text!r} was not shown\n{self.seen[-3000:]}\n{process.err}")
        self.read_to = place + len(text)

    def type(self, line):
        os.write(self.ours, f"{line}\n".encode())

    def await_end(self, process, seconds=120):
        """Its exit status."""
        until(lambda: self.look() is not None and not process.runs(), seconds, lambda: self.seen[-3000:])
        self.look()
        return process.wait(1)


class Sandbox:
    """The local Cliniko, over TLS, without a limit."""

    def __init__(self, test, seed, *flags):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=test.work))
        subprocess.run([PROJECT / "docker" / "bin" / "certificate.sh", self.folder], check=True)
        self.ca_file = self.folder / "ca.pem"
        self.files = self.folder / "files"
        self.files.mkdir()
        self.context = ssl.create_default_context(cafile=str(self.ca_file))
        self.connection = None
        self.test = test
        self.flags = flags
        self.port = 0
        self.start(seed)
        test.addCleanup(self.hang_up)

    def start(self, seed):
        seed_file = self.folder / "account.json"
        seed_file.write_text(json.dumps(seed), encoding="utf-8")
        self.process = Process(self.test, "sandbox", [
            PROGRAMS["handover-sandbox"], "--listen", f"127.0.0.1:{self.port}", "--limit", "0", "--seed-file", seed_file,
            "--files", self.files, "--tls-cert", self.ca_file, "--tls-key", self.folder / "key.pem", *self.flags])
        until(lambda: "listening on " in self.process.out or not self.process.runs(), 30, "the sandbox does not start")
        if not self.process.runs():
            raise AssertionError(self.process.err)
        self.url = self.process.out.split("listening on ")[1].split()[0]
        self.port = int(self.url.rsplit(":", 1)[1])

    def change(self, seed):
        """Somebody changes the account by hand: the same address, another seed, nothing of what was sent to it."""
        self.hang_up()
        self.process.stop()
        self.start(seed)

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def control(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        for last in (False, True):
            try:
                if not self.connection:
                    self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context,
                                                                  timeout=30)
                self.connection.request(method, path, text)
                answer = self.connection.getresponse()
                data = answer.read()
                break
            except (http.client.HTTPException, OSError):
                self.hang_up()  # it may have been closed while idle
                if last:
                    raise
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {data.decode()}")
        return json.loads(data) if data else None

    def stats(self):
        return self.control("GET", "/__stats")

    def requests(self, method, collection):
        """How many requests a collection got, whatever became of them: "POST" for creates, "PATCH" for changes."""
        route = f"{method} /v1/{collection}" + ("" if method in ("GET", "POST") else "/{id}")
        return sum(self.stats()["routes"].get(route, {}).values())

    def writes(self):
        """All requests that could have changed something, by route and status."""
        return {route: statuses for route, statuses in self.stats()["routes"].items() if route.split()[0] in WRITES}

    def all_requests(self):
        return sum(sum(statuses.values()) for statuses in self.stats()["routes"].values())

    def put_faults(self, *rules):
        self.control("PUT", "/__faults", list(rules))

    def clear_faults(self):
        self.control("DELETE", "/__faults")

    def acted(self):
        """How often each rule has acted."""
        shown = self.control("GET", "/__faults")
        return [rule["acted"] for rule in (shown["rules"] if isinstance(shown, dict) else shown)]

    def reset(self):
        self.control("POST", "/__reset")

    def api(self, key):
        api = Cliniko(self.url, key, str(self.ca_file))
        self.test.addCleanup(api.connection.close)
        return api


class Export:
    """A small made-up clinic: its export, the seed of its account in the local Cliniko, the clinic's answers, and what a
    person reads in its notes and letters. With `bak` or `zip`, a file's name, the same clinic is also a backup: beside
    the export, in `self.bak` or `self.zip`."""

    def __init__(self, work, patients=40, years=1, seed=1, undecrypted=False, **backups):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=work)) / "export"
        account = self.folder.parent / "account.json"
        self.answers_file = self.folder.parent / "answers.json"
        self.keys_file = self.folder.parent / "keys.json"
        self.truth = self.folder.parent / "truth"
        (self.folder.parent / "sent").mkdir()
        paths = {kind: self.folder.parent / "sent" / name for kind, name in backups.items()}
        self.bak, self.zip = paths.get("bak"), paths.get("zip")
        subprocess.run([PROGRAMS["handover-sample-clinic"], "--out", self.folder, "--account-file", account,
                        "--answers-file", self.answers_file, "--keys-file", self.keys_file, "--truth", self.truth,
                        "--today", TODAY, "--patients", str(patients), "--years", str(years), "--seed", str(seed),
                        *(["--undecrypted"] if undecrypted else []),
                        *(part for kind, path in paths.items() for part in (f"--{kind}", path))],
                       check=True, stdout=subprocess.DEVNULL, env=environment())
        self.account = json.loads(account.read_text(encoding="utf-8"))
        self.key = self.account["accounts"][0]["users"][0]["keys"][0]
        self.key_file = write_key(self.folder.parent / "key", self.key)

    def tables(self):
        return clinic.read_tables(self.folder)

    @property
    def answers(self):
        return clinic.read_answers(self.answers_file)

    def answer(self, **sections):
        """From now on the clinic answers just this: answer(questions={…}, practitioner={…}, business={…})."""
        self.answers_file = self.folder.parent / f"answers-{len(list(self.folder.parent.iterdir()))}.json"
        self.answers_file.write_text(json.dumps(sections), encoding="utf-8")
        self.__dict__.pop("expected", None)

    @functools.cached_property
    def texts(self):
        """What a person reads in each note, letter and report."""
        return clinic.read_tables(self.truth)["Text"]

    @functools.cached_property
    def expected(self):
        """How many of each are to arrive."""
        tables = self.tables()
        appointments, left = clinic.expected_appointments(tables, self.answers)
        patients, _ = clinic.expected_patients(tables, self.answers)
        return {
            "patients": len(patients),
            "individual_appointments": appointments.total(),
            "appointment_types": len(clinic.expected_types(tables)),
            "attendances": sum(count for fields, count in appointments.items() if fields[7] is not None),
            "cancellations": sum(count for fields, count in appointments.items() if fields[8]),
            "archivals": sum(fields["archived"] for fields in patients.values()),
            "orphans": left["of a patient who is not in the export"],
            "empty": len(self.empty_files("Attachment", "Content")) + len(self.empty_files("Letter", "Body")),
        }

    def empty_files(self, table, column):
        """Rows whose file has no bytes: they cannot be sent."""
        return [row for row in self.tables()[table]
                if row[column] and (self.folder / row[column]).is_file() and not (self.folder / row[column]).stat().st_size]

    def drop_empty_files(self):
        """Without them nothing in it is bad."""
        for table, column in (("Attachment", "Content"), ("Letter", "Body")):
            empty = self.empty_files(table, column)
            self.change(table, lambda rows, empty=empty: [row for row in rows if row not in empty])

    @property
    def status(self):
        """Exit status of a transfer that brings all that can be brought."""
        return 3 if self.expected["empty"] else 0

    def change(self, table, edit):
        """Rewrites a table: edit(rows) gets the list of dictionaries and returns the new one."""
        path = self.folder / f"{table}.csv"
        with open(path, newline="", encoding="utf-8") as file:
            rows = edit(list(csv.DictReader(file)))
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)
        self.__dict__.pop("expected", None)

    def copy(self):
        """The same clinic in files of its own, to be spoilt."""
        twin = object.__new__(Export)
        twin.folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder.parent.parent)) / "export"
        shutil.copytree(self.folder, twin.folder)
        twin.account = json.loads(json.dumps(self.account))
        twin.key, twin.key_file = self.key, self.key_file
        twin.answers_file, twin.keys_file, twin.truth = self.answers_file, self.keys_file, self.truth
        return twin


@contextlib.contextmanager
def unchanged(*paths):
    """What stands at the paths, and beside them, is the same afterwards: names, sizes, times, modes and every byte."""
    def look(folder):
        entries = {}
        for path in sorted(folder.rglob("*")):
            facts = path.lstat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
            entries[str(path.relative_to(folder))] = (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns,
                                                      facts.st_mode, facts.st_ino, digest)
        return entries

    folders = sorted({path if path.is_dir() else path.parent for path in paths})
    before = [look(folder) for folder in folders]
    yield
    for folder, then, now in zip(folders, before, [look(folder) for folder in folders]):
        changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
        if changed:
            raise AssertionError(f"{folder} was changed: {changed[:10]}")


def write_key(path, key):
    path.write_text(key + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


class Psql:
    """One open session, so that a question takes a millisecond."""

    END = "--the-end--"

    def __init__(self, url):
        self.process = subprocess.Popen(["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=0", url], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def ask(self, statement):
        """The rows, as lines; columns are separated by |."""
        self.process.stdin.write(f"{statement};\n\\echo {self.END}\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.rstrip("\n") == self.END:
                return lines
            lines.append(line.rstrip("\n"))
        raise AssertionError("psql ended: " + "\n".join(lines))

    def value(self, statement):
        lines = self.ask(statement)
        return lines[0] if lines else None

    def close(self):
        self.process.kill()
        self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()


class Run(Process):
    """`handover run`. Its private services, when it has any, live in `data`."""

    def __init__(self, test, arguments, settings, data, terminal=None):
        self.data = data
        super().__init__(test, "handover", [PROGRAMS["handover"], "run", *arguments], settings, terminal)

    @property
    def number(self):
        """Of its transfer."""
        return re.search(r"(?:this is|going on with) transfer (\d+) ", self.err).group(1)

    def children(self):
        """{name: pid} of those that run now, as the run itself noted them."""
        try:
            lines = (self.data / "children").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        return {name: int(pid) for name, pid, _ in (line.split() for line in lines)}

    def child(self, name, seconds=60):
        return until(lambda: self.children().get(name), seconds, f"there is no {name}\n{self.err}")

    def kill_children(self, *prefixes):
        """kill -9; returns the names. A child that has ended by itself is passed over."""
        killed = []
        for name, pid in self.children().items():
            if name.startswith(prefixes):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(name)
        return killed

    def database(self):
        return f"postgresql://handover@/postgres?host={self.data / 'run'}"


class Services:
    """Configured services of our own: PostgreSQL, Redis, coordinators, workers."""

    fsync = "off"  # a test never loses power; a measurement must not gain by it

    def __init__(self, test, sandbox, **settings):
        self.test = test
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=test.work))
        self.bin = pathlib.Path(subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True,
                                               text=True).stdout.strip())
        self.who = servers_user()
        if self.who:
            os.chown(self.folder, self.who["user"], self.who["group"])
        self.folder.chmod(0o700)
        self.seal_key = self.folder.parent / "seal.key"
        self.seal_key.write_text("5a" * 32 + "\n", encoding="utf-8")
        self.seal_key.chmod(0o600)
        self.settings = {
            "DATABASE_URL": f"postgresql://handover@/postgres?host={self.folder}",
            "REDIS_URL": f"unix://{self.folder}/redis",
            "COORDINATOR_URL": f"ipc://{test.work}/coordinator",
            "LISTEN_URL": f"ipc://{test.work}/coordinator",
            "SEAL_KEY_FILE": self.seal_key,
            "CLINIKO_URL": sandbox.url + "/v1",
            "CLINIKO_CA_FILE": sandbox.ca_file,
            "CONTACT": "flow@example.com",
            **settings,
        }
        self.workers = []
        subprocess.run([self.bin / "initdb", "-D", self.folder / "data", "--username=handover", "--auth-local=trust",
                        "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder, **self.who)
        self.start_postgres()
        self.start_redis()
        self.handover("migrate")
        self.start_coordinator()

    def start_postgres(self):
        self.postgres = Process(self.test, "postgresql", [
            self.bin / "postgres", "-D", self.folder / "data", "-c", "listen_addresses=", "-c",
            f"unix_socket_directories={self.folder}", "-c", f"fsync={self.fsync}"], cwd=self.folder, **self.who)
        self.postgres.ends_by = signal.SIGINT  # it does not wait for its clients then
        until(lambda: subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder]).returncode == 0, 60,
              lambda: "PostgreSQL does not start: " + self.postgres.err)

    def start_redis(self):
        self.redis = Process(self.test, "redis", [
            "redis-server", "--port", "0", "--unixsocket", self.folder / "redis", "--save", "", "--appendonly", "no"],
            cwd=self.folder, **self.who)
        until(lambda: (self.folder / "redis").exists() and self.redis_answers(), 30, "Redis does not start")

    def redis_answers(self):
        with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
            connection.settimeout(1)
            connection.connect(str(self.folder / "redis"))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False

    def start_coordinator(self):
        self.coordinator = Process(self.test, "coordinator", [PROGRAMS["handover-coordinator"]], self.settings)
        return self.coordinator

    def start_worker(self, kinds="all", **settings):
        worker = Process(self.test, "worker", [PROGRAMS["handover-worker"], "--kind", kinds],
                         {**self.settings, **settings})
        self.workers.append(worker)
        return worker

    def handover(self, *arguments, status=0, **settings):
        """Runs a command to its end; its standard output."""
        command = self.command(*arguments, **settings)
        got = command.wait(60)
        if got != status:
            words = " ".join(map(str, arguments))
            raise AssertionError(f"handover {words}: status {got}, want {status}\n{command.err}")
        return command.out

    def command(self, *arguments, **settings):
        return Process(self.test, "handover", [PROGRAMS["handover"], *arguments], {**self.settings, **settings})

    def psql(self):
        session = Psql(self.settings["DATABASE_URL"])
        self.test.addCleanup(session.close)
        return session

    def restart_postgres(self, mode):
        """Stops it in one of its own ways (fast, immediate) and starts it again."""
        self.postgres.signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        self.postgres.wait(60)
        self.start_postgres()

    def restart_redis(self):
        self.redis.kill()
        self.start_redis()


class FlowTest(unittest.TestCase):
    """A test with a folder, and the helpers that start things in it."""

    maxDiff = None

    def setUp(self):
        self.processes = []
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="handover-flow-"))
        self.work.chmod(0o711)  # the servers run as a user of their own, who passes through
        self.addCleanup(self.tear_down)

    def tear_down(self):
        # In the order in which they depend on each other, the last started first.
        for process in reversed(self.processes):
            process.stop()
        problems = self.sanitizer_reports()
        failed = any(error for _, error in getattr(self._outcome, "errors", []) if error) or \
            not getattr(self._outcome, "success", True)
        if failed or problems:
            self.show_logs()
        shutil.rmtree(self.work, ignore_errors=True)
        if problems:
            raise AssertionError("a sanitizer has reported:\n" + "\n".join(problems))

    def logs(self):
        paths = [path for process in self.processes for path in process.paths if path.exists()]
        return paths + sorted(self.work.glob("*/*.log")) + sorted(self.work.glob("*.log"))

    def sanitizer_reports(self):
        found = []
        for path in self.logs():
            text = path.read_text(encoding="utf-8", errors="replace")
            match = REPORTS.search(text)
            if match:
                found.append(f"{path.name}: {text[match.start():match.start() + 3000]}")
        return found

    def show_logs(self):
        for path in self.logs():
            text = path.read_text(encoding="utf-8", errors="replace")
            if text.strip():
                print(f"---- the end of {path.name}\n{text[-2500:]}", file=sys.stderr)

    def sandbox(self, seed, *flags):
        return Sandbox(self, seed, *flags)

    def export(self, **options):
        return Export(self.work, **options)

    def run_transfer(self, sandbox, export, *flags, to="harbour", data=None, profile=FRONT_DESK, key_file=None,
                     source=None, answered=True, terminal=None, **settings):
        """Starts `handover run` with private services, or with configured ones when DATABASE_URL is among settings."""
        data = data or self.work / "data"
        arguments = [source or export.folder, "--profile", profile, "--to", to, "--key-file",
                     key_file or export.key_file, "--rate", "0", *flags]
        if answered and "--answers" not in flags and profile == FRONT_DESK:
            arguments += ["--answers", export.answers_file]
        chosen = {"CLINIKO_URL": sandbox.url + "/v1", "CLINIKO_CA_FILE": sandbox.ca_file, "CONTACT": "flow@example.com",
                  "DATA": data, "BAD_ROWS": "exclude", "IN_DOUBT_WAIT_MS": 1500, "TASK_SIZE": 100, "IN_FLIGHT": 8,
                  **settings}
        return Run(self, arguments, {name: value for name, value in chosen.items() if value is not None}, data,
                   terminal.theirs if terminal else None)

    def assert_status(self, process, want, seconds=120):
        got = process.wait(seconds)
        self.assertEqual(got, want, f"exit status of {process.name}\n{process.out[-6000:]}\n{process.err[-3000:]}")

    def assert_arrived_whole(self, sandbox, export, keys=()):
        """Field by field, over the public API; and nobody got a message. `keys` are names of practitioners whose keys were
        given."""
        shown = io.StringIO()
        account = {**read_account(sandbox.api(export.key)), "routes": sandbox.stats()["routes"]}
        with contextlib.redirect_stdout(shown):
            differences = compare_clinic.compare(export.tables(), account, sandbox.control("GET", "/__notifications"),
                                                 export.answers, export.texts, keys)
        self.assertEqual(differences, 0, f"differences\n{shown.getvalue()}")
        self.assertEqual(sandbox.control("GET", "/__notifications")["total"], 0, "messages to patients")

    def assert_no_message(self, sandbox):
        self.assertEqual(sandbox.control("GET", "/__notifications")["total"], 0, "messages to patients")


def doubled(sandbox, key):
    """old_reference_ids that more than one patient carries."""
    patients = sandbox.api(key).list("patients", "archived_at:*")
    counts = collections.Counter(patient["old_reference_id"] for patient in patients)
    return [reference for reference, count in counts.items() if count > 1]


def main():
    """Runs the tests of the calling file; one that was skipped whole exits with 77, and says so."""
    arguments = [sys.argv[0], *sys.argv[2:]]
    program = unittest.main(module="__main__", argv=arguments, exit=False, verbosity=2)
    result = program.result
    for test, reason in result.skipped:
        print(f"\n*** SKIPPED: {test}: {reason} ***\n", file=sys.stderr)
    if not result.wasSuccessful() or result.testsRun == 0:
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped and len(result.skipped) == result.testsRun else 0)
