"""The account is the trouble: key revoked, user demoted, account blocked, trial over. It pauses with the reason, and goes
on with a new key without sending anything twice."""
import harness

APPOINTMENTS = "POST /v1/individual_appointments"
SLOW = {"route": "*", "kind": "latency", "ms": 10}
TROUBLES = (
    ("the key is revoked", {"kind": "status", "status": 401, "body": {"message": "The api key provided is invalid"}}, "key"),
    ("its user may no longer create appointments", {"route": APPOINTMENTS, "kind": "status", "status": 403}, "a role that may"),
    ("the account is blocked", {"kind": "status", "status": 403, "body": {"message": "This account is suspended"}}, "does not let"),
)


class Trouble(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=40, years=1)
        account = self.clinic.account["accounts"][0]
        owner = account["users"][0]
        self.new_key = owner["keys"][0].replace("harbour-", "harbour-second-")
        owner["keys"].append(self.new_key)
        other = self.clinic.account["accounts"] + [{
            **account, "name": "Another clinic", "subdomain": "another-clinic",
            "users": [{**user, "keys": [key.replace("harbour-", "another-") for key in user["keys"]]}
                      for user in account["users"]]}]
        self.cliniko = self.sandbox({"accounts": other})
        self.services = harness.Services(self, self.cliniko, IN_DOUBT_WAIT_MS=800, TASK_SIZE=40, IN_FLIGHT=4)
        for _ in range(2):
            self.services.start_worker()
        self.cliniko.put_faults(SLOW)

    def begin(self):
        services = self.services
        out = services.handover("transfer", "new", self.clinic.folder, "--profile", harness.FRONT_DESK, "--to", "harbour",
                                "--key-file", self.clinic.key_file, "--rate", "0", "--answers", self.clinic.answers_file,
                                "--approve", "--bad-rows", "exclude")
        number = int(out.split()[1])
        services.handover("transfer", "start", number)
        return number

    def await_state(self, database, number, *states):
        return harness.until(lambda: next((state for state in states if state == database.value(
            f"select state from transfer where id = {number}")), None), 60, lambda: self.services.handover(
                "transfer", "show", number))

    def await_appointments(self, count):
        harness.until(lambda: self.cliniko.requests("POST", "individual_appointments") >= count, 60,
                      lambda: f"{self.cliniko.writes()}")

    def give_key(self, key, status=0):
        file = harness.write_key(self.work / "another.key", key)
        return self.services.command("account", "key", "harbour", "--key-file", file), status

    def run_to_end(self, database, number):
        self.cliniko.put_faults(SLOW)
        process, _ = self.give_key(self.new_key)
        self.assert_status(process, 0)
        self.services.handover("transfer", "resume", number)
        self.await_state(database, number, "review", "completed")
        self.cliniko.clear_faults()
        self.assert_arrived_whole(self.cliniko, self.clinic)

    def test_it_pauses_with_the_reason_and_goes_on_with_a_new_key(self):
        database = self.services.psql()
        number = self.begin()
        for at, (name, fault, words) in enumerate(TROUBLES):
            with self.subTest(name):
                self.await_appointments(60 + 60 * at)
                self.cliniko.put_faults({"route": "*", **fault})
                self.await_state(database, number, "paused")
                self.assertIn(words, database.value(f"select reason from transfer where id = {number}"))
                self.assertEqual(database.value("select count(*) from record where state in ('failed', 'skipped')"), "0")
                if at + 1 < len(TROUBLES):
                    self.cliniko.put_faults(SLOW)
                    self.services.handover("transfer", "resume", number)
        self.run_to_end(database, number)
        made = self.cliniko.stats()["creates"]
        for collection in ("patients", "individual_appointments"):
            self.assertEqual(made[collection], self.clinic.expected[collection], collection)

    def test_a_key_of_another_clinic_is_not_taken(self):
        database = self.services.psql()
        number = self.begin()
        self.await_appointments(30)
        self.services.handover("transfer", "pause", number)
        before = database.value("select sealed from credential")
        process, _ = self.give_key(self.new_key.replace("harbour-second-", "another-"))
        self.assert_status(process, 1)
        self.assertIn("another Cliniko account", process.err)
        process, _ = self.give_key("no-such-key-au1")
        self.assert_status(process, 1)
        process, _ = self.give_key(self.new_key.replace("au1", "au2"))
        self.assert_status(process, 1)
        self.assertIn("shard", process.err)
        self.assertEqual(database.value("select sealed from credential"), before, "the key was changed all the same")
        wrong = harness.write_key(self.work / "wrong.key", self.new_key.replace("harbour-second-", "another-"))
        again = self.run_transfer(self.cliniko, self.clinic, key_file=wrong, **{**self.services.settings, "DATA": None})
        self.assert_status(again, 1)
        self.assertIn("another Cliniko account", again.err)
        self.run_to_end(database, number)


if __name__ == "__main__":
    harness.main()
