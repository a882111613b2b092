"""Breaks everything while transfers run, then compares every record. One seed gives one schedule of faults.

usage: chaos.py BUILD [--seed S] [--minutes M] [--transfers N] [--patients P] [--workers W] [--pause S] [--keep]
                [--in-doubt-wait-ms MS]

Exits with 1 when anything is lost, doubled, wrong or orphaned, when a transfer does not come to its end or pauses although
nobody gave it a reason to, or when what a dead process held does not go on within a minute.
"""
import argparse
import heapq
import itertools
import json
import pathlib
import signal
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "flow"))

import harness  # noqa: E402
import judge  # noqa: E402
import schedule  # noqa: E402
import world  # noqa: E402

CLINICS = 3  # different ones; each account gets one of them
ACCOUNTS = 60  # of each clinic: how many transfers a run can have
TURN_SECONDS = 0.02
CALM_SECONDS = 300  # for the end of what runs, once nothing is broken any more
SHOWN = 40
SLOW_SECONDS = 60  # for what a dead process held
TROUBLE_SECONDS = 10  # so long after trouble with the account a transfer may still pause for it
PROCESS_SECONDS = 0.5  # the local Cliniko shows a file that long after its create


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1.0, help="of faults; then everything runs to its end")
    parser.add_argument("--transfers", type=int, default=3, help="at once; when one ends, the next begins")
    parser.add_argument("--patients", type=int, default=40, help="of each clinic")
    parser.add_argument("--workers", type=int, default=6)
    parser.add_argument("--pause", type=float, default=1.2, help="mean seconds between two faults")
    parser.add_argument("--in-doubt-wait-ms", type=int, default=world.IN_DOUBT_WAIT_MS,
                        help="less than requests may be late, and records are doubled: shows that the comparison sees it")
    parser.add_argument("--keep", action="store_true", help="leaves logs and database where they are")
    return parser.parse_args()


def account_of(export, clinic, number):
    """The clinic's account under another name, with keys of its own."""
    text = json.dumps(export.account["accounts"][0])
    account = json.loads(text.replace("harbour-", f"harbour-{clinic}-{number}-"))
    account["name"] += f" {clinic}-{number}"
    return account


class Transfer:
    def __init__(self, run, clinic, number):
        self.run = run
        self.export = run.exports[clinic]
        account = account_of(self.export, clinic, number)
        self.name = f"clinic-{clinic}-{number}"
        self.key = account["users"][0]["keys"][0]
        self.key_file = harness.write_key(run.place.work / f"{self.name}.key", self.key)
        self.calm = run.calm.get(clinic)
        self.rate = (0, 6000, 12000)[number % 3]  # with a limit, Redis is asked
        self.number = None
        self.resumed = 0
        self.state = "draft"

    def start(self):
        services = self.run.world
        out = services.handover("transfer", "new", self.export.folder, "--profile", harness.FRONT_DESK, "--to", self.name,
                                "--key-file", self.key_file, "--rate", self.rate, "--answers", self.export.answers_file)
        self.number = int(out.split()[1])
        services.handover("transfer", "start", self.number)


class Watch:
    """How long it takes until what a dead process held goes on."""

    def __init__(self, run, kind, tasks):
        self.run, self.kind = run, kind
        self.at = time.monotonic()
        self.tasks = dict(tasks)

    def look(self):
        """True when it is over."""
        rows = self.run.world.ask("select id, lease_token, state from task where id in "
                                  f"({','.join(map(str, self.tasks))})")
        for task, token, state in rows or ():
            if int(token) != self.tasks[int(task)] or state == "done":
                self.run.recoveries.append((self.kind, time.monotonic() - self.at))
                del self.tasks[int(task)]
        if time.monotonic() > self.at + SLOW_SECONDS:
            self.run.slow.append(f"{self.kind}: tasks {', '.join(map(str, self.tasks))}")
            return True
        return not self.tasks


class LeaderWatch:
    def __init__(self, run, kind, pid):
        self.run, self.kind, self.pid = run, kind, pid
        self.at = time.monotonic()

    def look(self):
        leader = self.run.world.leader_pid()
        if leader and leader != self.pid:
            self.run.recoveries.append((self.kind, time.monotonic() - self.at))
            return True
        if time.monotonic() > self.at + SLOW_SECONDS:
            self.run.slow.append(f"{self.kind}: nobody leads")
            return True
        return False


