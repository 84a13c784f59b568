# SPDX-License-Identifier: MIT
"""What can be changed in a C source: one mutant for each place and operator."""
import re

import tokens as lex

NEIGHBOURS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
              "==": ("!=",), "!=": ("==",)}
BINARY = {"+": "-", "-": "+", "*": "+", "/": "*", "%": "/", "<<": ">>", ">>": "<<",
          "&": "|", "|": "&", "^": "&", "&&": "||", "||": "&&"}
UPDATES = {"+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=", "|=": "&=", "&=": "|=",
           "<<=": ">>=", ">>=": "<<=", "++": "--", "--": "++"}
# What ends an operand of && and of ||, or the condition of ?:, at its depth.
WEAKER = {"=", ",", ";", "?", ":", "return", *UPDATES} - {"++", "--"}
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*$")


class Mutant:
    def __init__(self, path, text, start, end, new, change):
        self.path, self.start, self.end, self.new = path, start, end, new
        self.line = text.count("\n", 0, start) + 1
        self.source = text.splitlines()[self.line - 1].strip()
        self.change = " ".join(change.split())
        self.function = "(file)"
        self.place = 1          # of as many equal changes in the line

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]

    def key(self):
        """What names it for longer than its line number would."""
        return (self.path, self.function, self.source,
                self.change + (f" #{self.place}" if self.place > 1 else ""))


