#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# slipway on two real hosts: what bad input and bad hosts get. Each time: message, exit status, and
# both hosts serve what they served before.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() {
	deploy_setup
	deploy_first
	echo two >page.txt
}

# expect_refusal STATUS LINE...
expect_refusal() {
	expect_status "$1"
	shift
	for line in "$@"; do expect_line "$line"; done
	expect_live "$first"
}

# The lines of known_hosts about HOST, and those about others.
known() { grep -F "${address[$1]} " "$SLIPWAY_KNOWN_HOSTS"; }
strangers_but() { grep -vF "${address[$1]} " "$SLIPWAY_KNOWN_HOSTS"; }

# The output names one of HOST's host keys by its fingerprint.
expect_key_of() {
	known "$1" >../keys
	ssh-keygen -lf ../keys | cut -d ' ' -f 2 >../fingerprints
	grep -qFf ../fingerprints <<<"$output"
}

@test "slipway deploy: refuses a host whose key is not known" {
	strangers_but web2 >../known_hosts

	SLIPWAY_KNOWN_HOSTS=$BATS_TEST_TMPDIR/known_hosts run slipway deploy

	expect_refusal 4 'remote-run: web2: ' 'not every host can be deployed to: nothing was changed'
	expect_key_of web2
}

@test "slipway deploy: refuses a host whose key has changed, and names both" {
	ssh-keygen -q -t ed25519 -N '' -f ../other
	strangers_but web2 >../known_hosts
	printf '%s %s\n' "${address[web2]}" "$(cut -d ' ' -f 1,2 ../other.pub)" >>../known_hosts

	SLIPWAY_KNOWN_HOSTS=$BATS_TEST_TMPDIR/known_hosts run slipway deploy

	expect_refusal 4 'remote-run: web2: '
	expect_key_of web2
	expect_line "$(ssh-keygen -lf ../other.pub | cut -d ' ' -f 2)"
}

@test "slipway deploy: ends when a host refuses our key" {
	ssh-keygen -q -t ed25519 -N '' -f ../stranger

	run slipway deploy --identity ../stranger

	expect_refusal 4 'remote-run: web1: ' 'remote-run: web2: '
}

@test "slipway deploy: ends when a host is down" {
	sed -i "s/^web2 .*/web2 ansible_host=${address[web2]} ansible_port=2/" deploy/hosts

	run slipway deploy

	expect_refusal 4 'remote-run: web2: ' 'not every host can be deployed to: nothing was changed'

	run slipway status
	expect_status 4
	grep -Eq '^web2 +unknown$' <<<"$output"
}

@test "slipway deploy: ends when a host does not answer" {
	"$lab" cut web2

	run slipway deploy --connect-timeout 3

	"$lab" mend web2
	expect_refusal 4 'remote-run: web2: '
}

@test "slipway deploy: ends when rsync is missing on a host" {
	"$lab" host-exec web2 mv /usr/bin/rsync /usr/bin/rsync.away

	run slipway deploy

	"$lab" host-exec web2 mv /usr/bin/rsync.away /usr/bin/rsync
	expect_refusal 6 'web2 | slipway: rsync is not installed'
}

@test "slipway deploy: a disk that fills up during the push leaves all as it was" {
	small=/home/deploy/small-$RANDOM
	for host in web1 web2; do
		"$lab" small-disk "$host" "$small" 12
		on "$host" "mkdir $small/root"
	done
	root=$small/root
	settings "project_root=$root" requirements_file=none restart=none
	deploy_first
	head -c 20000000 /dev/urandom >big.bin

	run slipway deploy

	expect_refusal 5 'No space left on device' "slipway: web1: restored: $first"
	grep -Eq '^slipway: warning: web1: [0-9]+ kB free, and the source has [0-9]+$' <<<"$output"
	rm big.bin
	run slipway deploy
	expect_status 0
	[ "$(on web1 "ls $root/builds | wc -l")" = 3 ] # with the failed one, to be looked into
	for host in web1 web2; do "$lab" host-exec "$host" rm -rf "$root"; done
}

@test "slipway deploy: a requirement that cannot be resolved leaves all as it was" {
	sed -i '/requirements_file/d' deploy/settings
	echo 'no-such-package-anywhere==1.0' >requirements.txt

	run slipway deploy

	expect_refusal 6 'no-such-package-anywhere==1.0' 'requirements.txt: the environment could not be made' \
		"slipway: web2: restored: $first"
	[ "$(on web1 "cd $root; ls -A envs wheels")" = $'envs:\n\nwheels:' ]
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	[ "$(on web2 "cat $root/builds/$build/.failed")" = 'given up before it was live: prepare' ]

	echo 'tallymark==1.0.0' >requirements.txt
	run slipway deploy
	expect_status 0
}

