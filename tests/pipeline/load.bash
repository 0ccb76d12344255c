# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: MIT
# load.bash: an application on the hosts' own servers, and visitors that never stop asking
# (tests/load/arrivals). `load load` after `load deploy`.

arrivals=$checkout/build/load/arrivals

# The application that the hosts' uwsgi serves, on an empty root, in ./wsgi.py; restarted as
# scripts/server recommends.
web_application() {
	local host
	root=/var/www/app
	for host in web1 web2; do on "$host" "rm -rf $root/* $root/.slipway"; done
	settings requirements_file=none restart=uwsgi-touch:/run/app/reload health_url=http://127.0.0.1/
	cat >wsgi.py <<-'PY'
		import os

		RELEASE = os.environ["SLIPWAY_RELEASE"]

		def app(environ, start_response):
		    body = ("ok " + RELEASE).encode()
		    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
		    return [body]
	PY
}

# load_start [OPTION]...: visitors at both hosts, until load_stop; 100 a second at each unless told.
load_start() {
	"$arrivals" -b 'ok ' -r 100 "$@" "http://${address[web1]}/" "http://${address[web2]}/" >../load.json 3>&- &
	visitors=$!
}

# The result is in ../load.json.
load_stop() {
	kill "$visitors"
	wait "$visitors"
}

# load_result EXPRESSION: in Python; r is the result, t its total.
load_result() {
	/usr/bin/python3 -c 'import json, sys
r = json.load(open("../load.json")); t = r["total"]
print(eval(sys.argv[1]))' "$1"
}
