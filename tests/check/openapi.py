#!/usr/bin/env python3
"""Judges requests to Cliniko and its answers by the vendor's OpenAPI document, with the quirks of the API reference
(section 10) put right in memory.

    openapi.py BUILD_FOLDER            drives a local Cliniko through every resource and judges both directions
    openapi.py --transcript FILE …     judges what `handover-sandbox --record FILE` wrote during a transfer
    openapi.py --self-test             checks that the judge finds what is wrong

Ends with 77, "skipped", where the document or the validator's package is not there.
"""
import copy
import json
import pathlib
import re
import sys
import urllib.parse

try:
    import jsonschema
except ImportError:
    jsonschema = None

DOCUMENT = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "cliniko-openapi.json"
SKIPPED = 77
METHODS = ("get", "post", "patch", "delete", "put")

# Statuses that prose and observation know, and the document does not (quirk 13; section 4).
UNDECLARED = {400, 401, 403, 404, 422, 429, 500, 502, 503, 504}

# What the service has and the document has not (quirk 21; sections 5.17 and 8.7).
UNDOCUMENTED = re.compile(r"/(recalls|recall_types)(/.*)?|/patient_attachments/\d+/content")

# The document marks nothing as required at the top of a body (quirk 2): these are the sets of section 5.
REQUIRED = {
    "/appointment_types": "name duration_in_minutes max_attendees color",
    "/attendees": "booking_id patient_id",
    "/billable_items": "name item_type price",
    "/communications": "patient_id content confidential direction_code from to type_code",
    "/concession_types": "name",
    "/individual_appointments": "appointment_type_id business_id patient_id practitioner_id starts_at",
    "/medical_alerts": "patient_id name",
    "/patient_attachments": "patient_id upload_url",
    "/patient_cases": "name patient_id",
    "/patients": "first_name last_name",
    "/product_suppliers": "name",
    "/products": "name price",
    "/stock_adjustments": "product_id quantity adjustment_type",
    "/taxes": "name rate",
    "/treatment_note_templates": "name content",
    "/treatment_notes": "patient_id title draft",
    "/unavailable_blocks": "business_id practitioner_id starts_at ends_at",
    "/individual_appointments/{id}/cancel": "cancellation_reason",
}

FORMATS = {
    "int64": r"^[1-9][0-9]{0,19}$",
    "float": r"^-?[0-9]+(\.[0-9]+)?$",
    "integer": r"^[0-9]+$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "date-time": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
    "uri": r"^https?://[^\s\"<>\\^`{|}]+$",
}


def is_relation(schema):
    return set(schema.get("properties", {})) == {"links"}


