#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# shellcheck shell=bash disable=SC2154
# slipway on two real hosts: what a deploy and a rollback do when all is well.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() { deploy_setup; }

# The application that the hosts' uwsgi serves.
web_application() {
	root=/var/www/app
	for host in web1 web2; do on "$host" "rm -rf $root/* $root/.slipway"; done
	cat >wsgi.py <<-'END'
		import os
		import socket

		def app(environ, start_response):
		    bad = os.path.exists("bad-on-" + socket.gethostname())
		    start_response("500 Bad" if bad else "200 OK", [("Content-Type", "text/plain")])
		    return [os.environ["SLIPWAY_RELEASE"].encode()]
	END
	settings restart=supervisor:uwsgi health_url=http://127.0.0.1/ health_retries=8 requirements_file=none
}

served() { curl -s --max-time 5 "http://${address[$1]}/"; }

@test "slipway deploy: both hosts serve the build, laid out as documented" {
	web_application

	run slipway deploy

	expect_status 0
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	expect_line "slipway: $build is live on web1, web2"
	for stage in connect lock push prepare activate finish; do
		grep -Eq "^slipway: stage $stage: [0-9]+\.[0-9] s$" <<<"$output"
	done
	expect_live "$build"
	[ "$(served web1)" = "$build" ]
	[ "$(served web2)" = "$build" ]
	[ "$(on web1 "cd $root; ls -A")" = $'.slipway\nbuilds\ncurrent\nenvs\nshared\nwheels' ]
	[ "$(on web1 "readlink $root/current")" = "builds/$build" ]
	[ "$(on web1 "cut -d: -f1 $root/current/REVISION")" = $'commit\nbranch\npipeline\ndeployer\ntime' ]
}

@test "slipway deploy: a build that is not healthy on one host is taken back on both" {
	web_application
	deploy_first
	touch bad-on-web2

	run slipway deploy --health-retries 2

	expect_status 6
	expect_line 'web2 | slipway: health: http://127.0.0.1/: 500 Bad'
	expect_line 'is not healthy on web2'
	expect_line "slipway: web1: restored: $first"
	expect_line "slipway: web2: restored: $first"
	grep '^slipway: stage back: ' <<<"$output" | sed 's/^/# /' >&3
	expect_live "$first"
	[ "$(served web1)" = "$first" ]
	[ "$(served web2)" = "$first" ]
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	[ "$(on web1 "cat $root/builds/$build/.failed")" = 'not healthy on every host' ]
	[ "$(on web2 "cat $root/builds/$build/.failed")" = 'not healthy on every host' ]
	run slipway releases
	grep -Eq "^$build .* failed .* all\$" <<<"$output"
}

# uWSGI as the deploy user's own, with a FIFO; on port 8081 of the host.
start_uwsgi() {
	on "$1" "cd $root && uwsgi --plugin python3 --http-socket 0.0.0.0:8081 --master --processes 2 \
		--lazy-apps --pythonpath .slipway --module slipway_wsgi:application --die-on-term \
		--master-fifo $root/fifo --env SLIPWAY_WSGI=wsgi:app --pidfile $root/pid --daemonize $root/log"
	await 10 curl -sf -o /dev/null "http://${address[$1]}:8081/"
}