class Run:
    def __init__(self, arguments):
        self.arguments = arguments
        self.place = world.Place(arguments.keep)
        self.recoveries = []
        self.calm = {}
        self.done = []
        self.running = []
        self.watches = []
        self.rules = {}  # fault number -> its rules
        self.acted = 0
        self.injected = {}
        self.pauses = []
        self.unexpected = []
        self.slow = []
        self.trouble_until = 0
        self.held = set()  # numbers of transfers that the operator holds
        self.agenda = []
        self.order = itertools.count()

    # ---- the stage

    def prepare(self):
        arguments = self.arguments
        self.exports = [harness.Export(self.place.work, patients=arguments.patients, years=1, seed=arguments.seed * 100 + n)
                        for n in range(CLINICS)]
        accounts = [account_of(export, clinic, number) for clinic, export in enumerate(self.exports)
                    for number in range(ACCOUNTS)]
        self.sandbox = harness.Sandbox(self.place, {"accounts": accounts}, "--process-ms", "200")
        self.world = world.World(self.place, self.sandbox, arguments.workers, 2, schedule.LEASE_SECONDS,
                                 arguments.in_doubt_wait_ms)
        self.waiting = [Transfer(self, clinic, number) for number in range(ACCOUNTS) for clinic in range(CLINICS)]

    def transfers_of_calm(self):
        """What becomes of each record when nothing is broken."""
        calm, self.waiting = self.waiting[:CLINICS], self.waiting[CLINICS:]
        for transfer in calm:
            transfer.start()
        self.running = list(calm)
        self.run_until(lambda: not self.running, time.monotonic() + CALM_SECONDS)
        time.sleep(PROCESS_SECONDS)
        verdict = judge.Verdict()
        for clinic, transfer in enumerate(calm):
            self.calm[clinic] = judge.judge(verdict, self.sandbox, self.world.ask, transfer)
        for transfer in self.waiting:
            transfer.calm = self.calm[self.exports.index(transfer.export)]
        self.done = []
        self.recoveries = []
        return verdict

    # ---- the loop

    def later(self, seconds, call):
        heapq.heappush(self.agenda, (time.monotonic() + seconds, next(self.order), call))

    def turn(self):
        while self.agenda and self.agenda[0][0] <= time.monotonic():
            heapq.heappop(self.agenda)[2]()
        self.watches = [watch for watch in self.watches if not watch.look()]
        self.look_at_transfers()
        time.sleep(TURN_SECONDS)

    def run_until(self, condition, deadline):
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.turn()
        return True

    def look_at_transfers(self):
        numbers = ",".join(str(transfer.number) for transfer in self.running)
        rows = self.world.ask(f"select id, state, reason from transfer where id in ({numbers})") if numbers else []
        for number, state, reason in rows or ():
            transfer = next(one for one in self.running if one.number == int(number))
            transfer.state = state
            if state == "paused" and transfer.number not in self.held:
                self.note_pause(f"{transfer.name}: {reason}")
                self.world.try_handover("transfer", "resume", transfer.number)
            elif state == "failed" and time.monotonic() < self.trouble_until:
                self.note_pause(f"{transfer.name}: {reason}")  # before anything was sent: the operator begins anew
                transfer.start()
            elif state in judge.ENDS or state in ("failed", "cancelled", "waiting"):
                if state not in judge.ENDS:
                    self.unexpected.append(f"{transfer.name} is {state}: {reason}")
                self.running.remove(transfer)
                self.done.append(transfer)

    def note_pause(self, text):
        if text not in self.pauses:
            self.pauses.append(text)
        if time.monotonic() > self.trouble_until:
            self.unexpected.append(text)

    def keep_busy(self):
        if self.world.postgres.runs() and self.waiting and len(self.running) < self.arguments.transfers:
            transfer = self.waiting.pop(0)
            transfer.start()
            self.running.append(transfer)

    # ---- faults

    def inject(self, number, fault):
        self.injected[fault.kind] = self.injected.get(fault.kind, 0) + 1
        if fault.rules is not None:
            self.rules[number] = fault.rules
            self.put_rules()
            if fault.kind in schedule.TROUBLE:
                self.trouble_until = max(self.trouble_until, time.monotonic() + fault.seconds + TROUBLE_SECONDS)
            self.later(fault.seconds, lambda: self.forget_rules(number))
            return
        getattr(self, "break_" + METHODS[fault.kind])(fault)

    def put_rules(self):
        self.acted += sum(self.sandbox.acted())
        rules = [rule for group in self.rules.values() for rule in group]
        self.sandbox.control("PUT", "/__faults", {"seed": self.arguments.seed, "rules": rules})

    def forget_rules(self, number):
        self.rules.pop(number, None)
        self.put_rules()

    def watch_tasks(self, kind, worker):
        tasks = self.world.tasks_of(worker.process.pid) if self.world.postgres.runs() else None
        if tasks:
            self.watches.append(Watch(self, kind, tasks))

    def kill(self, kind, worker, seconds, number=signal.SIGKILL):
        if not worker.process.runs():
            return
        self.watch_tasks(kind, worker)
        worker.process.signal(number)
        self.later(seconds, worker.start)

    def break_kill(self, fault):
        self.kill(fault.kind, self.world.line_up[fault.target], fault.seconds)

    def break_pause(self, fault):
        """Nothing is broken: the operator takes a transfer off, and lets it go on."""
        if not self.running or not self.world.postgres.runs():
            return
        number = self.running[fault.target % len(self.running)].number
        self.held.add(number)
        self.world.try_handover("transfer", "pause", number)

        def go_on():
            if not self.world.postgres.runs():
                self.later(0.5, go_on)
                return
            self.held.discard(number)
            self.world.try_handover("transfer", "resume", number)
        self.later(fault.seconds, go_on)

    def break_kill_all(self, fault):
        for worker in self.world.line_up:
            self.kill(fault.kind, worker, fault.seconds)

    def break_end(self, fault):
        """As the operator would. It may take as long as what is under way takes."""
        worker = self.world.line_up[fault.target]
        worker.process.signal(signal.SIGTERM) if worker.process.runs() else None

        def again():
            if worker.process.runs():
                self.later(0.2, again)
            else:
                worker.start()
        self.later(fault.seconds, again)

    def break_stop(self, fault):
        worker = self.world.line_up[fault.target]
        if not worker.process.runs() or worker.stopped:
            return
        if fault.seconds > schedule.LEASE_SECONDS:
            self.watch_tasks(fault.kind, worker)
        process = worker.process
        worker.stopped = True
        process.signal(signal.SIGSTOP)

        def go_on():
            worker.stopped = False
            if process.runs():
                process.signal(signal.SIGCONT)
        self.later(fault.seconds, go_on)

    def watch_leader(self, kind, process):
        if self.world.leader_pid() == process.pid:
            self.watches.append(LeaderWatch(self, kind, process.pid))

    def break_kill_coordinator(self, fault):
        process = self.world.coordinators[fault.target]
        if process.runs():
            self.watch_leader("the leading coordinator is killed", process)
            process.signal(signal.SIGKILL)
        self.later(fault.seconds, lambda: self.world.start_coordinator_at(fault.target))

    def break_stop_coordinator(self, fault):
        process = self.world.coordinators[fault.target]
        if not process.runs():
            return
        process.signal(signal.SIGSTOP)
        self.later(fault.seconds, lambda: process.signal(signal.SIGCONT) if process.runs() else None)

    def break_kill_coordinators(self, fault):
        for number, process in enumerate(self.world.coordinators):
            if process.runs():
                process.signal(signal.SIGKILL)
            self.later(fault.seconds, lambda number=number: self.world.start_coordinator_at(number))

    def break_postgres(self, fault):
        if not self.world.postgres.runs():
            return
        self.world.postgres.signal(signal.SIGINT if "fast" in fault.kind else signal.SIGQUIT)
        self.world.postgres.wait(30)
        self.later(fault.seconds, self.world.start_postgres)

    def break_redis(self, fault):
        if not self.world.redis.runs():
            return
        self.world.redis.kill()
        self.later(fault.seconds, lambda: None if self.world.redis.runs() else self.world.start_redis())

    def break_link(self, fault):
        what = {"coordinators": "coordinator", "PostgreSQL": "postgres", "Redis": "redis", "Cliniko": "cliniko"}[
            fault.kind.rsplit(" ", 1)[1]]
        names = [name for name in self.world.network.links if name.startswith(f"{what}.w{fault.target}")]
        for name in names:
            (self.world.network.freeze if "freeze" in fault.kind else self.world.network.cut)(name)
            self.later(fault.seconds, lambda name=name: self.world.network.mend(name))

    # ---- a whole run

    def carry_out(self):
        arguments = self.arguments
        seconds = arguments.minutes * 60
        faults = schedule.make(arguments.seed, seconds, arguments.workers, 2, arguments.pause)
        for number, fault in enumerate(faults):
            self.later(fault.at, lambda number=number, fault=fault: self.inject(number, fault))
        end = time.monotonic() + seconds

        def over():
            self.keep_busy()
            return time.monotonic() > end
        self.run_until(over, end + 60)
        self.run_until(lambda: not self.agenda, time.monotonic() + 60)
        self.acted += sum(self.sandbox.acted())
        self.world.all_up()
        began = time.monotonic()
        whole = self.run_until(lambda: not self.running, began + CALM_SECONDS)
        self.end_seconds = time.monotonic() - began
        return whole


