# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# settings.sh: the one table of settings, which drives flags, environment, settings file and --help.
# After settings_load every setting is in the environment as SLIPWAY_KEY, where the helpers find
# those that are about connections.

# key|type|where it counts|default|help. What counts on the hosts is KEY there, in every script of remote/.
settings_table() {
	cat <<'END'
project_root|text|here|/var/www/app|folder of the application on each host
hosts|text|here|deploy/hosts|inventory FILE or FILE:GROUP, or hosts divided by commas
user|text|here||log in as this user
port|text|here||SSH port
identity|text|here||private key file
known_hosts|text|here||known_hosts files, divided by ":"
host_key|text|here||host keys SHA256:... that alone are trusted, divided by blanks
ssh_config|text|here||OpenSSH configuration to read instead of ~/.ssh/config
connect_timeout|text|here||seconds until logged in
parallel|text|here||hosts at work at once
become|flag|here|0|run everything on the hosts by sudo -n
source|text|here|.|folder to deploy
excludes_file|text|here|deploy/excludes|rsync exclude patterns
requirements_file|text|hosts|requirements.txt|Python requirements in the source, or none
python|text|hosts|python3|Python of the hosts that makes environments
env_mode|text|hosts|shared|shared: builds with the same requirements share one; build: each has its own
shared_paths|text|hosts||what outlives builds, divided by commas; a / at the end: a folder
assets|text|hosts||folder of the build whose files stay reachable for one more build
restart|text|hosts|supervisor:uwsgi|supervisor:PROGRAM, uwsgi-fifo:PATH, uwsgi-touch:PATH, gunicorn-usr2:PIDFILE, gunicorn-hup:PIDFILE, systemd:UNIT, command:LINE, hook, none
reload_timeout|number|hosts|90|seconds after the restart until the new build alone serves
wsgi|text|hosts|app:app|module:callable of the application
runtime_user|text|hosts||user that the application runs as, if it is not the one who logs in
env_file|text|hosts||file of KEY=VALUE lines that the application's server reads its variables from
try|text|hosts|import|how a release is tried before it goes live: import, server or none
health_path|text|hosts|/|path that the release must answer when it is tried
try_timeout|number|hosts|60|seconds for a tried release to load and to answer
try_settle|number|hosts|4|seconds that a tried release must stay alive
health_url|text|hosts|none|URL that each host asks itself after the restart, or none
health_retries|number|hosts|30|tries of the health check, a second apart
health_timeout|number|hosts|60|seconds for all tries of the health check
keep_releases|number|hosts|5|builds kept on each host, and what a rollback would go to (not with 1); 0 keeps all
lock_wait|number|here|60|seconds to wait for another deploy; 0 fails at once
lock_lease|number|here|30|seconds without a sign of life after which a lock is free
serial|text|here||hosts that go live at once: a number, or a share as 25%; all if empty
serial_pause|number|here|0|seconds between two such batches
min_hosts|text|here||hosts that suffice if others fail before any goes live; all if empty
prepare_timeout|number|hosts|1800|seconds for the environment and hooks/prepare
migrate_timeout|number|hosts|600|seconds for hooks/migrate
build_key|text|here||what all shards of a workflow call their build by; the workflow's ID in CircleCI if empty
redeploy|flag|here|0|deploy a commit that is live and healthy already all the same, in CI
lock_hold|number|here|7200|seconds that slipway lock keeps the locks at most
report_dir|text|here|deploy-report|folder for report.html and report.json, or none
track_release|flag|here|0|tell CircleCI's Deploys page of each deploy and rollback (deploy markers)
environment_name|text|here||environment that a marker names, as production
component_name|text|here||component that a marker names; the project if empty
release_name|text|here||name of the marker in its workflow; made of component and environment if empty
END
}

settings_help() {
	settings_table | while IFS='|' read -r key type _ default help; do
		flag=--$(printf %s "$key" | tr _ -)
		[ "$type" = flag ] || flag="$flag VALUE"
		printf '  %-27s %s%s\n' "$flag" "$help" "${default:+ [$default]}"
	done
}

# settings_flag FLAG [VALUE]: take one flag; 1 if it is none of ours. words_taken says how many words
# that were.
settings_flag() {
	name=${1#--}
	name=${name%%=*}
	key=$(printf %s "$name" | tr - _)
	row=$(settings_table | grep "^$key|") || return 1
	words_taken=1
	case $1 in
	*=*) value=${1#*=} ;;
	*)
		case $row in
		"$key|flag|"*) value=1 ;;
		*)
			[ $# -ge 2 ] || usage "--$name: expects a value"
			value=$2 words_taken=2
			;;
		esac
		;;
	esac
	export "SLIPWAY_$(printf %s "$key" | tr '[:lower:]' '[:upper:]')=$value"
}