class Document:
    """The document with its references followed, its quirks put right, and its schemas ready for a validator."""

    def __init__(self, path=DOCUMENT):
        self.raw = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        self.operations = []
        self.validators = {}
        for path_text, operations in self.raw["paths"].items():
            pattern = re.compile(re.sub(r"\\{[^}]*\\}|\{[^}]*\}", r"[^/]+", path_text))
            for method in METHODS:
                if method in operations:
                    self.operations.append((method, path_text, pattern, operations[method]))
        # A path without a variable wins over one with: /patient_cases/active is no /patient_cases/{id}.
        self.operations.sort(key=lambda operation: operation[1].count("{"))

    def find(self, method, path):
        for known, text, pattern, operation in self.operations:
            if known == method.lower() and pattern.fullmatch(path):
                return text, operation
        return None, None

    def follow(self, node):
        while "$ref" in node:
            target = self.raw
            for step in node["$ref"].split("/")[1:]:
                target = target[step]
            node = target
        return node

    def parameters(self, operation):
        return [self.follow(parameter) for parameter in operation.get("parameters", [])]

    def schema(self, node, strict, complete, top=True):
        """JSON Schema for a schema of the document. `strict`: no other members at the top (quirk 3); `complete`: all
        members must be there."""
        node = copy.copy(self.follow(node))
        if "anyOf" in node:
            return {"anyOf": [self.schema(one, strict, complete, top) for one in node["anyOf"]]}
        nullable = node.pop("nullable", False)
        for bound in ("Minimum", "Maximum"):  # draft 4 wrote these as booleans (quirk 9)
            if node.pop(f"exclusive{bound}", False):
                node[f"exclusive{bound}"] = node.pop(bound.lower())
        if node.get("type") == "string":
            node.pop("minimum", None)  # cannot apply (quirk 5)
            node.pop("maximum", None)
            self.put_pattern(node)
        if "properties" in node:
            relation = is_relation(node)
            node["properties"] = {name: self.schema(member, strict, complete, False)
                                  for name, member in node["properties"].items()}
            if strict and top:
                node["additionalProperties"] = False
            if complete and top:
                node["required"] = sorted(node["properties"])
            nullable = nullable or relation  # a missing relation may be null (section 5)
        if "items" in node:
            node["items"] = self.schema(node["items"], strict, complete, False)
        if nullable:
            return {"anyOf": [{"type": "null"}, node]}  # 62 enums do not list it (quirk 8)
        return node

    @staticmethod
    def put_pattern(node):
        if "@" in node.get("pattern", ""):
            node["pattern"] = "(?i)" + node["pattern"]  # quirk 1
        pattern = FORMATS.get(node.get("format"))
        if pattern and "enum" not in node and "pattern" not in node:
            node["pattern"] = pattern

    def validator(self, key, node, strict, complete):
        if key not in self.validators:
            schema = self.schema(node, strict, complete)
            jsonschema.Draft7Validator.check_schema(schema)
            self.validators[key] = jsonschema.Draft7Validator(schema)
        return self.validators[key]

    def filters(self, operation):
        """The names that q[] takes, with the format of each, from the table in the parameter's description."""
        for parameter in self.parameters(operation):
            if parameter.get("name") == "q[]":
                rows = re.findall(r"^\| (\w+) \| \[?([\w-]+)", parameter.get("description", ""), re.M)
                return {name: form for name, form in rows if name != "Value"}
        return {}


def first_problem(validator, value):
    """In words that hold no values: they may be somebody's. None when all is well."""
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    if error is None:
        return None
    place = ".".join(str(step) for step in error.absolute_path) or "(top)"
    detail = error.message if error.validator in ("required", "additionalProperties") else error.validator_value
    return f"{place}: {error.validator}: {str(detail)[:200]}"


