#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Say what is wrong with an SPDX 2.3 document in JSON, one finding a line; nothing when it is sound.

usage: spdx.py FILE PINS [PACKAGES]

PINS is helpers/deps/pins; PACKAGES has a line "NAME VERSION ARCHITECTURE" for each Debian package that
must be in it, and no other one may be.
"""
import json
import re
import sys
import urllib.parse

IDENTIFIER = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
LICENCE_WORD = re.compile(r"[A-Za-z0-9.+-]+")
TOP = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT"}
RELATIONS = {"DESCRIBES", "CONTAINS", "STATIC_LINK", "PATCH_FOR"}
# Identifiers of the SPDX licence list 3.x that may stand here; a LicenseRef must be explained.
LICENCES = set("""
0BSD AGPL-3.0-only AGPL-3.0-or-later Apache-2.0 Artistic-1.0-Perl BSD-2-Clause BSD-3-Clause BSD-4-Clause
BSL-1.0 CC0-1.0 GFDL-1.1-or-later GFDL-1.2-only GFDL-1.2-or-later GFDL-1.3-only GFDL-1.3-or-later GPL-1.0-only
GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later ISC LGPL-2.0-only LGPL-2.0-or-later
LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later MIT MPL-1.1 MPL-2.0 OLDAP-2.8 PSF-2.0
Unicode-DFS-2016 X11 Zlib curl""".split())


def structure(document):
    for key, value in TOP.items():
        if document.get(key) != value:
            yield f"{key}: {document.get(key)}"
    namespace = urllib.parse.urlsplit(document["documentNamespace"])
    if not (namespace.scheme and namespace.netloc) or namespace.fragment:
        yield f"documentNamespace: {document['documentNamespace']}"
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"]):
        yield "creationInfo.created"
    if not all(re.match(r"(Tool|Person|Organization): \S", one) for one in document["creationInfo"]["creators"]):
        yield "creationInfo.creators"
    ids = [document["SPDXID"], *(package["SPDXID"] for package in document["packages"])]
    for one in sorted({one for one in ids if ids.count(one) > 1 or not IDENTIFIER.fullmatch(one)}):
        yield f"identifier: {one}"
    connected = set()
    for relation in document["relationships"]:
        ends = {relation["spdxElementId"], relation["relatedSpdxElement"]}
        connected |= ends
        if relation["relationshipType"] not in RELATIONS or ends - set(ids):
            yield f"relationship: {relation}"
    for one in sorted(set(ids) - connected):
        yield f"{one}: belongs to nothing"


def licences(document):
    known = LICENCES | {entry["licenseId"] for entry in document.get("hasExtractedLicensingInfos", ())
                        if entry["extractedText"]}
    for package in document["packages"]:
        declared = package["licenseDeclared"]
        words = LICENCE_WORD.findall(declared)
        if declared == "NOASSERTION":
            continue
        for word in set(words) - {"AND", "OR"} - known:
            yield f"{package['name']}: licence {word}"
        if declared.count("(") != declared.count(")") or re.search(r"(AND|OR) (AND|OR)|[^ (](\()", declared):
            yield f"{package['name']}: licence {declared}"


def entries(document):
    for package in document["packages"]:
        name = package["name"]
        if not package["versionInfo"] or package["filesAnalyzed"] or not package["downloadLocation"]:
            yield f"{name}: not a whole entry"
        urls = [ref["referenceLocator"] for ref in package["externalRefs"]
                if (ref["referenceCategory"], ref["referenceType"]) == ("PACKAGE-MANAGER", "purl")]
        if len(urls) != 1 or not re.fullmatch(r"pkg:[a-z]+/[A-Za-z0-9.%/+~-]+@[A-Za-z0-9.%:~_-]+(\?[a-z]+=[\w:.=&-]+)?",
                                              urls[0]):
            yield f"{name}: purl {urls}"


def pins(document, path):
    there = {(package["packageFileName"], package["checksums"][0]["checksumValue"]): package
             for package in document["packages"] if "packageFileName" in package}
    with open(path, encoding="utf-8") as stream:
        wanted = [line.split() for line in stream if not line.startswith("#")]
    for digest, name, file in wanted:
        package = there.pop((file, digest), None)
        if not package or package["name"] != name or package["licenseDeclared"] == "NOASSERTION":
            yield f"pin {file}: missing, or without a licence"
    yield from (f"pin {file}: there is none" for file, _ in there)


def debian(document, path):
    with open(path, encoding="utf-8") as stream:
        wanted = {tuple(line.split()) for line in stream}
    there = set()
    for package in document["packages"]:
        url = package["externalRefs"][0]["referenceLocator"]
        match = re.fullmatch(r"pkg:deb/debian/([^@]+)@([^?]+)\?arch=(\w+)", url)
        if match and match[3] != "source":
            there.add((package["name"], package["versionInfo"], match[3]))
            if urllib.parse.unquote(match[1]) != package["name"] or \
                    urllib.parse.unquote(match[2]) != package["versionInfo"]:
                yield f"{package['name']}: purl {url}"
    yield from (f"package {' '.join(one)}: missing" for one in sorted(wanted - there))
    yield from (f"package {' '.join(one)}: not installed" for one in sorted(there - wanted))


def main(argv):
    with open(argv[1], encoding="utf-8") as stream:
        document = json.load(stream)
    found = [*structure(document), *licences(document), *entries(document), *pins(document, argv[2])]
    if len(argv) > 3:
        found += debian(document, argv[3])
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
