"""A tour of the local Cliniko: at least one create, list, read and change of every resource, a wrong create each, and
every filter. The sandbox writes a transcript of it, which openapi.py judges."""
import base64
import http.client
import json
import pathlib
import re
import subprocess
import tempfile
import urllib.parse

import openapi

KEY = "tour-key-au1"
BOUNDARY = "tour-of-the-sandbox"
PATIENCE_SECONDS = 30

SEED = {
    "accounts": [{
        "name": "Harbour", "subdomain": "harbour",
        "users": [{"ref": "owner", "first_name": "Mara", "last_name": "Quill", "email": "Mara.Quill@Example.com",
                   "role": "administrator", "time_zone": "Sydney", "time_zone_identifier": "Australia/Sydney",
                   "keys": [KEY]}],
        "businesses": [{"ref": "quay", "business_name": "Quay", "time_zone": "Sydney",
                        "time_zone_identifier": "Australia/Sydney"}],
        "practitioners": [{"ref": "mara", "user_id": "@owner", "first_name": "Mara", "last_name": "Quill",
                           "business_ids": ["@quay"]},
                          {"first_name": "Gone", "last_name": "Long", "active": False}],
        "concession_types": [{"ref": "pensioner", "name": "Pensioner"}],
        "billable_items": [{"ref": "visit", "name": "Visit", "item_type": "Service", "price": "90.00"}],
        "concession_prices": [{"price": "70.00", "billable_item_id": "@visit", "concession_type_id": "@pensioner"}],
    }],
}

# What a list is asked for, by the format of the filter.
SAMPLES = {"int64": ":>=1", "integer": ":>=0", "decimal": ":>=0", "string": ":=x", "boolean": ":=true",
           "array": ":~1", "date": ":>=2020-01-01", "date-time": ":>=2020-01-01T00:00:00Z"}


