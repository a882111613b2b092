"""What only the clinic can know is asked before anything is sent; with the answers the transfer goes on where it was."""
import collections
import json

import harness

WHO_LEFT = ("3", "4", "5")  # practitioners of the sample clinic
STAND_IN = "Old Front Desk practitioner"


def asked(services, number, status=4):
    """{section.key: (rows that the question is about, choices, proposal)} of the open questions."""
    listed = services.handover("transfer", "questions", number, "--json", status=status).splitlines()
    found = {}
    for line in map(json.loads, listed):
        choices = {choice["meaning"]: choice["value"] for choice in line["choices"]}
        found[f"{line['section']}.{line['key']}"] = (line["found"], choices, line.get("proposal"))
    return found


def without(account, *who):
    """The account where these practitioners have not been made."""
    account = json.loads(json.dumps(account))
    place = account["accounts"][0]
    refs = [f"practitioner-{key}" for key in who]
    place["practitioners"] = [one for one in place["practitioners"] if one["ref"] not in refs]
    return account


class Questions(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=12, years=1)
        self.given = json.loads(self.clinic.answers_file.read_text(encoding="utf-8"))
        self.cliniko = self.sandbox(without(self.clinic.account, *WHO_LEFT[1:]))

    def start_services(self):
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=800)
        self.services.start_worker()
        self.cases = 0

    def transfer(self, export, *flags, **options):
        """A transfer into an account that has seen none, until it ends or rests."""
        self.cases += 1
        self.cliniko.reset()
        run = self.run_transfer(self.cliniko, export, *flags, to=f"account-{self.cases}",
                                **{**self.services.settings, "DATA": None, **options})
        run.wait(60)
        return run

    def watch(self, number, status):
        self.assert_status(self.services.command("transfer", "watch", number), status)

    def assert_held(self, run, *names):
        self.assert_status(run, 4)
        self.assertRegex(run.err, rf"transfer {run.number} is waiting: {len(names)} questions? (is|are) open:")
        for name in names:
            self.assertIn(name, run.err.split("open:")[1])
        self.assertIn("nothing was sent", run.err)
        self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")

    def rows(self, export, table, is_meant):
        return sum(is_meant(row) for row in export.tables()[table])

    def casuals(self, export):
        return self.rows(export, "Appointment", lambda row: not row["PatientID"] and row["IsDeleted"] == "0")

    def test_those_that_matter_are_asked_with_counts_and_no_others(self):
        self.start_services()
        with self.subTest("as the clinic is"):
            run = self.transfer(self.clinic, answered=False)
            self.assert_held(run, "sites", "charge_types", "warnings_confidential", "casual_appointments")
            found = {name: rows for name, (rows, _, _) in asked(self.services, run.number).items()}
            self.assertEqual(found, {
                "questions.sites": len(self.clinic.tables()["Location"]),
                "questions.charge_types": len(self.clinic.tables()["FeeCategory"]),
                "questions.warnings_confidential": self.rows(self.clinic, "PatientWarning", lambda row: row["Kind"] != "1"),
                "questions.casual_appointments": self.casuals(self.clinic)})
            self.assertIn(f"It decides about {self.casuals(self.clinic)} rows of the source.", run.out)
            self.assertIn("What are casual appointments, those without a patient's file?", run.out)
        with self.subTest("with practice groups that are locations, without casual entries and warnings"):
            other = self.clinic.copy()
            other.change("Appointment", lambda rows: [row for row in rows if row["PatientID"] or row["IsDeleted"] == "1"])
            other.change("PatientWarning", lambda rows: [{**row, "Kind": "1", "IsDone": "1"} for row in rows])
            other.change("PracticeGroup", lambda rows: [{**rows[0], "IsLocation": "1"}, *rows[1:]])
            run = self.transfer(other, answered=False)
            self.assert_held(run, "sites", "practice_groups", "charge_types")
            self.assertEqual({name: rows for name, (rows, _, _) in asked(self.services, run.number).items()},
                             {"questions.sites": len(other.tables()["Location"]), "questions.practice_groups": 1, "questions.charge_types": len(other.tables()["FeeCategory"])})
        with self.subTest("an answer that only the operator can settle"):
            self.clinic.answer(questions={**self.given["questions"], "casual_appointments": "other"},
                               practitioner=self.given["practitioner"])
            run = self.transfer(self.clinic)
            self.assert_held(run, "casual_appointments")
            self.assertIn("the transfer waits until that is settled", run.out)

    def test_wrong_answers_are_refused_with_member_and_choices(self):
        wrong = (({"questions": {"casual_appointments": "walkins"}},
                  ("questions.casual_appointments: 'walkins' is none of notes, walk_ins, leave, other",)),
                 ({"questions": {"sites": 3}}, ("questions.sites", "none of all, some")),
                 ({"questions": {"casual": "notes"}}, ("questions.casual: the profile asks no such question", "sites",
                                                       "casual_appointments")),
                 ({"practitioner": {"FD-3": 7}}, ("practitioner.FD-3: neither a text", "null")),
                 ({"practitioners": {}}, ("practitioners: no such section", "questions, practitioner and business")))
        self.start_services()
        self.clinic.answer(questions={})
        number = self.transfer(self.clinic).number
        for answers, says in wrong:
            self.clinic.answer(**answers)
            for name, command in (("run", self.transfer(self.clinic)), ("questions", self.services.command(
                    "transfer", "questions", number, "--answers", self.clinic.answers_file))):
                with self.subTest(f"{name}: {answers}"):
                    self.assert_status(command, 1)
                    self.assertEqual(len(command.err.splitlines()), 1, command.err)
                    for words in (str(self.clinic.answers_file), *says):
                        self.assertIn(words, command.err)
        self.assertEqual(len(asked(self.services, number)), 4, "the questions of the first transfer are still open")
        self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")

    def test_on_paper(self):
        """Printed, written as a file to fill in, given, until none is open: first those of the profile, then those about
        people."""
        self.start_services()
        number = self.transfer(self.clinic, answered=False).number
        paper = self.work / "answers-to-fill-in.json"
        self.services.handover("transfer", "questions", number, "--write", paper, status=4)
        self.assertEqual(json.loads(paper.read_text(encoding="utf-8")), {
            "questions": {"sites": "", "charge_types": "", "warnings_confidential": "", "casual_appointments": ""},
            "practitioner": {}, "business": {}})
        again = self.services.command("transfer", "questions", number, "--write", paper)
        self.assert_status(again, 1)
        self.assertIn(str(paper), again.err)
        self.assert_status(self.services.command("transfer", "questions", number, "--answers", paper), 1)
        self.clinic.answer(questions=self.given["questions"])
        self.services.handover("transfer", "questions", number, "--answers", self.clinic.answers_file)
        self.watch(number, 4)
        printed = self.services.handover("transfer", "questions", number, status=4)
        self.assertEqual({line for line in printed.splitlines() if line.startswith("practitioner.")},
                         {f"practitioner.FD-{key}" for key in WHO_LEFT}, printed)
        self.assertIn("Fiona O'Dea (FD-3) works at the clinic no longer, and somebody of that name is in Cliniko.", printed)
        self.assertIn("leave: leave these appointments behind", printed)
        self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")
        self.clinic.answer(**self.given)
        self.services.handover("transfer", "questions", number, "--answers", self.clinic.answers_file)
        self.watch(number, self.clinic.status)
        self.assert_arrived_whole(self.cliniko, self.clinic)
        self.assertEqual(asked(self.services, number, status=0), {})
        late = self.services.command("transfer", "questions", number, "--answers", self.clinic.answers_file)
        self.assert_status(late, 1)
        self.assertIn("has no open question", late.err)

    def test_on_a_terminal(self):
        """They are asked one by one, and the run goes on without another command."""
        terminal = harness.Terminal(self)
        run = self.run_transfer(self.cliniko, self.clinic, answered=False, terminal=terminal)
        terminal.await_text("Are all sites of the clinic", run)
        terminal.type("all")
        terminal.await_text("What do charge types", run)
        terminal.type("all of them")
        terminal.await_text("That is none of the choices.", run)
        terminal.type("patient")
        terminal.await_text("Are patient warnings confidential?", run)
        terminal.type("2")
        terminal.await_text("What are casual appointments", run)
        terminal.await_text("? to leave it open", run)
        terminal.type("?")
        terminal.await_text("What are casual appointments", run)  # it is the only one that is still open
        terminal.type("notes")
        for key, name in self.given["practitioner"].items():
            terminal.await_text(f"({key}) {'works at the clinic no longer' if key == 'FD-3' else 'is not in Cliniko'}", run)
            if key == "FD-3":
                terminal.await_text("Enter for the proposal", run)
                terminal.type("")
            else:
                terminal.type(number_of(terminal, run, name))
        self.assertEqual(terminal.await_end(run), self.clinic.status, f"{terminal.seen[-3000:]}\n{run.err}")
        self.clinic.answer(**{**self.given, "questions": {**self.given["questions"], "reminders": "notes"}})
        self.assert_arrived_whole(self.cliniko, self.clinic)

    def test_on_a_terminal_all_left_open(self):
        terminal = harness.Terminal(self)
        run = self.run_transfer(self.cliniko, self.clinic, answered=False, terminal=terminal)
        for _ in range(4):
            terminal.await_text("? to leave it open", run)
            terminal.type("?")
        self.assertEqual(terminal.await_end(run), 4, f"{terminal.seen[-3000:]}\n{run.err}")
        self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")


