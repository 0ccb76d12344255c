# SPDX-License-Identifier: MIT
"""facts.py: what record.sh noted, and what the hosts answered, as the content of report.json.

Its form is docs/report.schema.json. Times are seconds since the beginning. Text is as it came: the page
escapes it.
"""
import datetime
import json
import os
import re
import subprocess

LINES = 40  # of a failed command's output
COMMITS = 20
ANSWER = re.compile(r"^([^ ]+) *\| ([a-z_]+): ?(.*)$")
HERE = ("build",)  # stages on this side, in which no host has a part
COUNTERS = ("files", "file_bytes", "files_sent", "hard_linked", "deleted", "literal_bytes", "bytes_out")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
            return file.read()
    except OSError:
        return ""


def events_of(work):
    """The noted events, each a dict; one that was cut short is left out."""
    for words in read(os.path.join(work, "events")).split("\0\0")[:-1]:
        event = dict(word.partition("=")[::2] for word in words.strip("\0").split("\0"))
        event["at"] = int(event["at"])
        yield event


def records_of(path):
    """The lines of a helper's --record or --json."""
    for line in read(path).splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # the helper was killed while it wrote


def answers_of(path):
    """{host: [(key, value), ...]}"""
    found = {}
    for line in read(path).split("\n"):
        match = ANSWER.match(line)
        if match:
            found.setdefault(match[1], []).append((match[2], match[3]))
    return found


