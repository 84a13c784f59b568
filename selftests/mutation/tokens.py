# SPDX-License-Identifier: MIT
"""The tokens of a C source, and where they are: as much of C as firmware/ uses."""
import re

TOKEN = re.compile(r"""
    (?P<space>\s+|\\\n)
  | (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|[0-9]+[uUlL]*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\S)
""", re.X | re.S)

# Object-like macros with a value, and those with parameters.
DEFINE = re.compile(r"#\s*define\s+\w+(\([^)]*\))?")
TYPES = {"void", "char", "short", "int", "long", "signed", "unsigned", "s8", "u8", "s16",
         "u16", "s32", "u32", "s64", "u64", "size_t", "const", "volatile", "static",
         "inline", "struct", "enum", "union"}
OPEN, CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}


class Token:
    __slots__ = ("kind", "text", "start", "end", "match", "macro")

    def __init__(self, kind, text, start):
        self.kind, self.text, self.start, self.end = kind, text, start, start + len(text)
        self.match = None       # index of the other bracket of a pair
        self.macro = False      # in the value of a #define


def split(text, start, end, macro, tokens):
    at = start
    while at < end:
        found = TOKEN.match(text, at, end)
        if found.lastgroup not in ("space", "comment"):
            token = Token(found.lastgroup, found[0], at)
            token.macro = macro
            tokens.append(token)
        at = found.end()


def directives(text):
    """Where preprocessor lines start and end, with what continues them."""
    comments = [m.span() for m in re.finditer(r"/\*.*?\*/", text, re.S)]
    for found in re.finditer(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", text, re.M):
        if not any(a < found.start() < b for a, b in comments):
            yield found.span()


def tokenize(text):
    """All tokens but those of preprocessor lines that have no value."""
    tokens, at = [], 0
    for start, end in directives(text):
        split(text, at, start, False, tokens)
        define = DEFINE.match(text, start, end)
        if define:
            split(text, define.end(), end, True, tokens)
        at = end
    split(text, at, len(text), False, tokens)
    stack = []
    for index, token in enumerate(tokens):
        if token.text in OPEN:
            stack.append(index)
        elif token.text in CLOSE:
            token.match = stack.pop()
            tokens[token.match].match = index
    return tokens
