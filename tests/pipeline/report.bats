#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2154
# The report of a deploy and of a rollback: its facts by what the hosts have, its page by headless Chromium.
# Pictures and texts of the pages are left in build/test/artifacts.

load deploy

artifacts=$checkout/build/test/artifacts

setup_file() {
	deploy_hosts_up
	export PLAYWRIGHT history=$BATS_FILE_TMPDIR/history
	PLAYWRIGHT=$("$checkout/tests/browser/fetch")
	mkdir -p "$artifacts" "$history"
	(BATS_TEST_TMPDIR=$history BATS_TEST_NUMBER=0 make_history)
}
teardown_file() { deploy_hosts_down; }
setup() { deploy_setup; }

# commit MESSAGE: all that is there.
commit() {
	git add -A
	git -c user.name=Ada -c user.email=ada@example.com commit -qm "$1"
}

# The application that the hosts' uwsgi serves: a deploy, one that fails on web2 alone, a rollback. What
# each of them leaves is in $history: good, failed, rollback.
make_history() {
	local host
	deploy_setup
	export CIRCLE_USERNAME=ada
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
	settings restart=supervisor:uwsgi health_url=http://127.0.0.1/ health_retries=3 try=import wsgi=wsgi:app \
		try_settle=1
	unset SLIPWAY_TRY
	: >requirements.txt
	seq 2000 >numbers.txt
	git init -q -b main
	commit 'Show the visits'
	slipway deploy >"$history/first.log" 2>&1
	echo two >page.txt
	commit 'Count <visits> & "guests"'
	remember good slipway deploy
	touch bad-on-web2
	commit 'Faster counting'
	SLIPWAY_TRY=none remember failed slipway deploy
	remember rollback slipway rollback --reason 'Too <slow>'
}

# remember NAME COMMAND...: its report, log and exit status as $history/NAME.
remember() {
	local name=$1
	shift
	mkdir "$history/$name"
	"$@" >"$history/$name/log" 2>&1 || echo "$?" >"$history/$name/status"
	cp deploy-report/* "$history/$name/"
}

# facts FILTER: of deploy-report/report.json, or of $report/report.json.
facts() { jq -c "$1" "${report:-deploy-report}/report.json"; }

# valid: report.json has the form that docs/ says.
valid() {
	python3 - "$checkout/docs/report.schema.json" "${report:-deploy-report}/report.json" <<-'END'
		import json, sys
		from jsonschema import Draft7Validator
		schema, report = (json.load(open(name)) for name in sys.argv[1:])
		Draft7Validator.check_schema(schema)
		wrong = ["%s: %s" % (list(e.path), e.message[:200]) for e in Draft7Validator(schema).iter_errors(report)]
		sys.exit("\n".join(wrong) or 0)
	END
}

# look NAME [VIEW...]: what is wrong with the page, as Chromium has it. Its pictures and its text are kept
# as NAME.
look() { node "$checkout/tests/browser/check.cjs" "${report:-deploy-report}/report.html" "$artifacts/$1" "${@:2}"; }

# reads NAME TEXT...: the page that was looked at shows each text.
reads() {
	local text
	for text in "${@:2}"; do
		grep -qF -- "$text" "$artifacts/$1.txt" || {
			printf 'no "%s" in:\n%s\n' "$text" "$(cat "$artifacts/$1.txt")" >&2
			return 1
		}
	done
}

@test "report: a good deploy: the facts are those of the hosts" {
	report=$history/good
	valid
	build=$(facts -r .build 2>/dev/null || jq -r .build "$report/report.json")

	[ "$(facts '[.command, .outcome, .status, .why, .source.branch, .source.subject]')" = \
		'["deploy","live",0,null,"main","Count <visits> & \"guests\""]' ]
	[ "$(facts '[.stages[].name]')" = '["connect","lock","push","prepare","try","activate","finish"]' ]
	[ "$(facts '[.barriers[] | .name, .passed]')" = '["ready",true,"healthy",true]' ]
	[ "$(facts '[.hosts[] | .name, .outcome, .env.state]')" = '["web1","live","reused","web2","live","reused"]' ]
	# As rsync-push counted in the log: page.txt alone is new.
	[ "$(facts '[.hosts[].push | .files_sent, .literal_bytes]')" = '[1,4,1,4]' ]
	linked=$(sed -n 's/^rsync-push: web1: .*linked \([0-9]*\);.*/\1/p' "$report/log")
	[ "$(facts '.hosts[0].push.hard_linked')" = "$linked" ]
	[ "$(facts '.totals.reused > 0.99 and .totals.hard_linked == ([.hosts[].push.hard_linked] | add)')" = true ]
	[ "$(facts '[.hosts[].health[] | select(.stage == "activate") | .good] | any')" = true ]
	[ "$(facts '.hosts[].health[0] | .stage, .what' | sort -u)" = $'"GET /"\n"try"' ]
	[ "$(facts '[.commits.list[].subject, .commits.taken_back]')" = '["Count <visits> & \"guests\"",false]' ]
	# Each host's stages follow one another, and the barriers stand where all have come to.
	[ "$(facts '[.hosts[].bars | [.[].stage] == ["connect","lock","push","prepare","try","activate","finish"]] | all')" = true ]
	[ "$(facts '. as $r | [.hosts[].bars[] | select(.stage == "try") | .end <= $r.barriers[0].at] | all')" = true ]
	[ "$(facts '. as $r | [.hosts[].bars[] | select(.stage == "finish") | .start >= $r.barriers[1].at] | all')" = true ]
	grep -qx "slipway: report: deploy-report/report.html: $build: Live on 2 hosts, .* s" "$report/log"
	printf '# a good deploy on two hosts: report.html %s bytes, report.json %s bytes\n' \
		"$(wc -c <"$report/report.html")" "$(wc -c <"$report/report.json")" >&3
}