METHODS = {
    schedule.OPERATOR: "pause",
    "kill a worker": "kill", "kill all workers": "kill_all", "end a worker": "end",
    "stop a worker beyond its lease": "stop", "stop a worker for a moment": "stop",
    "kill a coordinator": "kill_coordinator", "stop a coordinator": "stop_coordinator",
    "kill all coordinators": "kill_coordinators", "restart PostgreSQL, fast": "postgres",
    "restart PostgreSQL, immediate": "postgres", "kill Redis with its data": "redis",
    **{kind: "link" for kind in schedule.PROCESSES if kind.startswith(("cut", "freeze"))},
}


def show_recoveries(run):
    """Of tasks that were held by what was killed or stopped, while other things were broken as well."""
    kinds = sorted({kind for kind, _ in run.recoveries})
    if kinds:
        print(f"{'recovery, seconds':45} {'times':>6} {'median':>7} {'95 %':>7} {'most':>7}")
    for kind in kinds:
        times = sorted(seconds for one, seconds in run.recoveries if one == kind)
        print(f"{kind:45} {len(times):6} {statistics.median(times):7.2f} {times[int(len(times) * 0.95)]:7.2f} {times[-1]:7.2f}")


def report(run, calm, verdict, whole):
    injected = sum(run.injected.values())
    print(f"\nseed {run.arguments.seed}: {injected} faults injected, which disturbed {run.acted} requests; "
          f"{len(run.done)} transfers, {verdict.records} records in Cliniko, {verdict.fields} fields compared")
    for kind, times in sorted(run.injected.items(), key=lambda pair: -pair[1]):
        print(f"  {times:5} {kind}")
    show_recoveries(run)
    print(f"what was under way at the end took {run.end_seconds:.1f} s once nothing was broken")
    print(f"{len(run.pauses)} pauses with a reason, each of which the operator resumed")
    for text in run.unexpected:
        print(f"PAUSED {text}")
    for text in run.slow:
        print(f"NOT TAKEN UP IN {SLOW_SECONDS} s {text}")
    for kind, texts in sorted(verdict.findings.items()):
        for text in texts[:SHOWN]:
            print(f"{kind.upper()} {text}")
    for transfer in run.running:
        print(f"NOT ENDED {transfer.name}, transfer {transfer.number} is {transfer.state}")
    reports = run.place.reports()
    for text in reports:
        print(f"SANITIZER {text}")
    print(f"lost {verdict.count('lost')}, doubled {verdict.count('doubled')}, wrong {verdict.count('wrong')}, "
          f"orphaned {verdict.count('orphaned')}, messages to patients {run.messages}")
    return whole and not calm.total() and not verdict.total() and not reports and not run.messages and \
        not run.unexpected and not run.slow and injected > 0 and len(run.done) >= run.arguments.transfers and \
        verdict.records > 0


def main():
    run = Run(read_arguments())
    good = False
    try:
        run.prepare()
        calm = run.transfers_of_calm()
        for kind, texts in calm.findings.items():
            for text in texts[:SHOWN]:
                print(f"WITHOUT ANY FAULT {kind}: {text}")
        whole = run.carry_out()
        time.sleep(PROCESS_SECONDS)
        verdict = judge.Verdict()
        for transfer in run.done:
            judge.judge(verdict, run.sandbox, run.world.ask, transfer)
        run.messages = run.sandbox.control("GET", "/__notifications")["total"]
        good = report(run, calm, verdict, whole)
        if run.arguments.keep:
            print(f"left in {run.place.work}")
    finally:
        run.place.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