class Source:
    """A file and its mutants, in the order of the file."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.tokens = lex.tokenize(text)
        self.mutants = []
        self.functions = []     # (first token, last token, name)
        self.skipped = self.find_skipped()
        self.find_functions()
        for index in range(len(self.tokens)):
            if index not in self.skipped:
                self.token(index)
        for first, last, _ in self.functions:
            self.statements(first + 1, last)
        self.name_all()

    # --- the parts of the file -------------------------------------------------

    def at(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def find_skipped(self):
        """Types, attributes, assertions, sizes of arrays and labels of tables."""
        skipped = set()
        for index, token in enumerate(self.tokens):
            if token.match is None or token.match < index:
                continue
            before = self.at(index - 1)
            if token.text == "{":
                record = {before, self.at(index - 2)} & {"struct", "union", "enum"}
            elif token.text == "(":
                record = before in ("_Static_assert", "__attribute__")
            else:
                record = before in ("{", ",") or self.declares(index)
            if record:
                skipped.update(range(index, token.match + 1))
        return skipped

    def declares(self, index):
        """Is the [ at @index after a name that is being declared?"""
        while self.at(index - 1) == "]":
            index = self.tokens[index - 1].match
        before = self.at(index - 2)
        return self.is_type(index - 2) or before == "*" and self.is_type(index - 3) or (
            before == "," and self.statement_declares(index))

    def statement_declares(self, index):
        while index >= 0 and self.at(index) not in (";", "{", "}", "("):
            index -= 1
        return self.at(index + 1) in lex.TYPES

    def find_functions(self):
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.text == "{":
                if self.at(index - 1) == ")" and not token.macro and index not in self.skipped:
                    name = self.at(self.tokens[index - 1].match - 1)
                    self.functions.append((index, token.match, name))
                index = token.match
            index += 1

    def name_all(self):
        self.mutants.sort(key=lambda m: (m.start, m.end))
        counts = {}
        for mutant in self.mutants:
            for first, last, name in self.functions:
                if self.tokens[first].start < mutant.start < self.tokens[last].end:
                    mutant.function = name
            where = (mutant.line, mutant.change)
            counts[where] = mutant.place = counts.get(where, 0) + 1

    def add(self, first, last, new, change):
        """Replace the tokens from @first to @last."""
        self.mutants.append(Mutant(self.path, self.text, self.tokens[first].start,
                                   self.tokens[last].end, new, change))

    def words(self, first, last):
        return self.text[self.tokens[first].start:self.tokens[last].end]

    # --- single tokens ---------------------------------------------------------

    def is_type(self, index):
        """Does the token at @index end the name of a type?"""
        return self.at(index) in lex.TYPES or self.at(index - 1) in ("struct", "enum")

    def is_cast(self, index):
        """Is the ) at @index the end of a cast?"""
        first = self.tokens[index].match + 1
        last = index - 1
        while self.at(last) == "*":
            last -= 1
        return self.at(first) in lex.TYPES and self.is_type(last) and \
            self.at(first - 2) != "sizeof"

    def is_binary(self, index):
        before = self.tokens[index - 1]
        if before.text == ")":
            return not self.is_cast(index - 1)
        if before.kind == "name":
            return not self.is_type(index - 1) and before.text not in ("return", "case")
        return before.kind == "number" or before.text == "]"

    def token(self, index):
        token = self.tokens[index]
        if token.kind == "number":
            self.number(index)
        elif token.kind == "name":
            self.constant(index)
        elif token.text in NEIGHBOURS:
            for new in NEIGHBOURS[token.text]:
                self.add(index, index, new, f"{token.text} -> {new}")
        elif token.text in UPDATES:
            self.update(index)
        elif token.text in BINARY and self.is_binary(index):
            new = BINARY[token.text]
            self.add(index, index, new, f"{token.text} -> {new}")
        elif token.text in ("-", "~", "!") and self.at(index - 1) != "return":
            self.add(index, index, " ", f"{token.text}{self.at(index + 1)} -> without {token.text}")

    def update(self, index):
        text = self.at(index)
        self.add(index, index, UPDATES[text], f"{text} -> {UPDATES[text]}")
        # Alone, it is a statement that is left out as a whole.
        if text in ("++", "--") and self.at(index + 1) not in (";", ")", ",") or (
                text in ("++", "--") and self.at(index - 1) in ("*", "(")):
            self.add(index, index, " ", f"{text} -> nothing")

    def number(self, index):
        """n + 1, n - 1 and 0. What a function returns is 0, or is not."""
        text = self.at(index)
        digits = text.rstrip("uUlL")
        value, suffix = int(digits, 0), text[len(digits):]
        if self.at(index - 1) == "return" and self.at(index + 1) == ";":
            values = [0 if value else 1]
        elif self.at(index - 1) == "-" and self.at(index - 2) == "return":
            values = [0]
        elif self.at(index - 1) == "-" and not self.is_binary(index - 1):
            values = [value + 1, value - 1]
        else:
            values = [value + 1, value - 1] + [0] * (value > 1)
        for new in values:
            shown = f"{new}{suffix}" if new >= 0 else f"({new})"
            self.add(index, index, shown, f"{text} -> {shown}")

    def constant(self, index):
        """A macro or an enumerator that stands for a number, one more or less."""
        text = self.at(index)
        if not CONSTANT.match(text) or self.at(index + 1) == "(" or text == "NULL":
            return
        for new in (f"({text} + 1)", f"({text} - 1)"):
            self.add(index, index, new, f"{text} -> {new}")

    # --- expressions -----------------------------------------------------------

    def operand(self, index, step, enders):
        """The last token of the operand that starts beside @index, going @step."""
        index += step
        closers = lex.CLOSE if step > 0 else set(lex.OPEN)
        while self.at(index + step) not in enders and self.at(index) not in enders:
            here = self.tokens[index]
            if here.match is not None and (here.match - index) * step > 0:
                index = here.match
            if self.at(index + step) in closers | enders or self.at(index + step) == "":
                return index
            index += step
        return index

    def operands(self, first, last):
        """Each operand of && and || between two tokens, as if it were not there."""
        for index in range(first, last + 1):
            text = self.at(index)
            if text not in ("&&", "||"):
                continue
            enders = WEAKER | {"||"} | ({"&&"} if text == "&&" else set())
            new = "0" if text == "||" else "1"
            join = "&& 0" if text == "||" else "|| 1"
            sides = [(index + 1, self.operand(index, 1, enders))]
            start = self.operand(index, -1, enders)
            if self.at(start - 1) != text:
                sides.append((start, index - 1))
            for a, b in sides:
                words = self.words(a, b)
                self.add(a, b, f"(({words}) {join})", f"{words} -> {new}")

    def choices(self, first, last):
        """The condition of each ?: between two tokens, always and never."""
        for index in range(first, last + 1):
            if self.at(index) != "?":
                continue
            start = self.operand(index, -1, WEAKER)
            words = self.words(start, index - 1)
            for new, join in ((0, "&& 0"), (1, "|| 1")):
                self.add(start, index - 1, f"(({words}) {join})", f"{words} -> {new}")

    def condition(self, first, last, values):
        words = self.words(first, last)
        for new in values:
            join = "|| 1" if new else "&& 0"
            self.add(first, last, f"({words}) {join}", f"{words} -> {new}")

    def expression(self, first, last):
        self.operands(first, last)
        self.choices(first, last)

    # --- statements ------------------------------------------------------------

    def end_of(self, index):
        """The ; of a statement."""
        while self.at(index) != ";":
            match = self.tokens[index].match
            index = (match if match is not None else index) + 1
        return index

    def statements(self, index, last):
        while index < last:
            index = self.statement(index)

    def statement(self, index):
        """Changes of one statement; returns where the next one is."""
        text = self.at(index)
        if text == "{":
            self.statements(index + 1, self.tokens[index].match)
            return self.tokens[index].match + 1
        if text in ("if", "while", "for", "switch"):
            return self.head(index, text)
        if text in ("else", "do"):
            return self.statement(index + 1)
        if text in ("case", "default"):
            while self.at(index) != ":":
                index += 1
            return index + 1
        end = self.end_of(index)
        if end > index:
            self.expression(index, end - 1)
            if text not in lex.TYPES and text != "return":
                words = self.words(index, end)
                self.add(index, end, ";", f"{words} -> left out")
        return end + 1

    def head(self, index, text):
        last = self.tokens[index + 1].match
        first = index + 2
        if text == "for":
            first = self.end_of(first) + 1
            self.expression(index + 2, first - 2)
            middle = self.end_of(first)
            if middle > first:
                self.condition(first, middle - 1, (0,))
            self.expression(first, last - 1)
            return self.statement(last + 1)
        self.expression(first, last - 1)
        if text != "switch":
            self.condition(first, last - 1, (0, 1) if text == "if" else (0,))
        return self.statement(last + 1)


def mutants(path, text):
    """All mutants of a file, without those that say the same twice."""
    seen, result = set(), []
    for mutant in Source(path, text).mutants:
        changed = mutant.apply(text)
        if changed not in seen and changed != text:
            seen.add(changed)
            result.append(mutant)
    return result
