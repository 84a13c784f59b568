# SPDX-License-Identifier: MIT
"""survivors.txt: mutants that no test can catch, and why."""


class Malformed(Exception):
    pass


def read(path):
    """Whether each (file, function, line of source, change) is equivalent."""
    explained, place, source, changes = {}, None, None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not line.startswith("\t"):
            place = text.partition(": ")[::2]
            if changes:
                raise Malformed(f"{path.name}:{number}: no reason before this")
        elif text.startswith("| "):
            source = text[2:]
        elif text.startswith("* "):
            changes.append(text[2:])
        elif text.startswith(("= ", "~ ")):
            if not (place and source and changes):
                raise Malformed(f"{path.name}:{number}: a reason for nothing")
            for change in changes:
                key = (*place, source, change)
                if key in explained:
                    raise Malformed(f"{path.name}:{number}: {change} is there twice")
                explained[key] = text[0] == "="
            changes = []
        else:
            raise Malformed(f"{path.name}:{number}: what is this?")
    if changes:
        raise Malformed(f"{path.name}: no reason at the end")
    return explained
