# SPDX-License-Identifier: MIT
"""Builds the device code with a mutant, and runs the tests of `make check` on it.

The device code is a shared library here, so that the tests are linked once. They
come in an order of their own: what takes little time first, then the same with
sanitizers for what is left.
"""
import os
import pathlib
import shutil
import subprocess
import sys

CFLAGS = ["-std=c11", "-w", "-D_GNU_SOURCE", "-fPIC", "-fno-semantic-interposition",
          "-I.", "-iquote", "firmware", "-MMD"]
# Compiled without optimization, a mutant is tried sooner.
QUICK, OPTIMIZED = "-O0", "-O2"
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
LIBRARY = "libmutant.so"
# What the tests of `make check` compare: kind, seed and number of cases.
PLAIN_CASES = [("valid", "check", 3000), ("mutant", "check", 2000)]
SANITIZED_CASES = [("valid", "sanitized", 300), ("mutant", "sanitized", 300)]
BATCH = 500
CPU_SECONDS = {"plain": 6, "sanitized": 60}


class Trouble(Exception):
    """The unchanged tree does not build, or does not pass its tests."""


def run(command, folder, seconds, stdin=None, library=None):
    """Exit status and output; a hang has a status like any other death."""
    environment = dict(os.environ, CMOCKA_TEST_ABORT="1", LC_ALL="C")
    if library:
        environment["LD_LIBRARY_PATH"] = str(library)
    limited = ["/bin/sh", "-c", 'ulimit -t "$0"; ulimit -c 0; exec "$@"', str(seconds)]
    try:
        done = subprocess.run(limited + command, cwd=folder,
                              stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False,
                              timeout=40 * seconds, env=environment)
    except subprocess.TimeoutExpired:
        return -1, b""
    return done.returncode, done.stdout


class Flavour:
    """Plain, or with sanitizers: objects and programs of the unchanged tree."""

    def __init__(self, tree, name, names):
        self.tree, self.name = tree, name
        self.out = tree.parent / name
        self.flags = CFLAGS + (SANITIZE if name == "sanitized" else [])
        self.firmware = names["firmware"]
        self.shared = names["shared"]
        self.tests = names["tests"]
        self.replay = "selftests/oracle/run_programs.c"

    def object(self, source, out=None):
        return (out or self.out) / source.replace("/", "_").replace(".c", ".o")

    def compile(self, source, out, folder=None, level=OPTIMIZED):
        flags = self.flags + [level] + (["-ffreestanding"] if source in self.firmware else [])
        command = ["gcc", *flags, "-c", source, "-o", str(self.object(source, out))]
        return run(command, folder or self.tree, 120)[0] == 0

    def link_library(self, out, changed):
        objects = [self.object(s, out if s in changed else None) for s in self.firmware]
        return self.link(["-shared", "-Wl,-Bsymbolic", *map(str, objects)], out / LIBRARY)

    def link(self, arguments, target):
        sanitize = SANITIZE if self.name == "sanitized" else []
        return run(["gcc", *sanitize, *arguments, "-o", str(target)], self.tree, 120)[0] == 0

    def programs(self):
        return [*self.tests, self.replay]

    def program(self, source, out=None):
        return (out or self.out) / pathlib.PurePath(source).stem

    def link_program(self, source, out, changed):
        """A program of the tests, whose library is found when it runs."""
        parts = [source] + (self.shared if source in self.tests else [])
        objects = [str(self.object(p, out if p in changed else None)) for p in parts]
        libraries = [f"-L{self.out}", "-lmutant"]
        if source in self.tests:
            libraries += ["-lcmocka", "-lm"]
        return self.link(objects + libraries, self.program(source, out))

    def build(self, jobs):
        """Everything unchanged."""
        self.out.mkdir(parents=True, exist_ok=True)
        sources = [*self.firmware, *self.shared, *self.programs()]
        good = all(jobs.map(lambda s: self.compile(s, self.out), sources))
        good = good and self.link_library(self.out, ())
        if not good or not all(jobs.map(lambda s: self.link_program(s, self.out, ()),
                                        self.programs())):
            raise Trouble(f"the unchanged sources do not build ({self.name})")

    def users(self, path):
        """The sources whose objects depend on a file."""
        if path.endswith(".c"):
            return [path]
        found = []
        for source in [*self.firmware, *self.shared, *self.programs()]:
            text = self.object(source).with_suffix(".d").read_text()
            if path in [os.path.normpath(word) for word in text.split()]:
                found.append(source)
        return found


