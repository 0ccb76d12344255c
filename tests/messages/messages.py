#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""messages.py: every message of ours for people, out of the sources, with … for what varies; and whether
docs/troubleshooting.md has each of them.

usage: messages.py            prints FILE:LINE: MESSAGE
       messages.py --check    prints what has neither an entry nor a reason, and entries of no message; status 1
                              if there is any
"""
import ast
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
GUIDE = TOP / "docs/troubleshooting.md"
GAP = "…"
# Shell functions that say something, and which of their words is the message.
SAY = {"die": 1, "usage": 0, "refuse": 0, "refused": 0, "warn": 0, "say": 0, "fail": 0, "spare": 2, "fault": 0}
# Calls of Python that do.
CALLS = {"Wrong", "wrong", "say", "SystemExit", "warn", "refuse", "die", "fail"}

# Why a message has no entry; the guide's last section has these reasons too. Each pattern is matched against
# "FILE: MESSAGE".
REASONS = [
    ("it tells what is done, and nothing is wrong", [
        r"scripts/.*: (… )?(stage|build|report:|reason:) …", r"^[^:]*: (hint: )?…$", r"scripts/.*: …: …$",
        r"scripts/.*: …( \([^)]*\))? is (live|adopted|good|staged)\b", r"nothing to do",
        r": live on …$", r"nothing else was changed; deploys keep", r": … hosts: … errors",
        r"lib/(hosts|job)\.sh: (nothing for )?shard …: ", r"nothing is tried$", r"there is nothing to migrate$",
        r"migration of … is done already$", r"this job (holds no lock any more|has the locks already)$",
        r"deploy lock of … is this job's", r"remote/env\.sh: making the environment …", r"remote/lib\.sh: removed …", r": backing out of ", r": usage: …",
        r"(scripts/lib/say|scripts/remote/lib)\.sh: slipway: …$",
        r"(commit|branch|pipeline|deployer|time|requirements|restored): …$"]),
    ("it is the hint of another message", [r": (\w+: )?hint: "]),
    ("it is what the operating system says, with what was tried on what", [r"helpers/.*: SYSTEM$"]),
    ("memory has run out", [r"helpers/.*(out of memory|no memory)\b"]),
    ("it puts a place, or what was tried, before the words of another message or of the SSH protocol", [
        r"helpers/lib/ssh/session\.c: …: …$", r"helpers/lib/ssh/config\.c: USAGE: …:…: …$",
        r"helpers/lib/rsync/filter\.c: …:…: …: …$",
        r"helpers/req-checksum/req_walk\.c: …:…$", r"helpers/req-checksum/req_line\.c: line$"]),
    ("it is a bug in the tool (exit status 70): report it", [r"helpers/.*: BUG: "]),
    ("a helper's command line is wrong, and the message says how; TOOL --help has the rest", [
        r"helpers/(lib/base/cli|[^:]*_options|[^:]*_operand|[^:]*_format|(?!lib/)[^:]*)\.c: USAGE: ",
        r"helpers/lib/(ssh/settings|rsync/(command|scan))\.c: USAGE: "]),
]


def literal_parts(text):
    """A shell word as it is read: quotes gone, … for each expansion."""
    out, at, quote = "", 0, ""
    while at < len(text):
        char = text[at]
        if char == "'" and quote != '"':
            quote = "" if quote else "'"
        elif char == '"' and quote != "'":
            quote = "" if quote else '"'
        elif quote == "'":
            out += char
        elif char == "\\":
            at += 1
            out += text[at:at + 1] if text[at:at + 1] != "\n" else ""
        elif char == "$" and text[at + 1:at + 2] in "({":
            at = closing(text, at + 1)
            out += GAP
        elif char == "$" and re.match(r"\$(\w+|[?#@*!$-])", text[at:]):
            at += len(re.match(r"\$(\w+|[?#@*!$-])", text[at:])[0]) - 1
            out += GAP
        else:
            out += char
        at += 1
    return re.sub(f"{GAP}+", GAP, out)


def closing(text, at):
    """Where the bracket at this place closes; quotes and brackets within are passed over."""
    depth, quote = 0, ""
    while at < len(text):
        char = text[at]
        if char == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
            if not depth:
                return at
        at += 1
    return at


def words(text, at, most=4):
    """The first words of a shell command that begins here, raw."""
    found, word, quote = [], "", ""
    while at < len(text) and len(found) < most:
        char = text[at]
        if not quote and text.startswith("\\\n", at):
            at += 2
            continue
        if char == "\\":
            word += text[at:at + 2]
            at += 2
            continue
        if char == "$" and text[at + 1:at + 2] in ("(", "{") and quote != "'":
            end = closing(text, at + 1)
            word += text[at:end + 1]
            at = end + 1
            continue
        if char in "'\"" and quote in ("", char):
            quote = "" if quote else char
        if not quote and char in " \t\n;|&)":
            if word:
                found.append(word)
                word = ""
            if char in "\n;|&)":
                return found
        else:
            word += char
        at += 1
    return found


def of_shell(text):
    for match in re.finditer(r"(?:^|[\s;{(|&])(" + "|".join(SAY) + r")[ ]", text, re.M):
        line_start = text.rfind("\n", 0, match.start(1)) + 1
        if re.search(r"(^|\s)#", text[line_start:match.start(1)].split("'")[0].split('"')[0]):
            continue
        if text[match.end():match.end() + 1] in "(){":
            continue
        said = words(text, match.end())
        place = SAY[match[1]]
        if len(said) > place and said[place][:1] in "\"'$":
            yield match.start(1), literal_parts(said[place])
    # Whatever is printed as "NAME: ...", and what says what a reload has not come to.
    for match in re.finditer(r"printf '((?:[a-z_]+: |still |process |no process )[^'\n]*)'", text):
        yield match.start(), re.sub(r"\\n$", "", re.sub(r"%[sd]", GAP, match[1]))


def of_awk(text):
    for match in re.finditer(r"\bfail\(", text):
        inside = text[match.end():closing(text, match.end() - 1)]
        if "function" in text[text.rfind("\n", 0, match.start()) + 1:match.start()]:
            continue
        where, _, why = inside.partition(", ")
        why = re.sub(r",\s*(nearest\(.*|\"[^\"]*\")$", "", why)
        pieces = re.findall(r"\"((?:\\.|[^\"\\])*)\"|([^\s\"]+)", why)
        yield match.start(), f"{GAP}: " + re.sub(f"{GAP}+", GAP, "".join(
            text.replace('\\"', '"') if text or not name else GAP for text, name in pieces))


def text_of(node):
    """A Python expression as text with gaps; None if there is no text in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else GAP for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        text = text_of(node.left)
        return text and re.sub(r"%[-+.\d]*[sdgrx]", GAP, text)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (text_of(node.left) or GAP) + (text_of(node.right) or GAP)
    return None


