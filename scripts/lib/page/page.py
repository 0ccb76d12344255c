# SPDX-License-Identifier: MIT
"""page.py: what Slipway's pages have in common: escaping, the one style sheet, the frame.

A page is one file: no script, nothing from the network, light and dark, from 320 px up. Whatever comes
from outside (commit messages, branches, output of commands) goes through esc().
"""
import html
import os
import re

# Sequences for terminals (ECMA-48): colours and the like say nothing on a page.
TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Control characters, and those that turn the direction of writing or cannot be seen.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

# What the browser may load: nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def plain(text):
    """Text from outside as one would read it: no terminal sequences, unseen characters as \\xNN."""
    return UNSEEN.sub(lambda found: shown(ord(found[0])), TERMINAL.sub("", str(text).replace("\r\n", "\n")))


def shown(code):
    return "\\x%02x" % code if code < 256 else "\\u%04x" % code


def esc(text):
    """Text as HTML, for content and for quoted attributes."""
    return html.escape(plain(text), quote=True)


def style():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "page.css"), encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/\s*", "", file.read(), flags=re.S)


def document(title, body):
    """The whole page: title is text, body is HTML."""
    return """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>%s</title>
<style>
%s</style>
</head>
<body>
<main>
%s
</main>
</body>
</html>
""" % (POLICY, esc(title), style(), body)
