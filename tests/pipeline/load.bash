# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: MIT
# load.bash: an application on the hosts' own servers, and visitors that never stop asking
# (tests/load/arrivals). `load load` after `load deploy`.

arrivals=$checkout/build/load/arrivals

# web_application LINE...: the application that the hosts' servers run, on an empty root, in ./wsgi.py, and
# settings for it. It wants the whole body of a POST, and has a long answer at /long.
web_application() {
	local host
	root=/var/www/app
	for host in web1 web2; do on "$host" "rm -rf $root/* $root/.slipway"; done
	settings requirements_file=none wsgi=wsgi:app runtime_user=www-data env_file=/etc/app/env "$@"
	cat >wsgi.py <<-'PY'
		import os

		RELEASE = os.environ["SLIPWAY_RELEASE"]

		def app(environ, start_response):
		    length = int(environ.get("CONTENT_LENGTH") or 0)
		    if len(environ["wsgi.input"].read(length)) != length:
		        raise RuntimeError("half a body")
		    body = b"long" * (5 << 20) if environ["PATH_INFO"] == "/long" else ("ok " + RELEASE).encode()
		    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
		    return [body]
	PY
}

# load_start [OPTION]...: 100 visitors a second at each host, at $load_port, until load_stop.
load_port=80
load_start() {
	"$arrivals" -b 'ok ' -r 100 "$@" "http://${address[web1]}:$load_port/" "http://${address[web2]}:$load_port/" \
		>../load.json 3>&- &
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
