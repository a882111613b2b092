"""Compares what arrived in Cliniko with the sample clinic's CSV export, field by field, through the public API.

usage: compare_clinic.py --csv FOLDER --url URL --key-file FILE [--ca-file FILE] [--notifications-path PATH]

Prints counts and at most 20 differences; exits with 1 when there is any.
"""
import argparse
import collections
import pathlib
import sys

import clinic
from cliniko import Cliniko, read_account, related_id

MOST_SHOWN = 20
FIELDS = ("patient", "starts_at", "ends_at", "practitioner", "business", "type", "notes", "arrived", "cancelled",
          "cancellation_reason", "cancellation_note")


class Differences:
    def __init__(self):
        self.count = 0

    def add(self, text):
        self.count += 1
        if self.count <= MOST_SHOWN:
            print(f"  DIFFERENT {text}")

    def value(self, what, field, got, want):
        # `want` stands first: it may be a rule (clinic.Holds) rather than a plain value.
        if not want == got:
            self.add(f"{what}: {field}: got {got!r}, want {want!r}")


def found_patient(entry):
    """An entry of the API in the form of clinic.expected_patient."""
    found = dict(entry)
    found["phones"] = sorted((phone["phone_type"], phone["number"]) for phone in entry["patient_phone_numbers"])
    found["archived"] = entry.get("archived_at") is not None
    return found


def compare_patients(tables, account, differences):
    expected, left = clinic.expected_patients(tables)
    found = collections.Counter(entry["old_reference_id"] for entry in account["patients"])
    for reference, times in found.items():
        if reference not in expected:
            differences.add(f"patient {reference!r}: is in Cliniko, and should not be")
        elif times > 1:
            differences.add(f"patient {reference}: is in Cliniko {times} times")
    entries = {entry["old_reference_id"]: entry for entry in account["patients"]}
    for reference, fields in expected.items():
        if reference not in entries:
            differences.add(f"patient {reference}: is not in Cliniko")
            continue
        got = found_patient(entries[reference])
        for name, want in fields.items():
            differences.value(f"patient {reference}", name, got.get(name), want)
    return len(expected), left, sum(len(fields) for fields in expected.values())


def found_appointments(account):
    """Counter of field tuples in the form of clinic.expected_appointment."""
    patients = {entry["id"]: entry["old_reference_id"] for entry in account["patients"]}
    practitioners = {entry["id"]: f"{entry['first_name']} {entry['last_name']}" for entry in account["practitioners"]}
    businesses = {entry["id"]: entry["business_name"] for entry in account["businesses"]}
    types = {entry["id"]: entry["name"] for entry in account["appointment_types"]}
    arrived = {related_id(entry, "booking"): entry["arrived"] for entry in account["attendees"]}
    found = collections.Counter()
    for entry in account["appointments"]:
        reason = entry.get("cancellation_reason")
        found[(
            patients.get(related_id(entry, "patient")),
            entry["starts_at"],
            entry["ends_at"],
            practitioners.get(related_id(entry, "practitioner")),
            businesses.get(related_id(entry, "business")),
            types.get(related_id(entry, "appointment_type")),
            clinic.text_of(entry["notes"]),
            arrived.get(entry["id"], "no attendee"),
            entry.get("cancelled_at") is not None,
            int(reason) if reason is not None else None,
            clinic.text_of(entry.get("cancellation_note")),
        )] += 1
    return found


def pair_up(missing, extra):
    """Pairs of tuples of the same patient, as alike as can be found: so that a difference names its field."""
    rest = collections.defaultdict(list)
    for fields in extra.elements():
        rest[fields[0]].append(fields)
    for want in missing.elements():
        candidates = rest[want[0]]
        if not candidates:
            yield want, None
            continue
        got = max(candidates, key=lambda fields: sum(a == b for a, b in zip(want, fields)))
        candidates.remove(got)
        yield want, got
    for candidates in rest.values():
        for got in candidates:
            yield None, got


def compare_appointments(tables, account, differences):
    expected, left = clinic.expected_appointments(tables)
    found = found_appointments(account)
    for want, got in pair_up(expected - found, found - expected):
        if got is None:
            differences.add(f"appointment of {want[0]} at {want[1]}: is not in Cliniko")
        elif want is None:
            differences.add(f"appointment of {got[0]} at {got[1]}: is in Cliniko, and should not be")
        else:
            for name, got_value, want_value in zip(FIELDS, got, want):
                differences.value(f"appointment of {want[0]} at {want[1]}", name, got_value, want_value)
    return expected.total(), left, expected.total() * len(FIELDS)


def compare_types(tables, account, differences):
    expected = clinic.expected_types(tables)
    for entry in account["appointment_types"]:
        what = f"appointment type {entry['name']!r}"
        if entry["name"] not in expected:
            differences.add(f"{what}: is in Cliniko, and should not be")
            continue
        differences.value(what, "duration_in_minutes", entry["duration_in_minutes"], expected.pop(entry["name"]))
        for field in ("appointment_confirmation_template_ids", "appointment_reminder_template_ids"):
            differences.value(what, field, entry[field], [])
        differences.value(what, "show_in_online_bookings", entry["show_in_online_bookings"], False)
    for name in expected:
        differences.add(f"appointment type {name!r}: is not in Cliniko")
    return len(clinic.expected_types(tables))


def compare_notifications(log, differences):
    differences.value("notification log", "messages that patients would have got", log["total"], 0)


def compare(tables, account, log):
    """Prints everything; the number of differences."""
    differences = Differences()
    patients, patients_left, patient_fields = compare_patients(tables, account, differences)
    appointments, appointments_left, appointment_fields = compare_appointments(tables, account, differences)
    types = compare_types(tables, account, differences)
    compare_notifications(log, differences)
    if differences.count > MOST_SHOWN:
        print(f"  … and {differences.count - MOST_SHOWN} more")
    print(f"patients:          {len(account['patients']):6} in Cliniko, {patients:6} expected")
    print(f"appointments:      {len(account['appointments']):6} in Cliniko, {appointments:6} expected")
    print(f"appointment types: {len(account['appointment_types']):6} in Cliniko, {types:6} expected")
    for entity, left in (("patient", patients_left), ("appointment", appointments_left)):
        for reason, rows in sorted(left.items()):
            print(f"left behind:       {rows:6} {entity} rows, {reason}")
    print(f"messages sent:     {log['total']:6}")
    print(f"{patient_fields + appointment_fields} fields compared, {differences.count} differences")
    return differences.count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key-file", required=True)
    parser.add_argument("--ca-file")
    parser.add_argument("--notifications-path", default="/__notifications")
    arguments = parser.parse_args()
    key = pathlib.Path(arguments.key_file).read_text(encoding="utf-8").strip()
    api = Cliniko(arguments.url, key, arguments.ca_file)
    account = read_account(api)
    log = api.get(arguments.notifications_path)
    return 1 if compare(clinic.read_tables(arguments.csv), account, log) else 0


if __name__ == "__main__":
    sys.exit(main())
