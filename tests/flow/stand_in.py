"""The stand-in for a SQL Server, over the tables of an export."""
import harness

PASSWORD = "Tr0ub4dor & 'drei' ü"


class Server:
    """The stand-in, over the tables of an export. With `port`, at the address of one that ran before."""

    def __init__(self, test, export, *flags, host="127.0.0.1", port=0):
        self.statements_file = test.work / f"statements.{len(test.processes)}"
        self.password_file = test.work / "source-password"
        self.password_file.write_text(PASSWORD + "\n", encoding="utf-8")
        self.process = harness.Process(test, "sandbox-tds", [
            harness.PROGRAMS["handover-sandbox-tds"], "--tables", export.folder, "--listen", f"{host}:{port}",
            "--password-file", self.password_file, "--statements", self.statements_file, *flags])
        harness.until(lambda: "listening on port " in self.process.out or not self.process.runs(), 60,
                      "the stand-in does not start")
        if not self.process.runs():
            raise AssertionError(self.process.err)
        self.port = int(self.process.out.split("listening on port ")[1].split()[0])
        self.address = f"mssql://reader@{host}:{self.port}/FD"

    @property
    def recorded(self):
        """(number of the connection, LOGIN, BATCH, RPC or CUT, text) of all that it was sent."""
        if not self.statements_file.exists():
            return []
        lines = self.statements_file.read_text(encoding="utf-8").splitlines()
        return [(int(number), kind, text) for number, kind, text in (line.split(" ", 2) for line in lines)]