@test "report: a good deploy: the page" {
	report=$history/good

	cp "$report/report.json" "$artifacts/report-good.json"

	run look report-good

	expect_status 0
	build=$(jq -r .build "$report/report.json")
	reads report-good 'Live on 2 hosts' "as $build to 2 hosts" 'of main' 'Count <visits> & "guests"' \
		'2 sent' 'was there already' 'reused' 'Every host was ready.' 'Every host was healthy, so the release stays.'
	run ! grep -qF 'Warnings' "$artifacts/report-good.txt"
}

@test "report: a deploy that one host takes back: who failed, why, and what each has" {
	report=$history/failed
	first=$(jq -r .build "$history/good/report.json")
	valid

	[ "$(cat "$report/status")" = 6 ]
	[ "$(facts '[.outcome, .status]')" = '["restored",6]' ]
	[ "$(facts '[.failures[] | .host, .stage]')" = '["web2","activate"]' ]
	[ "$(facts '.failures[0].why')" = '"health: http://127.0.0.1/: 500 Bad"' ]
	[ "$(facts '[.hosts[] | .name, .outcome, .before, .after, .failed_in]')" = \
		"[\"web1\",\"restored\",\"$first\",\"$first\",null,\"web2\",\"restored\",\"$first\",\"$first\",\"activate\"]" ]
	[ "$(facts '[.barriers[] | .name, .passed]')" = '["ready",true,"healthy",false]' ]
	[ "$(facts '[.hosts[1].health[] | select(.stage == "activate") | .good] | unique')" = '[false]' ]
	[ "$(facts '[.hosts[1].health[] | select(.stage == "back") | .good] | last')" = true ]
	run look report-failed
	expect_status 0
	reads report-failed 'Taken back: every host has what it had before' 'web2 failed in activate' \
		'health: http://127.0.0.1/: 500 Bad' 'uwsgi: started' "restored: $first" \
		'Not every host was healthy, so every host went back.' 'not good'
}

