# SPDX-License-Identifier: MIT
"""The tests count visits in a real database, so they run only where TEST_MODE says it may be emptied."""
import os
import re

import pytest

from visits import create_app, database


@pytest.fixture
def client():
    assert os.environ.get("TEST_MODE") == "1", "the tests empty the database; set TEST_MODE=1"
    with database.cursor() as cur:
        cur.execute("DROP TABLE IF EXISTS visits")
    database.migrate()
    return create_app().test_client()


def shown(response, name):
    return re.search(rf'id="{name}">([^<]*)<', response.text).group(1)


def test_page_counts_each_visit(client):
    counts = [shown(client.get("/"), "count") for _ in range(3)]

    assert counts == ["1", "2", "3"]


def test_page_draws_the_count(client):
    for _ in range(7):
        response = client.get("/")

    assert "||||/ ||" in response.text


def test_page_greets(client):
    assert "<h1>Welcome</h1>" in client.get("/").text


def test_page_names_its_release(client):
    response = client.get("/")

    assert shown(response, "release") == response.headers["X-Release"] != ""


def test_migrating_again_keeps_the_count(client):
    client.get("/")
    database.migrate()

    assert shown(client.get("/"), "count") == "2"


def test_health_is_good_with_a_database(client):
    assert client.get("/healthz").status_code == 200


def test_health_is_bad_without_the_table(client):
    with database.cursor() as cur:
        cur.execute("DROP TABLE visits")

    assert client.get("/healthz").status_code == 500
    assert client.get("/ready").status_code == 200