class Judge:
    def __init__(self, document, complete=False):
        self.document = document
        self.complete = complete  # answers must have every member of the document
        self.judged = 0
        self.problems = []
        self.seen = set()

    def say(self, entry, text):
        self.problems.append(f"{entry['method']} {entry['path']}: {text}")

    def judge(self, entry):
        """One line of a transcript: method, path, query, body, status, answer, disturbed."""
        path = entry["path"].removeprefix("/v1")
        text, operation = self.document.find(entry["method"], path)
        if operation is None:
            if not UNDOCUMENTED.fullmatch(path):
                self.say(entry, "is not in the document")
            return
        self.judged += 1
        self.seen.add(f"{entry['method']} {text}")
        self.judge_query(entry, operation)
        if 200 <= entry["status"] < 300 or entry.get("disturbed"):
            self.judge_body(entry, text, operation)
        if not entry.get("disturbed"):
            self.judge_answer(entry, text, operation)

    def judge_query(self, entry, operation):
        known = {parameter["name"]: parameter for parameter in self.document.parameters(operation)
                 if parameter["in"] == "query"}
        fields = self.document.filters(operation)
        for name, value in urllib.parse.parse_qsl(entry.get("query", ""), keep_blank_values=True):
            if name not in known:
                self.say(entry, f"query: {name} is not in the document")
            elif name == "q[]":
                field = re.match(r"(\w+):(!=|!\?|>=|<=|~~|[=<>~?*])", value)
                if entry["status"] == 200 and (not field or (fields and field[1] not in fields)):
                    self.say(entry, "query: q[] names a field that is not filterable, or an unknown operator")
            elif name in ("page", "per_page") and not (value.isdigit() and 1 <= int(value) <= 100 or name == "page"):
                self.say(entry, f"query: {name} is out of range")

    def judge_body(self, entry, text, operation):
        body = operation.get("requestBody")
        if body is None:
            if entry.get("body") is not None:
                self.say(entry, "has a body, and the document knows none")
            return
        schema = next(iter(self.document.follow(body)["content"].values()))["schema"]
        key = ("body", entry["method"], text)
        problem = first_problem(self.document.validator(key, schema, True, False), entry["body"])
        if problem:
            self.say(entry, f"body: {problem}")
        wanted = REQUIRED.get(text, "").split() if entry["method"] == "POST" or "cancel" in text else []
        missing = [name for name in wanted if not isinstance(entry["body"], dict) or name not in entry["body"]]
        if missing:
            self.say(entry, f"body: lacks {', '.join(missing)}")

    def judge_answer(self, entry, text, operation):
        status = entry["status"]
        declared = operation["responses"].get(str(status))
        if declared is None:
            if status not in UNDECLARED and status != 0:
                self.say(entry, f"status {status} is not in the document")
        elif "content" in self.document.follow(declared):
            schema = next(iter(self.document.follow(declared)["content"].values()))["schema"]
            self.judge_content(entry, (text, status), schema)
        elif entry["answer"] is not None:
            self.say(entry, f"status {status} has a body, and the document knows none")

    def judge_content(self, entry, key, schema):
        loose = key[0].endswith("attachment_presigned_post")  # quirk 6
        if key[1] == 422 and set(entry["answer"] or {}) == {"message"}:
            return  # the variant without `errors` (section 4.1)
        complete = self.complete and key[1] in (200, 201) and not loose
        listed = [name for name in self.document.schema(schema, False, False).get("properties", {})
                  if name not in ("total_entries", "links")]
        if complete and len(listed) == 1 and "total_entries" in entry["answer"]:
            self.judge_entries(entry, key, schema, listed[0])
            return
        validator = self.document.validator(("answer", entry["method"]) + key, schema, not loose and key[1] < 300,
                                            complete)
        problem = first_problem(validator, entry["answer"])
        if problem:
            self.say(entry, f"answer {key[1]}: {problem}")

    def judge_entries(self, entry, key, schema, name):
        """A list, entry by entry, so that each is held to all members; `next` and `previous` may be missing."""
        whole = self.document.validator(("list", *key), schema, True, False)
        items = self.document.follow(schema)["properties"][name]["items"]
        one = self.document.validator(("entry", *key), items, True, True)
        problems = [first_problem(whole, entry["answer"])] + [first_problem(one, item) for item in entry["answer"][name]]
        for problem in filter(None, problems):
            self.say(entry, f"answer {key[1]}, an entry of {name}: {problem}")


def judge_transcripts(files):
    judge = Judge(Document())
    for file in files:
        for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
            judge.judge(json.loads(line))
    return judge


PATIENT = {"first_name": "A", "last_name": "B"}
TIMES = {"starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-03-01T01:00:00Z"}
PLACE = {"patient_id": "1", "practitioner_id": "2", "business_id": "3", "appointment_type_id": "4"}

