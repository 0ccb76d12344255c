#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the lab's package index: a folder of static pages as PEP 503 has them.

usage: index.py DEBS INDEX

Wheels are repacked from Debian's binary packages (downloaded by apt-get into DEBS, where they are
not there yet); the source distributions are our own, from pkg/. The folder INDEX itself stays when
it is there, since it may be mounted; files/ and simple/ in it are made anew, aside, and put in place
when they are whole, since another lab may be reading them.
"""
import base64
import csv
import hashlib
import html
import io
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile

# The sample application's requirements and all that these need; and Django, for init.bats.
MODULES = """
    python3-asgiref python3-attr python3-blinker python3-click python3-django python3-flask
    python3-iniconfig python3-itsdangerous python3-jinja2 python3-markupsafe python3-packaging
    python3-pluggy python3-psycopg2 python3-pytest python3-sqlparse python3-tz python3-werkzeug
""".split()
UPSTREAM = {"tz": "pytz"}  # where Debian's name is not the project's
# Packages that hold wheels already: what pip needs to build a source distribution.
WHEELS = "python3-pip-whl python3-setuptools-whl python3-wheel-whl".split()
TALLYMARK = ("1.0.0", "1.1.0")
EPOCH = (2020, 1, 1, 0, 0, 0)  # one time for all files, so that a rebuilt wheel is the same wheel

HERE = pathlib.Path(__file__).resolve().parent


def download(debs, packages):
    """Fetches what is missing of the named packages into the folder debs."""
    debs.mkdir(parents=True, exist_ok=True)
    missing = [name for name in packages if not list(debs.glob(f"{name}_*.deb"))]
    fetch = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *missing]
    if missing and subprocess.run(fetch, cwd=debs, check=False).returncode != 0:
        # The machine's package lists are older than its archive.
        subprocess.run(["apt-get", "-qq", "update"], check=True)
        subprocess.run(fetch, cwd=debs, check=True)


def unpack(debs, package, root):
    """Unpacks a Debian package into the folder root, and returns root."""
    deb = sorted(debs.glob(f"{package}_*.deb"))[-1]
    subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
    return root


def depends_of(debs, package):
    """What a Debian package depends on of MODULES, as Requires-Dist values."""
    deb = sorted(debs.glob(f"{package}_*.deb"))[-1]
    fields = subprocess.run(["dpkg-deb", "-f", deb, "Depends"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    for name, version in re.findall(r"(python3-[a-z0-9-]+)(?: \(>= ([0-9.]+)[^)]*\))?", fields):
        if name in MODULES:
            name = name.removeprefix("python3-")
            yield UPSTREAM.get(name, name) + (f">={version}" if version else "")


def extras_of(requires_txt):
    """The lines of an egg's requires.txt as Requires-Dist values."""
    extra = marker = ""
    for line in requires_txt.splitlines():
        line = line.strip()
        section = re.fullmatch(r"\[([^:\]]*):?([^\]]*)\]", line)
        if section:
            extra, marker = section.groups()
        elif line:
            conditions = [f"({marker})"] if marker else []
            conditions += [f'extra == "{extra}"'] if extra else []
            yield line + (" ; " + " and ".join(conditions) if conditions else "")


def metadata_of(info, depends):
    """METADATA of an installed distribution, from its egg-info or dist-info folder.

    Debian moves what an egg requires into the package's own Depends: depends has it back.
    """
    if (info / "METADATA").exists():
        text = (info / "METADATA").read_text()
    else:
        head, blank, body = (info / "PKG-INFO").read_text().partition("\n\n")
        extras = info / "requires.txt"
        requires = depends + (list(extras_of(extras.read_text())) if extras.exists() else [])
        text = "\n".join([head, *(f"Requires-Dist: {line}" for line in requires)]) + blank + body
    # Debian's mark for a changed source archive is no part of the upstream version.
    return re.sub(r"^(Version: .*)\+repack$", r"\1", text, count=1, flags=re.M)


