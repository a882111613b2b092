"""What Cliniko says no to is a failed record with its words; what hangs on it is skipped and named; all else goes on."""
import collections
import json

import harness

CREATES = {
    "tax": "taxes", "concession_type": "concession_types", "product_supplier": "product_suppliers", "product": "products",
    "billable_item": "billable_items", "appointment_type": "appointment_types", "contact": "contacts",
    "patient": "patients", "medical_alert": "medical_alerts", "reminder": "communications",
    "appointment": "individual_appointments", "unavailable_block": "unavailable_blocks", "treatment_note": "treatment_notes",
    "attachment": "patient_attachments",
}
ROUTES = {
    **{entity: f"POST /v1/{collection}" for entity, collection in CREATES.items()},
    "attendance": "PATCH /v1/attendees/{id}",
    "cancellation": "PATCH /v1/individual_appointments/{id}/cancel",
    "reminder_preference": "PATCH /v1/patients/{id}",
    "product_archival": "POST /v1/products/{id}/archive",
    "billable_item_archival": "POST /v1/billable_items/{id}/archive",
    "appointment_type_archival": "POST /v1/appointment_types/{id}/archive",
    "contact_archival": "POST /v1/contacts/{id}/archive",
    "archival": "POST /v1/patients/{id}/archive",
}
FILES = ("note_document", "attachment", "xray", "letter")
PARENTS = {
    **dict.fromkeys(("medical_alert", "reminder", "appointment", "treatment_note", "reminder_preference", "archival",
                     *FILES), "patient"),
    "attendance": "appointment", "cancellation": "appointment", "product_archival": "product",
    "billable_item_archival": "billable_item", "appointment_type_archival": "appointment_type",
    "contact_archival": "contact",
}
TRIAL = {"message": "Validation failed", "errors": {"base": "The storage limit of trial accounts was exceeded"}}


LONG = "x" * 300
SPOILED = {  # what the local Cliniko itself finds wrong with a record, and its words
    "concession_type": ({"name": LONG}, "name: is too long"),
    "product": ({"name": LONG}, "name: is too long"),
    "billable_item": ({"name": LONG}, "name: is too long"),
    "appointment_type": ({"name": LONG}, "name: is too long"),
    "contact": ({"last_name": LONG}, "last_name: is too long"),
    "patient": ({"dva_card_number": "?"}, "dva_card_number: is invalid"),
    "medical_alert": ({"name": LONG}, "name: is too long"),
    "appointment": ({"ends_at": "2001-01-01T00:00:00Z"}, "ends_at: must be after the start"),
    "unavailable_block": ({"ends_at": "2001-01-01T00:00:00Z"}, "ends_at: must be after the start"),
    "cancellation": ({"reason": 11}, "cancellation_reason: is not included in the list"),
    "reminder_preference": ({"reminder_type": "Fax"}, "reminder_type: is not included in the list"),
}


def refusal(entity, route, at):
    return {"route": route, "kind": "status", "status": 422, "at": at,
            "body": {"message": "Validation failed", "errors": {"base": f"has an odd {entity}"}}}


