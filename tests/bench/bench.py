"""What the measurements share: services as they run for real (fsync on), a local Cliniko over plain HTTP, and the processor
time and memory of each process, as Linux counts it."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "flow"))

import harness  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


class Bench:
    """Stands in for a test: a folder, the processes that were started, what is to be cleaned up."""

    def __init__(self):
        self.processes = []
        self.cleanups = []
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="handover-bench-"))
        self.work.chmod(0o711)

    def addCleanup(self, function, *arguments):
        self.cleanups.append((function, arguments))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for function, arguments in reversed(self.cleanups):
            function(*arguments)
        for process in reversed(self.processes):
            process.stop()
        shutil.rmtree(self.work, ignore_errors=True)


class RealServices(harness.Services):
    fsync = "on"


class PlainSandbox(harness.Sandbox):
    """Without TLS: its cost would be the sandbox's as much as the worker's."""

    def __init__(self, bench, account_file, *flags):
        self.process = harness.Process(bench, "sandbox", [
            harness.PROGRAMS["handover-sandbox"], "--listen", "127.0.0.1:0", "--seed-file", account_file, *flags])
        harness.until(lambda: "listening on " in self.process.out or not self.process.runs(), 30, "no sandbox")
        self.url = self.process.out.split("listening on ")[1].split()[0]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.connection = None
        self.ca_file = ""
        self.test = bench

    def control(self, method, path, body=None):
        import http.client
        import json
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, None if body is None else json.dumps(body))
        data = connection.getresponse().read()
        connection.close()
        return json.loads(data) if data else None


def seconds_of(pid):
    """User and system time of a process so far."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def with_children(pid):
    """A server and the processes that it has started: PostgreSQL has one for each connection."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [pid, *map(int, file.read().split())]
    except OSError:
        return [pid]


def sample_clinic(bench, patients, with_appointments):
    """The sample clinic's export and its account; returns folder, account file, key file. Its answers stand in answers.json
    beside the export. Without appointments it has no notes and files either."""
    folder = bench.work / "export"
    account = bench.work / "account.json"
    subprocess.run([harness.PROGRAMS["handover-sample-clinic"], "--out", folder, "--account-file", account,
                    "--answers-file", bench.work / "answers.json", "--patients",
                    str(patients), "--years", "1", "--today", harness.TODAY], check=True, stdout=subprocess.DEVNULL)
    if not with_appointments:
        for table in ("Appointment", "ClinicalNote", "Attachment", "XRay", "Letter"):
            path = folder / f"{table}.csv"
            with open(path, encoding="utf-8") as file:
                head = file.readline()
            path.write_text(head, encoding="utf-8")
    import json
    key = json.loads(account.read_text(encoding="utf-8"))["accounts"][0]["users"][0]["keys"][0]
    return folder, account, harness.write_key(bench.work / "key", key)
