"""Functions of at most 60 lines, files of at most 600; with --report also the ten longest of each.

Relies on the project's format: a function body begins with { and ends with } in the first column.

usage: size.py [--report] [PROJECT]
"""
import pathlib
import re
import sys

FUNCTION_LINES = 60
FILE_LINES = 600
SKIPPED = {"build", ".git", ".cache"}


def sources(project):
    for path in sorted(project.rglob("*.[ch]")):
        if not SKIPPED & set(path.relative_to(project).parts[:1]):
            yield path


def functions(lines):
    """Yields (name, first line, number of lines) of each function body."""
    name = ""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and line == "{":
            start = number
        elif start is not None and line == "}":
            yield name, start, number - start + 1
            start = None
        elif start is None and re.match(r"\w.*\b(\w+)\(", line) and not line.rstrip().endswith(";"):
            name = re.match(r"[^(]*\b(\w+)\(", line).group(1)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--report"]
    project = pathlib.Path(arguments[0] if arguments else ".")
    sizes = []
    bodies = []
    for path in sources(project):
        lines = path.read_text(encoding="utf-8").splitlines()
        shown = path.relative_to(project).as_posix()
        sizes.append((len(lines), shown))
        bodies += [(length, f"{shown}:{line} {name}") for name, line, length in functions(lines)]
    if "--report" in sys.argv:
        for title, rows in (("functions", bodies), ("files", sizes)):
            print(f"longest {title}:")
            for length, what in sorted(rows, reverse=True)[:10]:
                print(f"  {length:5} {what}")
    long = [f"{what}: {length} lines, at most {FUNCTION_LINES}" for length, what in bodies if length > FUNCTION_LINES]
    long += [f"{what}: {length} lines, at most {FILE_LINES}" for length, what in sizes if length > FILE_LINES]
    print("\n".join(long + [f"{len(bodies)} functions in {len(sizes)} files, {len(long)} too long"]))
    return 1 if long or not bodies else 0


sys.exit(main())
