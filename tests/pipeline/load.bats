#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# alone
# shellcheck shell=bash disable=SC2034,SC2154
# slipway on two real hosts whose nginx is asked 200 times a second in all, whether or not it answers: what
# a deploy costs visitors. Failures are asserted, times are only told: in a table, at the end, and in
# ARTIFACTS/load.md and load.json.

load deploy
load load

setup_file() {
	deploy_hosts_up
	export ROWS=$BATS_FILE_TMPDIR/rows
}

teardown_file() {
	if [ -s "$ROWS" ]; then
		/usr/bin/python3 "$checkout/tests/load/table.py" "$ROWS" "${ARTIFACTS:-$checkout/build/test/artifacts}" >&3
	fi
	deploy_hosts_down
}

setup() {
	deploy_setup
	beside=()
	unset SLIPWAY_TRY
}

# application RESTART [LINE]...: it is live, so restarted, and with these settings. It takes a while to
# import, as applications do.
application() {
	restart=$1
	web_application "restart=$restart" "health_url=http://127.0.0.1:$load_port/" "${@:2}"
	sed -i 's/^import os$/import os, time\ntime.sleep(0.3)/' wsgi.py
	case $restart in gunicorn-*) start_gunicorn ;; esac
	deploy_first
}

# gunicorn has a site of its own, and needs a build that it can begin with. A deploy waits until no
# process of the application runs from the build before, so uWSGI must not run beside it.
start_gunicorn() {
	slipway deploy --restart none --health-url none
	for host in web1 web2; do on "$host" 'supervisorctl stop uwsgi; supervisorctl start gunicorn'; done
}

