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

env_complete() { [ -x "$1/bin/python" ] && [ ! -e "$1/.incomplete" ]; }

# env_begin ENV: an empty folder with its marker, made aside and renamed; whatever a dead deploy left
# there is taken away.
env_begin() {
	rm -rf -- "$state/run/env" "$state/run/old_env"
	mkdir -p "$state/run/env"
	printf 'made for %s\n' "$id" >"$state/run/env/.incomplete"
	[ ! -e "$1" ] || mv -- "$1" "$state/run/old_env"
	mv -- "$state/run/env" "$1"
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

# env_make BUILD ENV
env_make() {
	wheels=$state/run/wheels
	env_begin "$2"
	if "$python" -m venv "$2" >&2 && env_wheels "$1" "$2" "$wheels" && env_install "$2" "$wheels"; then
		env_keep_wheels "$wheels"
		durable "$2"
		rm -f -- "$2/.incomplete"
	else
		rm -rf -- "$2" "$wheels"
		refuse "$requirements_file: the environment could not be made"
	fi
}

# The environment of the build at $1, linked as its env.
env_of_build() {
	[ "$requirements_file" != none ] || return 0
	key=$(env_key "$1")
	if [ "$env_mode" = build ]; then
		env_make "$1" "$1/env"
	else
		if ! env_complete "$root/envs/$key"; then
			warn "making the environment $key"
			env_make "$1" "$root/envs/$key"
		fi
		ln -sfn "../../envs/$key" "$1/env"
	fi
	printf 'requirements: %s\n' "$key" >>"$1/REVISION"
}
