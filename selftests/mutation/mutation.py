#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Changes the device code in one place after the other: do the tests notice?

Called by `make mutate`. Results are kept below the build folder, so that a run
that was stopped goes on where it was; a change of the device code, of its tests
or of this tool starts anew.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import sys
import time

import ladder
import sites
import survivors

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
LEAST = 95.0        # per cent
FOLDERS = ("firmware", "selftests/lib", "selftests/oracle")
FLAVOURS = ("plain", "sanitized")
# Vector code is left out of the build: it is held against the scalar code.
NOT_CHANGED = ("firmware/tests/", "firmware/fast/")


def copied(tree, folders=FOLDERS):
    """The files that a result depends on."""
    for folder in folders:
        for path in sorted((tree / folder).rglob("*")):
            if path.suffix in (".c", ".h", ".py", ".json", ".mk") and path.is_file():
                yield path.relative_to(tree)


def fingerprint(tree, folders, names):
    digest = hashlib.sha256(json.dumps(names, sort_keys=True).encode())
    for path in copied(tree, folders):
        digest.update(f"{path}\n".encode() + (tree / path).read_bytes())
    return digest.hexdigest()


def snapshot(base):
    """Others may edit and build the real one meanwhile."""
    tree = base / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    for path in copied(TOP):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / path, tree / path)
    return tree


def firmware_files(tree, names):
    headers = [str(p.relative_to(tree)) for p in sorted((tree / "firmware").rglob("*.h"))]
    return [f for f in names["firmware"] + headers if not f.startswith(NOT_CHANGED)]


def find_mutants(tree, names, options):
    found = []
    for path in firmware_files(tree, names):
        if options.file and options.file not in path:
            continue
        found += sites.mutants(path, (tree / path).read_text())
    if options.sample and options.sample < len(found):
        chosen = random.Random(options.seed).sample(range(len(found)), options.sample)
        found = [found[i] for i in sorted(chosen)]
    return found


class Results:
    """What became of each mutant, a line each in a file."""

    def __init__(self, path, digest, options, explained):
        self.path, self.known, self.hints = path, {}, {}
        self.quick = options.quick
        for line in path.read_text().splitlines() if path.exists() else []:
            entry = json.loads(line)
            name = self.name(entry)
            self.hints[name] = entry
            # A mutant may survive the quick tests only, or those of another day.
            survived = entry["status"] == "survived"
            if survived and options.trust and tuple(entry["key"]) in explained:
                self.known[name] = entry
                continue
            if survived and entry["quick"] and not options.quick:
                continue
            if entry["digest"] == digest or (options.keep and not survived):
                self.known[name] = entry
        self.digest = digest

    @staticmethod
    def name(entry):
        return entry["path"], entry["source_hash"], entry["start"], entry["change"]

    def add(self, entry):
        entry["digest"], entry["quick"] = self.digest, self.quick
        self.known[self.name(entry)] = entry
        with open(self.path, "a", encoding="utf-8") as file:
            print(json.dumps(entry), file=file)


# --- in the workers ------------------------------------------------------------

state = {}


def start_worker(base, names, numbers, slow):
    with numbers.get_lock():
        number = numbers.value
        numbers.value += 1
    state["worker"] = ladder.Worker(base, number, names)
    state["texts"] = {}
    state["slow"] = slow


def judge(job):
    mutant, entry, first = job
    worker = state["worker"]
    text = state["texts"].setdefault(mutant.path, (worker.tree / mutant.path).read_text())
    start = time.monotonic()
    entry["status"], entry["by"] = worker.judge(mutant, text, first, state["slow"])
    entry["seconds"] = round(time.monotonic() - start, 2)
    return entry


# --- the run -------------------------------------------------------------------

def entry_of(mutant, hashes):
    return {"path": mutant.path, "source_hash": hashes[mutant.path], "start": mutant.start,
            "line": mutant.line, "key": mutant.key(), "change": mutant.key()[3]}


def once(stamp, digest, make):
    """Makes something unless it was made of the same before."""
    if stamp.exists() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    make()
    stamp.write_text(digest)


def prepare(base, names, options, tree):
    """What does not change with the mutant: cases, objects, answers."""
    def build():
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as jobs:
            for flavour in FLAVOURS:
                ladder.Flavour(tree, flavour, names).build(jobs)

    def prove():
        worker = ladder.Worker(base, 0, names)
        for flavour in FLAVOURS:
            ladder.prove(worker, flavour)

    cases = fingerprint(tree, ["selftests/oracle"], "")
    code = fingerprint(tree, ["firmware", "selftests/lib", "selftests/oracle"], names)
    once(base / "cases-made", cases, lambda: ladder.make_cases(tree, base / "cases"))
    once(base / "built", code, build)
    once(base / "proven", cases + code, prove)