def of_python(text):
    lines = [0]
    for line in text.splitlines(True):
        lines.append(lines[-1] + len(line))
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        said = text_of(node.args[0])
        if said and (name in CALLS or (name in ("write", "print") and said.startswith("slipway: "))):
            yield lines[node.lineno - 1], re.sub(f"{GAP}+", GAP, said.strip().replace("slipway: ", "", 1)
                                                 if said.startswith("slipway: ") else said.strip())


def arguments(text, at):
    """Arguments of the C call whose bracket opens here."""
    inside = text[at + 1:closing_c(text, at)]
    found, depth, quote, word = [], 0, False, ""
    place = 0
    while place < len(inside):
        char = inside[place]
        if char == "\\" and quote:
            word += inside[place:place + 2]
            place += 2
            continue
        if char == '"':
            quote = not quote
        if not quote:
            depth += (char in "([{") - (char in ")]}")
            if char == "," and not depth:
                found.append(word.strip())
                word = ""
                place += 1
                continue
        word += char
        place += 1
    return found + [word.strip()]


def closing_c(text, at):
    depth, quote = 0, False
    while at < len(text):
        char = text[at]
        if char == "\\" and quote:
            at += 1
        elif char == '"':
            quote = not quote
        elif not quote:
            depth += (char == "(") - (char == ")")
            if not depth:
                return at
        at += 1
    return at