# --- the cases of the oracle ---------------------------------------------------

def oracle_modules(tree):
    """The oracle's Python, imported when it is needed: it wants numpy."""
    folder = str(tree / "selftests/oracle")
    if folder not in sys.path:
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def make_cases(tree, folder):
    """A file of cases for each batch, the conformance vectors first."""
    oracle_modules(tree)
    import json
    import device
    import oracle
    import vectors

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    paths = sorted((tree / "selftests/oracle/vectors").glob("*.json"))
    cases = [vectors.expected(json.loads(path.read_text()))[0] for path in paths]
    (folder / "vectors").write_bytes(b"".join(device.pack_case(*c) for c in cases))
    for kind, seed, count in PLAIN_CASES + SANITIZED_CASES:
        for first in range(0, count, BATCH):
            numbers = range(first, min(first + BATCH, count))
            cases = [oracle.make(kind, seed, number) for number in numbers]
            path = folder / f"{kind}-{seed}-{first}"
            path.write_bytes(b"".join(device.pack_case(*c) for c in cases))


def batches(flavour):
    wanted = PLAIN_CASES if flavour == "plain" else SANITIZED_CASES
    return ["vectors"] + [f"{kind}-{seed}-{first}" for kind, seed, count in wanted
                          for first in range(0, count, BATCH)]


def read_cases(data):
    import device
    at, cases = 0, []
    while at < len(data):
        _, size, count, _ = device.struct.unpack_from("<4I", data, at)
        sizes = device.struct.unpack_from(f"<{count}Q", data, at + 16)
        end = at + 16 + 8 * count + size + sum(sizes)
        cases.append(device.unpack_case(data[at:end]))
        at = end
    return cases


def same(a, b):
    return vars(a) == vars(b)


def oracle_objects(tree, batch, cases, before, after):
    """Does the oracle say that one of these answers is wrong?"""
    oracle_modules(tree)
    import device

    cases = read_cases(cases)
    old, new = device.Reader(before, cases), device.Reader(after, cases)
    for case in cases:
        try:
            was, now = old.answer(case), new.answer(case)
        except (EOFError, UnicodeDecodeError, device.struct.error):
            return True
        if same(was, now):
            continue
        if not was.rule or not now.rule:
            return True
        # Refused in another way: a program can break several rules.
        import oracle
        if batch == "vectors":
            if (was.rule, was.cmd) != (now.rule, now.cmd):
                return True
        elif oracle.compare(case, now):
            return True
    return False


# --- a mutant ------------------------------------------------------------------

