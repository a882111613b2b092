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
        if self.url.scheme == "https":
            context = ssl.create_default_context(cafile=ca_file)
            self.connection = http.client.HTTPSConnection(self.url.netloc, context=context, timeout=60)
        else:
            self.connection = http.client.HTTPConnection(self.url.netloc, timeout=60)

    def get(self, path):
        self.requests += 1
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"GET {path}: status {answer.status}")
        return json.loads(body)

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
        return f"{parts.path}?{parts.query}"


def related_id(entry, name):
    """The id in a relation's link, None when there is none."""
    relation = entry.get(name)
    if not relation:
        return None
    return urllib.parse.urlsplit(relation["links"]["self"]).path.rsplit("/", 1)[1]


def read_account(api):
    """Everything that a transfer may have made, with what is archived and cancelled."""
    return {
        "businesses": api.list("businesses", "archived_at:*"),
        "practitioners": api.list("practitioners") + api.list("practitioners/inactive"),
        "appointment_types": api.list("appointment_types", "archived_at:*"),
        "patients": api.list("patients", "archived_at:*"),
        "appointments": api.list("individual_appointments", "archived_at:*", "cancelled_at:*"),
        "attendees": api.list("attendees", "archived_at:*", "cancelled_at:*"),
    }