@test "slipway deploy: uwsgi-fifo reloads the application, and all of uWSGI for a new environment" {
	cat >wsgi.py <<-'END'
		import os

		def app(environ, start_response):
		    start_response("200 OK", [])
		    return [("%s %s" % (os.environ["SLIPWAY_RELEASE"], os.getppid())).encode()]
	END
	deploy_first
	start_uwsgi web1
	start_uwsgi web2
	serves() { [[ $(curl -s "http://${address[web1]}:8081/") == "$1 "* ]]; }
	sed -i "s|restart=none|restart=uwsgi-fifo:$root/fifo|" deploy/settings

	slipway deploy
	await 10 serves "$(live web1)"
	# uWSGI passes over a command that comes while it replaces workers.
	await 10 on web1 "grep -q 'chain reloading complete' $root/log"
	slipway rollback
	await 10 serves "$first"

	sed -i /requirements_file/d deploy/settings
	echo 'tallymark==1.0.0' >requirements.txt
	echo 'import tallymark' >>wsgi.py
	slipway deploy
	await 10 serves "$(live web1)"
	[ "$(on web1 "grep -c 'chain reload starting' $root/log")" = 2 ]
	on web1 "grep -q 'binary reloading uWSGI' $root/log"
	for host in web1 web2; do on "$host" "kill \$(cat $root/pid)"; done
}

@test "slipway deploy: uwsgi-touch replaces the workers without a request lost" {
	web_application
	deploy_first
	sed -i 's|restart=.*|restart=uwsgi-touch:/run/app/reload|' deploy/settings
	stop=$((SECONDS + 40))
	(while [ ! -e ../stop ] && [ "$SECONDS" -lt "$stop" ]; do
		served web1 >>../requests || echo lost >>../requests
		echo >>../requests
	done) 3>&- &

	run slipway deploy

	expect_status 0
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	await 20 grep -q "$build" ../requests
	touch ../stop
	wait
	run ! grep -Ev "^($first|$build|)$" ../requests
}

@test "slipway rollback: goes one build back, twice goes two back, and --to goes forward again" {
	deploy_first
	echo two >page.txt
	slipway deploy
	second=$(live web1)
	echo three >page.txt
	slipway deploy
	third=$(live web1)

	slipway rollback
	expect_live "$second"
	slipway rollback
	expect_live "$first"
	run slipway rollback
	expect_status 6
	expect_line "no build that was live before $first is complete and proven on every host"

	run slipway rollback --to "$third"
	expect_status 0
	expect_live "$third"
	[ "$(on web2 "cat $root/current/page.txt")" = three ]
}

@test "slipway rollback: goes to what was live before, also when keep_releases newer builds are there" {
	settings "project_root=$root" requirements_file=none restart=none keep_releases=2
	slipway deploy
	slipway deploy
	second=$(live web1)
	slipway deploy
	slipway rollback
	slipway deploy

	run slipway rollback

	expect_status 0
	expect_live "$second"
}

@test "slipway rollback: passes over builds that failed, and those that were never live" {
	deploy_first
	hook migrate 'exit 1'
	run slipway deploy
	expect_status 6
	rm deploy/hooks/migrate
	slipway deploy

	slipway rollback

	expect_live "$first"
}

@test "slipway rollback: the build that is live is nothing to do; --expect-current guards" {
	deploy_first

	run slipway rollback --to "$first"
	expect_status 0
	expect_line "$first is live already: nothing to do"

	run slipway rollback --expect-current 20260101000000
	expect_status 1
	expect_line "--expect-current 20260101000000: live is $first"

	SLIPWAY_TO=$first SLIPWAY_EXPECT_CURRENT=$first run slipway rollback
	expect_status 0
}

@test "slipway deploy: a changed requirement makes a new environment, the same one is used again" {
	settings "project_root=$root" restart=none
	printf -- '-r base.txt\n' >requirements.txt
	echo 'Flask==2.2.2' >base.txt
	deploy_first
	env=$(on web1 "readlink $root/current/env")

	echo two >page.txt
	run slipway deploy
	expect_status 0
	[ "$(on web1 "readlink $root/current/env")" = "$env" ]
	on web1 "cd $root/current && env/bin/python -c 'import flask'"

	echo 'tallymark==1.0.0' >>base.txt
	run slipway deploy
	expect_status 0
	[ "$(on web2 "readlink $root/current/env")" != "$env" ]
	on web2 "cd $root/current && env/bin/python -c 'import flask, tallymark'"
	on web2 "ls $root/wheels" | grep -q '^Flask-'
	[ "$(on web2 "cd $root/envs; ls -d */.incomplete 2>/dev/null | wc -l")" = 0 ]
	key=$(on web2 "sed -n 's/^requirements: //p' $root/current/REVISION")
	[[ $key =~ ^cp311-[0-9a-f]{16}$ ]]
}

