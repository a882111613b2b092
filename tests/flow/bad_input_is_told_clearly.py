"""Whatever is wrong with the input is told in one clear message, the exit status is not 0, Cliniko gets no write."""
import json
import socket
import unittest

import harness

try:
    import jsonschema
except ImportError:
    jsonschema = None


class BadInput(harness.FlowTest):
    """What is found before any service is started."""

    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=4, years=1)
        self.listener = socket.create_server(("127.0.0.1", 0))  # stands where Cliniko would
        self.listener.setblocking(False)
        self.addCleanup(self.listener.close)

    def refuse(self, *flags, says, status=1, contains=(), **options):
        """Runs a transfer that must end with one line on stderr, and touch neither Cliniko nor the data folder."""
        url = f"https://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        settings = {"DATA": self.work / "data", "CLINIKO_URL": url, "CONTACT": "flow@example.com",
                    **options.pop("settings", {})}
        arguments = {"profile": harness.FRONT_DESK, "to": "harbour", "key-file": self.clinic.key_file,
                     **options.pop("flags", {})}
        words = [word for name, value in arguments.items() if value is not None for word in (f"--{name}", value)]
        run = harness.Process(self, "handover", [harness.PROGRAMS["handover"], "run",
                                                 options.pop("source", self.clinic.folder), *words, *flags],
                              {name: value for name, value in settings.items() if value is not None})
        self.assert_status(run, status, 60)
        lines = run.err.splitlines()
        self.assertEqual(len(lines), 1, f"one message, got: {run.err}")
        self.assertTrue(lines[0].startswith("handover: "), run.err)
        for words in (says, *contains):
            self.assertIn(words, run.err)
        self.assertEqual(run.out, "")
        self.assertNotIn(self.clinic.key, run.err, "the message holds the key")
        with self.assertRaises(BlockingIOError, msg="Cliniko was called"):
            self.listener.accept()
        self.assertFalse((self.work / "data").exists(), "services were started")

    def test_a_source_that_is_not_there(self):
        self.refuse(source=self.work / "nowhere", says=f"cannot find the source {self.work}/nowhere")

    def test_a_profile_that_is_not_there(self):
        self.refuse(flags={"profile": "/nowhere.json"}, says="cannot read the profile /nowhere.json")

    def test_a_profile_that_is_missing(self):
        self.refuse(flags={"profile": None}, says="--profile is missing")

    def test_a_profile_that_is_no_json(self):
        path = self.work / "profile.json"
        path.write_text('{"profile": "x",\n  oops}', encoding="utf-8")
        self.refuse(flags={"profile": path}, says=f"{path}: ")

    def test_a_profile_with_a_wrong_member_names_its_place(self):
        profile = json.loads(harness.FRONT_DESK.read_text(encoding="utf-8"))
        profile["entities"]["patient"][0]["fields"]["date_of_birth"] = {"column": "DateOfBirth", "then": ["dtae"]}
        path = self.work / "profile.json"
        path.write_text(json.dumps(profile), encoding="utf-8")
        self.refuse(flags={"profile": path}, says=f"{path}: ",
                    contains=("entities.patient[0].fields.date_of_birth", "dtae"))

    def test_a_key_file_that_is_not_there(self):
        self.refuse(flags={"key-file": "/nowhere.key"}, says="cannot read the API key from /nowhere.key")

    def test_an_empty_key_file(self):
        path = self.work / "empty"
        path.write_bytes(b"")
        self.refuse(flags={"key-file": path}, says="is empty")

    def test_half_a_key(self):
        half = harness.write_key(self.work / "half", "harbour-sample")
        self.refuse(flags={"key-file": half}, says="copy the whole key")

    def test_an_address_of_another_shard_than_the_key(self):
        self.refuse(flags={"to": "https://harbour-physiotherapy.uk2.cliniko.com"}, says="--to",
                    contains=("uk2", "au1"))

    def test_an_address_that_is_not_clinikos(self):
        self.refuse(flags={"to": "https://harbour.au1.cliniko.com.example.org"}, says="--to")

    @unittest.skipIf(jsonschema is None, "python3-jsonschema is not here")
    def test_answers_are_judged_as_their_schema_does(self):
        """docs/answers.schema.json, for editors and for those who make such files, says what the program says."""
        schema = json.loads((harness.PROJECT / "docs" / "answers.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        good = json.loads(self.clinic.answers_file.read_text(encoding="utf-8"))
        validator.validate(good)
        for section in (schema["properties"]["questions"], schema["$defs"]["stand_ins"]):
            for example in section["examples"]:
                jsonschema.Draft202012Validator(section).validate(example)
        path = self.work / "answers"
        for answers, says in (
                ([], "the answers are not a JSON object"),
                ({**good, "practitioners": {}}, "practitioners: no such section"),
                ({**good, "questions": []}, "questions: not an object"),
                ({**good, "questions": {**good["questions"], "warnings_confidential": True}}, "questions.warnings_confidential"),
                ({**good, "practitioner": {"FD-7": 18}}, "practitioner.FD-7: neither a text"),
                ({**good, "business": {"FD-1": ["Quay"]}}, "business.FD-1: neither a text")):
            with self.subTest(says):
                self.assertFalse(validator.is_valid(answers), "the schema takes it")
                path.write_text(json.dumps(answers), encoding="utf-8")
                self.refuse(flags={"answers": path}, says=says)

    def test_answers_that_are_no_json(self):
        path = self.work / "answers"
        path.write_text("{]", encoding="utf-8")
        self.refuse(flags={"answers": path}, says=f"{path}")

    def test_a_policy_that_does_not_exist(self):
        self.refuse(flags={"bad-rows": "ignore"}, says="--bad-rows: 'ignore' is neither stop nor exclude")

    def test_a_flag_that_does_not_exist(self):
        self.refuse("--dry-run", status=2, says="--dry-run is no flag of this command")

    def test_a_number_that_is_none(self):
        self.refuse(flags={"rate": "fast"}, status=2, says="--rate")

    def test_a_variable_that_does_not_exist(self):
        self.refuse(settings={"PROFIL": "x"}, status=2, says="HANDOVER_PROFIL, which is no setting of Handover")

    def test_a_table_that_cannot_be_read(self):
        path = self.work / "odd.csv"
        path.write_text("A,B\r\n1,2\r\n1,2,3\r\n", encoding="utf-8")
        run = harness.Process(self, "handover", [harness.PROGRAMS["handover"], "inspect", path])
        self.assert_status(run, 3, 60)
        self.assertIn("cannot be read: odd.csv, row 3 (line 3) has 3 fields", run.out)

    def test_types_of_the_stand_in_that_are_wrong(self):
        folder = self.work / "tables"
        folder.mkdir()
        (folder / "Visit.csv").write_text("Who\r\n1\r\n", encoding="utf-8")
        for line, says in (("Visit.Who itn key", "Visit.Who is of the type 'itn', which is not known"),
                           ("Visit.Who int refers Nobody.Id", "refers to Nobody.Id, which is not there")):
            (folder / "types.list").write_text(line + "\n", encoding="utf-8")
            run = harness.Process(self, "stand-in", [harness.PROGRAMS["handover-sandbox-tds"], "--tables", folder,
                                                     "--listen", "127.0.0.1:0"])
            self.assert_status(run, 1, 60)
            self.assertIn(says, run.err)

    def test_the_programs_refuse_unknown_variables_and_flags_too(self):
        for name in ("handover-coordinator", "handover-worker", "handover-sandbox"):
            for flags, settings, says in ((["--wrong"], {}, "--wrong is no flag"),
                                          ([], {"WRONG": "1"}, "HANDOVER_WRONG")):
                with self.subTest(f"{name} {flags} {settings}"):
                    program = harness.Process(self, name, [harness.PROGRAMS[name], *flags], settings)
                    self.assertNotEqual(program.wait(30), 0)
                    self.assertEqual(len(program.err.splitlines()), 1, program.err)
                    self.assertIn(says, program.err)


if __name__ == "__main__":
    harness.main()
