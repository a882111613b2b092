"""Compares what arrived in Cliniko with the sample clinic's export, field by field, through the public API.

usage: compare_clinic.py --csv FOLDER --truth FOLDER --url URL --key-file FILE [--answers FILE] [--keys-file FILE]
                         [--ca-file FILE] [--notifications-path PATH] [--pdf-folder FOLDER]

Prints counts and at most 20 differences; exits with 1 when there is any.
"""
import argparse
import json
import pathlib
import re
import sys

import clinic
from cliniko import Cliniko, read_account, related_id
from compare_catalogue import compare_catalogue
from compare_files import compare_files
from compare_notes import compare_notes
from compare_report import MOST_SHOWN, Differences, Record, take_marker, text_of

# What a transfer may write; nothing else is touched, and nothing that has to do with money, users or locations.
WRITTEN = {"taxes", "concession_types", "product_suppliers", "products", "billable_items", "appointment_types", "contacts",
           "patients", "medical_alerts", "communications", "individual_appointments", "unavailable_blocks", "attendees",
           "treatment_notes", "patient_attachments"}


def found_patient(entry, names):
    """An entry of the API in the form of clinic.expected_patient."""
    return {
        **entry,
        "phones": sorted((phone["phone_type"], phone["number"]) for phone in entry["patient_phone_numbers"]),
        "archived": entry.get("archived_at") is not None,
        "concession_type": names["concession_types"].get(related_id(entry, "concession_type")),
        "referring_doctor": names["contacts"].get(related_id(entry, "referring_doctor")),
    }


def names_of(account):
    return {
        "concession_types": {entry["id"]: entry["name"] for entry in account["concession_types"]},
        "contacts": {entry["id"]: f"{entry['first_name']} {entry['last_name']}" for entry in account["contacts"]},
        "patients": {entry["id"]: entry["old_reference_id"] for entry in account["patients"]},
        "practitioners": {entry["id"]: f"{entry['first_name']} {entry['last_name']}"
                          for entry in account["practitioners"]},
        "businesses": {entry["id"]: entry["business_name"] for entry in account["businesses"]},
        "appointment_types": {entry["id"]: entry["name"] for entry in account["appointment_types"]},
    }


def compare_patients(tables, account, answers, differences):
    names = names_of(account)
    expected, left = clinic.expected_patients(tables, answers)
    differences.records(
        [Record(reference, f"patient {reference}", fields) for reference, fields in expected.items()],
        [Record(entry["old_reference_id"], f"patient {entry['old_reference_id']!r}", found_patient(entry, names))
         for entry in account["patients"]])
    return len(expected), left


def found_diary(account):
    """Records in the form of clinic.expected_diary."""
    names = names_of(account)
    arrived = {related_id(entry, "booking"): entry["arrived"] for entry in account["attendees"]}
    records = []
    for entry in account["appointments"]:
        reason = entry.get("cancellation_reason")
        patient = names["patients"].get(related_id(entry, "patient"))
        records.append(Record(patient, f"appointment of {patient} at {entry['starts_at']}", {
            "patient": patient,
            "starts_at": entry["starts_at"],
            "ends_at": entry["ends_at"],
            "practitioner": names["practitioners"].get(related_id(entry, "practitioner")),
            "business": names["businesses"].get(related_id(entry, "business")),
            "type": names["appointment_types"].get(related_id(entry, "appointment_type")),
            "notes": text_of(entry["notes"]),
            "arrived": arrived.get(entry["id"], "no attendee"),
            "cancelled": entry.get("cancelled_at") is not None,
            "cancellation_reason": int(reason) if reason is not None else None,
            "cancellation_note": text_of(entry.get("cancellation_note")),
        }))
    return records


def compare_appointments(tables, account, answers, differences):
    expected = clinic.expected_diary(tables, answers)
    differences.records(expected, found_diary(account))
    return len(expected), clinic.expected_appointments(tables, answers)[1]


def compare_blocks(tables, account, answers, differences):
    names = names_of(account)
    expected, left = clinic.expected_blocks(tables, answers)
    found = []
    for entry in account["unavailable_blocks"]:
        notes, marker = take_marker(entry["notes"])
        found.append(Record(entry["starts_at"], f"calendar note {marker} at {entry['starts_at']}", {
            **entry,
            "practitioner": names["practitioners"].get(related_id(entry, "practitioner")),
            "business": names["businesses"].get(related_id(entry, "business")),
            "notes": notes,
        }))
    differences.records(expected, found)
    differences.markers("unavailable blocks", [(entry["id"], take_marker(entry["notes"])[1])
                                               for entry in account["unavailable_blocks"]])
    return len(expected), left


PART = re.compile(r"\s*\((\d+)/(\d+)\)$")


def whole_alerts(entries):
    """[(patient, text)] with those that are parts of one put together; None for a text whose parts are not all there."""
    whole = []
    parts = {}
    for patient, name in entries:
        match = PART.search(name)
        if not match:
            whole.append((patient, name))
            continue
        at = (patient, int(match[2]))
        parts.setdefault(at, []).append((int(match[1]), name[:match.start()]))
    for (patient, count), pieces in parts.items():
        while pieces:
            taken = [next((piece for piece in pieces if piece[0] == number), None) for number in range(1, count + 1)]
            if None in taken:
                whole += [(patient, f"(incomplete) {text}") for _, text in pieces]
                break
            for piece in taken:
                pieces.remove(piece)
            whole.append((patient, " ".join(text for _, text in taken)))
    return whole