@test "slipway deploy: one host that cannot prepare stops all" {
	hook prepare '[ "$(hostname)" = web1 ]'

	run slipway deploy

	expect_refusal 6 'web2 | slipway: hooks/prepare: exit status 1' \
		'the build could not be prepared on every host'
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	on web1 "test -e $root/builds/$build/.failed"
}

@test "slipway deploy: a migration that fails, or takes too long, stops before any host is live" {
	hook migrate 'exit 3'
	run slipway deploy
	expect_refusal 6 'web1 | slipway: hooks/migrate: exit status 3'

	hook migrate 'sleep 60'
	run slipway deploy --migrate-timeout 1
	expect_refusal 6 'web1 | slipway: hooks/migrate: exit status 124'
}

@test "slipway deploy: a restart that does not succeed on one host is taken back on both" {
	sed -i 's/restart=.*/restart=command:echo "restarted for $(basename "$(readlink current)")" >>restarts; [ "$(hostname)" = web1 ] || [ ! -e current\/bad ]/' deploy/settings
	touch bad

	run slipway deploy

	expect_refusal 6 'did not succeed' 'is not healthy on web2' "slipway: web1: restored: $first"
	# web1 may have been stopped before it came to that.
	run ! on web1 "tail -n 1 $root/restarts 2>/dev/null | grep -v $first"
	[ "$(on web2 "tail -n 1 $root/restarts")" = "restarted for $first" ]
}

@test "slipway deploy: what somebody else made live in the meantime is left so" {
	older=$first
	deploy_first
	hook migrate "ln -sfn builds/$older \"\$SLIPWAY_ROOT/current\""

	run slipway deploy

	expect_status 6
	expect_line "something else made $older live: it was left so"
	expect_line "slipway: web2: restored: $first"
	[ "$(live web1)" = "$older" ]
	[ "$(live web2)" = "$first" ]
}

@test "slipway deploy: a host cut off while it goes live is named, with what finishes the job" {
	sed -i 's/restart=.*/restart=command:[ ! -e current\/slow ] || { touch reached; sleep 20; }/' deploy/settings
	touch slow
	printf '%s\n' 'ServerAliveInterval 1' 'ServerAliveCountMax 3' >../ssh_config
	slipway deploy --connect-timeout 3 --ssh-config ../ssh_config >../log 2>&1 3>&- &
	pid=$!
	await 20 on web2 "test -e $root/reached"
	"$lab" cut web2

	wait "$pid" && status=0 || status=$?

	"$lab" mend web2
	output=$(cat ../log)
	expect_status 6
	expect_line "slipway: web1: restored: $first"
	expect_line "slipway: web2: unknown: finish with: slipway rollback --to $first"
	[ "$(live web1)" = "$first" ]
	run slipway rollback --to "$first"
	expect_status 0
	expect_live "$first"
}

@test "slipway deploy: the second of two says who is at work, and waits or fails as asked" {
	hook migrate "touch $root/reached; while [ ! -e $root/go ]; do sleep 0.1; done"
	CIRCLE_USERNAME=ada CIRCLE_BUILD_URL=https://example.com/job/7 slipway deploy >../log 2>&1 3>&- &
	pid=$!
	await 20 on web1 "test -e $root/reached"
	rm deploy/hooks/migrate

	run slipway deploy --lock-wait 0
	expect_refusal 6 'slipway: web1: locked: held by ada@' 'https://example.com/job/7' \
		'another deploy is at work: nothing was changed'
	run slipway status
	expect_line 'held by ada@'
	run slipway rollback --to 20260101000000 --lock-wait 0
	expect_status 6

	slipway deploy --lock-wait 30 >../second.log 2>&1 3>&- &
	second=$!
	await 10 grep -q waiting ../second.log
	on web1 "touch $root/go"
	wait "$pid"
	wait "$second"
	expect_live "$(sed -n 's/^slipway: build //p' ../second.log)"
}

@test "slipway unlock: shows the holder; with --yes ends it, and its deploy changes nothing more" {
	hook prepare "touch $root/reached; while [ ! -e $root/go ]; do sleep 0.1; done"
	slipway deploy >../log 2>&1 3>&- &
	pid=$!
	await 20 on web1 "test -e $root/reached"

	run slipway unlock
	expect_status 1
	expect_line 'web1 | owner: '
	run slipway unlock --yes
	expect_status 0
	on web1 "touch $root/go"
	on web2 "touch $root/go"

	wait "$pid" && status=0 || status=$?
	output=$(cat ../log)
	expect_status 6
	expect_line 'the deploy lock is not ours any more'
	expect_live "$first"
	rm deploy/hooks/prepare
	run slipway deploy
	expect_status 0
}

