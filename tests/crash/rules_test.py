# SPDX-License-Identifier: MIT
"""rules_test.py: each way to break a rule is named, and a tree that is right is found so."""
import hashlib
import json
import os
import shutil
import tempfile
import unittest

from rules import Host

OLD, NEW = "20260101000001", "20260101000002"
SOURCE = {"version.txt": "1\n", "wsgi.py": "app = None\n"}


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


class Rules(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        for name in OLD, NEW:
            for path, text in SOURCE.items():
                write(self.at("builds", name, path), text)
            write(self.at("builds", name, "REVISION"), "commit: 1\nbranch: \n")
        write(self.at(".slipway/slipway_wsgi.py"), "application = None\n")
        self.journal(("active", OLD), ("active", NEW))
        os.mkdir(self.at("envs"))
        self.point("builds/" + NEW)
        self.assertEqual(self.look(), [])

    def tearDown(self):
        Host(self.root).forget()
        shutil.rmtree(self.root)

    def at(self, *parts):
        return os.path.join(self.root, *parts)

    def point(self, text):
        os.symlink(text, self.at("link"))
        os.rename(self.at("link"), self.at("current"))

    def journal(self, *events):
        write(self.at(".slipway/journal"), "".join(
            json.dumps({"event": event, "build": build}) + "\n" for event, build in events))

    def look(self, **question):
        sources = {"1": {path: hashlib.sha256(text.encode()).hexdigest() for path, text in SOURCE.items()}}
        host = Host(self.root)
        host.look(dict({"sources": sources, "settled": True, "keep": 3}, **question))
        return host.violations

    def names(self, text, **question):
        self.assertTrue([found for found in self.look(**question) if text in found], self.look(**question))

    def test_a_link_that_is_gone(self):
        os.remove(self.at("current"))
        self.names("current is missing")

    def test_a_link_that_leads_nowhere(self):
        self.point("builds/20260101000009")
        self.names("current leads to no build")

    def test_a_folder_in_place_of_the_link(self):
        os.remove(self.at("current"))
        os.mkdir(self.at("current"))
        self.names("current is not a link")

    def test_a_live_build_that_is_not_complete(self):
        for marker in "incomplete", "failed":
            write(self.at("builds", NEW, "." + marker), "")
            self.names("current leads to a build that is " + marker)
            os.remove(self.at("builds", NEW, "." + marker))

    def test_a_complete_build_that_becomes_incomplete(self):
        write(self.at("builds", OLD, ".incomplete"), "")
        self.names("was complete and is not any more")

    def test_a_complete_build_that_changes(self):
        write(self.at("builds", OLD, "wsgi.py"), "changed\n")
        self.names("was changed: wsgi.py")

    def test_a_complete_build_that_lacks_a_file_or_part_of_one(self):
        for name, text in (("20260101000003", None), ("20260101000004", "app =")):
            shutil.copytree(self.at("builds", OLD), self.at("builds", name))
            os.remove(self.at("builds", name, "wsgi.py"))
            if text:
                write(self.at("builds", name, "wsgi.py"), text)
            self.names(name + " is complete, but wsgi.py is not what was deployed")
            shutil.rmtree(self.at("builds", name))
            Host(self.root).forget()

    def test_a_file_that_belongs_to_nobody(self):
        shutil.copytree(self.at("builds", OLD), self.at("builds/20260101000003"))
        write(self.at("builds/20260101000003/.wsgi.py.AbCdEf"), "")
        self.names("a file of nobody's")

    def test_an_env_that_is_not_complete_or_not_there_or_does_not_run(self):
        os.symlink("../../envs/e", self.at("builds", OLD, "env"))
        Host(self.root).forget()
        self.names("its env is not")
        write(self.at("envs/e/.incomplete"), "")
        Host(self.root).forget()
        self.names("its env is not")
        self.names("envs/e is left incomplete")
        os.remove(self.at("envs/e/.incomplete"))
        Host(self.root).forget()
        self.names("the Python of its env does not run")

    def test_a_name_that_is_no_builds(self):
        os.mkdir(self.at("builds/20260101000003.tmp"))
        self.names("is no name of a build")

    def test_what_is_left_lying_about(self):
        os.mkdir(self.at("builds/.pruning-20260101000000"))
        self.names("is left lying about")
        os.rmdir(self.at("builds/.pruning-20260101000000"))
        write(self.at("builds/20260101000000/.incomplete"), "")
        self.names("incomplete builds are left")
        self.assertEqual(self.look(excused=["20260101000000"]), [])
        shutil.rmtree(self.at("builds/20260101000000"))
        os.symlink("builds/" + OLD, self.at(".current.atomic-link-1-1"))
        self.names("is left in the project root")

    def test_a_journal_that_lost_an_event(self):
        self.journal(("active", NEW), ("active", OLD))
        self.names("does not end with the live build")
        write(self.at(".slipway/journal"), '{"event":"act{"event":"active","build":"%s"}\n' % NEW)
        self.names("two events in a line that is torn")

    def test_a_journal_with_a_torn_line_is_right(self):
        write(self.at(".slipway/journal"), '{"event":"act\n{"event":"active","build":"%s"}\n' % NEW)
        self.assertEqual(self.look(), [])

    def test_a_loader_that_is_torn(self):
        write(self.at(".slipway/slipway_wsgi.py"), '"""The loader')
        self.names("the loader is not whole")

    def test_a_site_that_answers_from_a_build_that_is_gone(self):
        self.names("which is not there", served=["20250101000000"])


if __name__ == "__main__":
    unittest.main()