teardown() {
	[ ${#beside[@]} = 0 ] || kill "${beside[@]}"
	# shellcheck disable=SC2016
	for host in web1 web2; do "$lab" host-exec "$host" sh -c '[ ! -e /run/strace.pid ] || kill "$(cat /run/strace.pid)"'; done
	[ "$load_port" = 80 ] ||
		for host in web1 web2; do on "$host" 'supervisorctl stop gunicorn; supervisorctl start uwsgi'; done
}

# The same load with no deploy.
calm() {
	load_start -d 5 "$@"
	wait "$visitors"
	mv ../load.json ../calm.json
}

# row SCENARIO DEPLOYS: a line of the table. Fails if a request failed, unless that is what is measured.
row() {
	/usr/bin/python3 - "$@" "$restart" >>"$ROWS" <<-'PY'
		import json, sys
		scenario, deploys, restart = sys.argv[1:]
		print(json.dumps({"scenario": scenario, "restart": restart, "deploys": int(deploys),
		    "load": json.load(open("../load.json")), "calm": json.load(open("../calm.json"))}))
	PY
}

expect_none_failed() {
	if [ "$(load_result 't["failed"]')" != 0 ]; then
		cat ../load.json >&2
		return 1
	fi
}

good_deploys() {
	calm -p
	load_start -p
	for n in $(seq "$1"); do
		echo "$n" >page.txt
		slipway deploy >../deploy.log 2>&1 || {
			cat ../deploy.log >&2
			return 1
		}
	done
	load_stop
	row 'good releases' "$1"

	expect_none_failed
	# Each of them has served, and the one before.
	[ "$(load_result 'len(t["releases"])')" = $(($1 + 1)) ]
}

@test "load: 20 good releases by uwsgi-fifo, and no request is lost" {
	application uwsgi-fifo:/run/app/fifo try_settle=0

	good_deploys 20
}

# slow_accept: from now on uWSGI's processes on both hosts need 8 ms from accepting a connection to knowing it.
slow_accept() {
	for host in web1 web2; do
		# shellcheck disable=SC2016
		"$lab" host-exec "$host" sh -c 'echo $$ >/run/strace.pid; exec strace -qq -f -o /dev/null -e trace=accept4 -e inject=accept4:delay_exit=8000 \
			$(pgrep uwsgi | sed "s/^/-p /")' 3>&- &
		beside+=($!)
	done
	await 10 all_traced
}

all_traced() {
	for host in web1 web2; do
		# shellcheck disable=SC2016
		"$lab" host-exec "$host" sh -c '! grep -l "^TracerPid:.0$" $(pgrep uwsgi | sed "s,.*,/proc/&/status,")' >&2 || return 1
	done
}

# long_answers ADDRESS: asks for one after another; tells those that are cut off.
long_answers() {
	while :; do
		curl -s -o /dev/null -w '%{http_code} %{size_download}\n' "http://$1/long" | grep -v '^200 20971520$' || :
	done
}

# A reload is the same for each release, so one release will do for many.
@test "load: reloads by uwsgi-fifo lose no request that has just been accepted, and cut no long answer off" {
	application uwsgi-fifo:/run/app/fifo try_settle=0
	slow_accept
	calm -p
	load_start -p
	for host in web1 web2; do
		long_answers "${address[$host]}" 3>&- >"../cut.$host" &
		beside+=($!)
	done

	reloads=0 began=$SECONDS
	while [ $((SECONDS - began)) -lt 20 ]; do
		for host in web1 web2; do on "$host" "sudo -n -u www-data sh -c 'printf c >/run/app/fifo'"; done
		reloads=$((reloads + 1))
	done
	load_stop
	row 'slow to accept' "$reloads"

	expect_none_failed
	[ -z "$(cat ../cut.*)" ]
	for host in web1 web2; do
		[ "$("$lab" host-exec "$host" grep -c 'killed successfully' /var/log/uwsgi.log)" -ge 5 ]
	done
}

# With another environment all of uWSGI is replaced: requests have to wait.
@test "load: changed requirements by uwsgi-fifo, there and back, and no request is lost" {
	application uwsgi-fifo:/run/app/fifo try_settle=0
	calm
	load_start

	sed -i s/^requirements_file=.*/requirements_file=requirements.txt/ deploy/settings
	echo tallymark==1.0.0 >requirements.txt
	slipway deploy
	second=$(live web1)
	slipway rollback
	slipway rollback --to "$second"

	load_stop
	row 'changed requirements' 3
	expect_none_failed
}

@test "load: 20 good releases by gunicorn-usr2, and no request is lost" {
	load_port=81
	application gunicorn-usr2:/run/app/gunicorn.pid try_settle=0

	good_deploys 20
}

# broken KIND LINE...: a release with these lines in front of a good one is refused; nothing else changes.
broken() {
	printf '%s\n' "${@:2}" | cat - ../good.py >wsgi.py
	run slipway deploy
	expect_status 6
	expect_live "$first"
	refused=$((refused + 1))
}

@test "load: six kinds of broken release, and no request is lost, nor anything live but the good one" {
	application uwsgi-fifo:/run/app/fifo try_timeout=6
	cp wsgi.py ../good.py
	calm -k
	load_start -k

	refused=0
	broken 'fails import' 'raise RuntimeError("not today")'
	broken 'hangs on import' 'import time' 'time.sleep(3600)'
	broken 'exits after 3 s' 'import os, threading' 'threading.Timer(3, os._exit, [1]).start()'
	broken 'needs a missing variable' 'import os' 'os.environ["NO_SUCH_VARIABLE"]'
	broken 'needs a missing dependency' 'import no_such_package'
	cp ../good.py wsgi.py
	sed -i 's/200 OK/500 Oh/' wsgi.py
	cp wsgi.py ../good.py
	broken 'answers 500'
	load_stop
	row 'broken releases' "$refused"

	expect_none_failed
	[ "$(load_result '[x["release"] for x in t["releases"]]')" = "['$first']" ]
}

@test "load: what a restart by supervisor loses is measured" {
	application supervisor:uwsgi try_settle=0
	calm
	load_start

	for n in 1 2 3; do
		echo "$n" >page.txt
		slipway deploy
	done

	load_stop
	row 'good releases' 3
}
