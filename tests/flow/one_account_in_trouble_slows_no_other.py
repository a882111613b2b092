"""A storm of 429, or of 5xx, against one account: its transfer waits, and those of the others run as if nothing was."""
import json

import harness

TROUBLES = ({"kind": "429", "ms": 1500}, {"kind": "status", "status": 503})


class OneAccount(harness.FlowTest):
    def test_the_others_end_while_it_waits(self):
        clinic = self.export(patients=10, years=1)
        account = clinic.account["accounts"][0]
        other = json.loads(json.dumps(account).replace("harbour-", "other-harbour-"))
        other["name"] += " 2"
        cliniko = self.sandbox({"accounts": [account, other]})
        services = harness.Services(self, cliniko, IN_DOUBT_WAIT_MS=600, TASK_SIZE=40, IN_FLIGHT=8)
        services.start_worker()  # one for both, so that nothing but our own fairness keeps them apart
        keys = {"troubled": clinic.key_file,
                "other": harness.write_key(self.work / "other.key", other["users"][0]["keys"][0])}
        for trouble in TROUBLES:
            with self.subTest(trouble["kind"]):
                cliniko.reset()
                cliniko.put_faults({"route": "*", "account": account["subdomain"], **trouble})
                runs = {name: self.run_transfer(cliniko, clinic, to=f"{name}-{trouble['kind']}", key_file=key,
                                                **{**services.settings, "DATA": None}) for name, key in keys.items()}
                self.assert_status(runs["other"], clinic.status, 200)
                self.assertTrue(runs["troubled"].runs(), runs["troubled"].err)
                self.assertGreater(min(cliniko.acted()), 0)
                cliniko.clear_faults()
                self.assert_status(runs["troubled"], clinic.status, 200)
                self.assert_arrived_whole(cliniko, clinic)


if __name__ == "__main__":
    harness.main()
