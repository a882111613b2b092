"""Whatever goes wrong between us and Cliniko, each record is there once; what it refuses is named in its words."""
import harness

PATIENTS = "POST /v1/patients"
APPOINTMENTS = "POST /v1/individual_appointments"
ATTENDANCE = "PATCH /v1/attendees/{id}"
OTHERS = ("taxes", "concession_types", "product_suppliers", "products", "billable_items", "appointment_types", "contacts",
          "medical_alerts", "communications", "unavailable_blocks", "treatment_notes", "patient_attachments")
CHANGES = ("PATCH /v1/patients/{id}", "PATCH /v1/individual_appointments/{id}/cancel",
           *(f"POST /v1/{collection}/{{id}}/archive" for collection in
             ("products", "billable_items", "appointment_types", "contacts", "patients")))

# Requests that were carried out are found by a look-up and not sent again; those that were not are sent once more.
CARRIED_OUT = (
    ("dropped after they were carried out", {"kind": "drop_after"}),
    ("carried out late", {"kind": "late_commit", "ms": 300}),
    ("carried out and answered with 502", {"kind": "status", "status": 502, "commit": True}),
    ("answered with half of the JSON", {"kind": "truncate"}),
    ("cut off in the middle of the answer", {"kind": "cut"}),
)
NOT_CARRIED_OUT = (
    ("dropped before they were carried out", {"kind": "drop_before"}),
    ("answered with 500", {"kind": "status", "status": 500}),
    ("answered with a page of HTML and 503", {"kind": "html", "status": 503}),
    ("answered with 429", {"kind": "429", "ms": 1}),
)


