"""How much of the configured rate is used under Cliniko's limit of 200 requests a minute, and whether a single 429 comes:
three minutes for each kind of window. limit.py BUILD [SECONDS]"""
import sys
import time

import bench
import harness

SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 180
RATE = 180


def measure(window):
    with bench.Bench() as here:
        folder, account, key = bench.sample_clinic(here, 2 * RATE * SECONDS // 60, with_appointments=False)
        sandbox = bench.PlainSandbox(here, account, "--limit", "200", "--limit-window", window)
        services = bench.RealServices(here, sandbox)
        services.start_worker("extract,preflight,catalogue,appointments,notes,attachments,verify")
        for _ in range(2):
            services.start_worker("patients")
        number = services.handover("transfer", "new", folder, "--profile", harness.FRONT_DESK, "--to", "bench", "--key-file",
                                   key, "--rate", str(RATE), "--bad-rows", "exclude",
                                   "--answers", here.work / "answers.json", "--approve").split()[1]
        services.handover("transfer", "start", number)
        harness.until(lambda: created(sandbox) > 0, 60, "no patient was created")
        started, before = time.monotonic(), created(sandbox)
        time.sleep(SECONDS)
        seconds, after = time.monotonic() - started, created(sandbox)
        stats = sandbox.stats()
        allowed = RATE * seconds / 60
        print(f"{window} window: {after - before} creates in {seconds:.1f} s by two worker processes, "
              f"{100 * (after - before) / allowed:.1f} % of {RATE} a minute; "
              f"429 answers: {refused(stats)}", flush=True)


def created(sandbox):
    return sandbox.stats().get("creates", {}).get("patients", 0)


def refused(stats):
    return sum(statuses.get("429", 0) for statuses in stats["routes"].values())


if __name__ == "__main__":
    for kind in ("fixed", "sliding"):
        measure(kind)
