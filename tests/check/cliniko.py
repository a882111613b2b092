"""Reads a Cliniko account, or the local one, through its public API. Python's standard library only."""
import base64
import http.client
import json
import ssl
import urllib.parse


class Cliniko:
    """One connection, kept open. `key` is the API key, `ca_file` the authority that signs the server's certificate."""

    def __init__(self, url, key, ca_file=None):
        self.url = urllib.parse.urlsplit(url)
        self.requests = 0
        self.headers = {
            "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
            "User-Agent": "Handover-Check (check@example.com)",
            "Accept": "application/json",
        }
        self.context = ssl.create_default_context(cafile=ca_file) if self.url.scheme == "https" else None
        self.connection = self._connect(self.url)

    def _connect(self, url):
        if url.scheme == "https":
            return http.client.HTTPSConnection(url.netloc, context=self.context, timeout=60)
        return http.client.HTTPConnection(url.netloc, timeout=60)

    def _get(self, path):
        self.requests += 1
        self.connection.request("GET", path, headers=self.headers)
        return self.connection.getresponse()

    def get(self, path):
        answer = self._get(path)
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"GET {path}: status {answer.status}")
        return json.loads(body)

    def download(self, link, sink, size=1 << 20):
        """Writes what a link leads to into `sink`, in pieces. A redirect goes to the store of files, without the key."""
        answer = self._get(self._local(link))
        connection = None
        if answer.status in (301, 302, 303, 307):
            answer.read()
            place = urllib.parse.urlsplit(answer.getheader("Location"))
            connection = self._connect(place)
            connection.request("GET", f"{place.path}?{place.query}")
            answer = connection.getresponse()
        if answer.status != 200:
            answer.read()
            raise SystemExit(f"GET {link}: status {answer.status}")
        while piece := answer.read(size):
            sink(piece)
        if connection:
            connection.close()

    def list(self, collection, *filters):
        """All entries of a list, page by page, following the links as the API says."""
        query = urllib.parse.urlencode([("per_page", "100")] + [("q[]", one) for one in filters])
        path = f"/v1/{collection}?{query}"
        name = collection.split("/")[0]
        entries = []
        while path:
            page = self.get(path)
            entries += page[name]
            total = page["total_entries"]
            path = self._local(page["links"].get("next"))
        if len(entries) != total:
            raise SystemExit(f"{collection}: {len(entries)} entries on all pages, but total_entries is {total}")
        if len({entry["id"] for entry in entries}) != total:
            raise SystemExit(f"{collection}: an id is listed twice")
        return entries

    def _local(self, link):
        if link is None:
            return None
        parts = urllib.parse.urlsplit(link)
        if (parts.scheme, parts.netloc) != (self.url.scheme, self.url.netloc):
            raise SystemExit(f"a link leads to another server: {parts.netloc}")
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


def related_id(entry, name):
    """The id in a relation's link, None when there is none."""
    relation = entry.get(name)
    if not relation:
        return None
    return urllib.parse.urlsplit(relation["links"]["self"]).path.rsplit("/", 1)[1]


ARCHIVED = "archived_at:*"
LISTS = {
    "taxes": (),
    "concession_types": (),
    "product_suppliers": (),
    "products": (ARCHIVED,),
    "billable_items": (ARCHIVED,),
    "contacts": (ARCHIVED,),
    "businesses": (ARCHIVED,),
    "appointment_types": (ARCHIVED,),
    "patients": (ARCHIVED,),
    "medical_alerts": (ARCHIVED,),
    "communications": (ARCHIVED,),
    "unavailable_blocks": (ARCHIVED,),
    "attendees": (ARCHIVED, "cancelled_at:*"),
    "treatment_notes": (ARCHIVED,),
    "patient_attachments": (ARCHIVED,),
    "patient_cases": (ARCHIVED,),
}


def read_account(api):
    """Everything that a transfer may have made, with what is archived and cancelled; "download" is a function that
    writes a file's content, piece by piece, into another; "owner" is whose key this is."""
    account = {name: api.list(name, *filters) for name, filters in LISTS.items()}
    account["practitioners"] = api.list("practitioners") + api.list("practitioners/inactive")
    account["appointments"] = api.list("individual_appointments", ARCHIVED, "cancelled_at:*")
    account["download"] = api.download
    user = api.get("/v1/user")
    account["owner"] = f"{user['first_name']} {user['last_name']}"
    return account