# What the judge must find nothing wrong with, and what it must find.
RIGHT = [
    ("POST", "/v1/patients", "", {**PATIENT, "email": "a.b@example.com", "reminder_type": None}, 201),
    ("POST", "/v1/individual_appointments", "", {**PLACE, **TIMES}, 201),
    ("GET", "/v1/patients", "per_page=100&q%5B%5D=old_reference_id%3A%3DFD-1", None, 200),
    ("POST", "/v1/patients/1/archive", "", None, 204),
    ("GET", "/v1/recalls", "", None, 200),
    ("PATCH", "/v1/patients/1", "", {"city": None}, 200),
]
WRONG = [
    ("POST", "/v1/patients", "", {**PATIENT, "email": "a b@example.com"}, 201),
    ("POST", "/v1/patients", "", {**PATIENT, "emial": "a@example.com"}, 201),
    ("POST", "/v1/patients", "", {"first_name": "A"}, 201),
    ("POST", "/v1/patients", "", {**PATIENT, "date_of_birth": "1/2/1980"}, 201),
    ("POST", "/v1/patients", "", {**PATIENT, "last_name": "x" * 256}, 201),
    ("POST", "/v1/patients", "", {**PATIENT, "reminder_type": "sms"}, 201),
    ("POST", "/v1/individual_appointments", "", {**PLACE, **TIMES, "patient_id": 1}, 201),
    ("POST", "/v1/individual_appointments", "", {**PLACE, **TIMES, "patient_id": "abc"}, 201),
    ("POST", "/v1/individual_appointments", "", {**PLACE, "starts_at": "2026-03-01 00:00"}, 201),
    ("POST", "/v1/products", "", {"name": "Band", "price": "19.95"}, 201),
    ("POST", "/v1/billable_items", "", {"name": "Visit", "item_type": "Service", "price": 90}, 201),
    ("POST", "/v1/billable_items", "", {"name": "Visit", "item_type": "Service", "price": "abc"}, 201),
    ("POST", "/v1/patient_attachments", "", {"patient_id": "1", "upload_url": "https://a/b c"}, 201),
    ("POST", "/v1/treatment_notes", "", {"patient_id": "1", "title": "t", "draft": False, "content": "text"}, 201),
    ("PATCH", "/v1/individual_appointments/1/cancel", "", {}, 204),
    ("PUT", "/v1/patients/1", "", PATIENT, 200),
    ("GET", "/v1/patients", "per_page=101", None, 200),
    ("GET", "/v1/patients", "q%5B%5D=city%3A%3DPerth", None, 200),
    ("GET", "/v1/patients", "limit=5", None, 200),
    ("GET", "/v1/pets", "", None, 200),
    ("POST", "/v1/patients/1/archive", "", None, 201),
]
WRONG_ANSWERS = [
    ("GET", "/v1/patients/1", {"id": 1}),
    ("GET", "/v1/patients/1", {"id": "1", "created_at": "yesterday"}),
    ("GET", "/v1/patients/1", {"id": "1", "nickname": "x"}),
    ("GET", "/v1/patients/1", None),
    ("GET", "/v1/taxes", {"taxes": [{"rate": "10"}], "total_entries": 1, "links": {}}),
]


def judge_one(document, method, path, query, body, status, answer):
    judge = Judge(document)
    judge.judge({"method": method, "path": path, "query": query, "body": body, "status": status, "answer": answer})
    return judge.problems


def self_test():
    document = Document()
    empty = {200: {}, 201: {}, 204: None}
    missed = [case for case in WRONG if not judge_one(document, *case, empty[case[4]])]
    missed += [case for case in WRONG_ANSWERS if not judge_one(document, *case[:2], "", None, 200, case[2])]
    invented = [(case, problems) for case in RIGHT if (problems := judge_one(document, *case, empty[case[4]]))]
    for case in missed:
        print("not found to be wrong:", case)
    for case, problems in invented:
        print("found to be wrong:", case, problems)
    return 1 if missed or invented else 0


def can_judge():
    return jsonschema is not None and DOCUMENT.exists()


def report(judge):
    for problem in judge.problems[:100]:
        print(problem)
    print(f"{judge.judged} requests of {len(judge.seen)} operations judged, {len(judge.problems)} problems")
    return 1 if judge.problems or not judge.judged else 0


def main(arguments):
    if not can_judge():
        print("skipped: the OpenAPI document or python3-jsonschema is not here")
        return SKIPPED
    if arguments and arguments[0] == "--transcript":
        return report(judge_transcripts(arguments[1:]))
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) != 1:
        print(__doc__)
        return 2
    import openapi_tour  # pylint: disable=import-outside-toplevel

    return openapi_tour.main(pathlib.Path(arguments[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
