#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# plan.bats: slipway plan says what the deploy then does, and leaves no trace on a host. It looks as a
# user of its own, who may read the project root and no more.
load deploy

setup_file() {
	deploy_hosts_up
	for host in web1 web2; do
		"$lab" host-exec "$host" sh -c 'id reader >/dev/null 2>&1 || useradd -m -p "*" reader
			install -d -o reader -g reader -m 700 /home/reader/.ssh
			install -o reader -g reader -m 600 /home/deploy/.ssh/authorized_keys /home/reader/.ssh/'
	done
}

teardown_file() {
	deploy_hosts_down
}

setup() {
	deploy_setup
	git init -q -b main .
	git config user.name ada
	git config user.email ada@example.com
}

commit() {
	git add -A
	git commit -q -m "$1"
}

# plan: as the user who may only read.
plan() {
	SLIPWAY_USER=reader slipway plan
}

# planned HOST FILTER: of its object in the plan.
planned() {
	jq -r --arg host "$1" ".hosts[] | select(.host == \$host) | $2" deploy-report/plan.json
}

# every_file HOST: all that is on the host, with the time of its last change, but for logs and what runs.
every_file() {
	"$lab" host-exec "$1" find / -xdev '(' -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /var/log ')' \
		-prune -o -printf '%p %i %m %U %G %s %n %T@ %C@ %l\n' | sort
}

# expect_deploy_as_planned: the deploy's own summary, and the two builds on each host, agree with the plan.
expect_deploy_as_planned() {
	local host old new
	declare -A was=()
	for host in web1 web2; do was[$host]=$(on "$host" "readlink '$root/current' || :"); done
	slipway deploy >../deploy.log 2>&1 || {
		cat ../deploy.log >&2
		return 1
	}
	for host in web1 web2; do
		grep "^rsync-push: $host: .* entries, sent " ../deploy.log | tail -n 1 |
			sed 's/.* sent \([0-9]*\) files .*, linked \([0-9]*\);.*/\1 \2/' >../did
		# On the host: what is not linked was sent, but for modes; what only the old build has was removed.
		new=$root/current/ old=$root/${was[$host]:-none}/
		on "$host" "cd '$new' && find . -type f -links 1 ! -name REVISION ! -name '*.pyc' -printf '%s\n'" |
			awk '{ sum += $1 } END { print sum + 0 }' >>../did
		if [ -n "${was[$host]}" ]; then
			on "$host" "names() { cd \"\$1\" && find . ! -type d ! -name '*.pyc' -print0 | sort -z >\"\$2\"; }
				names '$old' /tmp/old-$$; names '$new' /tmp/new-$$
				comm -z -23 /tmp/old-$$ /tmp/new-$$ | tr -dc '\\000' | wc -c; rm /tmp/old-$$ /tmp/new-$$"
		else
			echo 0
		fi >>../did
		planned "$host" '"\(.files.sent) \(.files.linked)\n\(.files.sent_bytes + ([.entries[] | select(.what == "mode") | .size] | add // 0))\n\(.files.removed)"' >../said
		if ! cmp -s ../said ../did; then
			printf '%s: planned, and done: sent and linked, bytes, removed\n' "$host" >&2
			paste ../said ../did >&2
			return 1
		fi
	done
}

@test "slipway plan: a first deploy, and the root that is not there is not made" {
	commit one

	run plan

	expect_status 0
	expect_line 'nothing: this would be the first deploy'
	expect_line "$root is not there"
	[ "$(planned web1 '[.live, .files.sent, .files.linked, .files.removed] | @text')" = '[null,3,0,0]' ]
	on web1 "[ ! -e '$root' ]"
	expect_deploy_as_planned
}

