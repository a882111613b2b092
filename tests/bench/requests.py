"""How many requests a record takes, entity by entity, beside the least that Cliniko's API allows (API reference 6): a whole
sample clinic into the local Cliniko, which counts. Fails when the sum, or an entity of some size, is above the least by more
than two in a hundred. requests.py BUILD [PATIENTS]

The phases are kept apart by the workers that are there: none sends before the reading and checking is counted, none verifies
before the sending is."""
import collections
import math
import re
import sys

import bench
import harness

PATIENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 150
TOLERANCE = 1.02
LIST = 100  # ids in one list
CLOCK = "GET /v1/user"  # asked by a worker that takes up an account, once in a phase: Cliniko's clock, for look-ups

# Which requests belong to which entities, and the least for one record: a create is one request, a file asks for its place
# first (a record may be two files), and the attendees of a hundred appointments are asked for at once.
KINDS = [
    (["tax"], 1, [r"POST /v1/taxes$"]),
    (["concession_type"], 1, [r"POST /v1/concession_types$"]),
    (["product_supplier"], 1, [r"POST /v1/product_suppliers$"]),
    (["product"], 1, [r"POST /v1/products$"]),
    (["billable_item"], 1, [r"POST /v1/billable_items$"]),
    (["appointment_type"], 1, [r"POST /v1/appointment_types$"]),
    (["contact"], 1, [r"POST /v1/contacts$"]),
    (["patient"], 1, [r"POST /v1/patients$"]),
    (["medical_alert"], 1, [r"POST /v1/medical_alerts$"]),
    (["reminder"], 1, [r"POST /v1/communications$"]),
    (["appointment"], 1, [r"POST /v1/individual_appointments$"]),
    (["unavailable_block"], 1, [r"POST /v1/unavailable_blocks$"]),
    (["attendance"], 1 + 1 / LIST, [r"PATCH /v1/attendees/\{[^}]*\}$", r"GET /v1/attendees$"]),
    (["cancellation"], 1, [r"PATCH /v1/individual_appointments/\{[^}]*\}/cancel$"]),
    (["treatment_note"], 1, [r"POST /v1/treatment_notes$"]),
    (["note_document", "attachment", "xray", "letter"], 2,
     [r"GET /v1/patients/\{[^}]*\}/attachment_presigned_post$", r"(GET|POST) /v1/patient_attachments$"]),
    (["reminder_preference"], 1, [r"PATCH /v1/patients/\{[^}]*\}$"]),
    (["product_archival"], 1, [r"POST /v1/products/\{[^}]*\}/archive$"]),
    (["billable_item_archival"], 1, [r"POST /v1/billable_items/\{[^}]*\}/archive$"]),
    (["appointment_type_archival"], 1, [r"POST /v1/appointment_types/\{[^}]*\}/archive$"]),
    (["contact_archival"], 1, [r"POST /v1/contacts/\{[^}]*\}/archive$"]),
    (["archival"], 1, [r"POST /v1/patients/\{[^}]*\}/archive$"]),
]


def counted(sandbox):
    """Requests to the API so far, by route. Uploads to the store of files are none: they take no token of the limit."""
    return collections.Counter({route: sum(statuses.values()) for route, statuses in sandbox.stats()["routes"].items()
                                if " /v1/" in route})


def state(database, number):
    return database.value(f"select state || coalesce(': ' || reason, '') from transfer where id = {number}")


def reach(database, number, wanted, seconds):
    """Waits for one of these states; any other state of rest ends the measurement."""
    def there():
        now = state(database, number).partition(":")[0]
        if now in ("failed", "paused", "cancelled", "completed", "waiting") and now not in wanted:
            raise SystemExit(f"the transfer rests: {state(database, number)}")
        return now in wanted
    harness.until(there, seconds, lambda: f"the transfer is {state(database, number)}")


def transfer(here):
    """What was asked before, during and after the sending, how many files were made, how many records of each entity took
    part."""
    folder, account, key = bench.sample_clinic(here, PATIENTS, with_appointments=True)
    sandbox = bench.PlainSandbox(here, account, "--limit", "0")
    services = bench.RealServices(here, sandbox)
    database = services.psql()
    services.start_worker("extract,preflight")
    number = services.handover("transfer", "new", folder, "--profile", harness.FRONT_DESK, "--to", "bench", "--key-file", key,
                               "--rate", "0", "--bad-rows", "exclude", "--answers",
                               here.work / "answers.json").split()[1]
    services.handover("transfer", "start", number)
    reach(database, number, ("waiting",), 300)
    checked = counted(sandbox)
    services.start_worker("catalogue,patients,appointments,notes,attachments")
    services.handover("transfer", "start", number)
    reach(database, number, ("verifying",), 1800)
    sent = counted(sandbox) - checked
    services.start_worker("verify")
    reach(database, number, ("completed",), 600)
    verified = counted(sandbox) - checked - sent
    files = sandbox.stats()["creates"].get("patient_attachments", 0)
    rows = database.ask("select entity, count(*) from record where state in ('created', 'failed') "
                        f"and transfer = {number} group by entity")
    return checked, sent, verified, files, {name: int(count) for name, count in (row.split("|") for row in rows)}


def show(name, records, requests, least):
    each = requests / records if records else 0
    print(f"{name:52s} {records:7d} {requests:9d} {each:8.3f} {least / records if records else 0:8.3f}")


def judge(name, requests, least):
    """One request over the least is the rest of a list, or the error of a small number."""
    return [] if requests <= least * TOLERANCE + 1 else [f"{name}: {requests} requests, {least:.0f} would do"]


def main():
    with bench.Bench() as here:
        checked, sent, verified, files, records = transfer(here)
    problems, rest, all_least = [], sent.copy(), 0
    print(f"{'entity':52s} {'records':>7s} {'requests':>9s} {'each':>8s} {'least':>8s}")
    for entities, least_each, patterns in KINDS:
        routes = [route for route in sent if any(re.match(pattern, route) for pattern in patterns)]
        requests = sum(rest.pop(route) for route in routes)
        number = sum(records.get(entity, 0) for entity in entities)
        least = math.ceil((files if "attachment" in entities else number) * least_each - 1e-9)
        all_least += least
        if number or requests:
            show(", ".join(entities), number, requests, least)
            problems += judge(", ".join(entities), requests, least)
    show("all", sum(records.values()), sum(sent.values()), all_least)
    if sum(sent.values()) > all_least * TOLERANCE:
        problems.append(f"all: {sum(sent.values())} requests, {all_least} would do")
    clock = rest.pop(CLOCK, 0)
    if clock > len(records):
        problems.append(f"{CLOCK}: {clock} requests, one for each of {len(records)} kinds of records would do")
    if rest:
        problems.append(f"beside these: {dict(rest)}")
    lists = sum(math.ceil(count / LIST) for count in records.values())
    print(f"before the sending: {sum(checked.values())} requests; for Cliniko's clock: {clock}; "
          f"verification: {sum(verified.values())} requests, {lists} lists of {LIST} would do")
    problems += judge("verification", sum(verified.values()), lists)
    for problem in problems:
        print(f"ABOVE THE LEAST  {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
