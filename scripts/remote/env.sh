# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# env.sh: the virtualenv of a build. A virtualenv cannot be moved, so it is made where it stays, with
# the marker .incomplete in it until it is whole.
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

# What an environment depends on besides the requirements: interpreter, its version, the platform.
python_identity() {
	"$python" -c 'import platform, sys, sysconfig
tag = {"cpython": "cp", "pypy": "pp"}.get(sys.implementation.name, sys.implementation.name)
print("%s%d%d" % (tag, *sys.version_info[:2]), platform.python_version(), sysconfig.get_platform(),
      "-".join(platform.libc_ver()))' || refuse "$python: does not run: set python"
}

# env_key BUILD: the name of the environment that its requirements ask for, as cp311-0123456789abcdef.
env_key() {
	identity=$(python_identity)
	sum=$(cd "$1" && req-checksum --salt "$identity" "$requirements_file") ||
		refuse "$requirements_file: cannot be read as requirements"
	printf '%s-%.16s\n' "${identity%% *}" "$sum"
}

# env_note BUILD ENV: what the environment was made from stays with it, for slipway plan.
env_note() {
	identity=$(python_identity)
	(cd "$1" && req-checksum --salt "$identity" --explain "$requirements_file") >"$2/.slipway-requirements"
}

env_complete() { [ -x "$1/bin/python" ] && [ ! -e "$1/.incomplete" ]; }

# env_begin ENV: an empty folder with its marker, made aside and renamed; whatever a dead deploy left
# there is taken away.
env_begin() {
	aside=${1%/*}/.slipway-env
	rm -rf -- "$aside" "$state/run/old_env"
	mkdir -- "$aside"
	printf 'made for %s\n' "$id" >"$aside/.incomplete"
	[ ! -e "$1" ] || mv -- "$1" "$state/run/old_env"
	mv -- "$aside" "$1"
	rm -rf -- "$state/run/old_env"
}

# env_wheels BUILD ENV FOLDER: resolve the requirements anew into FOLDER. Wheels that are in the cache
# already are used again, but an old version is never taken because it happens to lie there.
env_wheels() {
	mkdir -p "$3"
	(cd "$1" && "$2/bin/python" -m pip -q wheel --wheel-dir "$3" --find-links "$root/wheels" \
		-r "$requirements_file" >&2)
}

# env_install ENV FOLDER: exactly those wheels.
env_install() {
	set -- "$1" "$2" "$2"/*.whl
	[ -e "$3" ] || return 0
	env=$1 folder=$2
	shift 2
	"$env/bin/python" -m pip -q install --no-index --find-links "$folder" "$@" >&2 || return
	broken=$("$env/bin/python" -m pip check) || {
		warn "$broken"
		return 1
	}
}

env_keep_wheels() {
	for wheel in "$1"/*.whl; do
		[ ! -e "$wheel" ] || mv -f -- "$wheel" "$root/wheels/"
	done
}

# Files are read-only from now on. Folders stay the owner's, so that the whole can be removed.
env_finish() {
	chmod -R go-w -- "$1" && find "$1" -type f -exec chmod a-w -- {} + && durable "$1" &&
		rm -f -- "$1/.incomplete" && durable "$1"
}

# env_make BUILD ENV
env_make() {
	wheels=$state/run/wheels
	env_begin "$2"
	if ! { "$python" -m venv "$2" >&2 && env_wheels "$1" "$2" "$wheels" && env_install "$2" "$wheels" &&
		env_note "$1" "$2" && env_finish "$2"; }; then
		has_room || :
		rm -rf -- "$2" "$wheels"
		refuse "$requirements_file: the environment could not be made"
	fi
	env_keep_wheels "$wheels"
}

# env_why BUILD KEY: how the environment KEY, which BUILD asks for, stands to that of the live build.
env_why() {
	live=$(live_build)
	had=$(sed -n 's/^requirements: //p' "$root/builds/$live/REVISION" 2>/dev/null) || had=
	if [ -z "$live" ]; then
		printf 'this is the first build\n'
	elif [ "$had" = "$2" ] && env_complete "$root/envs/$2"; then
		printf 'the requirements and Python are those of %s\n' "$live"
	elif [ "$had" = "$2" ]; then
		printf 'that of %s is not there any more\n' "$live"
	elif req-checksum --compare "$root/builds/$live/$requirements_file" "$1/$requirements_file" >/dev/null 2>&1; then
		printf 'Python or the platform is not what it was for %s\n' "$live"
	elif [ -f "$root/builds/$live/$requirements_file" ]; then
		printf '%s is not what it was in %s\n' "$requirements_file" "$live"
	else
		printf '%s has no %s\n' "$live" "$requirements_file"
	fi
}

# The environment of the build at $1, linked as its env.
env_of_build() {
	[ "$requirements_file" != none ] || {
		answer env "none - requirements_file is none"
		return
	}
	key=$(env_key "$1")
	if [ "$env_mode" = build ]; then
		env_make "$1" "$1/env"
		answer env "made $key env_mode is build"
	else
		why=$(env_why "$1" "$key")
		if env_complete "$root/envs/$key"; then
			answer env "reused $key $why"
		else
			note "making the environment $key"
			env_make "$1" "$root/envs/$key"
			answer env "made $key $why"
		fi
		ln -sfn "../../envs/$key" "$1/env"
	fi
	printf 'requirements: %s\n' "$key" >>"$1/REVISION"
}
