"""What is broken, when and for how long: from a seed alone, whatever the programs do meanwhile."""
import collections
import random

Fault = collections.namedtuple("Fault", "at kind target seconds rules")
Fault.__doc__ = """`at`: seconds from the start; `target`: number of a worker or coordinator, None where there is one of its
kind only; `seconds`: how long it lasts; `rules`: of the local Cliniko."""

LEASE_SECONDS = 3
LATE_MS = 700  # the latest that the local Cliniko carries out a request without an answer; in doubt is waited longer

CREATES = ("POST /v1/patients", "POST /v1/individual_appointments", "POST /v1/treatment_notes",
           "POST /v1/patient_attachments", "POST /v1/contacts", "POST /v1/products", "POST /v1/appointment_types",
           "POST /v1/medical_alerts", "POST /v1/communications", "POST /v1/unavailable_blocks", "POST /v1/taxes",
           "POST /v1/billable_items", "POST /v1/concession_types", "POST /v1/product_suppliers")
CHANGES = ("PATCH /v1/attendees/{id}", "PATCH /v1/individual_appointments/{id}/cancel", "POST /v1/patients/{id}/archive",
           "PATCH /v1/patients/{id}")
BUCKET = "POST /s3/{bucket}"
TROUBLE = ("the key is revoked", "the user may not write")  # a transfer pauses, and says why
OPERATOR = "the operator pauses a transfer"


def with_chance(chance, rule):
    return {**rule, "probability": chance}


def on_creates(rule):
    """Lost answers of creates alone: reads and changes have other faults."""
    return [{"route": route, **rule} for route in CREATES]


# What happens to requests; each entry makes the rules of one fault from a source of chance.
REQUESTS = {
    "answers are lost": lambda dice: on_creates(with_chance(0.3, {"kind": "drop_after"})),
    "requests are lost": lambda dice: [with_chance(0.2, {"route": "*", "kind": "drop_before"})],
    "requests are carried out late": lambda dice: on_creates(
        with_chance(0.3, {"kind": "late_commit", "ms": dice.randrange(100, LATE_MS)})),
    "answers are cut in half": lambda dice: on_creates(with_chance(0.3, {"kind": dice.choice(("truncate", "cut"))})),
    "502, and it was carried out": lambda dice: on_creates(
        with_chance(0.3, {"kind": "status", "status": 502, "commit": True})),
    "500, and it was not carried out": lambda dice: [with_chance(0.2, {"route": "*", "kind": "status", "status": 500})],
    "pages of HTML": lambda dice: [with_chance(0.2, {"route": "*", "kind": "html", "status": 503})],
    "a storm of 429": lambda dice: [with_chance(0.5, {"route": "*", "kind": "429", "ms": dice.randrange(50, 600)})],
    "requests stall": lambda dice: on_creates(
        with_chance(0.3, {"kind": "stall", "ms": dice.randrange(100, LATE_MS)})),
    "everything is slow": lambda dice: [{"route": "*", "kind": "latency", "ms": dice.randrange(20, 200),
                                         "spread_ms": 100}],
    "changes get no answer": lambda dice: [
        {"route": route, **with_chance(0.3, {"kind": dice.choice(("drop_after", "drop_before"))})} for route in CHANGES],
    "lists are damaged": lambda dice: [
        {"route": f"GET /v1/{name}", **with_chance(0.5, {"kind": dice.choice(("truncate", "cut", "drop_before"))})}
        for name in ("attendees", "patients", "individual_appointments", "patient_attachments", "treatment_notes")],
    "Cliniko is away": lambda dice: [{"route": "*", "kind": "drop_before"}],
    TROUBLE[0]: lambda dice: [{"route": "*", "kind": "status", "status": 401}],
    TROUBLE[1]: lambda dice: on_creates({"kind": "status", "status": 403}),
    "uploads break": lambda dice: [{"route": BUCKET, **with_chance(0.4, {"kind": dice.choice(
        ("reset", "expired", "wrong_etag", "drop_before", "drop_after"))})}],
    "the bucket is slow down": lambda dice: [{"route": BUCKET, **with_chance(0.4, {
        "kind": "status", "status": dice.choice((500, 503)), "commit": dice.random() < 0.5})}],
}

# kind: how often among 100, least and most seconds
PROCESSES = {
    "kill a worker": (16, 0.05, 2),
    "kill all workers": (1, 0.05, 1),
    OPERATOR: (3, 0.1, 3),
    "end a worker": (3, 0.05, 1),
    "stop a worker beyond its lease": (6, LEASE_SECONDS * 1.1, LEASE_SECONDS * 2),
    "stop a worker for a moment": (4, 0.1, LEASE_SECONDS * 0.7),
    "kill a coordinator": (6, 0.1, 4),
    "stop a coordinator": (2, 0.5, 8),
    "kill all coordinators": (1, 0.1, 2),
    "restart PostgreSQL, fast": (2, 0, 2),
    "restart PostgreSQL, immediate": (3, 0, 3),
    "kill Redis with its data": (4, 0, 3),
    "cut a worker from the coordinators": (3, 0.5, 6),
    "cut a worker from PostgreSQL": (3, 0.2, 6),
    "freeze a worker's way to PostgreSQL": (3, 0.5, LEASE_SECONDS * 2),
    "cut a worker from Redis": (2, 0.2, 3),
    "cut a worker from Cliniko": (4, 0.1, 3),
    "freeze a worker's way to Cliniko": (2, 0.05, LATE_MS / 1000),
}
SHARE_OF_REQUESTS = 0.4


def make(seed, seconds, workers, coordinators, pause):
    """The faults of a run, in order. `pause` is the mean time between two."""
    dice = random.Random(seed)
    faults = []
    at = 1.0 + dice.random()
    while at < seconds:
        if dice.random() < SHARE_OF_REQUESTS:
            kind = dice.choice(sorted(REQUESTS))
            faults.append(Fault(at, kind, None, dice.uniform(0.5, 4), REQUESTS[kind](dice)))
        else:
            kind = dice.choices(list(PROCESSES), [chance for chance, _, _ in PROCESSES.values()])[0]
            _, least, most = PROCESSES[kind]
            target = dice.randrange(coordinators if "coordinator" in kind and "worker" not in kind else workers)
            faults.append(Fault(at, kind, target, dice.uniform(least, most), None))
        at += dice.expovariate(1 / pause)
    return faults