@test "report: a rollback: from what to what, and which commits are taken back" {
	report=$history/rollback
	valid

	[ "$(facts '[.command, .outcome, .totals, .commits.taken_back, .commits.list[].subject]')" = \
		'["rollback","live",null,true,"Count <visits> & \"guests\""]' ]
	[ "$(facts '.hosts[0].before')" = "$(jq .build "$history/good/report.json")" ]
	[ "$(facts '[.hosts[].after] | unique')" = "$(facts '[.build]')" ]
	[ "$(facts '.source.commit')" != null ]
	run look report-rollback
	expect_status 0
	reads report-rollback 'Rolled back on 2 hosts' 'Taken back' 'Count <visits>' 'because:' 'Too <slow>'
}

@test "report: what comes from outside stays text" {
	hook prepare 'printf "\033[31mred\033[0m </pre><script>alert(1)</script><img src=x onerror=alert(2)>\n" >&2' \
		'printf "a\342\200\256b \007\377\n" >&2' '[ "$(uname -n)" = web1 ]'
	git init -q -b '"><svg/onload=alert(3)>'
	commit '<script>alert(4)</script> <!-- & -->'
	export CIRCLE_BUILD_URL='javascript:alert(5)' CIRCLE_USERNAME='<b onmouseover=alert(6)>ada'

	run slipway deploy

	expect_status 6
	valid
	[ "$(facts '[.outcome, .failures[].host]')" = '["refused","web2"]' ]
	[ "$(facts '.failures[0].why')" = '"hooks/prepare: exit status 1"' ]
	[ "$(facts '[.barriers[] | .name, .passed]')" = '["ready",false]' ]
	run look report-hostile phone
	expect_status 0
	reads report-hostile 'Nothing was changed on any host' 'red </pre><script>alert(1)</script><img src=x onerror=alert(2)>' \
		'a\u202eb \x07' '<script>alert(4)</script> <!-- & -->' '"><svg/onload=alert(3)>' '<b onmouseover=alert(6)>ada'
	run ! grep -qF 'href="javascript' deploy-report/report.html
}

@test "report: hooks/build fails, before any host is asked" {
	hook build 'echo compiling' 'echo "no such <file>" >&2' 'exit 4'

	run slipway deploy

	expect_status 3
	valid
	[ "$(facts '[.outcome, .why, .output, .hosts]')" = \
		'["refused","hooks/build: exit status 4",["compiling","no such <file>"],[]]' ]
	[ "$(grep -n 'no such' <<<"$output" | cut -d: -f1)" -lt "$(grep -n 'exit status 4' <<<"$output" | head -n 1 | cut -d: -f1)" ]
	run look report-build phone
	expect_status 0
	reads report-build 'Nothing was changed on any host' 'hooks/build: exit status 4' 'no such <file>'
}

@test "report: a host that is not reached" {
	sed -i 's/^web2 .*/& ansible_port=1/' deploy/hosts

	run slipway deploy

	expect_status 4
	valid
	[ "$(facts '[.outcome, .build, .failures[].host, .failures[].stage]')" = '["refused",null,"web2","connect"]' ]
	[ "$(facts '.failures[0].why' | grep -c 'Connection refused')" = 1 ]

	SLIPWAY_MIN_HOSTS=1 run slipway deploy
	expect_status 0
	valid
	[ "$(facts '[.outcome, (.hosts[] | .name, .outcome)]')" = '["live","web1","live","web2","left out"]' ]
	run look report-left-out phone
	expect_status 0
	reads report-left-out 'Live on 1 host, 1 left out' 'to 1 host.' 'not known' 'Connection refused'
}

