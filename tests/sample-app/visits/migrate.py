# SPDX-License-Identifier: MIT
"""python -m visits.migrate: brings the database to this release's schema."""
from .database import migrate

migrate()
