#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# shellcheck shell=bash disable=SC2016,SC2154
# A reload tells the truth: real servers on a lab's hosts, two releases, and which of them answers.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }

# Project roots that the web user may enter, as a server's is. Most tests have web1 alone, and a server
# of their own as the web user, on port 8100.
setup() {
	deploy_setup
	root=/srv/reload-$BATS_TEST_NUMBER-$RANDOM made=$root
	for host in web1 web2; do
		as_root "$host" sh -c 'install -d -o deploy "$1" && install -d -o www-data "$1/run"' sh "$root"
	done
	settings "project_root=$root" requirements_file=none restart=none try=none runtime_user=www-data \
		health_url=http://127.0.0.1:8100/ health_retries=5 reload_timeout=30
	one_host web1
	release 1
}

# Servers leave their process in run/*.pid.
teardown() {
	for host in web1 web2; do
		as_root "$host" sh -c 'for file in "$1"/run/*.pid*; do
			pid=$(cat "$file") || continue
			kill "$pid"
			for _ in $(seq 100); do [ ! -d "/proc/$pid" ] || sleep 0.1; done
			kill -KILL "$pid"
		done; rm -rf "$1"' sh "$made"
	done >/dev/null 2>&1 || :
	[ -z "${machine:-}" ] || systemd_down
}

as_root() { "$lab" host-exec "$@"; }
# as_web HOST COMMAND: as the web user, who may be asked by this process's children alone.
as_web() { as_root "$1" setpriv --reuid www-data --regid www-data --init-groups sh -c "$2" 3>&- >&2; }

one_host() { printf '%s\n' "$1 ansible_host=${address[$1]} ansible_user=deploy" >deploy/hosts; }

# release N: an application that says which release its code is of, where it works, and, asked for
# /lazy, which release a module is of that it imports then.
release() {
	echo "CODE = 'r$1'" >later.py
	cat >app.py <<-END
		import os

		CODE = "r$1"

		def app(environ, start_response):
		    lazy = ""
		    if environ["PATH_INFO"] == "/lazy":
		        import later
		        lazy = " lazy " + later.CODE
		    start_response("200 OK", [("Content-Type", "text/plain")])
		    return [("code %s in %s pid %s%s" % (CODE, os.path.basename(os.getcwd()), os.getpid(), lazy)).encode()]
	END
}

asked() { curl -s --max-time 5 "http://${address[${2:-web1}]}:8100$1"; }
answering() { asked / "$@" | grep -q code; }

# uwsgi OPTIONS, gunicorn OPTIONS: start it on web1. Before it is what the server's shell does.
uwsgi() {
	as_web "${on_host:-web1}" "${before:-cd /}; uwsgi --plugin python3 --http-socket 0.0.0.0:8100 --master --processes 1 \
		--die-on-term --master-fifo $root/run/fifo --touch-chain-reload $root/run/touch \
		--pidfile $root/run/uwsgi.pid --daemonize $root/run/log $*"
	await 10 answering "${on_host:-web1}" || { as_root "${on_host:-web1}" tail "$root/run/log" >&2; return 1; }
}
gunicorn() {
	as_web "${on_host:-web1}" "${before:-cd /}; gunicorn --bind 0.0.0.0:8100 --workers 1 --daemon \
		--pid $root/run/gunicorn.pid --log-file $root/run/log $*"
	await 10 answering "${on_host:-web1}" || { as_root "${on_host:-web1}" tail "$root/run/log" >&2; return 1; }
}

fifo() { printf "command:sudo -n -u www-data sh -c 'printf %s >%s/run/fifo'" "$1" "$root"; }
hup() { printf "command:sudo -n -u www-data sh -c 'kill -HUP \$(cat %s/run/%s.pid)'" "$root" "$1"; }

# follows N RESTART: a deploy of release N is done, and served by all of the server.
follows() {
	release "$1"
	run slipway deploy --restart "$2"
	expect_status 0
	build=$(live web1)
	asked /lazy >../answer
	grep -Eq "^code r$1 in ([^ ]*) pid [0-9]* lazy r$1\$" ../answer || { cat ../answer >&2; return 1; }
}