class Faults(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=12, years=1)
        self.cliniko = self.sandbox(self.clinic.account)
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=800, TASK_SIZE=60, IN_FLIGHT=8)
        for _ in range(2):
            self.services.start_worker()
        self.cases = 0

    def begin(self, *rules):
        """A fresh Cliniko with these faults, and a transfer into it."""
        self.cases += 1
        self.cliniko.reset()
        self.cliniko.put_faults(*rules)
        return self.run_transfer(self.cliniko, self.clinic, to=f"account-{self.cases}",
                                 **{**self.services.settings, "DATA": None})

    def test_each_record_and_each_change_whose_fate_is_unknown_or_that_was_not_made(self):
        for name, fault in (CARRIED_OUT[0], NOT_CARRIED_OUT[0]):
            with self.subTest(f"requests {name}"):
                run = self.begin(*({"route": f"POST /v1/{collection}", **fault, "at": [1, 7]} for collection in OTHERS),
                                 *({"route": route, **fault, "at": [1]} for route in CHANGES))
                self.assert_status(run, self.clinic.status)
                acted = self.cliniko.acted()
                self.assertGreater(min(acted), 0, "a fault has never come")
                self.cliniko.clear_faults()
                creates = self.cliniko.stats()["creates"]
                for collection, times in zip(OTHERS, acted):
                    again = 0 if (name, fault) in CARRIED_OUT else times
                    self.assertEqual(self.cliniko.requests("POST", collection), creates[collection] + again, collection)
                self.assert_arrived_whole(self.cliniko, self.clinic)

    def test_a_look_up_goes_by_the_clock_of_cliniko(self):
        """Two hours behind: what was just made is old by every clock of ours."""
        self.cliniko = self.sandbox(self.clinic.account, "--clock-ahead", "-7200")
        self.services.settings.update(CLINIKO_URL=self.cliniko.url + "/v1", CLINIKO_CA_FILE=self.cliniko.ca_file)
        for worker in list(self.services.workers):
            worker.kill()
            self.services.start_worker()
        run = self.begin(*({"route": f"POST /v1/{collection}", "kind": "drop_after", "at": [1, 4, 5]}
                           for collection in (*OTHERS, "patients", "individual_appointments")))
        self.assert_status(run, self.clinic.status)
        self.assertGreater(min(self.cliniko.acted()), 0, "a fault has never come")
        self.cliniko.clear_faults()
        creates = self.cliniko.stats()["creates"]
        for collection in (*OTHERS, "patients", "individual_appointments"):
            self.assertEqual(self.cliniko.requests("POST", collection), creates[collection], collection)
        self.assert_arrived_whole(self.cliniko, self.clinic)

    def assert_sent(self, collection, want):
        self.assertEqual(self.cliniko.requests("POST", collection), want, f"requests that create {collection}")
        self.assertEqual(self.cliniko.stats()["creates"][collection], self.clinic.expected[collection],
                         f"{collection} that were made")

    def test_requests_whose_fate_is_unknown_or_refused_for_now(self):
        for name, faults in (("carried out", CARRIED_OUT), ("not carried out", NOT_CARRIED_OUT)):
            with self.subTest(name):
                at = {PATIENTS: lambda n: [1 + n, 7 + n], APPOINTMENTS: lambda n: [5 + n, 60 + 9 * n, 61 + 9 * n, 150 + n],
                      ATTENDANCE: lambda n: [20 + n]}
                run = self.begin(*({"route": route, **fault, "at": places(number)} for route, places in at.items()
                                   for number, (_, fault) in enumerate(faults)))
                self.assert_status(run, self.clinic.status)
                acted = self.cliniko.acted()
                self.assertGreater(min(acted), 0, "a fault has never come")
                self.cliniko.clear_faults()
                again = [0 if faults is CARRIED_OUT else sum(acted[n * len(faults):(n + 1) * len(faults)]) for n in range(2)]
                self.assert_sent("patients", self.clinic.expected["patients"] + again[0])
                self.assert_sent("individual_appointments", self.clinic.expected["individual_appointments"] + again[1])
                self.assert_arrived_whole(self.cliniko, self.clinic)

    def test_lists_that_fail_and_answers_that_are_slow(self):
        lists = [{"route": f"GET /v1/{name}", "at": [1], **fault} for name, fault in (
            ("patients", {"kind": "truncate"}), ("individual_appointments", {"kind": "html", "status": 502}),
            ("attendees", {"kind": "cut"}), ("practitioners", {"kind": "drop_before"}),
            ("businesses", {"kind": "429", "ms": 1}))]
        run = self.begin({"route": "GET /v1/user", "kind": "status", "status": 503, "at": [1]}, *lists,
                         {"route": "*", "kind": "latency", "ms": 5, "spread_ms": 30})
        self.assert_status(run, self.clinic.status)
        self.assertEqual(min(self.cliniko.acted()[:-1]), 1, "a fault has never come")
        self.cliniko.clear_faults()
        self.assert_sent("patients", self.clinic.expected["patients"])
        self.assert_sent("individual_appointments", self.clinic.expected["individual_appointments"])
        self.assert_arrived_whole(self.cliniko, self.clinic)

    def test_a_refused_patient_fails_with_clinikos_words_and_what_hangs_on_it_is_named(self):
        ids = [row["PatientID"] for row in self.clinic.tables()["Patient"]]
        self.clinic.change("Appointment", lambda rows: rows + [
            {**rows[0], "AppointmentID": f"88{number}", "PatientID": number, "IsDeleted": "0"} for number in ids])
        words = {"message": "Validation failed", "errors": {"last_name": "is too odd for us"}}
        run = self.begin({"route": PATIENTS, "kind": "status", "status": 422, "body": words, "at": [5]},
                         {"route": APPOINTMENTS, "kind": "status", "status": 422, "at": [50],
                          "body": {"message": "Validation failed", "errors": {"starts_at": "is a holiday"}}})
        self.assert_status(run, 3)
        self.cliniko.clear_faults()
        number = run.err.split("this is transfer ")[1].split()[0]
        named = [line.split("\t") for line in self.services.handover("transfer", "show", number).splitlines()
                 if line.count("\t") == 3][1:]
        failed = [row for row in named if row[2] == "failed"]
        self.assertEqual(sorted(row[0] for row in failed), ["appointment", "patient"], failed)
        self.assertIn("last_name: is too odd for us", [row for row in failed if row[0] == "patient"][0][3])
        self.assertIn("starts_at: is a holiday", [row for row in failed if row[0] == "appointment"][0][3])
        patient = next(row[1] for row in failed if row[0] == "patient")
        self.assert_dependants(named, patient)
        self.assert_no_message(self.cliniko)

    def assert_dependants(self, named, patient):
        """Every appointment is in Cliniko or named; so is each of their attendances."""
        wanted, _ = harness.clinic.expected_appointments(self.clinic.tables())
        orphaned = sum(count for fields, count in wanted.items() if fields[0] == patient)
        skipped = [row for row in named if row[0] == "appointment" and row[2] == "skipped"]
        self.assertEqual(len(skipped), orphaned)
        for row in skipped:
            self.assertIn("patient", row[3])
        records = self.cliniko.stats()["records"]
        self.assertEqual(records["patients"], self.clinic.expected["patients"] - 1)
        self.assertEqual(records["individual_appointments"],
                         self.clinic.expected["individual_appointments"] - orphaned - 1)


if __name__ == "__main__":
    harness.main()