# wheel VERSION: an empty wheel of the package tallymark.
wheel() {
	/usr/bin/python3 - "$1" <<-'END'
		import sys, zipfile
		name = "tallymark-" + sys.argv[1]
		with zipfile.ZipFile("../" + name + "-py3-none-any.whl", "w") as wheel:
		    info = name + ".dist-info/"
		    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: tallymark\nVersion: %s\n" % sys.argv[1])
		    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
		    wheel.writestr(info + "RECORD", "")
	END
}

@test "slipway deploy: neither an old wheel nor what is left of an environment gets in the way" {
	deploy_first
	sed -i /requirements_file/d deploy/settings
	echo tallymark >requirements.txt
	wheel 0.1
	identity=$(on web1 "python3 -c 'import platform, sysconfig
print(\"cp311\", platform.python_version(), sysconfig.get_platform(), \"-\".join(platform.libc_ver()))'")
	key=cp311-$("req-checksum" --salt "$identity" requirements.txt | cut -c 1-16)
	for host in web1 web2; do
		on "$host" "cat >$root/wheels/tallymark-0.1-py3-none-any.whl" <../tallymark-0.1-py3-none-any.whl
		on "$host" "mkdir -p $root/envs/$key/bin && cd $root/envs/$key && touch .incomplete bin/python && chmod +x bin/python"
	done

	slipway deploy

	[ "$(on web1 "readlink $root/current/env")" = "../../envs/$key" ]
	[[ "$(on web2 "cd $root/current && env/bin/python -m pip list --format=freeze | grep tallymark")" = tallymark==1.* ]]
}

@test "slipway: a tree made by other means is taken over as it stands, and can be gone back to" {
	for host in web1 web2; do
		on "$host" "mkdir -p $root/builds/20200101000000/env $root/builds/20190101000000 $root/wheels &&
			ln -s $root/builds/20200101000000 $root/current"
	done

	slipway deploy
	run slipway rollback

	expect_status 0
	expect_line '20200101000000 is live on web1, web2'
	[ "$(live web2)" = 20200101000000 ]
	run slipway rollback
	expect_status 6
}

@test "slipway deploy: env_mode=build gives each build an environment of its own" {
	settings "project_root=$root" restart=none env_mode=build
	echo 'tallymark==1.0.0' >requirements.txt

	slipway deploy

	on web1 "cd $root/current && test ! -L env && env/bin/python -c 'import tallymark'"
	[ -z "$(on web1 "ls $root/envs")" ]
}

@test "slipway deploy: hooks run where and when they should" {
	hook build 'echo built >built.txt'
	hook prepare 'cat built.txt >prepared.txt; hostname >>prepared.txt; test -e .incomplete'
	hook migrate 'hostname >>"$SLIPWAY_ROOT/migrated.txt"; test "$(readlink "$SLIPWAY_ROOT/current")" = ""'

	slipway deploy

	[ "$(on web1 "cat $root/current/prepared.txt")" = $'built\nweb1' ]
	[ "$(on web2 "cat $root/current/prepared.txt")" = $'built\nweb2' ]
	[ "$(on web1 "cat $root/migrated.txt")" = web1 ]
	run ! on web2 "test -e $root/migrated.txt"
}

@test "slipway deploy: shared paths are linked, and never made up" {
	printf '%s\n' 'shared_paths=uploads/,conf/local.env' >>deploy/settings

	run slipway deploy
	expect_status 6
	expect_line 'shared/conf/local.env: not there'

	for host in web1 web2; do on "$host" "mkdir $root/shared/conf && echo x=1 >$root/shared/conf/local.env"; done
	slipway deploy
	[ "$(on web1 "cat $root/current/conf/local.env")" = x=1 ]
	on web1 "touch $root/current/uploads/here && test -e $root/shared/uploads/here"

	mkdir uploads && touch uploads/mine
	before=$(live web1)
	run slipway deploy
	expect_status 6
	expect_line 'uploads: the build has a folder with content where a shared one belongs'
	expect_live "$before"
}

@test "slipway deploy: unchanged files are hard links, builds above keep_releases go, excludes stay here" {
	printf '%s\n' /secret '*.log' >deploy/excludes
	touch secret debug.log
	mkdir -p .git __pycache__ && touch .git/config __pycache__/x.pyc
	deploy_first
	[ "$(on web1 "cd $root/current; ls -A")" = $'REVISION\ndeploy\npage.txt' ]

	for n in 1 2 3; do
		echo "$n" >count.txt
		slipway deploy --keep-releases 2
	done

	[ "$(on web1 "ls $root/builds | wc -l")" = 2 ]
	run ! on web1 "test -e $root/builds/$first"
	[ "$(on web1 "stat -c %h $root/current/page.txt")" = 2 ]
	[ "$(on web1 "stat -c %a $root/current/page.txt")" = 644 ]
}

@test "slipway: a project root with a space and a quote in it works throughout" {
	root="/home/deploy/my app's root"
	settings "project_root=$root" restart=none
	echo 'tallymark==1.0.0' >requirements.txt
	on_root() { on "$1" "cd \"$root\" && $2"; }
	live() { on_root "$1" 'basename "$(readlink current)"'; }
	expect_both() { [ "$(live web1)" = "$1" ] && [ "$(live web2)" = "$1" ]; }

	deploy_first
	expect_both "$first"
	on_root web1 'current/env/bin/python -c "import tallymark"'
	slipway deploy
	run ! expect_both "$first"
	slipway rollback
	expect_both "$first"
	run slipway status
	expect_status 0
}

@test "slipway: with become, what is done on the hosts is done by root" {
	root=/srv/become-$RANDOM
	for host in web1 web2; do
		"$lab" host-exec "$host" sh -c "echo 'deploy ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/become && mkdir $root"
	done
	settings "project_root=$root" requirements_file=none restart=none become=yes

	run slipway deploy
	expect_status 0
	run slipway rollback --to "$(live web1)"
	expect_status 0
	[ "$(on web2 "stat -c %U $root/current/page.txt")" = root ]

	for host in web1 web2; do "$lab" host-exec "$host" rm -r /etc/sudoers.d/become "$root"; done
	run slipway status
	expect_status 6
	expect_line 'sudo'
}

@test "slipway: values with blanks and quotes reach the hosts as they are" {
	printf '%s\n' "project_root = \"$root\"" 'requirements_file = none' \
		"restart = command:printf '%s\\n' \"a  'b\" \"\$HOME\" >restarted" >deploy/settings

	slipway deploy

	[ "$(on web2 "cat $root/restarted")" = $'a  \'b\n/home/deploy' ]
}

@test "slipway deploy: a build is later than every other, also when the clock went back" {
	deploy_first
	for host in web1 web2; do on "$host" "cp -r $root/builds/$first $root/builds/20991231235959"; done

	run slipway deploy

	expect_status 0
	expect_live 21000101000000
}

@test "slipway status: names the hosts that differ, with status 1" {
	deploy_first
	slipway deploy
	second=$(live web1)
	run slipway status
	expect_status 0

	on web2 "ln -sfn builds/$first $root/current"
	run slipway status
	expect_status 1
	expect_line 'hosts differ in what is live'
	grep -Eq "^web1 +$second " <<<"$output"
	grep -Eq "^web2 +$first " <<<"$output"

	run slipway rollback
	expect_status 6
	expect_line 'hosts differ in what is live: web1 '
	slipway rollback --to "$first"
	expect_live "$first"
}
