"""npm's tedious, a client of SQL Servers that shares no code with FreeTDS, reads from the stand-in what the export holds.
Where node, npm or the registry is missing the test is skipped: a test of its own, so that this is seen."""
import json
import shutil
import subprocess

import harness
from stand_in import PASSWORD, Server


class AClient(harness.FlowTest):
    def test_that_others_wrote_agrees_with_the_stand_in(self):
        if not shutil.which("node") or not shutil.which("npm"):
            self.skipTest("node and npm are not installed")
        folder = self.work / "tedious"
        folder.mkdir()
        installed = subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "tedious@18.6.1"],
                                   capture_output=True, text=True, timeout=180)
        if installed.returncode != 0:
            self.skipTest(f"npm cannot install tedious: {installed.stderr[-300:]}")
        clinic = self.export(patients=30, years=2)
        server = Server(self, clinic)
        columns = ["PatientID", "Surname", "DateOfBirth", "RowGuid", "ConsentSms", "MedicareRef", "DateModified", "Notes",
                   "PostalAddress", "Photo"]
        script = folder / "read.js"
        script.write_text(TEDIOUS, encoding="utf-8")
        got = subprocess.run(["node", script, str(server.port), PASSWORD,
                              f"SELECT {', '.join(columns)} FROM Patient ORDER BY PatientID"],
                             capture_output=True, text=True, timeout=60, cwd=folder)
        self.assertEqual(got.returncode, 0, got.stderr + got.stdout)
        rows = json.loads(got.stdout)
        exported = list(clinic.tables()["Patient"])
        self.assertEqual(len(rows), len(exported))
        for row, wanted in zip(rows, exported):
            row = dict(zip(columns, row))
            self.assertEqual(row["PatientID"], int(wanted["PatientID"]))
            for name in ("Surname", "Notes", "PostalAddress", "RowGuid"):
                self.assertEqual(row[name] or "", wanted[name], name)
            for name in ("DateOfBirth", "DateModified"):
                self.assertEqual((row[name] or "")[:19].replace("T", " "), wanted[name][:19], name)
            self.assertEqual("" if row["MedicareRef"] is None else str(row["MedicareRef"]), wanted["MedicareRef"])
            self.assertEqual(row["ConsentSms"], wanted["ConsentSms"] == "1")
            photo = (clinic.folder / wanted["Photo"]).read_bytes().hex() if wanted["Photo"] else None
            self.assertEqual(row["Photo"], photo)
        self.assertRegex(" ".join(text for _, kind, text in server.recorded if kind == "LOGIN"), "application=Tedious")


TEDIOUS = """
const { Connection, Request } = require('tedious');
const [port, password, statement] = process.argv.slice(2);
const connection = new Connection({
  server: '127.0.0.1',
  authentication: { type: 'default', options: { userName: 'reader', password } },
  options: { port: Number(port), database: 'FD', encrypt: false, rowCollectionOnRequestCompletion: true },
});
connection.on('connect', (error) => {
  if (error) { console.error(String(error)); process.exit(1); }
  connection.execSqlBatch(new Request(statement, (error, count, rows) => {
    if (error) { console.error(String(error)); process.exit(1); }
    const plain = (value) => Buffer.isBuffer(value) ? value.toString('hex') : value;
    console.log(JSON.stringify(rows.map((row) => row.map((cell) => plain(cell.value)))));
    connection.close();
  }));
});
connection.connect();
"""


if __name__ == "__main__":
    harness.main()