# settings_load FILE: fill in what no flag and no variable gave, check all.
settings_load() {
	settings_table >"$work/table"
	set -- "$work/table" "$1"
	[ -e "$2" ] || set -- "$work/table"
	awk -v host_settings="$work/host_settings" -f "$lib/settings.awk" "$@" >"$work/settings" || exit 2
	while IFS= read -r line; do
		export "${line?}"
	done <"$work/settings"
	settings_check
}

settings_check() {
	case $SLIPWAY_PROJECT_ROOT/ in
	*/../* | */./* | //*) usage "project_root: \"$SLIPWAY_PROJECT_ROOT\" is not a plain absolute path" ;;
	/*) ;;
	*) usage "project_root: \"$SLIPWAY_PROJECT_ROOT\" is not an absolute path" ;;
	esac
	case /$SLIPWAY_ASSETS/ in
	*/../* | */./* | //?*) usage "assets: \"$SLIPWAY_ASSETS\" is not a plain relative path" ;;
	esac
	case $SLIPWAY_RESTART in
	supervisor:?* | uwsgi-fifo:/?* | uwsgi-touch:/?* | gunicorn-usr2:/?* | gunicorn-hup:/?* | systemd:?* | \
		command:?* | hook | none) ;;
	*) usage "restart: \"$SLIPWAY_RESTART\" is no way to restart that is known" \
		"supervisor:PROGRAM, uwsgi-fifo:PATH, uwsgi-touch:PATH, gunicorn-usr2:PIDFILE, gunicorn-hup:PIDFILE, systemd:UNIT, command:LINE, hook or none" ;;
	esac
	case $SLIPWAY_HEALTH_URL in
	http://?* | https://?* | none) ;;
	*) usage "health_url: \"$SLIPWAY_HEALTH_URL\" is neither a URL nor none" ;;
	esac
	case $SLIPWAY_SERIAL in
	'' | [1-9]% | [1-9][0-9]% | 100%) ;;
	0* | *[!0-9]*) usage "serial: \"$SLIPWAY_SERIAL\" is neither a number of hosts nor a share as 25%" ;;
	esac
	case $SLIPWAY_MIN_HOSTS in
	0* | *[!0-9]*) usage "min_hosts: \"$SLIPWAY_MIN_HOSTS\" is not a number of hosts" ;;
	esac
	case $SLIPWAY_ENV_MODE in
	shared | build) ;;
	*) usage "env_mode: \"$SLIPWAY_ENV_MODE\" is neither shared nor build" ;;
	esac
	case $SLIPWAY_TRY in
	import | server | none) ;;
	*) usage "try: \"$SLIPWAY_TRY\" is neither import nor server nor none" ;;
	esac
	printf '%s\n' "$SLIPWAY_WSGI" | grep -Eqx '[A-Za-z0-9_.]+:[A-Za-z0-9_.]+' ||
		usage "wsgi: \"$SLIPWAY_WSGI\" is not module:callable"
	case $SLIPWAY_HEALTH_PATH in
	*[[:space:]]*) usage "health_path: \"$SLIPWAY_HEALTH_PATH\" has a blank in it" ;;
	/*) ;;
	*) usage "health_path: \"$SLIPWAY_HEALTH_PATH\" does not begin with /" ;;
	esac
	printf '%s\n' "$SLIPWAY_BUILD_KEY" | grep -Eqx '([A-Za-z0-9][A-Za-z0-9._-]*)?' ||
		usage "build_key: $(shown "$SLIPWAY_BUILD_KEY") is not of letters, digits and . _ -"
	[ "$SLIPWAY_REPORT_DIR" != none ] || export SLIPWAY_REPORT_DIR=
	printf '%s\n' "$SLIPWAY_RELEASE_NAME" | grep -Eqx '([A-Za-z0-9][A-Za-z0-9._-]*)?' ||
		usage "release_name: $(shown "$SLIPWAY_RELEASE_NAME") is not of letters, digits and . _ -"
	[ "$SLIPWAY_TRY_TIMEOUT" -gt 0 ] || usage "try_timeout: \"$SLIPWAY_TRY_TIMEOUT\" leaves no time"
}
