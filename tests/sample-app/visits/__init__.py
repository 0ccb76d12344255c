# SPDX-License-Identifier: MIT
"""Visits: a page that counts its visitors in Postgres."""
import flask
import tallymark

from . import database, release


def create_app():
    app = flask.Flask(__name__)

    @app.get("/")
    def page():
        count = database.count_visit()
        response = flask.make_response(flask.render_template(
            "page.html", release=release.name(), commit=release.commit(), count=count,
            marks=tallymark.draw(min(count, 40)), tallymark=tallymark.__version__))
        response.headers["X-Release"] = release.name()
        return response

    @app.get("/ready")
    def ready():
        """What a release is asked before it goes live, and before its migration."""
        database.ping()
        return {"release": release.name()}

    @app.get("/healthz")
    def healthz():
        database.check()
        return {"release": release.name()}

    return app