def compare_alerts(tables, account, answers, differences):
    patients = names_of(account)["patients"]
    expected, left = clinic.expected_alerts(tables, answers)
    entries = [(patients.get(related_id(entry, "patient")), entry["name"]) for entry in account["medical_alerts"]]
    for patient, name in entries:
        if len(name) > 255:
            differences.add(f"alert of {patient}: {len(name)} characters")
    differences.records(expected, [Record(patient, f"alert of {patient}", {"patient": patient, "name": name})
                                   for patient, name in whole_alerts(entries)])
    return len(expected), left


def compare_memos(tables, account, answers, differences):
    patients = names_of(account)["patients"]
    expected = clinic.expected_memos(tables, answers)
    found = []
    for entry in account["communications"]:
        patient = patients.get(related_id(entry, "patient"))
        content, _ = take_marker(entry["content"])
        found.append(Record(patient, f"memo of {patient}", {**entry, "patient": patient, "content": content}))
    differences.records(expected, found)
    differences.markers("communications", [(entry["id"], take_marker(entry["content"])[1])
                                           for entry in account["communications"]])
    return len(expected)


def compare_leftovers(account, log, differences):
    """Nobody got a message, and nothing was written that is to stay behind."""
    differences.value("notification log", "messages that patients would have got", log["total"], 0)
    differences.value("account", "cases", len(account.get("patient_cases", [])), 0)
    for route in account.get("routes", {}):
        method, _, path = route.partition(" ")
        collection = path.removeprefix("/v1/").split("/")[0]
        if method != "GET" and path.startswith("/v1/") and collection not in WRITTEN:
            differences.add(f"{route}: was called, and should not be")


def show(account, counts, left, log, differences):
    if differences.count > MOST_SHOWN:
        print(f"  … and {differences.count - MOST_SHOWN} more")
    for name, collection, expected in counts:
        print(f"{name + ':':18} {len(account[collection]):6} in Cliniko, {expected:6} expected")
    for entity, reasons in left:
        for reason, rows in sorted(reasons.items()):
            print(f"left behind:       {rows:6} {entity}, {reason}")
    print(f"messages sent:     {log['total']:6}")
    print(f"{differences.fields} fields compared, {differences.count} differences")


def compare(tables, account, log, answers=None, truth=None, keys=(), pdf_folder=None):
    """Prints everything; the number of differences. `truth` is the table of what a person reads in each document: without
    one neither notes nor files are compared. `keys` are names of the practitioners whose keys were given. The PDFs are
    left in a folder when one is named."""
    answers = answers or clinic.Answers()
    differences = Differences()
    compare_catalogue(tables, account, answers, differences)
    patients, patients_left = compare_patients(tables, account, answers, differences)
    alerts, alerts_left = compare_alerts(tables, account, answers, differences)
    memos = compare_memos(tables, account, answers, differences)
    appointments, appointments_left = compare_appointments(tables, account, answers, differences)
    blocks, blocks_left = compare_blocks(tables, account, answers, differences)
    counts = [("patients", "patients", patients), ("medical alerts", "medical_alerts", alerts),
              ("memos", "communications", memos), ("appointments", "appointments", appointments),
              ("calendar notes", "unavailable_blocks", blocks)]
    left = [("patients", patients_left), ("warnings", alerts_left), ("appointments", appointments_left),
            ("appointments", blocks_left)]
    if truth is not None:
        notes, notes_left = compare_notes(tables, truth, account, answers, keys, differences)
        files, files_left, pdfs = compare_files(tables, truth, account, differences, pdf_folder)
        counts += [("treatment notes", "treatment_notes", notes), ("files", "patient_attachments", files)]
        left += [("notes", notes_left), ("files", files_left)]
        print(f"{pdfs} of the files are PDFs")
    compare_leftovers(account, log, differences)
    show(account, counts, left, log, differences)
    return differences.count


def read_routes(api):
    """What was called, where the server counts it: the local one does."""
    return api.get("/__stats")["routes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", required=True)
    parser.add_argument("--truth")
    parser.add_argument("--url", required=True)
    parser.add_argument("--key-file", required=True)
    parser.add_argument("--answers")
    parser.add_argument("--keys-file")
    parser.add_argument("--ca-file")
    parser.add_argument("--pdf-folder")
    parser.add_argument("--notifications-path", default="/__notifications")
    arguments = parser.parse_args()
    key = pathlib.Path(arguments.key_file).read_text(encoding="utf-8").strip()
    api = Cliniko(arguments.url, key, arguments.ca_file)
    account = read_account(api)
    account["routes"] = read_routes(api)
    log = api.get(arguments.notifications_path)
    truth = clinic.read_tables(arguments.truth)["Text"] if arguments.truth else None
    keys = json.loads(pathlib.Path(arguments.keys_file).read_text(encoding="utf-8")) if arguments.keys_file else ()
    return 1 if compare(clinic.read_tables(arguments.csv), account, log, clinic.read_answers(arguments.answers), truth,
                        keys, arguments.pdf_folder) else 0


if __name__ == "__main__":
    sys.exit(main())
