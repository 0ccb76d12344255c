# SPDX-License-Identifier: MIT
"""tallymark: a package with a C extension, for the lab's package index."""
import pathlib

from setuptools import Extension, setup

version = (pathlib.Path(__file__).parent / "VERSION").read_text().strip()

setup(
    name="tallymark",
    version=version,
    ext_modules=[Extension("tallymark", ["tallymark.c"],
                           define_macros=[("TALLYMARK_VERSION", f'"{version}"')])],
)
