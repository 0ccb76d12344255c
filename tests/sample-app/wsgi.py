# SPDX-License-Identifier: MIT
"""The WSGI application: wsgi:app."""
from visits import create_app

app = create_app()
