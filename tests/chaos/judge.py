"""What became of every record: source, ID map and the local Cliniko are compared one by one."""
import collections
import contextlib
import io
import re

import compare_clinic
import compare_report
import harness

# Where the objects of an entity are, and the member that carries the source key; None: they are told apart by content.
COLLECTIONS = {
    "tax": ("taxes", None), "concession_type": ("concession_types", None), "product_supplier": ("product_suppliers", None),
    "product": ("products", "notes"), "billable_item": ("billable_items", None),
    "appointment_type": ("appointment_types", None), "contact": ("contacts", "notes"),
    "patient": ("patients", "old_reference_id"), "medical_alert": ("medical_alerts", None),
    "reminder": ("communications", "content"), "appointment": ("appointments", None),
    "unavailable_block": ("unavailable_blocks", "notes"), "treatment_note": ("treatment_notes", "title"),
    "note_document": ("patient_attachments", "description"), "attachment": ("patient_attachments", "description"),
    "xray": ("patient_attachments", "description"), "letter": ("patient_attachments", "description"),
}
# Several source keys may stand for one object that was there before.
SHARED = ("practitioner", "business", "appointment_type", "tax", "concession_type", "product_supplier", "billable_item")
MARKER = re.compile(r"\[([^\[\]]+)\]\s*$")
ENDS = ("review", "completed")


class Verdict:
    """Findings by their kind; none is good."""

    def __init__(self):
        self.findings = collections.defaultdict(list)
        self.records = 0
        self.fields = 0

    def add(self, kind, text):
        self.findings[kind].append(text)

    def count(self, kind):
        return len(self.findings[kind])

    def total(self):
        return sum(map(len, self.findings.values()))


def outcome_of(ask, transfer):
    """{(entity, source key): state} of all records."""
    return {(entity, key): state for entity, key, state in
            ask(f"select entity, source_key, state from record where transfer = {transfer}")}


def judge_content(verdict, name, export, account, log):
    """Field by field, by a program that shares nothing with the transfer."""
    shown = io.StringIO()
    compare_report.MOST_SHOWN = compare_clinic.MOST_SHOWN = 1000
    with contextlib.redirect_stdout(shown):
        compare_clinic.compare(export.tables(), account, log, export.answers, export.texts)
    for line in shown.getvalue().splitlines():
        if match := re.search(r"(\d+) fields compared", line):
            verdict.fields += int(match.group(1))
        if not line.startswith("  DIFFERENT "):
            continue
        text = f"{name}: {line.removeprefix('  DIFFERENT ')}"
        kind = "lost" if line.endswith("is not in Cliniko") else \
            "doubled" if "and should not be" in line or "the marker" in line else "wrong"
        verdict.add(kind, text)


def related(entry):
    return f"patient {harness.related_id(entry, 'patient')}" if "patient" in entry else ""


def judge_markers(verdict, name, account):
    """No source key stands at two objects of a kind."""
    for collection, member in sorted({place for place in COLLECTIONS.values() if place[1]}):
        keys = collections.Counter()
        for entry in account[collection]:
            text = entry.get(member) or ""
            match = MARKER.search(text)
            if match or member == "old_reference_id":
                keys[match.group(1) if match else text] += 1
        for key, times in keys.items():
            if times > 1:
                held = [f"{entry['id']} of {entry.get('created_at')} {related(entry)}" for entry in account[collection]
                        if (entry.get(member) or "").rstrip().endswith(f"[{key}]" if member != "old_reference_id" else key)]
                verdict.add("doubled", f"{name}: {collection}: {key} is there {times} times: {'; '.join(held)}")


def judge_map(verdict, name, rows, account):
    """Each id that was noted exists, and is noted for one record."""
    seen = {}
    ids = {collection: {entry["id"] for entry in account[collection]} for collection, _ in COLLECTIONS.values()}
    for entity, key, cliniko_id in rows:
        if entity not in COLLECTIONS:
            continue
        if cliniko_id not in ids[COLLECTIONS[entity][0]]:
            verdict.add("wrong", f"{name}: {entity} {key} is noted as {cliniko_id}, which is not there")
        other = seen.setdefault((entity, cliniko_id), key)
        if other != key and entity not in SHARED:
            verdict.add("wrong", f"{name}: {entity} {key} and {other} are noted as the same object")


def judge_journal(verdict, name, ask, transfer):
    """Nothing is left half done."""
    for entity, key, state in ask(f"select entity, source_key, state from record where transfer = {transfer} and state "
                                  "in ('staged', 'sending') and entity not in ('practitioner', 'business')"):
        verdict.add("orphaned", f"{name}: {entity} {key} is still {state}")
    for entity, key in ask(
            "select r.entity, r.source_key from record r join transfer t on t.id = r.transfer "
            f"where t.id = {transfer} and r.state = 'created' and not exists (select from id_map m where "
            "m.account = t.account and m.system = t.system and m.entity = r.entity and m.source_key = r.source_key and "
            "m.cliniko_id = r.cliniko_id)"):
        verdict.add("orphaned", f"{name}: {entity} {key} is created but not in the ID map")
    for task, state in ask(f"select id, state from task where transfer = {transfer} and state <> 'done'"):
        verdict.add("orphaned", f"{name}: task {task} is {state}")
    for entity, key in ask(
            f"select entity, source_key from record r where transfer = {transfer} and state = 'created' and entity in "
            "('attachment', 'xray', 'letter', 'note_document') and not exists (select from uploaded_file u where "
            "u.transfer = r.transfer and u.ordinal = r.ordinal)"):
        verdict.add("orphaned", f"{name}: {entity} {key} has no proof of its upload")


def judge_outcome(verdict, name, found, want):
    """The same records arrived, and the same were refused, as in a transfer that nothing disturbed."""
    for place in sorted(set(found) | set(want)):
        if found.get(place) != want.get(place):
            verdict.add("lost" if want.get(place) == "created" else "wrong",
                        f"{name}: {place[0]} {place[1]} is {found.get(place)}, and {want.get(place)} when nothing is broken")


def judge(verdict, sandbox, ask, transfer):
    """`transfer` has number, name, export, key, calm (what became of each record in a calm transfer; may be None)."""
    account = harness.read_account(sandbox.api(transfer.key))
    log = sandbox.control("GET", "/__notifications")
    found = outcome_of(ask, transfer.number)
    verdict.records += sum(state == "created" for state in found.values())
    judge_content(verdict, transfer.name, transfer.export, account, log)
    judge_markers(verdict, transfer.name, account)
    judge_map(verdict, transfer.name, ask(
        "select m.entity, m.source_key, m.cliniko_id from id_map m join transfer t on t.account = m.account "
        f"where t.id = {transfer.number}"), account)
    judge_journal(verdict, transfer.name, ask, transfer.number)
    if transfer.calm is not None:
        judge_outcome(verdict, transfer.name, found, transfer.calm)
    return found