def git(folder, *words):
    try:
        done = subprocess.run(["git", "-C", folder] + list(words), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").rstrip("\n")


class Facts:
    """Everything that is known; whole() is the content of report.json."""

    def __init__(self, work, environ=os.environ):
        self.work, self.environ = work, environ
        self.events = list(events_of(work))
        self.begin, self.end = self.events[0], self.events[-1]
        self.zero = self.begin["at"]
        self.last = self.since(self.end["at"])
        self.died = next((event for event in self.events if event["event"] == "died"), None)
        self.build = self.end["build"] if re.fullmatch("[0-9]{14}", self.end.get("build", "")) else None
        self.stages = self.find_stages()
        self.runs = [self.find_run(event) for event in self.events if event["event"] == "run"]
        self.names = self.find_names()

    def since(self, ms):
        return round(max(0, int(ms) - self.zero) / 1000, 3)

    def noted(self, name):
        return [event for event in self.events if event["event"] == name]

    # ---- stages and calls

    def find_stages(self):
        stages = []
        for event in self.events:
            if event["event"] == "stage":
                stages.append({"name": event["name"], "start": self.since(event["at"]), "end": self.last, "ok": True})
            elif event["event"] == "stage_end" and stages:
                stages[-1]["end"] = self.since(event["at"])
            elif event["event"] == "died" and stages:
                stages[-1]["ok"] = False
        if self.end["status"] != "0" and stages and self.died is None:
            [stage for stage in stages if stage["name"] != "back"][-1]["ok"] = False
        return stages

    def stage_at(self, seconds):
        return next((stage for stage in reversed(self.stages) if stage["start"] <= seconds), None)

    def find_run(self, event):
        path = os.path.join(self.work, "run" + event["number"])
        start = self.since(event["at"])
        stage = self.stage_at(start) or {"name": "connect", "start": start}
        return {"name": event["name"], "stage": stage["name"], "hosts": event["hosts"].split(","),
                # The lock is taken before the first call, on every host at once.
                "start": stage["start"] if stage["name"] == "lock" else start,
                "answers": answers_of(path + ".out"), "records": list(records_of(path + ".json"))}

    def find_names(self):
        """The hosts that this is about, in the inventory's order."""
        asked = {host for run in self.runs for host in run["hosts"]}
        names = [line.split(" ")[0] for line in read(os.path.join(self.work, "list")).splitlines()]
        return [name for name in names if name in asked] or names

    def answers(self, host, key, *steps):
        """All values of the key that the host gave in these steps [all], in order."""
        return [value for run in self.runs if not steps or run["name"] in steps
                for name, value in run["answers"].get(host, []) if name == key]

    def last_answer(self, host, key, *steps):
        return ([None] + self.answers(host, key, *steps))[-1]

    # ---- a host

    def calls(self, host):
        """What was done on the host, one entry a call."""
        parallel = int(self.begin.get("parallel") or 32)
        found = []
        for run in self.runs:
            for record in run["records"]:
                if record.get("host") == host:
                    found.append(self.call(run, record, len(run["hosts"]) <= parallel))
        return found

    def call(self, run, record, at_once):
        end = self.since(record["ended"])
        start = run["start"] if at_once or not record["seconds"] else round(end - record["seconds"], 3)
        answers = run["answers"].get(record["host"], [])
        refused = next((value for key, value in answers if key == "refused"), None)
        error = record.get("error") or ": ".join(filter(None, (record.get("what"), record.get("why")))) or None
        said = record.get("stderr", "").splitlines()
        found = {"step": run["name"], "stage": run["stage"], "start": min(start, end), "end": end,
                 "outcome": "stopped" if error and record.get("stopped") else "failed" if error else "done"}
        if error:
            found["why"] = refused or error
            found["hint"] = record.get("hint") or next(
                (line[15:] for line in said if line.startswith("slipway: hint: ")), "")
            found["output"] = [line for line in said if line != "slipway: " + found["why"]
                               and not line.startswith("slipway: hint: ")][-LINES:]
        return found

    def bars(self, calls):
        """One a stage, from the first call's beginning to the last one's end."""
        bars = []
        for call in calls:
            if bars and bars[-1]["stage"] == call["stage"]:
                bar = bars[-1]
                bar["start"], bar["end"] = min(bar["start"], call["start"]), max(bar["end"], call["end"])
                bar["outcome"] = call["outcome"] if bar["outcome"] == "done" else bar["outcome"]
            else:
                bars.append({key: call[key] for key in ("stage", "start", "end", "outcome")})
        return bars

    def push(self, host):
        """The counters of rsync-push for the build."""
        for run in self.runs:
            for record in run["records"]:
                if run["name"] == run["stage"] == "push" and record.get("host") == host:
                    return {key: record.get(key, 0) for key in COUNTERS}
        return None

    def env(self, host):
        state, _, rest = (self.last_answer(host, "env", "prepare") or "").partition(" ")
        key, _, why = rest.partition(" ")
        return {"state": state, "key": key, "why": why} if state else None

    def health(self, host):
        checks = []
        for run in self.runs:
            for key, value in run["answers"].get(host, []):
                match = re.match(r"(good|bad) ([0-9]+) (.*)", value) if key == "asked" else None
                if match:
                    checks.append({"stage": run["stage"], "good": match[1] == "good", "ms": int(match[2]),
                                   "what": match[3]})
        return checks

    def host(self, name):
        calls = self.calls(name)
        before = self.last_answer(name, "previous", "begin") or self.last_answer(name, "current", "inspect")
        before = None if before == "none" else before
        became = next((event["what"] for event in self.noted("became") if event["host"] == name), None)
        left_out = next((event["why"] for event in self.noted("left_out") if event["host"] == name), None)
        failed = next((call for call in calls if call["outcome"] == "failed" and call["stage"] != "back"), None)
        return {"name": name, "outcome": self.host_outcome(before, became, left_out), "before": before,
                "after": self.after(before, became, left_out), "became": became, "left_out": left_out,
                "failed_in": failed and failed["stage"], "bars": self.bars(calls), "calls": calls,
                "push": self.push(name), "env": self.env(name), "health": self.health(name)}

    def host_outcome(self, before, became, left_out):
        if left_out is not None:
            return "left out"
        if became:
            word = became.split(":")[0]
            flipped = any(stage["name"] == "activate" for stage in self.stages)
            return {"restored": "restored" if flipped else "untouched", "new": "new"}.get(word, "unknown")
        if self.switched():
            return "live" if before != self.build else "unchanged"
        return "staged" if self.begin["command"] == "stage" and self.end["status"] == "0" else "untouched"

    def switched(self):
        """Every host has gone over to the build, and stays there."""
        return not self.noted("became") and any(
            stage["name"] == "activate" and stage["ok"] for stage in self.stages)

    def after(self, before, became, left_out):
        if left_out is not None or (became or "").startswith("restored"):
            return before
        if became:
            return self.build if became.startswith("new") else None
        return self.build if self.switched() else before

    # ---- the whole

    def outcome(self, hosts):
        kinds = {host["outcome"] for host in hosts}
        if self.end["status"] == "0":
            if not self.switched():
                return "staged" if self.begin["command"] == "stage" else "unchanged"
            return "live"
        if "new" in kinds or "unknown" in kinds and self.noted("became") or "live" in kinds:
            return "unclear"
        return "restored" if "restored" in kinds else "refused"

    def barriers(self):
        """The two points in time that no host passes before all have come there."""
        names = [stage["name"] for stage in self.stages]
        over = next((stage for stage in self.stages if stage["name"] in ("migrate", "activate")), None)
        last = next((stage for stage in reversed(self.stages) if stage["name"] != "back"), None)
        found = []
        if over:
            found.append({"name": "ready", "at": over["start"], "passed": True})
        elif last and (not last["ok"] or self.begin["command"] == "stage"):
            found.append({"name": "ready", "at": last["end"], "passed": last["ok"]})
        if "activate" in names:
            activate = self.stages[names.index("activate")]
            found.append({"name": "healthy", "at": activate["end"], "passed": activate["ok"]})
        return found

    def failures(self, hosts):
        """Who failed, the hosts that were only stopped for that left out."""
        found = [dict(host=host["name"], **{key: call[key] for key in ("stage", "step", "why", "hint", "output")})
                 for host in hosts for call in host["calls"] if call["outcome"] == "failed"]
        return sorted(found, key=lambda failure: failure["stage"] == "back")

    def warnings(self, hosts):
        """Ours, and those of hosts in calls that did not fail; those that several hosts have once."""
        found = {}
        for event in self.noted("said"):
            # At the end it is said once more who was left out.
            if event["text"].startswith("warning: ") and not event["text"].startswith("warning: left out: "):
                found.setdefault(event["text"][9:], [])
        for run in self.runs:
            for record in run["records"]:
                if record.get("error"):
                    continue
                notes = {value for key, value in run["answers"].get(record["host"], []) if key in ("note", "refused")}
                for line in record.get("stderr", "").splitlines():
                    text = re.sub("^(slipway: )?(warning: )?", "", line)
                    if line.startswith("slipway: ") and not text.startswith("hint: ") and text not in notes:
                        who = found.setdefault(text, [])
                        if record["host"] not in who:
                            who.append(record["host"])
        return [{"text": text, "hosts": who} for text, who in found.items()]

    def output(self):
        """The last lines of the command on this side that failed."""
        failed = any(stage["name"] in HERE and not stage["ok"] for stage in self.stages)
        return read(os.path.join(self.work, "overheard")).splitlines()[-LINES:] if failed else []

    def totals(self, hosts):
        pushed = [host["push"] for host in hosts if host["push"]]
        if not pushed:
            return None
        total = {key: sum(push[key] for push in pushed) for key in COUNTERS}
        size = total["file_bytes"]
        total["reused"] = round(1 - total["literal_bytes"] / size, 6) if size else None
        return total

    def commit_of(self, build):
        """From the hosts' journals: EVENT BUILD PREVIOUS TIME COMMIT BY."""
        for host in self.names:
            for event in reversed(self.answers(host, "event", "inspect")):
                words = event.split(" ")
                if len(words) > 4 and words[1] == build and words[4] != "-":
                    return words[4]
        return None

    def source(self):
        folder = self.begin["source"]
        fresh = self.begin["command"] in ("deploy", "stage")
        commit = branch = None
        if fresh:
            commit = self.environ.get("CIRCLE_SHA1") or git(folder, "rev-parse", "-q", "--verify", "HEAD") or None
            branch = self.environ.get("CIRCLE_BRANCH") or git(folder, "symbolic-ref", "-q", "--short", "HEAD") or None
        elif self.build:
            commit = self.commit_of(self.build)
        before = sorted({commit for host in self.names for commit in self.answers(host, "commit", "inspect") if commit})
        return {"commit": commit, "branch": branch, "tag": self.environ.get("CIRCLE_TAG") if fresh else None,
                "subject": next((one["subject"] for one in self.subjects(folder, "-1", commit)), None),
                "before": before[0] if len(before) == 1 else None}

    def subjects(self, folder, *words):
        if not all(words) or not re.fullmatch("[-0-9a-f.]+", "".join(words)):
            return []
        lines = git(folder, "log", "--format=%h%x00%an%x00%s", "--max-count=%d" % (COMMITS + 1), *words, "--").split("\n")
        return [dict(zip(("commit", "author", "subject"), line.split("\0"))) for line in lines if line.count("\0") == 2]

    def commits(self, source):
        """What is between the two releases, as far as the checkout has it."""
        old, new = source["before"], source["commit"]
        if not old or not new or old == new:
            return {"taken_back": False, "list": [], "more": False}
        folder = self.begin["source"]
        found, back = self.subjects(folder, old + ".." + new), False
        if not found:
            found, back = self.subjects(folder, new + ".." + old), True
        return {"taken_back": back and bool(found), "list": found[:COMMITS], "more": len(found) > COMMITS}

    def whole(self):
        hosts = [self.host(name) for name in self.names]
        source = self.source()
        url = self.environ.get("CIRCLE_BUILD_URL") or None
        return {
            "schema": 1, "slipway": self.begin["version"], "command": self.begin["command"],
            "outcome": self.outcome(hosts), "status": int(self.end["status"]), "signal": self.end.get("signal") or None,
            "reason": self.end.get("reason") or None, "output": self.output(),
            "why": self.died and self.died["why"], "hint": self.died and self.died["hint"],
            "build": self.build, "root": self.begin["root"], "who": self.begin["owner"], "job": url,
            "source": source, "commits": self.commits(source),
            "started": datetime.datetime.fromtimestamp(self.zero / 1000, datetime.timezone.utc)
                       .strftime("%Y-%m-%dT%H:%M:%SZ"),
            "seconds": self.last,
            "stages": self.stages, "barriers": self.barriers(), "hosts": hosts, "totals": self.totals(hosts),
            "failures": self.failures(hosts), "warnings": self.warnings(hosts),
            "messages": [{"at": self.since(event["at"]), "text": event["text"]} for event in self.noted("said")],
        }