# refused N RESTART WHY: release N is not followed: the deploy fails, and all is as before.
refused() {
	before_it=$(live web1)
	was=$(asked /lazy | sed 's/ in .*//')
	release "$1"
	run slipway deploy --restart "$2" --reload-timeout 3
	expect_status 6
	expect_line "$3"
	expect_line "web1: restored: $before_it"
	[ "$(live web1)" = "$before_it" ]
	[ "$(asked / | sed 's/ in .*//')" = "$was" ]
}

@test "slipway deploy: a build that a process of the web user still runs from is not removed" {
	printf '%s\n' "web1 ansible_host=${address[web1]}" "web2 ansible_host=${address[web2]}" \
		'[all:vars]' 'ansible_user=deploy' >deploy/hosts
	sed -i /health_url/d deploy/settings
	deploy_first
	as_root web1 setpriv --reuid www-data --regid www-data --clear-groups sh -c \
		'cd "$1/current" && { sleep 300 & echo $! >/tmp/sleeper; }' sh "$root" 3>&-

	for n in 1 2; do
		echo "$n" >page.txt
		slipway deploy --keep-releases 1
	done

	[ "$(on web1 "cd $root/builds; echo *")" = "$first $(live web1)" ]
	[ "$(on web2 "cd $root/builds; echo *")" = "$(live web2)" ]
	as_root web1 sh -c 'kill $(cat /tmp/sleeper)'
}

@test "reload, uWSGI chdir=current, prefork: r and HUP follow, a chain reload is refused" {
	slipway deploy --health-url none
	uwsgi --chdir "$root/current" --module app:app

	follows 2 "$(fifo r)"
	follows 3 "$(hup uwsgi)"
	refused 4 "uwsgi-fifo:$root/run/fifo" 'still runs from builds/'
}

@test "reload, uWSGI chdir=current, lazy-apps: c, w and touch keep the old code, and are refused" {
	slipway deploy --health-url none
	uwsgi --chdir "$root/current" --lazy-apps --module app:app

	refused 2 "uwsgi-fifo:$root/run/fifo" 'still runs from builds/'
	refused 3 "$(fifo w)" 'still runs from builds/'
	refused 4 "uwsgi-touch:$root/run/touch" 'still runs from builds/'
}

@test "reload, uWSGI hook-post-fork chdir: old code in the new directory is refused" {
	slipway deploy --health-url none
	uwsgi --chdir "$root/current" --lazy-apps --module app:app --hook-post-fork "chdir:$root/current"

	refused 2 "uwsgi-fifo:$root/run/fifo" 'still runs from builds/'
}

@test "reload, uWSGI pythonpath=current, lazy-apps: a chain reload follows, and it is said what cannot be known" {
	slipway deploy --health-url none
	uwsgi --pythonpath "$root/current" --lazy-apps --module app:app

	follows 2 "uwsgi-fifo:$root/run/fifo"
	expect_line 'answers do not name their build'
}

@test "reload, uWSGI pythonpath=current, prefork: a chain reload is refused" {
	slipway deploy --health-url none
	uwsgi --pythonpath "$root/current" --module app:app

	refused 2 "uwsgi-fifo:$root/run/fifo" 'no process has loaded app of builds/'
}

@test "reload, gunicorn started in current by a shell: HUP and USR2 follow" {
	slipway deploy --health-url none
	before="cd $root/current" gunicorn app:app

	follows 2 "gunicorn-hup:$root/run/gunicorn.pid"
	follows 3 "gunicorn-usr2:$root/run/gunicorn.pid"
}

@test "reload, gunicorn in a physical directory: HUP keeps the old code, and is refused" {
	slipway deploy --health-url none
	before="cd -P $root/current; unset PWD" gunicorn app:app

	refused 2 "gunicorn-hup:$root/run/gunicorn.pid" 'still runs from builds/'
	refused 3 "gunicorn-usr2:$root/run/gunicorn.pid" 'its workers run from another build'
}

@test "reload, gunicorn --chdir current: HUP and USR2 follow" {
	slipway deploy --health-url none
	gunicorn --chdir "$root/current" app:app

	follows 2 "gunicorn-hup:$root/run/gunicorn.pid"
	follows 3 "gunicorn-usr2:$root/run/gunicorn.pid"
}

@test "reload, gunicorn --preload --chdir current: HUP keeps the old code, and is refused; USR2 follows" {
	slipway deploy --health-url none
	gunicorn --chdir "$root/current" --preload app:app

	refused 2 "gunicorn-hup:$root/run/gunicorn.pid" 'no process has loaded app of builds/'
	follows 3 "gunicorn-usr2:$root/run/gunicorn.pid"
}