class Worker:
    """A copy of the tree to change, and the objects that result."""

    def __init__(self, base, number, names):
        self.base = base
        self.tree = base / f"worker{number}" / "tree"
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.copytree(base / "tree", self.tree)
        self.flavours = {name: Flavour(base / "tree", name, names)
                         for name in ("plain", "sanitized")}
        self.out = base / f"worker{number}" / "out"
        self.expected = {}
        self.last = {}

    def steps(self, name):
        """Tests and batches of cases in the order that they are tried."""
        flavour = self.flavours[name]
        quick = [t for t in flavour.tests if base_name(t) not in LATER + SLOW]
        later, slow = ([t for n in names for t in flavour.tests if base_name(t) == n]
                       for names in (LATER, SLOW))
        return quick + batches(name) + later + (slow if name == "sanitized" else [])

    def answer(self, name, batch, out, changed):
        flavour = self.flavours[name]
        program = flavour.program(flavour.replay, out if changed else None)
        with open(self.base / "cases" / batch, "rb") as cases:
            return run([str(program)], self.tree, CPU_SECONDS[name], cases, out)

    def expect(self, batch):
        if batch not in self.expected:
            path = self.base / "expected" / batch
            self.expected[batch] = path.read_bytes()
        return self.expected[batch]

    def step_fails(self, name, step, changed):
        flavour = self.flavours[name]
        if step in flavour.tests:
            own = changed & {step, *flavour.shared}
            program = flavour.program(step, self.out if own else None)
            return run([str(program)], self.tree, CPU_SECONDS[name], None, self.out)[0] != 0
        status, output = self.answer(name, step, self.out, flavour.replay in changed)
        if status:
            return True
        before = self.expect(step)
        return output != before and oracle_objects(
            self.base / "tree", step, (self.base / "cases" / step).read_bytes(), before,
            output)

    def build(self, name, changed, level):
        """Objects, library and programs that differ; "invalid" if there are none."""
        flavour = self.flavours[name]
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        return all(flavour.compile(source, self.out, self.tree, level)
                   for source in sorted(changed)) and self.link(name, changed)

    def same_code(self, changed):
        """Does the compiler make the same of the mutant as of the original?"""
        flavour, out = self.flavours["plain"], self.out / "optimized"
        out.mkdir()
        return all(flavour.compile(source, out, self.tree) and
                   flavour.object(source).read_bytes() == flavour.object(source, out).read_bytes()
                   for source in changed)

    def link(self, name, changed):
        flavour = self.flavours[name]
        programs = [p for p in flavour.programs()
                    if changed & {p, *(flavour.shared if p in flavour.tests else ())}]
        return flavour.link_library(self.out, changed) and all(
            flavour.link_program(p, self.out, changed) for p in programs)

    def climb(self, name, changed, steps):
        """The first step that notices, or None."""
        return next((s for s in steps if self.step_fails(name, s, changed)), None)

    def judge(self, mutant, text, first=None, slow=True):
        """What becomes of a mutant: a word, and the test that noticed it."""
        path = self.tree / mutant.path
        path.write_text(mutant.apply(text))
        try:
            return self.verdict(mutant, first, slow)
        finally:
            path.write_text(text)

    def verdict(self, mutant, first, slow):
        changed = set(self.flavours["plain"].users(mutant.path))
        if not self.build("plain", changed, QUICK):
            return "invalid", "compiler"
        steps = self.steps("plain")
        later = [s for s in steps if base_name(s) in LATER and s != first]
        steps = [s for s in steps if s not in later]
        # What noticed it before, or else the last one in the same file.
        steps.sort(key=lambda s: s not in (first, self.last.get(mutant.path)))
        noticed = self.climb("plain", changed, steps)
        if not noticed and self.same_code(changed):
            return "equivalent", "compiler"
        if slow and not noticed:
            noticed = self.climb("plain", changed, later)
        if noticed:
            self.last[mutant.path] = noticed
            return "caught", f"plain {base_name(noticed)}"
        if slow:
            if not self.build("sanitized", changed, OPTIMIZED):
                return "invalid", "compiler"
            steps = sorted(self.steps("sanitized"), key=lambda s: s != first)
            noticed = self.climb("sanitized", changed, steps)
        return ("caught", f"sanitized {base_name(noticed)}") if noticed else ("survived", "")


# Tests that take long come last, those that take longest only with sanitizers,
# which see all that a plain program does.
LATER = ["test_stop", "test_run"]
SLOW = ["test_extremes", "test_fuzz", "test_layers"]


def base_name(step):
    return pathlib.PurePath(step).stem


def prove(worker, name):
    """The unchanged tree passes everything; keeps what it answers."""
    worker.out.mkdir(parents=True, exist_ok=True)
    flavour = worker.flavours[name]
    shutil.copy(flavour.out / LIBRARY, worker.out)
    for step in worker.steps(name):
        if step not in flavour.tests:
            status, output = worker.answer(name, step, worker.out, False)
            path = worker.base / "expected" / step
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(output)
            failed = status != 0 or oracle_differs(worker, step, output)
        else:
            failed = worker.step_fails(name, step, set())
        if failed:
            raise Trouble(f"the unchanged device code fails {base_name(step)} ({name})")


def oracle_differs(worker, step, output):
    """The answers that the mutants are held against are the oracle's own."""
    oracle_modules(worker.base / "tree")
    import device
    import oracle

    cases = read_cases((worker.base / "cases" / step).read_bytes())
    reader = device.Reader(output, cases)
    return any(oracle.compare(case, reader.answer(case)) for case in cases)
