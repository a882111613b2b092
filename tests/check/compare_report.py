"""What the parts of the comparison share: records as dictionaries of fields, and how differences are found and told."""
import collections
import re

MOST_SHOWN = 20
MARKER = re.compile(r"\s*\[(FD-[A-Za-z0-9/_.-]+)\]$")

Record = collections.namedtuple("Record", "group label fields")
Record.__doc__ = """`group`: only records of one group can be the same; `label`: what it is, for people; `fields`: in the form
of the API, where a wanted value may be a rule, an object that knows what it is equal to."""


def line_of(value):
    """On one line, without blanks at the ends; None for nothing."""
    return " ".join((value or "").split()) or None


def text_of(value):
    """A text of several lines, with plain line ends; None for nothing but white space."""
    return (value or "").replace("\r\n", "\n").replace("\r", "\n").strip() or None


def joined(parts, separator):
    return separator.join(part for part in parts if part) or None


class Holds:
    """A text that is not spelled out in full: it begins with `start` and then holds each of `parts`, in any order. With
    neither there is no text. What is among `without` alone must not be in it."""

    def __init__(self, start, parts, without=()):
        self.start = start or ""
        self.parts = [part for part in parts if part]
        self.without = [part for part in without if part not in self.parts]

    def __eq__(self, other):
        text = text_of(other) or ""
        if any(part in text for part in self.without):
            return False
        if not self.parts:
            return text == self.start
        rest = text[len(self.start):]
        return text.startswith(self.start) and all(text_of(part) in rest for part in self.parts)

    def __repr__(self):
        return repr(self.start) + "".join(f" … {part!r}" for part in self.parts)


class AnyOf:
    """One of several values; what there is more than one good answer to."""

    def __init__(self, *values):
        self.values = values

    def __eq__(self, other):
        return any(value == other for value in self.values)

    def __repr__(self):
        return " or ".join(map(repr, self.values))


def take_marker(text):
    """(text without the marker at its end, marker or None)"""
    text = text or ""
    match = MARKER.search(text)
    return (text[:match.start()].strip() or None, match.group(1)) if match else (text.strip() or None, None)


class Differences:
    """Counts what was compared and what was different, and shows the first of them."""

    def __init__(self):
        self.count = 0
        self.fields = 0

    def add(self, text):
        self.count += 1
        if self.count <= MOST_SHOWN:
            print(f"  DIFFERENT {text}")

    def value(self, what, field, got, want):
        # `want` stands first: it may be a rule rather than a plain value.
        self.fields += 1
        if not want == got:
            self.add(f"{what}: {field}: got {shorten(got)}, want {shorten(want)}")

    def records(self, expected, found):
        """Each record that is expected is found once, with these fields; and nothing else is."""
        groups = collections.defaultdict(lambda: ([], []))
        for record in expected:
            groups[record.group][0].append(record)
        for record in found:
            groups[record.group][1].append(record)
        for wanted, got in groups.values():
            self._group(wanted, got)

    def _group(self, wanted, got):
        left = []
        for want in wanted:
            same = next((one for one in got if alike(want, one) == len(want.fields)), None)
            if same is None:
                left.append(want)
            else:
                self.fields += len(want.fields)
                got.remove(same)
        for want in left:
            nearest = max(got, key=lambda one, want=want: alike(want, one), default=None)
            if nearest is None:
                self.add(f"{want.label}: is not in Cliniko")
                continue
            got.remove(nearest)
            for name, value in want.fields.items():
                self.value(want.label, name, nearest.fields.get(name), value)
        for one in got:
            self.add(f"{one.label}: is in Cliniko, and should not be")

    def markers(self, what, entries):
        """Each record carries a marker of its own."""
        seen = collections.Counter(marker for _, marker in entries)
        for label, marker in entries:
            if marker is None:
                self.add(f"{what} {label}: there is no marker at its end")
        for marker, times in seen.items():
            if marker is not None and times > 1:
                self.add(f"{what}: the marker {marker} stands at {times} of them")


def alike(want, got):
    return sum(bool(value == got.fields.get(name)) for name, value in want.fields.items())


def shorten(value):
    text = repr(value)
    return text if len(text) <= 160 else text[:80] + " … " + text[-70:]
