"""The API key is in no argument list, no environment, no log, and no file of PostgreSQL but sealed."""
import base64
import pathlib

import harness


class Secret(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=20)
        self.cliniko = self.sandbox(self.clinic.account)
        key = self.clinic.key
        self.forms = [key.encode(), base64.b64encode(f"{key}:".encode()), key.encode().hex().encode(),
                      base64.b64encode(key.encode()).rstrip(b"=")]

    def holders(self, paths, forms):
        found = []
        for path in paths:
            try:
                data = path.read_bytes()
            except (FileNotFoundError, ProcessLookupError, OSError):
                continue  # a socket, or what is gone by now
            if any(form in data for form in forms):
                found.append(str(path))
        return found

    def test_while_it_runs_and_afterwards(self):
        self.cliniko.put_faults({"route": "*", "kind": "latency", "ms": 10})
        run = self.run_transfer(self.cliniko, self.clinic, LOG_LEVEL="debug")
        harness.until(lambda: self.cliniko.requests("POST", "individual_appointments") >= 20, 60, lambda: run.err)
        children = run.children()
        self.assertEqual({"postgresql", "redis", "coordinator", "worker-1", "worker-2"}, set(children))
        shown = [pathlib.Path(f"/proc/{pid}/{name}") for pid in (run.pid, *children.values())
                 for name in ("cmdline", "environ")]
        read = self.holders(shown, [b"HANDOVER_CONTACT", b"postgres", b"redis"])
        self.assertGreater(len(read), 3, "nothing was read")
        self.assertEqual(self.holders(shown, self.forms), [])
        self.assert_status(run, self.clinic.status)

        data = [path for path in (self.work / "data").rglob("*") if path.is_file() and not path.is_socket()]
        self.assertTrue(self.holders(data, [b"Papadopoulos"]), "records are not found in PostgreSQL's files either")
        self.assertEqual(self.holders(data, self.forms), [], "the key is in the data folder")
        self.assertEqual(self.holders([path for process in self.processes for path in process.paths], self.forms), [])

    def test_a_run_whose_key_is_refused_does_not_show_it(self):
        refused = harness.write_key(self.work / "refused", "never-to-be-seen-au1")
        run = self.run_transfer(self.cliniko, self.clinic, key_file=refused, LOG_LEVEL="debug")
        self.assert_status(run, 1)
        self.assertIn("the key is not valid", run.err)
        files = [path for path in self.work.rglob("*") if path.is_file() and path != refused and
                 path.parent != self.cliniko.folder]
        self.assertEqual(self.holders(files, [b"never-to-be-seen"]), [])

    def test_what_it_leaves_is_for_its_owner_only(self):
        run = self.run_transfer(self.cliniko, self.clinic)
        self.assert_status(run, self.clinic.status)
        data = self.work / "data"
        self.assertEqual(data.stat().st_mode & 0o007, 0, "others can enter the data folder")
        self.assertEqual((data / "seal.key").stat().st_mode & 0o777, 0o600)
        for log in data.glob("*.log"):
            self.assertEqual(log.stat().st_mode & 0o077, 0, f"others can read {log.name}")


if __name__ == "__main__":
    harness.main()