def number_of(terminal, run, name):
    """The number that stands on the terminal before who is called so, or before leaving behind."""
    begin = terminal.read_to
    terminal.await_text("Your choice", run)
    wanted = f": {name}" if name else "leave: leave these appointments behind"
    lines = terminal.seen[begin:terminal.read_to].splitlines()
    return next(line.split()[0] for line in lines if line.strip().endswith(wanted))


class People(harness.FlowTest):
    """Practitioners who left and are not in Cliniko, and places with other names there."""

    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=12, years=1)
        self.given = json.loads(self.clinic.answers_file.read_text(encoding="utf-8"))

    def start(self, account):
        self.cliniko = self.sandbox(account)
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=800)
        self.services.start_worker()

    def begin(self, *flags):
        run = self.run_transfer(self.cliniko, self.clinic, *flags, **{**self.services.settings, "DATA": None})
        run.wait(60)
        return run

    def give(self, number, status, **answers):
        self.clinic.answer(**answers)
        self.services.handover("transfer", "questions", number, "--answers", self.clinic.answers_file)
        self.assert_status(self.services.command("transfer", "watch", number), status)

    def entries_of(self, column):
        """How many entries of the diary that are to go over each practitioner or location has."""
        tables = self.clinic.tables()
        known = {row["PatientID"] for row in tables["Patient"]}
        counted = collections.Counter()
        for row in tables["Appointment"]:
            block = not row["PatientID"] and row["IsCancelled"] == "0"
            if row["IsDeleted"] == "0" and (row["PatientID"] in known or block):
                counted[row[column]] += 1
        return counted

    def test_who_left(self):
        self.clinic.change("Practitioner", lambda rows: rows + [
            {**rows[0], "PractitionerID": "9", "FirstName": "Never", "Surname": "Seen"}])
        self.start(without(self.clinic.account, *WHO_LEFT))
        self.clinic.answer(questions=self.given["questions"])
        run = self.begin()
        self.assert_status(run, 4)
        entries = self.entries_of("PractitionerID")
        found = asked(self.services, run.number)
        self.assertEqual({name: rows for name, (rows, _, _) in found.items()},
                         {f"practitioner.FD-{key}": entries[key] for key in WHO_LEFT},
                         "those who are in Cliniko, and the one who has no appointment, are not asked for")
        self.assertEqual(min(entries[key] for key in WHO_LEFT) > 0, True)
        choices = found["practitioner.FD-4"][1]
        self.assertEqual(set(choices), {"Sarah Whitlock", "Đức Nguyễn", STAND_IN, "leave these appointments behind"})
        for words in ("Create it there under the same name and look again", "practitioner Fiona O'Dea (FD-3)"):
            self.assertIn(words, run.out + run.err)

        self.cliniko.change(without(self.clinic.account, "4", "5"))  # the clinic has made one of them, who stays inactive
        self.services.handover("transfer", "start", run.number)
        self.assert_status(self.services.command("transfer", "watch", run.number), 4)
        found = asked(self.services, run.number)
        self.assertEqual(set(found), {f"practitioner.FD-{key}" for key in WHO_LEFT})
        self.assertEqual(found["practitioner.FD-3"][2], found["practitioner.FD-3"][1]["Fiona O'Dea"], "she is proposed now")
        self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")

        stand_in = asked(self.services, run.number)["practitioner.FD-4"][1][STAND_IN]
        self.give(run.number, 4, practitioner={"FD-3": "Fiona O'Dea", "FD-4": "Nobody At All", "FD-5": None})
        self.assertIn("The practitioner Nobody At All, given for Graham Pell (FD-4), is not in Cliniko.",
                      self.services.handover("transfer", "questions", run.number, status=4))
        self.give(run.number, self.clinic.status, practitioner={"FD-4": stand_in})
        self.clinic.answer(questions=self.given["questions"], practitioner={"FD-4": STAND_IN, "FD-5": None})
        self.assert_arrived_whole(self.cliniko, self.clinic)
        shown = self.services.handover("transfer", "show", run.number)
        left = [row["AppointmentID"] for row in self.clinic.tables()["Appointment"]
                if row["PractitionerID"] == "5" and row["IsDeleted"] == "0" and row["PatientID"]]
        self.assertGreater(len(left), 0)
        for key in left:
            self.assertIn(f"appointment\tFD-{key}\tleft\tby choice: its practitioner is not in Cliniko", shown)

    def test_a_name_that_two_have_and_a_name_that_nobody_has(self):
        visits = [row for row in self.clinic.tables()["Appointment"] if row["PractitionerID"] == "1" and
                  row["IsDeleted"] == "0" and row["PatientID"]]
        self.clinic.change("Practitioner", lambda rows: rows + [{**rows[0], "PractitionerID": "9"}])
        self.clinic.change("Appointment", lambda rows: [
            {**row, "PractitionerID": "9"} if row["AppointmentID"] == visits[0]["AppointmentID"] else row for row in rows])
        self.start(self.clinic.account)
        run = self.begin()
        self.assert_status(run, 4)
        found = asked(self.services, run.number)
        self.assertEqual({name: (rows, proposal) for name, (rows, _, proposal) in found.items()},
                         {"practitioner.FD-1": (self.entries_of("PractitionerID")["1"], None), "practitioner.FD-9": (1, None)})
        self.assertIn("Several practitioners of the old system are called Sarah Whitlock, but only one in Cliniko.", run.out)
        left = "select count(*) from record where state = 'left' and payload ->> 'practitioner' = 'FD-1'"
        self.give(run.number, 4, practitioner={"FD-1": None})
        self.assertNotEqual(self.services.psql().value(left), "0")
        self.give(run.number, 4, practitioner={"FD-1": "Sarah Whitlock"})
        self.assertEqual(self.services.psql().value(left), "0", "a later answer replaces an earlier one")
        self.assertEqual(set(asked(self.services, run.number)), {"practitioner.FD-9"}, "an answer for one is none for both")
        self.clinic.answer(practitioner={"FD-9": None, "Fiona ODea": None})
        self.services.handover("transfer", "questions", run.number, "--answers", self.clinic.answers_file)
        watched = self.services.command("transfer", "watch", run.number)
        self.assert_status(watched, 1)
        for words in ("The answers name the practitioner 'Fiona ODea', but neither a key nor a name", "FD-3 (Fiona O'Dea)",
                      "Correct that answer."):
            self.assertIn(words, watched.err)
        self.assertEqual(self.cliniko.writes(), {}, "Cliniko got a write")

    def test_places_and_proposals(self):
        self.clinic.change("Location", lambda rows: [
            {**row, "Name": row["Name"] + " (old rooms)"} if row["LocationID"] == "2" else row for row in rows])
        self.clinic.change("Practitioner", lambda rows: [
            {**row, "Surname": "Whitlock-Hart"} if row["PractitionerID"] == "1" else row for row in rows])
        account = without(self.clinic.account)
        place = account["accounts"][0]
        place["practitioners"].append({**next(one for one in place["practitioners"] if one["ref"] == "practitioner-2"),
                                       "ref": "practitioner-2-again", "user_id": "@user-6"})
        self.start(account)
        name = place["businesses"][1]["business_name"]
        run = self.begin()
        self.assert_status(run, 4)
        found = asked(self.services, run.number)
        self.assertEqual(set(found), {"business.FD-2", "practitioner.FD-1", "practitioner.FD-2"})
        self.assertEqual(found["business.FD-2"][2], found["business.FD-2"][1][name], "a location like it is proposed")
        self.assertEqual(found["practitioner.FD-1"][2], found["practitioner.FD-1"][1]["Sarah Whitlock"])
        printed = self.services.handover("transfer", "questions", run.number, status=4)
        self.assertRegex(printed, rf"\d  \d+: {name}  <- proposed by its name")
        self.assertIn("Several practitioners in Cliniko are called Đức Nguyễn", printed)
        both = [line.split()[1].rstrip(":") for line in printed.split("practitioner.FD-2\n")[1].splitlines()
                if line.endswith("Đức Nguyễn") or ": Đức Nguyễn " in line]
        self.assertEqual(len(set(both)), 2, printed)

        answers = {"FD-1": "Sarah Whitlock", "FD-2": both[0], "FD-4": STAND_IN, "FD-5": None}
        self.give(run.number, self.clinic.status, practitioner=answers, business={"FD-2": None})
        tables = self.clinic.tables()
        gone = {row["AppointmentID"] for row in tables["Appointment"] if row["LocationID"] == "2"}
        api = self.cliniko.api(self.clinic.key)
        places = {entry["id"]: entry["business_name"] for entry in api.list("businesses")}
        arrived = api.list("individual_appointments", "archived_at:*", "cancelled_at:*")
        self.assertNotIn(name, {places[harness.related_id(entry, "business")] for entry in arrived})
        shown = self.services.handover("transfer", "show", run.number)
        named = set(harness.re.findall(r"(?m)^appointment\tFD-(\d+)\tleft\tby choice: its location is not in Cliniko$", shown))
        self.assertTrue(named and named <= gone, named)
        self.clinic.answer(**{**self.given, "practitioner": {**self.given["practitioner"], **answers, "FD-2": "Đức Nguyễn"}})
        wanted, _ = harness.clinic.expected_appointments(tables, self.clinic.answers)
        self.assertEqual(len(arrived), sum(count for fields, count in wanted.items() if "old rooms" not in fields[4]))


if __name__ == "__main__":
    harness.main()