@test "reload, uWSGI with the loader: c, r and HUP are right, and old workers do not mix releases" {
	slipway deploy --health-url none
	uwsgi --pythonpath "$root/.slipway" --lazy-apps --module slipway_wsgi:application
	release 2
	slipway deploy
	[[ $(asked /lazy) == "code r1 in "*" lazy r1" ]]

	follows 3 "uwsgi-fifo:$root/run/fifo"
	[[ $(asked /) == *" in $build pid "* ]]
	follows 4 "$(fifo r)"
	[[ $(asked /) == *" in $build pid "* ]]
	follows 5 "$(hup uwsgi)"
	[[ $(asked /) == *" in $build pid "* ]]
}

@test "reload, gunicorn with the loader: HUP and USR2 are right, and old workers do not mix releases" {
	slipway deploy --health-url none
	gunicorn --pythonpath "$root/.slipway" slipway_wsgi:application
	release 2
	slipway deploy
	[[ $(asked /lazy) == "code r1 in "*" lazy r1" ]]

	follows 3 "gunicorn-hup:$root/run/gunicorn.pid"
	[[ $(asked /) == *" in $build pid "* ]]
	follows 4 "gunicorn-usr2:$root/run/gunicorn.pid"
	[[ $(asked /) == *" in $build pid "* ]]
}

@test "reload, gunicorn --preload with the loader: USR2 is right, HUP is refused" {
	slipway deploy --health-url none
	gunicorn --chdir / --preload --pythonpath "$root/.slipway" slipway_wsgi:application

	follows 2 "gunicorn-usr2:$root/run/gunicorn.pid"
	[[ $(asked /) == *" in $build pid "* ]]
	refused 3 "gunicorn-hup:$root/run/gunicorn.pid" 'still answered by builds/'
}

# visit URL: ask it again and again, into ../visits, until ../stop is there; lost requests are "lost".
visit() {
	rm -f ../stop ../visits
	local stop=$((SECONDS + 60))
	(while [ ! -e ../stop ] && [ "$SECONDS" -lt "$stop" ]; do
		curl -sf --max-time 5 "$1" >>../visits || printf lost >>../visits
		echo >>../visits
	done) 3>&- &
	await 10 test -s ../visits
}
visited() {
	touch ../stop
	wait
	[ "$(wc -l <../visits)" -gt 5 ]
	run ! grep -v '^code ' ../visits
}

@test "reload, gunicorn-usr2: a release that fails on import never serves, and the old master loses nothing" {
	slipway deploy --health-url none
	gunicorn --pythonpath "$root/.slipway" slipway_wsgi:application
	first=$(live web1)
	pid=$(on web1 "cat $root/run/gunicorn.pid")
	echo 'raise RuntimeError("broken")' >app.py
	visit "http://${address[web1]}:8100/"

	run slipway deploy --restart "gunicorn-usr2:$root/run/gunicorn.pid"

	expect_status 6
	visited
	run ! grep -v '^code r1 ' ../visits
	[ "$(live web1)" = "$first" ]
	[ "$(on web1 "cat $root/run/gunicorn.pid")" = "$pid" ]
	run ! on web1 "test -e $root/run/gunicorn.pid.2"
	run ! as_root web1 pgrep -P "$pid" -f 'pid.2'
}

# The site that a host's own servers have, set up as scripts/server recommends.
recommended() {
	root=/var/www/app
	printf '%s\n' "web1 ansible_host=${address[web1]}" "web2 ansible_host=${address[web2]}" \
		'[all:vars]' 'ansible_user=deploy' >deploy/hosts
	for host in web1 web2; do on "$host" "rm -rf $root/* $root/.slipway"; done
	mv app.py wsgi.py
	settings requirements_file=none try=none runtime_user=www-data wsgi=wsgi:app health_retries=5 "$@"
}