def field(metadata, name):
    return re.search(rf"^{name}: (.*)$", metadata, re.M).group(1)


def write_wheel(out, site, depends):
    """Packs the one distribution in the folder site as a wheel in the folder out (PEP 427)."""
    info = next(site.glob("*-info"))
    metadata = metadata_of(info, depends)
    name = re.sub(r"[-_.]+", "_", field(metadata, "Name"))
    version = field(metadata, "Version")
    files = {path.relative_to(site).as_posix(): path.read_bytes()
             for path in sorted(site.rglob("*"))
             if path.is_file() and info not in path.parents and "__pycache__" not in path.parts}

    compiled = any(path.endswith(".so") for path in files)
    platform = sysconfig.get_platform().replace("-", "_")
    tag = f"cp311-cp311-{platform}" if compiled else "py3-none-any"
    dist_info = f"{name}-{version}.dist-info"
    files[f"{dist_info}/METADATA"] = metadata.encode()
    files[f"{dist_info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: slipway-lab\n"
        f"Root-Is-Purelib: {str(not compiled).lower()}\nTag: {tag}\n").encode()
    if (info / "entry_points.txt").exists():
        files[f"{dist_info}/entry_points.txt"] = (info / "entry_points.txt").read_bytes()

    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.writerow([path, f"sha256={digest}", len(data)])
    rows.writerow([f"{dist_info}/RECORD", "", ""])
    files[f"{dist_info}/RECORD"] = record.getvalue().encode()

    with zipfile.ZipFile(out / f"{name}-{version}-{tag}.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o100644 << 16
            wheel.writestr(entry, data, zipfile.ZIP_DEFLATED)


def write_sdist(out, source, version):
    """Packs the folder source as NAME-VERSION.tar.gz in the folder out."""
    name = source.name
    pkg_info = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    with tarfile.open(out / f"{name}-{version}.tar.gz", "w:gz") as archive:
        def add(path, data):
            entry = tarfile.TarInfo(f"{name}-{version}/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        add("PKG-INFO", pkg_info)
        add("VERSION", f"{version}\n".encode())
        for path in sorted(source.iterdir()):
            add(path.name, path.read_bytes())


def write_pages(files, simple):
    """One page per project, naming its files with their digests, and one that names the projects."""
    projects = {}
    for path in sorted(files.iterdir()):
        project = re.sub(r"[-_.]+", "-", path.name.split("-")[0]).lower()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        projects.setdefault(project, []).append(f"../../files/{path.name}#sha256={digest}")

    def page(folder, links):
        folder.mkdir(parents=True)
        body = "".join(f'<a href="{html.escape(href)}">{html.escape(text)}</a><br>\n'
                       for href, text in links)
        (folder / "index.html").write_text(
            f"<!DOCTYPE html>\n<html><body>\n{body}</body></html>\n")
    page(simple, [(f"{project}/", project) for project in projects])
    for project, links in projects.items():
        page(simple / project, [(link, link.split("/")[-1].split("#")[0]) for link in links])


def main():
    debs, index = (pathlib.Path(argument) for argument in sys.argv[1:])
    download(debs, MODULES + WHEELS)
    aside = index / "new"
    shutil.rmtree(aside, ignore_errors=True)
    files = aside / "files"
    files.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        for package in MODULES:
            site = unpack(debs, package, work / package) / "usr/lib/python3/dist-packages"
            write_wheel(files, site, list(depends_of(debs, package)))
        for package in WHEELS:
            for wheel in unpack(debs, package, work / package).rglob("*.whl"):
                shutil.copy(wheel, files)
    for version in TALLYMARK:
        write_sdist(files, HERE / "pkg/tallymark", version)
    write_pages(files, aside / "simple")
    old = aside / "old"
    old.mkdir()
    for folder in ("files", "simple"):
        if (index / folder).exists():
            (index / folder).rename(old / folder)
        (aside / folder).rename(index / folder)
    shutil.rmtree(aside)


if __name__ == "__main__":
    main()