class Tour:
    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=PATIENCE_SECONDS)
        self.problems = []

    def ask(self, method, path, body=None, want=None):
        headers = {"Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode(),
                   "User-Agent": "Tour (tour@example.com)", "Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body)
        self.connection.request(method, f"/v1/{path}", data, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if want is not None and answer.status != want:
            self.problems.append(f"{method} /v1/{path}: status {answer.status}, want {want}: {text[:300]!r}")
        return json.loads(text) if text[:1] == b"{" else {}

    def round(self, collection, body, change=None, archives=True, wrong=None):
        """Create, list, read, change and archive; the id. `change` None: there is no update."""
        made = self.ask("POST", collection, body, 201)
        self.ask("POST", collection, {} if wrong is None else wrong, 422)
        path = f"{collection}/{made.get('id')}"
        self.look(collection, path)
        if change is not None:
            self.ask("PATCH", path, change, 200)
        if archives:
            spare = self.ask("POST", collection, body, 201).get("id")
            self.ask("POST", f"{collection}/{spare}/archive", None, 204)
            self.ask("GET", f"{collection}/{spare}", None, 404)
        return made.get("id")

    def look(self, collection, path):
        self.ask("GET", f"{collection}?per_page=2&sort=created_at%3Adesc", None, 200)
        self.ask("GET", path, None, 200)

    def upload(self, patient, data):
        """The bytes of a file, to the bucket; the upload_url."""
        post = self.ask("GET", f"patients/{patient}/attachment_presigned_post", None, 200)
        parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                 for name, value in post["fields"].items()]
        parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="scan.txt"\r\n'
                     "Content-Type: text/plain\r\n\r\n")
        body = "".join(parts).encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(post["url"]).netloc, timeout=PATIENCE_SECONDS)
        connection.request("POST", urllib.parse.urlsplit(post["url"]).path, body,
                           {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 201:
            self.problems.append(f"upload: status {answer.status}: {text[:300]}")
        return f"{post['url']}/{re.search('<Key>(.*)</Key>', text)[1]}"


def first_id(tour, collection):
    return tour.ask("GET", collection, None, 200)[collection.split("/", maxsplit=1)[0]][0]["id"]


def catalogue(tour):
    """What the clinic is set up with; the ids that others need."""
    tax = tour.round("taxes", {"name": "GST", "rate": 10}, {"rate": 12.5}, archives=False)
    spare = tour.ask("POST", "taxes", {"name": "Old", "rate": 0}, 201)["id"]
    tour.ask("DELETE", f"taxes/{spare}", None, 204)
    tour.round("concession_types", {"name": "Student"}, {"name": "Students"}, archives=False)
    tour.look("concession_prices", f"concession_prices/{first_id(tour, 'concession_prices')}")
    tour.round("product_suppliers", {"name": "Bands & Co"}, {"name": "Bands"})
    product = tour.round("products", {"name": "Band", "price": 19.95, "price_includes_tax": True, "cost_price": "7.5",
                                      "item_code": "B1", "serial_number": None, "tax_id": tax, "stock_level": 7,
                                      "product_supplier_name": "Ropes", "notes": "[FD-P1]"},
                         {"price": 21, "notes": None}, wrong={"name": "Band", "price": "19.95"})
    tour.round("stock_adjustments", {"product_id": product, "quantity": -2, "adjustment_type": "Damaged",
                                     "comment": "wet"}, archives=False)
    item = tour.round("billable_items", {"name": "Visit", "item_type": "Service", "price": "90.00", "item_code": "V",
                                         "tax_id": tax}, {"price": "95"},
                      wrong={"name": "Visit", "item_type": "Service", "price": 90})
    template = tour.round("treatment_note_templates", {"name": "Plain", "content": content("")}, {"name": "Plainer"})
    kind = tour.round("appointment_types", {
        "name": "Visit", "duration_in_minutes": 30, "max_attendees": 1, "color": "#3a7", "billable_item_id": item,
        "practitioner_ids": [first_id(tour, "practitioners")], "business_ids": [first_id(tour, "businesses")],
        "treatment_note_template_id": template, "show_in_online_bookings": False, "deposit_price": "10.50",
        "appointment_confirmation_template_ids": [], "appointment_reminder_template_ids": []}, {"category": "Short"})
    tour.round("businesses", {"business_name": "Second", "country_code": "AU"}, {"city": "Perth"})
    return kind


def content(text):
    question = {"name": "Note", "type": "paragraph"}
    if text:
        question["answer"] = text
    return {"sections": [{"name": "Imported", "description": "", "questions": [question]}]}


def people(tour):
    doctor = tour.round("contacts", {
        "type_code": 1, "doctor_type": "general_practitioner", "first_name": "Ada", "last_name": "Byron",
        "provider_number": "123", "email": "ada@example.com", "country_code": "AU", "notes": "[FD-D1]",
        "phone_numbers": [{"phone_type": "Work", "number": "02 9999 0000"}]}, {"company_name": "Byron & Co"})
    concession = first_id(tour, "concession_types")
    return tour.round("patients", {
        "first_name": "Zoë", "last_name": "Hall", "email": "zoe@example.com", "date_of_birth": "1980-02-29",
        "old_reference_id": "FD-C1", "concession_type_id": concession, "referring_doctor_id": doctor,
        "reminder_type": "None", "receives_confirmation_emails": False, "dva_card_number": "NX123456",
        "patient_phone_numbers": [{"phone_type": "Mobile", "number": "0400 000 000"}],
        "pronouns": {"accusative": "her", "nominative": "she", "predicative_possessive": "hers",
                     "pronominal_possessive": "her", "reflexive": "herself"}},
        {"reminder_type": "SMS & Email", "receives_confirmation_emails": True})


def visits(tour, patient, kind):
    place = {"business_id": first_id(tour, "businesses"), "practitioner_id": first_id(tour, "practitioners")}
    times = {"starts_at": "2026-03-01T22:00:00Z", "ends_at": "2026-03-01T22:45:00Z"}
    body = {**place, **times, "patient_id": patient, "appointment_type_id": kind, "notes": None}
    visit = tour.round("individual_appointments", body, {"notes": "n"})
    tour.ask("GET", f"individual_appointments/{visit}/conflicts", None, 200)
    tour.ask("GET", f"individual_appointments/{visit}/attendees", None, 200)
    tour.ask("GET", f"bookings/{visit}", None, 200)
    attendee = tour.ask("GET", f"attendees?q%5B%5D=booking_id%3A%3D{visit}", None, 200)["attendees"][0]["id"]
    tour.look("attendees", f"attendees/{attendee}")
    tour.ask("PATCH", f"attendees/{attendee}", {"arrived": True}, 200)
    other = tour.ask("POST", "individual_appointments", body, 201)["id"]
    tour.ask("PATCH", f"individual_appointments/{other}/cancel",
             {"cancellation_reason": 50, "cancellation_note": "n"}, 204)
    block = tour.round("unavailable_blocks", {**place, **times, "notes": "[FD-B1]"}, {"notes": None})
    tour.ask("GET", f"unavailable_blocks/{block}/conflicts", None, 200)
    tour.ask("GET", f"bookings/{block}", None, 200)
    return visit


def papers(tour, patient, visit):
    tour.round("medical_alerts", {"patient_id": patient, "name": "Penicillin"}, {"name": "Nuts"})
    tour.ask("GET", f"patients/{patient}/medical_alerts", None, 200)
    tour.round("communications", {"patient_id": patient, "type_code": 4, "category_code": 12, "direction_code": 1,
                                  "from": "Clinic", "to": "Zoë", "content": "call [FD-R1]", "confidential": False},
               {"content": "called"})
    tour.round("patient_cases", {"patient_id": patient, "name": "Knee", "max_sessions": 10, "issue_date": "2026-01-01",
                                 "max_invoiceable_amount": "500.00", "attendee_ids": [], "closed": False},
               {"closed": True})
    tour.ask("GET", "patient_cases/active", None, 200)
    tour.round("treatment_notes", {"patient_id": patient, "booking_id": visit, "title": "t [FD-N1]", "draft": True,
                                   "content": content("<div>one</div><div><br></div>")}, {"draft": False},
               wrong={"patient_id": patient, "content": "text"})
    tour.ask("GET", f"patients/{patient}/treatment_notes", None, 200)
    url = tour.upload(patient, b"hello")
    tour.round("patient_attachments", {"patient_id": patient, "upload_url": url, "description": "scan.txt [FD-A1]"},
               archives=False, wrong={"patient_id": patient, "upload_url": url + "x"})
    spare = tour.ask("POST", "patient_attachments", {"patient_id": patient, "upload_url": tour.upload(patient, b"2")},
                     201)["id"]
    tour.ask("POST", f"patient_attachments/{spare}/archive", None, 204)
    tour.ask("GET", f"patients/{patient}/patient_attachments", None, 200)


def set_up(tour):
    for path in ("user", "users", "settings", "settings/public", "practitioners", "practitioners/inactive"):
        tour.ask("GET", path, None, 200)
    business = first_id(tour, "businesses")
    tour.ask("GET", f"businesses/{business}/practitioners", None, 200)
    tour.ask("GET", f"users/{tour.ask('GET', 'user')['id']}", None, 200)
    practitioner = first_id(tour, "practitioners")
    tour.ask("GET", f"practitioners/{practitioner}", None, 200)
    tour.ask("GET", f"practitioners/{practitioner}/appointment_types", None, 200)


def filters(tour, document, patient):
    """Every list takes the filters of its table in the document, and no other member of its entries."""
    for method, path, _, operation in document.operations:
        known = document.filters(operation)
        live = re.sub(r"\{[^}]*\}", str(patient), path).lstrip("/")
        of_patient = path.startswith("/patients/{") and not path.endswith("}")
        if method != "get" or not known or ("{" in path and not of_patient):
            continue
        if tour_status(tour, live) == 404:
            continue
        for name, form in known.items():
            query = urllib.parse.quote(name + SAMPLES[form], safe="")
            tour.ask("GET", f"{live}?q%5B%5D={query}", None, 200)
        schema = document.schema(operation["responses"]["200"]["content"]["application/json"]["schema"], False, False)
        lists = [member["items"] for member in schema.get("properties", {}).values() if member.get("type") == "array"]
        for name in lists[0].get("properties", {}) if lists else ():
            if name not in known and f"{name}_id" not in known:
                tour.ask("GET", f"{live}?q%5B%5D={name}%3A%3Dx", None, 400)


def tour_status(tour, path):
    """The status of a list, asked outside the judged tour: resources that the sandbox does not serve are passed over."""
    connection = http.client.HTTPConnection(tour.host, timeout=PATIENCE_SECONDS)
    connection.request("GET", f"/v1/{path}", headers={"User-Agent": "Tour (tour@example.com)"})
    status = connection.getresponse().status
    connection.close()
    return status


def walk(url, document):
    tour = Tour(url)
    set_up(tour)
    kind = catalogue(tour)
    patient = people(tour)
    visit = visits(tour, patient, kind)
    papers(tour, patient, visit)
    filters(tour, document, patient)
    tour.ask("POST", f"patients/{patient}/archive", None, 204)
    tour.ask("POST", f"patients/{patient}/unarchive", None, 200)
    tour.connection.close()
    return tour


def run(build, folder):
    seed = folder / "seed.json"
    seed.write_text(json.dumps(SEED), encoding="utf-8")
    record = folder / "transcript.jsonl"
    command = [build / "sandbox" / "handover-sandbox", "--listen", "127.0.0.1:0", "--seed-file", seed, "--limit", "0",
               "--process-ms", "0", "--record", record]
    document = openapi.Document()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            tour = walk(process.stdout.readline().split()[-1], document)
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
    judge = openapi.Judge(document, complete=True)
    transcript = record.read_text(encoding="utf-8")
    if KEY in transcript or base64.b64encode(f"{KEY}:".encode()).decode() in transcript:
        judge.problems.append("the transcript holds a key")
    for line in transcript.splitlines():
        entry = json.loads(line)
        if entry["status"] not in (401, 404):
            judge.judge(entry)
    judge.problems += tour.problems
    if process.returncode != 0:
        judge.problems.append(f"the sandbox ended with {process.returncode}")
    return judge


def main(build):
    with tempfile.TemporaryDirectory() as folder:
        return openapi.report(run(build, pathlib.Path(folder)))
