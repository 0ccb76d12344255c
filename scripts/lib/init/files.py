# SPDX-License-Identifier: MIT
"""files.py: the text of each file that init writes."""

TEST_JOB = """\
      - slipway/test:
          name: test
{parameters}"""
OWN_TEST_JOB = """\

jobs:
  # The tests are Django's own, so that this is a job out of the orb's commands.
  test:
    executor:
      name: slipway/python_postgres
      python_version: "{python}"
    steps:
      - checkout
      - slipway/install_helpers
      - slipway/install_deps:
          requirements_file: {requirements}
{app_dir}      - slipway/wait_for_postgres
      - run:
          name: Run the tests
{directory}          command: {command}
"""
CONFIG = """\
# {what} To roll back, trigger
# a pipeline on {branch} with the parameter action = rollback; rollback_to may name the build.
version: 2.1

orbs:
  slipway: slipway/slipway@{version}

parameters:
  action:
    type: enum
    enum: [build, rollback]
    default: build
    description: What this pipeline does.
  rollback_to:
    type: string
    default: ""
    description: Build to go back to; empty means the newest good one before the current.
{own_job}
workflows:
  test-and-deploy:
    when:
      equal: [build, << pipeline.parameters.action >>]
    jobs:
{test}      - slipway/deploy:
          name: deploy
          track_release: true
          environment_name: production
          context: production-deploy
          serial-group: << pipeline.project.slug >>/production
{requires}          filters:
            branches:
              only: {branch}

  rollback:
    when:
      and:
        - equal: [rollback, << pipeline.parameters.action >>]
        - equal: [{branch}, << pipeline.git.branch >>]
    jobs:
      - slipway/rollback:
          name: rollback
          to: << pipeline.parameters.rollback_to >>
          track_release: true
          environment_name: production
          context: production-deploy
          serial-group: << pipeline.project.slug >>/production
"""
ROLLBACK = """\
# The pipeline behind the Rollback button of CircleCI's Deploys page. The dialog fills in
# pipeline.deploy.*; its environment is only a word, so each environment has a workflow that asks for it.
version: 2.1

orbs:
  slipway: slipway/slipway@{version}

workflows:
  rollback-production:
    when:
      equal: [production, << pipeline.deploy.environment_name >>]
    jobs:
      - slipway/rollback:
          name: rollback
          to: << pipeline.deploy.target_version >>
          expect_current: << pipeline.deploy.current_version >>
          reason: << pipeline.deploy.reason >>
          track_release: true
          environment_name: production
          context: production-deploy
          serial-group: << pipeline.project.slug >>/production
      - slipway/mark_canceled:
          name: mark-canceled
          rollback: true
          environment_name: production
          requires:
            - rollback:
                - canceled
"""
SETTINGS = """\
# How the application is deployed. slipway --help lists all settings, slipway(1) explains them.
{lines}"""
EXCLUDES = """\
# What is not deployed, one of rsync's patterns a line. deploy/hooks is.
/.circleci/
/.github/
/.gitignore
/deploy/excludes
/deploy/hosts
/deploy/known_hosts
/deploy/settings
/deploy-report/
/.env
/.venv/
/venv/
/node_modules/
__pycache__/
*.pyc
"""
MIGRATE = """\
#!/bin/sh
# migrate: runs on one host, in the new build, before any host serves it: the schema must suit the old
# build too.
set -eu
{variables}
exec {command}
"""
PREPARE = """\
#!/bin/sh
# prepare: runs on every host, in the new build, before it goes live.
set -eu
{variables}
exec {command}
"""
VARIABLES = """
set -a
. {env_file}
set +a
"""
NO_VARIABLES = """\
# What the application reads from its environment it must find here too; with env_file in deploy/settings:
#   set -a; . /etc/app/env; set +a
"""


def config(facts):
    own_job, test = "", ""
    inside = facts.app != "."
    if facts.test_command:
        own_job = OWN_TEST_JOB.format(python=facts.python or "3.11", requirements=facts.test_requirements,
                                      app_dir=f"          app_dir: {facts.app}\n" if inside else "",
                                      directory=f"          working_directory: {facts.app}\n" if inside else "",
                                      command=facts.test_command)
        test = "      - test\n"
    elif facts.tests:
        parameters = {"app_dir": facts.app if inside else "",
                      "python_version": f'"{facts.python}"' if facts.python else "",
                      "requirements_file": facts.test_requirements}
        test = TEST_JOB.format(parameters="".join(f"          {name}: {value}\n"
                                                  for name, value in parameters.items() if value))
    what = f"Every push is tested; a push to {facts.branch} is deployed when its tests have passed." if test else \
        f"A push to {facts.branch} is deployed."
    return CONFIG.format(what=what, version=facts.version, branch=facts.branch, own_job=own_job, test=test,
                         requires="          requires: [test]\n" if test else "")


def rollback(facts):
    return ROLLBACK.format(version=facts.version)


def settings(facts):
    lines = []
    for key, value, why in facts.settings:
        lines.append((f"# {why}\n" if why else "") + f"{key}={value}\n")
    return SETTINGS.format(lines="".join(lines))


def hosts(facts):
    if facts.inventory_text is not None:
        return facts.inventory_text
    names = "".join(f"{name}\n" for name in facts.hosts) or "# web1.example.com\n"
    variables = [f"ansible_user={facts.user}"] + ([f"ansible_port={facts.port}"] if facts.port else [])
    return ("# Where the application runs, one host a line: an Ansible inventory works here as it is.\n"
            f"[web]\n{names}\n[web:vars]\n" + "".join(f"{line}\n" for line in variables))


def excludes(facts):
    text = EXCLUDES + "".join(f"/{path}\n" for path in facts.not_deployed)
    return text + facts.excludes_text


def hook(text, facts, command):
    return text.format(command=command, variables=VARIABLES.format(env_file=facts.env_file).rstrip("\n")
                       if facts.env_file else NO_VARIABLES.rstrip("\n"))


def all_files(facts):
    """{path: (text, mode)} in the order in which they are told of."""
    found = {".circleci/config.yml": (config(facts), 0o644), ".circleci/rollback.yml": (rollback(facts), 0o644),
             "deploy/hosts": (hosts(facts), 0o644), "deploy/settings": (settings(facts), 0o644),
             "deploy/excludes": (excludes(facts), 0o644)}
    if facts.migrate:
        found[facts.in_app("deploy/hooks/migrate")] = (hook(MIGRATE, facts, facts.migrate), 0o755)
    if facts.prepare:
        found[facts.in_app("deploy/hooks/prepare")] = (hook(PREPARE, facts, facts.prepare), 0o755)
    if facts.write_test_requirements:
        found[facts.in_app(facts.write_test_requirements)] = (facts.test_requirements_text, 0o644)
    return found