def run(base, names, options, found, results, hashes):
    todo = []
    for mutant in found:
        entry = entry_of(mutant, hashes)
        if Results.name(entry) not in results.known:
            hint = results.hints.get(Results.name(entry), {}).get("by", "")
            todo.append((mutant, entry, full_name(names, hint)))
    # What nothing is known of comes first.
    todo.sort(key=lambda job: Results.name(job[1]) in results.hints)
    print(f"{len(found)} mutants, {len(todo)} to be tried", flush=True)
    if not todo:
        return
    numbers, start = multiprocessing.Value("i", 0), time.monotonic()
    with multiprocessing.Pool(options.jobs, start_worker,
                              (base, names, numbers, not options.quick)) as pool:
        for count, entry in enumerate(pool.imap_unordered(judge, todo), 1):
            results.add(entry)
            if entry["status"] == "survived" or options.verbose:
                print(f"{entry['status']}: {entry['path']}:{entry['line']}: "
                      f"{entry['change']} {entry['by']}", flush=True)
            if count % 200 == 0:
                print(f"... {count} of {len(todo)}, {time.monotonic() - start:.0f} s",
                      flush=True)


def full_name(names, by):
    """A step of the ladder from the name under which it was recorded."""
    step = by.rpartition(" ")[2]
    return next((t for t in names["tests"] if ladder.base_name(t) == step), step)


def report(found, results, hashes, explained, whole):
    entries = [results.known[Results.name(entry_of(m, hashes))] for m in found]
    table = collections.defaultdict(collections.Counter)
    unexplained, used, equivalent = [], set(), 0
    for entry in entries:
        table[entry["path"]][entry["status"]] += 1
        if entry["status"] == "survived":
            key = tuple(entry["key"])
            if key in explained:
                used.add(key)
                equivalent += explained[key]
                table[entry["path"]]["explained"] += 1
            else:
                unexplained.append(entry)
    print(f"\n{'file':42}{'mutants':>8}{'caught':>8}{'explained':>11}{'other':>7}")
    total = collections.Counter()
    for path, counts in table.items():
        total += counts
        print_row(path, counts)
    print_row("all", total)
    for entry in unexplained:
        print(f"unexplained: {entry['path']}:{entry['line']}: {entry['key'][1]}: "
              f"{entry['key'][2]}\n    {entry['change']}")
    stale = sorted(set(explained) - used) if whole else []
    for key in stale:
        print(f"explained, but no survivor: {': '.join(key)}")
    counted = total["caught"] + total["survived"]
    share = percentage(total["caught"], counted)
    print(f"caught {total['caught']} of {counted} ({share:.1f} %), survivors: "
          f"{total['explained']} explained, {len(unexplained)} not; "
          f"left out: {total['equivalent']} that compile to the same code, "
          f"{total['invalid']} that do not compile")
    print(f"without the {equivalent} that are explained as equivalent: "
          f"{total['caught']} of {counted - equivalent} "
          f"({percentage(total['caught'], counted - equivalent):.1f} %)")
    return 1 if share < LEAST or unexplained or stale else 0


def percentage(part, whole):
    return 100 * part / whole if whole else 100


def print_row(name, counts):
    other = counts["survived"] - counts["explained"]
    print(f"{name:42}{counts['caught'] + counts['survived']:8}{counts['caught']:8}"
          f"{counts['explained']:11}{other:7}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--firmware", nargs="+", required=True, help="the device code")
    parser.add_argument("--tests", nargs="+", required=True, help="programs that test it")
    parser.add_argument("--shared", nargs="+", required=True, help="what they share")
    parser.add_argument("--file", help="only files whose path has this in it")
    parser.add_argument("--sample", type=int, help="only so many mutants, at random")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--quick", action="store_true", help="without slow tests and sanitizers")
    parser.add_argument("--keep", action="store_true",
                        help="what was caught once is caught, though tests have changed")
    parser.add_argument("--trust", action="store_true",
                        help="survivors that are explained are not tried again")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    names = {"firmware": options.firmware, "tests": options.tests, "shared": options.shared}
    base = options.build.resolve()
    base.mkdir(parents=True, exist_ok=True)
    try:
        explained = survivors.read(HERE / "survivors.txt")
        tree = snapshot(base)
        digest = fingerprint(tree, FOLDERS, names)
        start = time.monotonic()
        prepare(base, names, options, tree)
        print(f"built and proven in {time.monotonic() - start:.0f} s", flush=True)
    except (ladder.Trouble, survivors.Malformed) as trouble:
        print(f"mutation: {trouble}", file=sys.stderr)
        return 2
    found = find_mutants(tree, names, options)
    hashes = {path: hashlib.sha256((tree / path).read_bytes()).hexdigest()[:16]
              for path in firmware_files(tree, names)}
    tool = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(HERE.glob("*.py"))))
    results = Results(base / "results.jsonl", digest + tool.hexdigest(), options, explained)
    run(base, names, options, found, results, hashes)
    return report(found, results, hashes, explained,
                  not options.file and not options.sample)


if __name__ == "__main__":
    sys.exit(main())
