"""How many patients a second one worker process brings into the local Cliniko, journaled and with the ID map, when there is
no limit: at no latency, and at 20 ms with 64 requests under way. pipeline.py BUILD [PATIENTS]

Beside each figure stands what the parts cost: processor time for each record, and the worker's peak memory. Everything runs
on this machine at once: worker, coordinator, PostgreSQL with fsync, Redis, sandbox. What safety costs is told by a build
that writes no intents (preset "unjournaled"), in turn with the real one.
"""
import os
import statistics
import sys
import time

import bench
import harness

UNJOURNALED = os.environ.get("UNJOURNALED_WORKER")
PAIRS = 3
SENT_SHARE = 0.88  # of the sample clinic's patients some were merged into others, and are not sent
PATIENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 40000


def measure(latency_ms, program=harness.PROGRAMS["handover-worker"]):
    """Patients a second."""
    with bench.Bench() as here:
        folder, account, key = bench.sample_clinic(here, PATIENTS, with_appointments=False)
        sandbox = bench.PlainSandbox(here, account, "--limit", "0", "--latency-ms", str(latency_ms))
        services = bench.RealServices(here, sandbox)
        # No slots for what is not measured: the process that reads the source is another.
        services.start_worker("extract,preflight,catalogue,appointments,notes,attachments,verify")
        worker = harness.Process(here, "worker", [program, "--kind", "patients"], {**services.settings, "IN_FLIGHT": 64})
        number = services.handover("transfer", "new", folder, "--profile", harness.FRONT_DESK, "--to", "bench", "--key-file",
                                   key, "--rate", "0", "--bad-rows", "exclude",
                                   "--answers", here.work / "answers.json", "--approve").split()[1]
        services.handover("transfer", "start", number)
        return report(latency_ms, watch(sandbox, services, worker), harness.peak_kb(worker.pid))


def watch(sandbox, services, worker):
    """(time, patients created, processor seconds by part) while the patients are made."""
    groups = {"worker": lambda: [worker.pid], "PostgreSQL": lambda: bench.with_children(services.postgres.pid),
              "coordinator": lambda: [services.coordinator.pid], "sandbox": lambda: [sandbox.process.pid]}
    samples = []
    while not samples or samples[-1][1] < PATIENTS * SENT_SHARE:
        created = sandbox.stats().get("creates", {}).get("patients", 0)
        samples.append((time.monotonic(), created,
                        {name: sum(map(bench.seconds_of, pids())) for name, pids in groups.items()}))
        time.sleep(0.1)
    return [sample for sample in samples if sample[1] > PATIENTS * 0.05]


def report(latency_ms, samples, peak_kb):
    first, last = samples[0], samples[-1]
    records = last[1] - first[1]
    cost = {name: 1000 * (last[2][name] - first[2][name]) / records for name in first[2]}
    print(f"{latency_ms:3d} ms latency: {records / (last[0] - first[0]):6.0f} patients a second; processor time for each: "
          + ", ".join(f"{name} {ms:.4f} ms" for name, ms in cost.items())
          + f"; worker and PostgreSQL together {cost['worker'] + cost['PostgreSQL']:.4f} ms; "
          f"worker's peak memory {peak_kb / 1024:.1f} MB", flush=True)
    return records / (last[0] - first[0])


def cost_of_the_journal(latency_ms):
    pairs = []
    for _ in range(PAIRS):
        print("with the journal:    ", end="")
        journaled = measure(latency_ms)
        print("without the journal: ", end="")
        pairs.append(measure(latency_ms, UNJOURNALED) / journaled)
    share = 1 - 1 / statistics.median(pairs)
    print(f"{latency_ms:3d} ms latency: the journal costs {share:.1%} of the throughput (median of {PAIRS} pairs; "
          f"{', '.join(f'{1 - 1 / pair:.1%}' for pair in pairs)})", flush=True)


if __name__ == "__main__":
    for latency in (0, 20):
        cost_of_the_journal(latency) if UNJOURNALED else measure(latency)
