"""Rules that no compiler checks: which library, which language, which path may stand in which folder.

usage: rules.py PROJECT | rules.py --self-test
"""
import pathlib
import re
import sys
import tempfile

CODE = ("base", "model", "proto", "db", "source", "cliniko", "document", "sandbox", "coordinator", "workers", "cli")

# A string literal that begins with a statement of SQL.
SQL = r'"\s*(?i:select\s.+|insert\s+into\s.+|update\s+\w+\s+set\s.+|delete\s+from\s.+|create\s+(?:table|index)\s.+' \
      r'|alter\s+table\s.+|lock\s+table\s.+)'

# (what is forbidden, regular expression, folders or files where it may stand)
RULES = [
    ("an include with ..", r'^\s*#\s*include\s+"\.\.', ()),
    ("SQL outside db/ and the live source", SQL, ("db/", "source/tds")),
    ("libpq outside db/", r'#\s*include\s+[<"](?:postgresql/)?libpq', ("db/",)),
    ("czmq outside proto/ and the loop", r'#\s*include\s+<(?:c?zmq|z(?!lib\b)[a-z]+)\.h>', ("proto/", "base/loop.c")),
    ("curl outside cliniko/", r'#\s*include\s+<curl/', ("cliniko/",)),
    ("hiredis outside cliniko/", r'#\s*include\s+<hiredis/', ("cliniko/",)),
    ("cJSON outside base/json.c", r'#\s*include\s+[<"](?:cjson/)?cJSON', ("base/json.c",)),
    ("microhttpd outside sandbox/", r'#\s*include\s+<microhttpd', ("sandbox/",)),
    ("libarchive outside source/ and document/", r'#\s*include\s+<archive', ("source/", "document/", "sandbox/clinic/")),
    ("libxml2 outside document/ and cliniko/", r'#\s*include\s+<libxml/', ("document/", "cliniko/")),
    ("cairo, pango or a picture library outside document/", r'#\s*include\s+<(?:cairo|pango|gdk-pixbuf|tiffio|jpeglib)',
     ("document/", "sandbox/clinic/")),
    ("FreeTDS outside the live source", r'#\s*include\s+<(?:sybdb|sybfront|ctpublic)', ("source/tds",)),
    ("code under #if 0", r'^\s*#\s*if\s+0\b', ()),
    ("a note to do later", r'\b(?:TODO|FIXME|XXX)\b', ()),
]


def files(project):
    for folder in CODE:
        for path in sorted((project / folder).rglob("*.[ch]")):
            yield path.relative_to(project).as_posix(), path


def violations(project):
    seen = 0
    found = []
    for name, path in files(project):
        seen += 1
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for what, pattern, allowed in RULES:
                if re.search(pattern, line) and not name.startswith(allowed or ("\0",)):
                    found.append(f"{name}:{number}: {what}: {line.strip()}")
    return seen, found


PLANTED = [
    '#include "../base/text.h"',
    'const char *query = "select id from record";',
    '#include <libpq-fe.h>',
    '#include <czmq.h>',
    '#include <curl/curl.h>',
    '#include <hiredis/hiredis.h>',
    '#include <cjson/cJSON.h>',
    '#include <microhttpd.h>',
    '#include <archive.h>',
    '#include <libxml/xmlreader.h>',
    '#include <cairo.h>',
    '#include <sybdb.h>',
    '#if 0',
    '/* TODO later */',
]


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder)
        (project / "model").mkdir()
        (project / "model/bad.c").write_text("\n".join(PLANTED) + "\n", encoding="utf-8")
        (project / "db").mkdir()
        (project / "db/good.c").write_text('#include <libpq-fe.h>\nstatic const char s[] = "select 1";\n')
        found = violations(project)[1]
    caught = {line.split(":")[1] for line in found if line.startswith("model/bad.c")}
    missed = [text for number, text in enumerate(PLANTED, 1) if str(number) not in caught]
    wrong = [line for line in found if not line.startswith("model/bad.c")]
    for line in missed:
        print(f"not caught: {line}")
    for line in wrong:
        print(f"caught though it is allowed: {line}")
    print(f"{len(caught)} of {len(PLANTED)} planted lines caught")
    return 1 if missed or wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    seen, found = violations(pathlib.Path(sys.argv[1]))
    print("\n".join(found))
    print(f"{seen} files, {len(found)} against the rules")
    return 1 if found or seen == 0 else 0


sys.exit(main())