class Refusals(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=30, years=1)
        self.clinic.drop_empty_files()
        self.cliniko = self.sandbox(self.clinic.account, "--archived-children", "allowed")
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=800)
        for _ in range(2):
            self.services.start_worker()
        self.psql = self.services.psql()

    def transfer(self, *flags, **options):
        return self.run_transfer(self.cliniko, self.clinic, *flags,
                                 **{**self.services.settings, "DATA": None, **options})

    def records(self, number):
        """{(entity, source key): (state, problem, warning, payload)}"""
        rows = self.psql.ask("select json_build_array(entity, source_key, state, problem, warning, payload) from record "
                             f"where transfer = {number}")
        return {(entity, key): rest for entity, key, *rest in map(json.loads, rows)}

    def test_each_entity(self):
        patients = self.spare_and_refused()
        self.cliniko.put_faults(*[refusal(entity, route, [patients] if entity == "patient" else [1])
                                  for entity, route in ROUTES.items() if entity not in FILES],
                                refusal("file", ROUTES["attachment"], [1, 20, 40, 60]))
        run = self.transfer()
        self.assert_status(run, 3)
        self.assertEqual(min(self.cliniko.acted()), 1, "a refusal has never come")
        self.cliniko.clear_faults()
        records = self.records(run.number)
        failed = {key for key, (state, *_) in records.items() if state == "failed"}
        self.assertEqual({entity for entity, _ in failed} - set(FILES), set(ROUTES) - set(FILES))
        self.assertEqual(sum(entity in FILES for entity, _ in failed), 4)
        for entity, key in failed:
            with self.subTest(f"{entity} {key}"):
                said = f"has an odd {'file' if entity in FILES else entity}"
                self.assertEqual(records[entity, key][1], f"Cliniko refused it (422): base: {said}")
        self.assert_skipped(records)
        self.assert_went_without(records)
        self.assert_told(run, records)
        self.assert_rest_is_there(records)

    def spare_and_refused(self):
        """The place of a patient on whom something of everything hangs."""
        tables = self.clinic.tables()
        notes = collections.Counter(row["PatientID"] for row in tables["ClinicalNote"])
        arrived = collections.Counter(row["PatientID"] for row in tables["Appointment"] if row["Attendance"] == "1")
        merged = {row["PatientID"] for row in tables["Patient"] if row["MergedIntoPatientID"]}
        order = [row["PatientID"] for row in tables["Patient"] if row["PatientID"] not in merged]
        return 1 + order.index(max(order, key=lambda one: min(notes[one], arrived[one])))

    def assert_skipped(self, records):
        """Exactly those whose parent or type is not there; with its name."""
        gone = {key for key, (state, *_) in records.items() if state in ("failed", "skipped")}
        for (entity, key), (state, problem, _, payload) in records.items():
            parent = (PARENTS.get(entity), payload.get(PARENTS.get(entity)))
            kind = ("appointment_type", payload.get("appointment_type"))
            if state in ("failed", "left", "matched") or entity in ("practitioner", "business"):
                continue
            if parent in gone:
                self.assertEqual((state, problem), ("skipped", f"its {parent[0]} {parent[1]} is not in Cliniko"), (entity, key))
            elif entity == "appointment" and kind in gone:
                self.assertEqual((state, problem), ("skipped", "its appointment type is not in Cliniko"), (entity, key))
            else:
                self.assertEqual(state, "created", f"{entity} {key}: {problem}")
        for entity in ("appointment", "attendance", "treatment_note"):
            self.assertTrue([key for key in gone if key[0] == entity and records[key][0] == "skipped"], f"no {entity}")

    def assert_went_without(self, records):
        """A reference that is no parent is left out, and that is told."""
        gone = {key for key, (state, *_) in records.items() if state in ("failed", "skipped")}
        seen = set()
        for (entity, key), (state, _, warning, payload) in records.items():
            for field, target in (("tax", "tax"), ("concession_type", "concession_type"), ("billable_item", "billable_item"),
                                  ("appointment", "appointment")):
                if state == "created" and PARENTS.get(entity) != field and (target, payload.get(field)) in gone:
                    self.assertIn(f"went over without what is not in Cliniko: {field}", warning or "", f"{entity} {key}")
                    seen.add(field)
        self.assertTrue({"tax", "concession_type", "appointment"} <= seen, seen)

    def assert_told(self, run, records):
        shown = self.services.handover("transfer", "show", run.number)
        for (entity, key), (state, problem, warning, _) in records.items():
            if state in ("failed", "skipped", "left"):
                self.assertIn(f"{entity}\t{key}\t{state}\t{problem}\n", shown)
            elif warning:
                self.assertIn(f"{entity}\t{key}\twarning\t{warning}\n", shown)

    def assert_rest_is_there(self, records):
        created = collections.Counter(entity for (entity, _), (state, *_) in records.items() if state == "created")
        beside = self.psql.value("select count(*) from uploaded_file where part <> '' and cliniko_id is not null")
        created["attachment"] = sum(created[entity] for entity in FILES) + int(beside)
        there = self.cliniko.stats()["records"]
        created["product_supplier"] += 1  # Cliniko makes one of the name that a product has, whatever it said before
        for entity, collection in CREATES.items():
            self.assertEqual(there.get(collection, 0), created[entity], collection)
        self.assert_no_message(self.cliniko)

    def test_what_the_service_itself_finds_wrong(self):
        """Records are spoiled behind the back of the extraction, which lets none of this pass; and one patient is said to be
        in Cliniko under an id that is nobody's, so that all that hangs on it is refused."""
        number = self.services.handover(
            "transfer", "new", self.clinic.folder, "--profile", harness.FRONT_DESK, "--to", "harbour", "--key-file",
            self.clinic.key_file, "--rate", "0", "--bad-rows", "exclude", "--answers", self.clinic.answers_file).split()[1]
        self.services.handover("transfer", "start", number)
        harness.until(lambda: self.psql.value("select state from transfer") == "waiting", 60, "it does not wait")
        children = ("medical_alert", "reminder", "appointment", "treatment_note", "attachment", "letter")
        nobody = self.psql.value("select payload ->> 'patient' from record where entity in "
                                 f"{children} group by 1 order by count(distinct entity) desc, 1 limit 1")
        self.psql.ask("insert into id_map (account, system, entity, source_key, cliniko_id, transfer) "
                      f"select account, system, 'patient', '{nobody}', '999', id from transfer")
        spoiled = {"patient": self.spoil("patient", SPOILED["patient"][0], nobody)}
        for entity, (change, _) in SPOILED.items():
            if entity != "patient":
                spoiled[entity] = self.spoil(entity, change, nobody, spoiled["patient"])
        self.services.handover("transfer", "start", number)
        self.assert_status(self.services.command("transfer", "watch", number), 3)
        records = self.records(number)
        for entity, key in spoiled.items():
            with self.subTest(f"{entity} {key}"):
                self.assertEqual(records[entity, key][0], "failed")
                self.assertIn(f"Cliniko refused it (422): {SPOILED[entity][1]}", records[entity, key][1])
        seen = set()
        for (entity, key), (state, problem, _, payload) in records.items():
            if payload.get("patient") != nobody or entity not in children or state in ("left", "excluded", "skipped"):
                continue
            with self.subTest(f"{entity} {key} of nobody"):
                self.assertEqual(state, "failed")
                self.assertRegex(problem, r"^Cliniko (refused it \(422\): patient: |does not know it \(404\))")
                seen.add(entity)
        self.assertGreaterEqual(len(seen), 4, seen)
        hanging = {nobody, spoiled["patient"]}
        for (entity, key), (state, problem, *_, payload) in records.items():
            if state == "failed" and spoiled.get(entity) != key:
                self.assertIn(payload.get("patient"), hanging, f"{entity} {key}: {problem}")

    def spoil(self, entity, change, *patients):
        """Changes the first record of its kind that is none of these patients' and not one of them; its key."""
        patients = ", ".join(f"'{patient}'" for patient in patients)
        return self.psql.value(
            f"update record set payload = payload || '{json.dumps(change)}' where (transfer, ordinal) = (select transfer, "
            f"ordinal from record where entity = '{entity}' and state = 'staged' and not (entity = 'patient' and "
            f"source_key in ({patients})) and coalesce(payload ->> 'patient', '') not in ({patients}) "
            "order by ordinal limit 1) returning source_key")

    def test_the_limit_of_a_trial_account_stops_files_only(self):
        self.cliniko.put_faults({"route": ROUTES["attachment"], "kind": "status", "status": 422, "body": TRIAL,
                                 "at": list(range(10, 70))})
        run = self.transfer()
        self.assert_status(run, 3)
        refused = sum(self.cliniko.acted())
        self.assertLess(refused, 40, "it went on asking")
        self.cliniko.clear_faults()
        records = self.records(run.number)
        states = collections.Counter((entity in FILES, state) for (entity, _), (state, *_) in records.items())
        self.assertEqual(self.cliniko.stats()["records"]["patient_attachments"], 9)
        self.assertTrue(0 < states[True, "created"] <= 9 and states[True, "failed"] == 0, states)
        self.assertEqual((states[False, "skipped"], states[False, "failed"]), (0, 0), "something else has stopped")
        for (entity, key), (state, problem, *_) in records.items():
            if state == "skipped":
                self.assertIn("trial limit for attachments is reached: add billing details in Cliniko, then run again", problem)
                self.assertIn("The storage limit of trial accounts was exceeded", problem)
        self.assertIn("add billing details in Cliniko", run.out)
        again = self.transfer()
        self.assert_status(again, 0)
        self.assert_arrived_whole(self.cliniko, self.clinic)

    def test_notes_that_are_forbidden_pause_it_and_nothing_is_given_up(self):
        self.cliniko.put_faults({"route": ROUTES["treatment_note"], "kind": "status", "status": 403})
        run = self.transfer()
        self.assert_status(run, 1)
        self.assertRegex(run.err, r"transfer 1 is paused: .*does not let the user of this key create treatment notes: give")
        self.cliniko.clear_faults()
        self.assertEqual([key for key, (state, *_) in self.records(run.number).items() if state in ("failed", "skipped")], [])
        again = self.transfer()
        self.assert_status(again, 0)
        self.assertIn("going on with transfer 1", again.err)
        self.assert_arrived_whole(self.cliniko, self.clinic)


    def test_keys_that_are_not_whose_they_should_be(self):
        keys = json.loads(self.clinic.keys_file.read_text(encoding="utf-8"))
        first, second = keys
        path = self.work / "practitioner-keys"
        desk = next(user["keys"][0] for user in self.clinic.account["accounts"][0]["users"] if user["role"] == "receptionist")
        for name, given, says in (
                ("of another", {second: keys[first]}, (second, first)),
                ("of nobody", {second: "no-such-key-au1"}, (second, "key")),
                ("of a receptionist", {second: desk}, (second, "no practitioner in Cliniko"))):
            with self.subTest(f"a key {name}"):
                harness.write_key(path, json.dumps(given))
                run = self.transfer("--practitioner-keys", path, to=f"account-{len(name)}")
                self.assert_status(run, 1)
                for words in says:
                    self.assertIn(words, run.err)
                for key in given.values():
                    self.assertNotIn(key, run.err)
                self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")
        with self.subTest("a file that others can read"):
            path.chmod(0o644)
            run = self.transfer("--practitioner-keys", path)
            self.assert_status(run, 1)
            self.assertIn("can be read by others", run.err)


if __name__ == "__main__":
    harness.main()