@test "report: slipway is ended by a signal" {
	deploy_first
	hook prepare 'echo working >&2' 'touch "$SLIPWAY_ROOT/../here-${SLIPWAY_ROOT##*/}"' 'sleep 60'

	slipway deploy >../log 2>&1 3>&- &
	pid=$!
	await 30 on web1 "test -e $root/../here-${root##*/}"
	kill -TERM "$pid"
	wait "$pid" || :

	valid
	[ "$(facts '[.signal, .outcome, .hosts[].after]')" = "[\"TERM\",\"refused\",\"$first\",\"$first\"]" ]
	[ "$(facts '[.stages[] | select(.ok | not) | .name]')" = '["prepare"]' ]
	run look report-signal phone
	expect_status 0
	reads report-signal 'Interrupted. Nothing was changed on any host' 'ended by SIGTERM'
}

@test "report: one that cannot be written is a warning; none is none; none reaches a host" {
	echo 1 >file

	SLIPWAY_REPORT_DIR=file/report run slipway deploy

	expect_status 0
	expect_line 'slipway: warning: no report: NotADirectoryError: '
	run slipway deploy --report-dir none
	expect_status 0
	[ ! -e deploy-report ]
	if grep -q 'report' <<<"$output"; then false; fi
	run slipway deploy
	expect_status 0
	[ "$(find deploy-report -printf '%f\n' | sort | paste -sd' ')" = '.gitignore deploy-report report.html report.json' ]
	run slipway deploy
	expect_status 0
	[ "$(on web1 "ls $root/current")" = $'REVISION\ndeploy\nfile\npage.txt' ]
}

@test "report: many hosts, long names, a long time: the page" {
	mkdir deploy-report
	python3 -B - "$checkout/scripts/lib/page" "$history/failed/report.json" >deploy-report/report.html <<-'END'
		import copy, json, sys
		sys.path.insert(0, sys.argv[1])
		import view
		report = json.load(open(sys.argv[2]))
		long = 97.0

		def stretched(value):
		    if isinstance(value, dict):
		        return {key: value[key] * long if key in ("at", "start", "end", "seconds") else stretched(value[key]) for key in value}
		    return [stretched(one) for one in value] if isinstance(value, list) else value

		report = stretched(report)
		hosts = report["hosts"] * 4
		report["hosts"] = [copy.deepcopy(host) for host in hosts]
		for number, host in enumerate(report["hosts"]):
		    host["name"] = "ec2-203-0-113-%d.eu-central-1.compute.amazonaws.example.com" % number
		report["outcome"] = "unclear"
		report["hosts"][3].update(outcome="new", after=report["build"], became="new: builds/%s is still live" % report["build"])
		report["hosts"][4].update(outcome="unknown", after=None, became="unknown: finish with: slipway rollback")
		print(view.page(report))
	END

	run look report-many light phone

	expect_status 0
	reads report-many 'Not every host is as it should be' 'min' 'still has the new build' 'not known'
}

@test "report: the look at a page finds what is wrong with it" {
	mkdir deploy-report
	sed -E -e '0,/class="bar before done"([^>]*)left:[0-9.]+%/s//class="bar before done"\1left:104%/' \
		-e '0,/class="bar make ([^>]*)width:[0-9.]+%/s//class="bar make \1width:60%/' \
		-e 's/--quiet: #596066/--quiet: #b0b4b8/; s/outline: 2px solid/outline: 0 solid/; s/<meta http-equiv[^>]*>//' \
		-e 's/(class="bar undo[^>]*href="#)[^"]*/\1nowhere/' \
		-e 's/<h2>Hosts/<div style="width:500px">wide<\/div><script>console.log(1)<\/script><img src="http:\/\/127.0.0.1:9\/x">&/' \
		"$history/failed/report.html" >deploy-report/report.html

	run env -C deploy-report node "$checkout/tests/browser/check.cjs" report.html broken phone

	expect_status 1
	for found in 'outside of its row' 'on the wrong side of barrier 1' 'contrast 2' 'phone: scrolls sideways' 'console: 1' \
		'request: http://127.0.0.1:9/x' 'one does not see that it has the focus' '#nowhere: leads nowhere' \
		'<script>console.log(1)</script>: does not belong here'; do
		expect_line "$found"
	done
}