@test "slipway plan: what is new, changed, removed, has another mode, or a hostile name" {
	printf '%s\n' '/hidden' '*.log' >deploy/excludes
	mkdir lib
	echo gone >lib/gone.py
	echo same >lib/same.py
	head -c 300000 /dev/urandom >lib/large
	echo tool >tool
	ln -s page.txt link
	commit one
	deploy_first
	echo 'two and more' >page.txt
	echo x >>lib/large
	rm lib/gone.py
	chmod +x tool
	ln -sfn tool link
	echo 1 >hidden
	echo 1 >a.log
	echo 12 >$'a\n<script>alert(1)<'
	echo 123 >"$(printf 'caf\351 \360\237\222\251')"
	commit two

	run plan

	expect_status 0
	[ "$(planned web2 '[.entries[] | [.what, .name, .size, .was]] | sort | @json')" = "$(
		jq -nc '["changed","lib/large",300002,300000],["changed","link",4,8],["changed","page.txt",13,4],
			["mode","tool",5,5],["new","a\n<script>alert(1)<",3,null],["new","caf\ufffd 💩",4,null],
			["removed","lib/gone.py",5,null]' | jq -sc .)" ]
	[ "$(planned web2 '.entries[] | .name_hex // empty')" = "$(printf 'caf\351 \360\237\222\251' | od -An -tx1 | tr -d ' \n')" ]
	expect_line 'the source is 1 commit ahead'
	expect_line 'a\x0a<script>alert(1)<'
	grep -qF 'a\x0a&lt;script&gt;alert(1)&lt;' deploy-report/plan.html
	run ! grep -q '<script' deploy-report/plan.html
	expect_deploy_as_planned
	# Now there is nothing left to do.
	run plan
	expect_status 0
	[ "$(planned web1 '[.files.sent, .files.removed, .live.ahead] | @text')" = '[0,0,0]' ]
}

@test "slipway plan: leaves no trace on a host, and takes no lock" {
	deploy_first
	run on web1 "stat -c '%A %U' '$root/builds' '$root/.slipway'"
	[ "$output" = $'drwxr-xr-x deploy\ndrwxr-xr-x deploy' ]
	echo two >page.txt
	sed -i /requirements_file/d deploy/settings
	echo tallymark >requirements.txt
	for host in web1 web2; do every_file "$host" >"../$host.before"; done

	run plan

	expect_status 0
	for host in web1 web2; do
		every_file "$host" >"../$host.after"
		diff "../$host.before" "../$host.after"
	done
	[ "$(planned web1 .user)" = reader ]
	[ "$(planned web1 .files.sent)" = 3 ] # page, settings, requirements
}

@test "slipway plan: goes on from a deploy that failed, as the next deploy does" {
	deploy_first
	head -c 10000 /dev/urandom >large
	hook prepare 'exit 1'
	run slipway deploy
	expect_status 6
	rm deploy/hooks/prepare

	run plan

	expect_status 0
	[ "$(planned web1 '[.files.sent, .files.linked] | @text')" = '[0,4]' ]
	expect_deploy_as_planned
}

@test "slipway plan: hosts that differ, each with its own counts" {
	mkdir lib
	echo same >lib/same.py
	deploy_first
	on web2 "cd '$root/builds/$first' && echo other >new && mv -f new page.txt && rm lib/same.py && echo 1 >extra"

	run plan

	expect_status 0
	[ "$(planned web1 '[.files.sent, .files.linked, .files.removed] | @text')" = '[0,4,0]' ]
	[ "$(planned web2 '[.files.sent, .files.linked, .files.removed] | @text')" = '[2,2,1]' ]
	expect_line 'differ        content of the live build: extra, lib/same.py, page.txt'
	expect_deploy_as_planned
	run plan
	[ "$(jq -c .differences deploy-report/plan.json)" = '[]' ]
	[ "$(grep -c '^web' <<<"$output")" = 1 ]
}

@test "slipway plan: the environment, and why another would be made" {
	sed -i /requirements_file/d deploy/settings
	printf '%s\n' '--extra-index-url http://ada:secret@packages.lab/simple' click >requirements.txt
	commit one
	run plan
	expect_status 0
	[ "$(planned web1 '[.env.state, .env.why] | @text')" = '["new","nothing is live"]' ]
	key=$(planned web1 .env.key)
	deploy_first
	[ "$(on web1 "readlink '$root/current/env'")" = "../../envs/$key" ]

	run plan
	expect_status 0
	[ "$(planned web2 '[.env.state, .env.key] | @text')" = "[\"same\",\"$key\"]" ]

	sed -i s/secret/other/ requirements.txt
	printf '%s\n' '# of no importance' Werkzeug >>requirements.txt
	run plan
	expect_status 0
	[ "$(planned web1 '[.env.state, .env.why] | @text')" = '["new","the requirements differ"]' ]
	expect_line '+ requirement werkzeug'
	run ! grep -E 'secret|other@' deploy-report/plan.json deploy-report/plan.html

	# One that is older than slipway plan does not say what it was made from.
	on web1 "rm -f '$root/current/env/.slipway-requirements'"
	run plan
	[ "$(planned web1 .env.why)" = 'the live environment does not say what it was made from: it is older than slipway plan' ]
	[ "$(planned web2 .env.why)" = 'the requirements differ' ]
}

@test "slipway plan: what is not pushed does not count for the environment" {
	sed -i /requirements_file/d deploy/settings
	mkdir pkg
	echo 'from setuptools import setup; setup(name="pkg", version="1")' >pkg/setup.py
	echo note >pkg/note.txt
	echo '/pkg/note.txt' >deploy/excludes
	echo ./pkg >requirements.txt
	run plan
	expect_status 0
	key=$(planned web1 .env.key)
	cp -r pkg ../pkg
	rm pkg/note.txt
	identity=$(planned web1 .python)

	[ "$key" = "cp311-$(req-checksum --salt "$identity" requirements.txt | cut -c 1-16)" ]
}

@test "slipway plan: hooks, and what deploy/excludes leaves out of the build" {
	hook migrate true
	hook finish true
	echo /deploy/hooks/finish >deploy/excludes

	run plan

	expect_status 0
	expect_line "plan of a folder without commits (main) for $root"
	expect_line 'migration     deploy/hooks/migrate runs on web1'
	expect_line 'hooks         finish on every host'
	expect_line 'web1, web2: deploy/hooks/finish is not in the build'
	[ "$(jq -c '[.migrate_on, .hooks]' deploy-report/plan.json)" = '["web1",["migrate","finish"]]' ]
}

@test "slipway plan: says who holds the lock, and does not wait for it" {
	deploy_first
	hook prepare "while [ ! -e '$root/go' ]; do sleep 0.1; done"
	CIRCLE_USERNAME=ada CIRCLE_BUILD_URL=https://ci.example.com/7 slipway deploy >../log 2>&1 &
	deploy=$!
	await 30 grep -q 'stage push: ' ../log

	run plan

	for host in web1 web2; do on "$host" "touch '$root/go'"; done
	wait "$deploy"
	expect_status 0
	expect_line ': held by ada@'
	expect_line ', https://ci.example.com/7'
}

@test "slipway plan: a host that cannot be reached is named, and the others are planned" {
	sed -i 's/^web2 .*/web2 ansible_host=127.0.0.1 ansible_port=1/' deploy/hosts

	run plan

	[ "$status" -ne 0 ]
	expect_line 'missing       web2'
	[ "$(jq -c '[.missing, [.hosts[].host]]' deploy-report/plan.json)" = '[["web2"],["web1"]]' ]
}

@test "slipway plan: plan.json is as its schema says, and report_dir=none writes nothing" {
	hook build 'echo built >built.txt'
	commit one
	deploy_first
	echo two >page.txt
	echo x >"$(printf 'caf\351')"
	commit 'two <b>'

	run plan
	expect_status 0
	/usr/bin/python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' \
		deploy-report/plan.json "$checkout/docs/plan.schema.json"
	[ "$(jq -r '.commits[][].subject' deploy-report/plan.json)" = 'two <b>' ]
	[ "$(planned web1 '.entries[] | select(.name == "built.txt")')" = '' ]
	[ "$(stat -c %a deploy-report/plan.html)" = 644 ]
	rm -r deploy-report

	SLIPWAY_REPORT_DIR=none run plan
	expect_status 0
	[ ! -e deploy-report ]
}

@test "slipway plan: plan.html in Chromium, without a network, and without a complaint" {
	echo 1 >$'a\n<img src=x onerror=alert(1)>'
	hook migrate true
	commit 'one <script>alert(2)</script>'
	plan

	HOME=$PWD/.. unshare --net chromium --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/../profile" \
		--enable-logging=stderr --log-level=0 --dump-dom "file://$PWD/deploy-report/plan.html" >../page 2>../log

	run ! grep -a CONSOLE ../log
	grep -qF '>a\x0a&lt;img src=x onerror=alert(1)&gt;<' ../page
	grep -qF '<code>deploy/hooks/migrate</code>: on web1' ../page
	run ! grep -E '<(script|img|iframe)' ../page
}
