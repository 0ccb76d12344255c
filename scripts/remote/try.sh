# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# try.sh: try the build $id before anything of it is live: load it as its server would, ask it the health
# request, see that it stays alive. Changes nothing but its marker. All of it is in try.py, which runs as the runtime user.
# Input: id, settle, locked (0: a rehearsal, without the deploy lock).

# The application's variables, which only one of the two users may be able to read.
env_text() {
	case $env_file in
	'') return ;;
	/*) file=$env_file ;;
	*) file=$root/$env_file ;;
	esac
	if [ -r "$file" ]; then cat -- "$file"; else as_runtime cat -- "$file"; fi
}

how() {
	case $try,$restart in
	server,gunicorn-*) printf 'gunicorn\n' ;;
	server,*) printf 'uwsgi\n' ;;
	*) printf 'import\n' ;;
	esac
}

main() {
	[ "$locked" != 1 ] || own_step
	[ -d "$root/builds/$id" ] || refuse "builds/$id is not there"
	as_runtime test -r "$bin/try.py" || refuse "${runtime_user:-$(id -un)} cannot read $bin: see who may enter $root"
	text=$(env_text) || refuse "env_file: $env_file: neither $(id -un) nor ${runtime_user:-the same} can read it"
	[ ${#text} -lt 32768 ] || refuse "env_file: $env_file: too large"
	interpreter=$(command -v "$python") || refuse "$python: not there: set python"
	[ -n "$runtime_user" ] || [ "$(id -u)" != 0 ] || warn "runtime_user is not set: the release is tried as root"
	# It tells try.py when this shell has ended, however it ended; sudo would let nobody know.
	alive=$(mktemp -d)
	mkfifo "$alive/pipe"
	exec 9<>"$alive/pipe"
	exec 8<"$alive/pipe"
	rm -rf -- "$alive"
	printf '%s\0' "$text" >&9
	as_runtime "$interpreter" -BEs "$bin/try.py" "root=$root" "id=$id" "wsgi=$wsgi" \
		"health_path=$health_path" "python=$interpreter" "how=$(how)" "timeout=$try_timeout" \
		"settle=$settle" <&8 8<&- 9<&- || exit 1
	[ "$locked" != 1 ] || [ ! -e "$(marker "$id")" ] || came_to_stage
	answer tried "$id"
}