@test "slipway rollback: refuses a build that is not there, not complete, failed, or missing on one host" {
	run slipway rollback --to 20260101000000
	expect_refusal 6 'web1: builds/20260101000000 is not there; web2: builds/20260101000000 is not there' \
		"hint: every host has $first"

	for host in web1 web2; do on "$host" "cd $root/builds && mkdir 20260101000001 && touch 20260101000001/.incomplete"; done
	run slipway rollback --to 20260101000001
	expect_refusal 6 'web2: builds/20260101000001 is incomplete'

	for host in web1 web2; do on "$host" "cd $root/builds && mkdir 20260101000002 && touch 20260101000002/.failed"; done
	run slipway rollback --to 20260101000002
	expect_refusal 6 'web1: builds/20260101000002 is failed'

	on web1 "mkdir $root/builds/20260101000003"
	run slipway rollback --to 20260101000003
	expect_refusal 6 'web2: builds/20260101000003 is not there' "hint: every host has $first"
	run ! grep -q 'web1: builds' <<<"$output"

	run slipway rollback
	expect_refusal 6 "no build that was live before $first is complete and proven on every host"

	run slipway rollback --to ../current
	expect_refusal 2 '--to "../current": not the name of a build'
}

@test "slipway: refuses a current that is a folder, or leads elsewhere" {
	on web2 "cd $root && rm current && mkdir current && touch current/precious"
	run slipway deploy
	expect_status 6
	expect_line 'web2 | slipway: '"$root/current is not a link"
	[ "$(live web1)" = "$first" ]
	on web2 "test -e $root/current/precious"

	on web2 "cd $root && rm -r current && ln -s /tmp current"
	run slipway deploy
	expect_status 6
	expect_line "web2 | slipway: $root/current does not lead into $root/builds"

	on web2 "ln -sfn builds/gone $root/current"
	run slipway rollback --to "$first"
	expect_status 6
	expect_line "web2 | slipway: $root/current leads nowhere"
	[ "$(live web1)" = "$first" ]
}

@test "slipway: refuses a malformed inventory, with file and line" {
	echo 'web3 ansible_port=many' >>deploy/hosts
	sed -i 's/^\[web:vars\]/[web:vars/' deploy/hosts

	run slipway deploy

	expect_refusal 2 'deploy/hosts:4: '
}

@test "slipway: refuses unknown and malformed settings, with file and line" {
	echo keep_relases=3 >>deploy/settings

	run slipway deploy

	expect_refusal 2 'slipway: deploy/settings:4: unknown key "keep_relases"' \
		'slipway: hint: did you mean keep_releases?'
}

@test "slipway deploy: refuses hooks and excludes that contradict each other, and sources that lack a file" {
	hook prepare true
	echo /deploy/ >deploy/excludes
	run slipway deploy
	expect_refusal 6 'hooks/prepare: not in the build: deploy/excludes leaves it out'

	run slipway deploy --requirements-file missing.txt
	expect_refusal 3 'requirements_file: ./missing.txt: no such file'

	run slipway deploy --excludes-file missing
	expect_refusal 3 'excludes_file: missing: no such file'
}

@test "slipway rollback: what is no build's name is refused before anything else, and shown as it is" {
	settings "project_root=$root"
	printf '%s\n' '[web]' 'web1 ansible_host=192.0.2.1' >deploy/hosts # never asked
	local value
	for value in ';reboot' '$(reboot)' "20261124101500'x" --force -h 2026112410150 202611241015000 \
		٢٠٢٦١١٢٤١٠١٥٠٠ "$(printf '20261124101500\n20261124101501')" "$(head -c 100000 /dev/zero | tr '\0' 9)" \
		"$(printf '\033[2J2026112410')" '../../etc/x'; do
		for option in --to --expect-current; do
			run slipway rollback "$option" "$value"
			expect_status 2
			expect_line ': not the name of a build'
			[ "${#output}" -lt 500 ]
			run ! grep -q "$(printf '\033')" <<<"$output"
			SLIPWAY_TO=$value run slipway rollback
			expect_status 2
		done
	done
	expect_line 'slipway: --to "../../etc/x": not the name of a build'
	run slipway rollback --to "$(printf '\033[2J\tx\134')"
	expect_line 'slipway: --to "\033[2J\tx\\"'
}