@test "reload, recommended gunicorn under supervisor: USR2 loses no request, supervisor sees one program" {
	recommended restart=none health_url=none
	deploy_first
	for host in web1 web2; do
		on "$host" 'supervisorctl stop uwsgi; supervisorctl start gunicorn' >&2
		await 10 curl -sf -o /dev/null "http://${address[$host]}:81/"
	done
	before=$(on web1 'supervisorctl pid gunicorn')
	visit "http://${address[web1]}:81/"

	for n in 2 3; do
		release "$n"
		mv app.py wsgi.py
		run slipway deploy --restart gunicorn-usr2:/run/app/gunicorn.pid --health-url http://127.0.0.1:81/
		expect_status 0
	done

	visited
	[[ $(curl -s "http://${address[web2]}:81/") == "code r3 in $(live web2) "* ]]
	[ "$(on web1 'supervisorctl pid gunicorn')" = "$before" ]
	for host in web1 web2; do
		on "$host" 'supervisorctl stop gunicorn; supervisorctl start uwsgi' >&2
		run ! on "$host" 'curl -sf http://127.0.0.1:81/'
	done
}

@test "reload, recommended uWSGI: the FIFO loses no request, and what fails on import is taken back" {
	recommended restart=supervisor:uwsgi health_url=http://127.0.0.1/
	deploy_first
	sed -i 's|restart=.*|restart=uwsgi-fifo:/run/app/fifo|' deploy/settings
	visit "http://${address[web1]}/"
	for n in 2 3; do
		release "$n"
		mv app.py wsgi.py
		run slipway deploy
		expect_status 0
	done
	visited
	good=$(live web1)
	echo 'raise RuntimeError("broken")' >wsgi.py

	run slipway deploy

	expect_status 6
	expect_line "web1: restored: $good"
	expect_line "web2: restored: $good"
	[[ $(curl -s "http://${address[web2]}/") == "code r3 in $good "* ]]
}

# A host of its own, run by systemd, in the place of web1.
systemd_up() {
	local image ns states
	states=$(dirname "$("$lab" env)")
	image=$("$checkout/tests/lab/image" systemd)
	ns=$("$checkout/tests/lab/netns" add systemd)
	podman=$checkout/tests/lab/podman machine=$SLIPWAY_LAB_NAME-systemd
	"$podman" create --name "$machine" --systemd=always --network "ns:$ns" "$image" >/dev/null
	"$podman" cp "$states/web1/." "$machine:/"
	"$podman" start "$machine" >/dev/null
	"$podman" exec "$machine" sh -c 'chown www-data:deploy /etc/app/env && chmod 0640 /etc/app/env &&
		chown -R deploy:deploy /home/deploy'
	address[web1]=$(ip -n "${ns##*/}" -o -4 addr show eth0 | sed 's/.* inet \([0-9.]*\).*/\1/')
	sed "s/^web1.lab,[0-9.]*/web1.lab,${address[web1]}/" "$SLIPWAY_KNOWN_HOSTS" >../known_hosts
	export SLIPWAY_KNOWN_HOSTS=$PWD/../known_hosts
	on() {
		ssh -F none -i "$SLIPWAY_IDENTITY" -o IdentitiesOnly=yes -o LogLevel=ERROR \
			-o UserKnownHostsFile="$SLIPWAY_KNOWN_HOSTS" "deploy@${address[$1]}" "$2"
	}
	await 30 on web1 true 2>/dev/null
}
systemd_down() {
	"$podman" rm --force --time 0 "$machine" >/dev/null
	"$checkout/tests/lab/netns" del systemd
}

@test "reload, systemd: the unit is reloaded and active; a refusal names the line for sudoers" {
	root=/var/www/app
	systemd_up
	one_host web1
	mv app.py wsgi.py
	settings requirements_file=none try=none runtime_user=www-data wsgi=wsgi:app \
		restart=systemd:app.service health_url=http://127.0.0.1:81/

	run slipway deploy
	expect_status 0
	main=$(on web1 'systemctl show --value --property MainPID app.service')
	visit "http://${address[web1]}:81/"
	release 2
	mv app.py wsgi.py
	run slipway deploy
	expect_status 0
	visited
	[[ $(curl -s "http://${address[web1]}:81/") == "code r2 in $(live web1) "* ]]
	[ "$(on web1 'systemctl show --value --property MainPID app.service')" = "$main" ]
	first=$(live web1)

	echo 'raise RuntimeError("broken")' >wsgi.py
	run slipway deploy --health-retries 3
	expect_status 6
	[[ $(curl -s "http://${address[web1]}:81/") == "code r2 in $first "* ]]

	run slipway deploy --restart systemd:other.service
	expect_status 6
	expect_line 'sudoers needs the line: deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload-or-restart other.service'
}
