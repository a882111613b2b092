"""How fast one worker process uploads attachments, as a ratio to curl that sends the same files to the same sandbox; and the
worker's peak memory, with a file of 5 GB among others: status 1 when it is 64 MB or more. upload.py BUILD [GIGABYTES]

Curl does what is needed and nothing else: it fetches the presigned posts over one connection, sends four files at a time,
then makes the attachments over one connection. The worker beside it keeps its journal in PostgreSQL (fsync on), takes two
checksums of every byte, and compares what S3 says. The sandbox hashes what it gets and keeps nothing.
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import time

import bench
import harness

GIGABYTES = float(sys.argv[2]) if len(sys.argv) > 2 else 5
AT_ONCE = 4
PEAK_MOST_MB = 64
KEY = "bench-key-au1"
AGENT = "Bench (bench@example.com)"
ACCOUNT = {"accounts": [{
    "name": "Bench", "subdomain": "bench",
    "users": [{"ref": "b", "first_name": "B", "last_name": "B", "email": "b@example.com", "role": "administrator", "keys": [KEY]}],
    "businesses": [{"business_name": "Quay", "time_zone": "Sydney", "time_zone_identifier": "Australia/Sydney"}],
    "practitioners": [{"user_id": "@b", "first_name": "B", "last_name": "B"}]}]}
PROFILE = {
    "profile": "files", "system": "bench", "key_prefix": "B-",
    "recognise": [{"table": "Patient", "columns": ["Id"]}, {"table": "Attachment", "columns": ["Id", "Content"]}],
    "entities": {
        "patient": {"table": "Patient", "key": "Id", "fields": {"first_name": "First", "last_name": "Last"}},
        "attachment": {"table": "Attachment", "key": {"column": "Id", "then": [{"prefix": "F"}]},
                       "fields": {"patient": "Patient", "content": "Content", "file_name": "Name"}}}}


def write_source(here, sizes):
    """A folder with one patient and files of these sizes, no two alike."""
    folder = here.work / "export"
    files = folder / "Attachment.files"
    files.mkdir(parents=True)
    (folder / "Patient.csv").write_text("Id,First,Last\r\n1,Ann,Lee\r\n", encoding="utf-8")
    rows = ["Id,Patient,Name,Content"]
    for number, size in enumerate(sizes, 1):
        with open(files / f"{number}.bin", "wb") as file:
            file.write(os.urandom(min(size, 1 << 20)))
            file.truncate(size)
        rows.append(f"{number},1,{number}.bin,Attachment.files/{number}.bin")
    (folder / "Attachment.csv").write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
    (here.work / "profile.json").write_text(json.dumps(PROFILE), encoding="utf-8")
    (here.work / "account.json").write_text(json.dumps(ACCOUNT), encoding="utf-8")
    return folder


def sandbox_of(here):
    return bench.PlainSandbox(here, here.work / "account.json", "--limit", "0", "--discard-files")


def handover(here, folder, count):
    """(seconds from the first presigned post to the last attachment, worker's peak in kB, its processor seconds)."""
    sandbox = sandbox_of(here)
    services = bench.RealServices(here, sandbox)
    others = services.start_worker("extract,preflight,catalogue,patients,appointments,notes,verify")
    worker = services.start_worker("attachments", UPLOADS=AT_ONCE)
    number = services.handover("transfer", "new", folder, "--profile", here.work / "profile.json", "--to", "bench",
                               "--key-file", harness.write_key(here.work / "key", KEY), "--rate", "0", "--approve").split()[1]
    before = bench.seconds_of(worker.pid)
    services.handover("transfer", "start", number)
    harness.until(lambda: sandbox.stats().get("creates", {}).get("patients", 0) == 1, 60,
                  lambda: others.err)
    harness.until(lambda: sandbox.control("GET", "/__stats")["routes"].get(
        "GET /v1/patients/{id}/attachment_presigned_post"), 60, lambda: worker.err)
    started = time.monotonic()
    harness.until(lambda: sandbox.stats().get("creates", {}).get("patient_attachments", 0) == count, 3600,
                  lambda: worker.err)
    seconds = time.monotonic() - started
    check(sandbox, folder)
    return seconds, harness.peak_kb(worker.pid), bench.seconds_of(worker.pid) - before


def check(sandbox, folder):
    """Every file is there with its checksum."""
    arrived = {file["filename"]: file["sha256"] for file in sandbox.control("GET", "/__files")["files"]}
    for path in sorted((folder / "Attachment.files").iterdir()):
        with open(path, "rb") as file:
            if arrived.get(path.name) != hashlib.file_digest(file, "sha256").hexdigest():
                raise SystemExit(f"{path.name} did not arrive as it was")


def curl(config, *options):
    """Runs curl by a configuration; its output."""
    return subprocess.run(["curl", "-sS", "--fail-early", "-A", AGENT, *options, "-K", "-"], input=config, text=True,
                          check=True, capture_output=True).stdout


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def by_curl(here, folder):
    """Seconds for the same by curl."""
    sandbox = sandbox_of(here)
    user = ["-u", KEY + ":"]
    patient = json.loads(subprocess.run(
        ["curl", "-sS", "-A", AGENT, *user, "-H", "Content-Type: application/json", "-d",
         '{"first_name":"Ann","last_name":"Lee"}', sandbox.url + "/v1/patients"],
        check=True, capture_output=True, text=True).stdout)["id"]
    paths = sorted((folder / "Attachment.files").iterdir(), key=lambda path: -path.stat().st_size)
    out = here.work / "answers"
    out.mkdir()
    started = time.monotonic()
    posts = curl("".join(f"url = {sandbox.url}/v1/patients/{patient}/attachment_presigned_post\n" for _ in paths), *user)
    posts = [json.loads(text) for text in re.findall(r"\{.*?\}\s*\}", posts, re.DOTALL)]
    forms = []
    for number, (path, post) in enumerate(zip(paths, posts, strict=True)):
        lines = [f"url = {quoted(post['url'])}", f"output = {quoted(str(out / str(number)))}", "expect100-timeout = 0",
                 'header = "Expect:"']
        lines += [f"form-string = {quoted(name + '=' + value)}" for name, value in post["fields"].items()]
        lines.append(f"form = {quoted(f'file=@{path}')}")
        forms.append("\n".join(lines))
    curl("\nnext\n".join(forms), "--parallel", "--parallel-max", str(AT_ONCE))
    creates = []
    for number, post in enumerate(posts):
        key = re.search("<Key>(.*)</Key>", (out / str(number)).read_text(encoding="utf-8")).group(1)
        body = json.dumps({"patient_id": patient, "upload_url": f"{post['url']}/{key}", "description": f"B-{number}"})
        creates.append(f"url = {sandbox.url}/v1/patient_attachments\nuser = {quoted(KEY + ':')}\n"
                       f"header = \"Content-Type: application/json\"\nuser-agent = {quoted(AGENT)}\ndata = {quoted(body)}")
    curl("\nnext\n".join(creates))
    seconds = time.monotonic() - started
    check(sandbox, folder)
    return seconds


def compare(name, sizes):
    total = sum(sizes)
    with bench.Bench() as here:
        folder = write_source(here, sizes)
        plain = by_curl(here, folder)
        seconds, peak_kb, processor = handover(here, folder, len(sizes))
    print(f"{name}: handover {seconds:6.2f} s ({total / seconds / 1e6:6.0f} MB/s, {len(sizes) / seconds:5.1f} files/s), curl "
          f"{plain:6.2f} s ({total / plain / 1e6:6.0f} MB/s): {plain / seconds:.2f} of curl's speed; worker: "
          f"{processor:.2f} s of processor time, peak memory {peak_kb / 1024:.1f} MB", flush=True)
    return peak_kb / 1024


if __name__ == "__main__":
    peaks = [
        compare("400 files of 20 kB to 1 MB     ", [20_000 + number * 2450 for number in range(400)]),
        compare("24 files of 25 MB              ", [25_000_000] * 24),
        compare(f"one file of {GIGABYTES:g} GB beside 8 small",
                [int(GIGABYTES * (1 << 30))] + [100_000 + number for number in range(8)])]
    if max(peaks) >= PEAK_MOST_MB:
        raise SystemExit(f"the worker's peak memory was {max(peaks):.1f} MB; it must stay below {PEAK_MOST_MB} MB")