def c_texts(expression):
    """Each text that a C expression may be: of c ? "a" : "b" both; … where it is a variable."""
    if expression == "NULL":
        return ["SYSTEM"]
    branches = re.split(r"\s[?:]\s", expression)
    found = []
    for branch in branches[1:] if len(branches) > 1 else branches:
        pieces = re.findall(r"\"((?:\\.|[^\"\\])*)\"|(\w+)", branch)
        if branch.strip() == "NULL":
            found.append("SYSTEM")
        else:
            found.append("".join(text.replace('\\"', '"') if text or not name else GAP for text, name in pieces))
    return found


def of_c(text):
    for match in re.finditer(r"\berr_set\(", text):
        said = arguments(text, match.end() - 1)
        if len(said) < 4 or said[0].startswith("struct"):
            continue
        for what in c_texts(said[3]):
            for why in c_texts(said[2]):
                what = re.sub(r"%[-.*\d]*(?:l|ll|z)?[sducx]", GAP, what).replace("%%", "%")
                kind = {"ERR_INTERNAL": "BUG: ", "ERR_USAGE": "USAGE: "}.get(said[1], "")
                yield match.start(), kind + re.sub(f"{GAP}+", GAP, what + (": " + why if why else ""))


def of_c_lines(text):
    """What is wrong with a line of a file: bad_line(..., "WHY") and refuse(e, "WHY")."""
    for match in re.finditer(r"\b(?:bad_line|refuse)\(", text):
        for said in arguments(text, match.end() - 1):
            if re.fullmatch(r"\"(?:\\.|[^\"\\])+\"", said):
                yield match.start(), f"{GAP}:{GAP}: " + said[1:-1].replace('\\"', '"')


READERS = [("scripts/slipway", of_shell), ("scripts/**/*.sh", of_shell), ("scripts/**/*.awk", of_awk),
           ("scripts/remote/*.py", of_python), ("scripts/lib/**/*.py", of_python),
           ("orb/src/scripts/*.sh", of_shell), ("helpers/**/*.c", of_c), ("helpers/**/*.c", of_c_lines)]


def messages():
    """(file, line, message) of all of them."""
    for pattern, reader in READERS:
        for path in sorted(TOP.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            for at, said in reader(text):
                yield str(path.relative_to(TOP)), text.count("\n", 0, at) + 1, said


def entries():
    """(line, text) of what the first cells of the guide's tables have in backquotes."""
    for number, line in enumerate(GUIDE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("| `"):
            for text in re.findall(r"`([^`]+)`", line.split(" | ")[0]):
                yield number, text


def pattern_of(entry):
    return re.compile(".*".join(re.escape(part) for part in entry.split(GAP)) + "$")


def has_reason(file, said):
    return any(re.search(pattern, f"{file}: {said}") for _, patterns in REASONS for pattern in patterns)


def check():
    known = [(line, text, pattern_of(text)) for line, text in entries()]
    used, wrong = set(), []
    for line, text, _ in known:
        if len(text.replace(GAP, "").strip(": ")) < 3:
            wrong.append(f"docs/troubleshooting.md:{line}: it would match anything: {text}")
    for file, line, said in messages():
        plain = said.replace("USAGE: ", "", 1)
        matching = {text for _, text, pattern in known if pattern.match(plain)}
        used |= matching
        if not matching and not has_reason(file, said):
            wrong.append(f"{file}:{line}: no entry: {said}")
    wrong += [f"docs/troubleshooting.md:{line}: no message is like this: {text}"
              for line, text, _ in known if text not in used]
    return wrong


def main():
    if sys.argv[1:] == ["--check"]:
        wrong = check()
        print("\n".join(wrong), end="\n" if wrong else "")
        sys.exit(1 if wrong else 0)
    for file, line, said in messages():
        print(f"{file}:{line}: {said}")


if __name__ == "__main__":
    main()
