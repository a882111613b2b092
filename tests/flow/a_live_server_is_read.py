"""The made-up clinic comes from a live SQL Server, for which a stand-in speaks TDS; FreeTDS' own clients agree with the
stand-in."""
import subprocess

import harness
from stand_in import PASSWORD, Server

class ALiveServer(harness.FlowTest):
    def setUp(self):
        super().setUp()
        self.clinic = self.export(patients=30, years=2)

    def transfer(self, server, cliniko, **settings):
        return self.run_transfer(cliniko, self.clinic, source=server.address,
                                 **{"SOURCE_PASSWORD_FILE": server.password_file, **settings})

    def assert_only_read(self, server):
        recorded = server.recorded
        self.assertGreater(len(recorded), 100)
        self.assertEqual([line for line in recorded if line[1] == "RPC"], [])
        for _, kind, text in recorded:
            if kind == "BATCH":
                self.assertRegex(text, r"(?i)^(SELECT|SET) ")
                self.assertNotIn(";", text)
            if kind == "LOGIN":
                self.assertRegex(text, r"application=handover read_only=1 .*admitted")

    def test_the_clinic_arrives_whole_and_the_server_is_only_read(self):
        server = Server(self, self.clinic)
        cliniko = self.sandbox(self.clinic.account)
        run = self.transfer(server, cliniko)
        self.assert_status(run, self.clinic.status, 240)
        self.assert_arrived_whole(cliniko, self.clinic)
        self.assert_only_read(server)
        self.assertIn("warning: The connection to the server is not encrypted", run.err)
        for path in self.logs():
            self.assertNotIn(PASSWORD, path.read_text(encoding="utf-8", errors="replace"), f"the password is in {path}")
        before = cliniko.writes()
        self.assert_status(self.transfer(server, cliniko), self.clinic.status, 240)
        self.assertEqual(cliniko.writes(), before, "the second run has sent something")

    def test_a_clinic_arrives_whole_through_tls_and_no_login_is_in_clear(self):
        clinic = self.export(patients=12)
        cliniko = self.sandbox(clinic.account)
        tls = ["--tls-cert", cliniko.ca_file, "--tls-key", cliniko.folder / "key.pem", "--tls-required"]
        server = Server(self, clinic, *tls)
        run = self.run_transfer(cliniko, clinic, source=server.address + "?encrypt=require",
                                SOURCE_PASSWORD_FILE=server.password_file, SOURCE_CA_FILE=cliniko.ca_file)
        self.assert_status(run, clinic.status, 240)
        self.assert_arrived_whole(cliniko, clinic)
        self.assertNotIn("is not encrypted", run.err)
        logins = [text for _, kind, text in server.recorded if kind == "LOGIN"]
        self.assertGreater(len(logins), 2)
        self.assertEqual([text for text in logins if " encryption=1 tls=whole " not in text], [])
        self.assertEqual([line for line in server.recorded if line[1] == "TLS"], [])
        other = self.other_certificate()
        for name, host, authority in (("authority", "127.0.0.1", other), ("host", "127.0.0.2", cliniko.ca_file)):
            with self.subTest(name):
                server = Server(self, clinic, *tls, host=host)
                process = self.inspect(server.address, status=1, SOURCE_PASSWORD_FILE=server.password_file,
                                       SOURCE_CA_FILE=authority)
                self.assertIn("its certificate was refused", process.err)
                harness.until(lambda: server.recorded, 60, "the stand-in has seen nobody")
                self.assertEqual(server.recorded, [(1, "TLS", "broken off")])

    def other_certificate(self):
        folder = self.work / "other"
        folder.mkdir()
        subprocess.run([harness.PROJECT / "docker" / "bin" / "certificate.sh", folder], check=True)
        return folder / "ca.pem"

    # Which connection, and after how many bytes: 0 is every one; 4 is the worker's for its catalogue and large values, 6
    # the one of the passes. With the first nothing can begin, with the second no extraction ends.
    CUTS = [(0, 300), (0, 40_000), (4, 150_000), (6, 20_000)]

    def test_wherever_a_connection_is_cut_nothing_is_lost_and_nothing_half_done(self):
        clinic = self.export(patients=12)
        for number, (connection, after) in enumerate(self.CUTS):
            with self.subTest(connection=connection, after=after):
                server = Server(self, clinic, "--cut-connection", str(connection), "--cut-after", str(after))
                settings = {"source": server.address, "data": self.work / f"data-{number}",
                            "SOURCE_PASSWORD_FILE": server.password_file}
                cliniko = self.sandbox(clinic.account)
                run = self.run_transfer(cliniko, clinic, **settings)
                harness.until(lambda: not run.runs() or (connection == 0 and self.cuts(server) >= 3), 240, lambda: run.err)
                run.stop()
                self.assertGreater(self.cuts(server), 0, "nothing was cut")
                server.process.kill()
                if run.process.returncode != clinic.status:
                    self.assertEqual(run.process.returncode, 1, run.err)
                    self.assertEqual(cliniko.writes(), {}, "Cliniko got a write of half an extraction")
                    Server(self, clinic, port=server.port)
                    self.assert_status(self.run_transfer(cliniko, clinic, **settings), clinic.status, 240)
                self.assert_arrived_whole(cliniko, clinic)

    def cuts(self, server):
        return sum(kind == "CUT" for _, kind, _ in server.recorded)

    def inspect(self, address, *, status, terminal=None, **settings):
        arguments = [harness.PROGRAMS["handover"], "inspect", address]
        process = harness.Process(self, "handover", ["setsid", "-cw", *arguments] if terminal else arguments, settings,
                                  terminal.theirs if terminal else None)
        if terminal:
            terminal.await_text("(not shown): ", process)
            terminal.type(PASSWORD)
            self.assertEqual(terminal.await_end(process), status, terminal.seen + process.err)
        else:
            self.assert_status(process, status)
        return process

    def test_what_is_wrong_is_told_before_anything_starts(self):
        server = Server(self, self.clinic)
        wrong = self.work / "wrong"
        wrong.write_text("swordfish\n", encoding="utf-8")
        known = {"SOURCE_PASSWORD_FILE": server.password_file}
        cases = [
            ("wrong password", server.address, {"SOURCE_PASSWORD_FILE": wrong}, "error 18456"),
            ("no password", server.address, {}, "--source-password-file"),
            ("password in the address", server.address.replace("reader", "reader:swordfish"), known, "holds a password"),
            ("another database", server.address.replace("/FD", "/Other"), known, "no database 'Other'"),
            ("encryption", server.address + "?encrypt=require", known, "no encrypted connection"),
            ("no server", "mssql://reader@127.0.0.1:1/FD", known, "no SQL Server answers"),
        ]
        for name, address, settings, words in cases:
            with self.subTest(name):
                process = self.inspect(address, status=1, **settings)
                self.assertIn(words, process.err)
                self.assertNotIn("swordfish", process.err + process.out)
        cliniko = self.sandbox(self.clinic.account)
        run = self.run_transfer(cliniko, self.clinic, source=server.address, SOURCE_PASSWORD_FILE=wrong)
        self.assert_status(run, 1)
        self.assertIn("error 18456", run.err)
        self.assertNotIn("starting private services", run.err)
        self.assertEqual(cliniko.all_requests(), 0)

    def test_the_password_is_asked_for_on_a_terminal(self):
        server = Server(self, self.clinic)
        terminal = harness.Terminal(self)
        self.inspect(server.address, status=0, terminal=terminal)
        self.assertIn("Password of 'reader' on the SQL Server 127.0.0.1", terminal.seen)
        self.assertIn("Appointment", terminal.seen)
        self.assertNotIn(PASSWORD, terminal.seen)

    def rows(self, table, *columns):
        """As clients show them: nothing for NULL, whole seconds without a fraction."""
        return [[row[column] for column in columns] for row in self.clinic.tables()[table]]

    def test_the_clients_of_freetds_agree(self):
        server = Server(self, self.clinic)
        numbers = ["ProductID", "Code", "CostPrice", "SellPrice", "TaxRate", "StockLevel", "IsActive"]
        wanted = self.rows("Product", *numbers)
        statement = f"SELECT {', '.join(numbers)} FROM Product ORDER BY ProductID"
        got = subprocess.run(["tsql", "-H", "127.0.0.1", "-p", str(server.port), "-U", "reader", "-P", PASSWORD, "-D", "FD",
                              "-o", "fhq", "-t", "|"], input=f"{statement}\ngo\nexit\n", capture_output=True, text=True,
                             timeout=60, env={**harness.environment(), "TDSVER": "7.4"})
        self.assertEqual(got.returncode, 0, got.stderr)
        lines = [line.split("|") for line in got.stdout.splitlines() if line.count("|") == len(numbers) - 1]
        self.assertEqual([["" if cell == "NULL" else cell for cell in line] for line in lines], wanted)

        texts = ["PatientID", "Surname", "Suburb", "Email", "MedicareRef"]
        query = self.work / "query.sql"
        query.write_text(f"SELECT {', '.join(texts)} FROM dbo.Patient ORDER BY PatientID", encoding="utf-8")
        got = subprocess.run(["bsqldb", "-S", f"127.0.0.1:{server.port}", "-U", "reader", "-P", PASSWORD, "-D", "FD", "-q",
                              "-t", "|", "-i", query], capture_output=True, text=True, timeout=60,
                             env={**harness.environment(), "TDSVER": "7.4", "LC_ALL": "C.UTF-8"})
        self.assertEqual(got.returncode, 0, got.stderr)
        lines = [[cell.strip() for cell in line.split("|")] for line in got.stdout.splitlines() if line.count("|") >= 4]
        lines = [["" if cell == "NULL" else cell for cell in line] for line in lines if line[0].isdigit()]
        self.assertEqual(lines, [[cell.strip() for cell in row] for row in self.rows("Patient", *texts)])

    # What tsql asks for, what the server insists on, and what is encrypted then.
    AGREEMENTS = [("off", (), "encryption=2 tls=none"), ("request", (), "encryption=0 tls=login"),
                  ("require", (), "encryption=1 tls=whole"), ("request", ("--tls-required",), "encryption=0 tls=whole"),
                  ("off", ("--tls-required",), None)]

    def test_a_client_of_freetds_agrees_on_tls(self):
        certificate = self.other_certificate()
        for wish, flags, wanted in self.AGREEMENTS:
            with self.subTest(wish=wish, flags=flags):
                server = Server(self, self.clinic, "--tls-cert", certificate, "--tls-key", certificate.with_name("key.pem"),
                                *flags)
                configuration = self.work / f"freetds.{server.port}.conf"
                configuration.write_text(f"[clinic]\nhost = 127.0.0.1\nport = {server.port}\ntds version = 7.4\n"
                                         f"encryption = {wish}\n", encoding="utf-8")
                got = subprocess.run(["tsql", "-S", "clinic", "-U", "reader", "-P", PASSWORD, "-D", "FD", "-o", "fhq"],
                                     input="SELECT PatientID FROM Patient ORDER BY PatientID\ngo\nexit\n",
                                     capture_output=True, text=True, timeout=60,
                                     env={**harness.environment(), "FREETDSCONF": str(configuration)})
                if wanted:
                    self.assertEqual(got.stdout.split(), [row[0] for row in self.rows("Patient", "PatientID")], got.stderr)
                    self.assertIn(wanted, server.recorded[0][2])
                else:
                    self.assertNotEqual(got.returncode, 0, got.stdout)
                    self.assertEqual(server.recorded, [])


if __name__ == "__main__":
    harness.main()
