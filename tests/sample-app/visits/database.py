# SPDX-License-Identifier: MIT
"""The one table of the application. DATABASE_URL says where it is."""
import contextlib
import os

import psycopg2

# Safe to run again: every deploy does.
SCHEMA = """
    CREATE TABLE IF NOT EXISTS visits (page text PRIMARY KEY, count bigint NOT NULL);
    INSERT INTO visits VALUES ('/', 0) ON CONFLICT DO NOTHING;
"""


@contextlib.contextmanager
def cursor():
    """A cursor in a transaction of its own, on a connection of its own."""
    with contextlib.closing(psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=5)) as link:
        with link, link.cursor() as found:
            yield found


def migrate():
    with cursor() as cur:
        cur.execute(SCHEMA)


def ping():
    """Raises unless the database answers; it may not have the table yet."""
    with cursor() as cur:
        cur.execute("SELECT 1")


def check():
    """Raises unless the database answers and has the table."""
    with cursor() as cur:
        cur.execute("SELECT count FROM visits WHERE page = '/'")


def count_visit():
    """Adds one to the page's visits and returns how many there are now."""
    with cursor() as cur:
        cur.execute("UPDATE visits SET count = count + 1 WHERE page = '/' RETURNING count")
        return cur.fetchone()[0]
