# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# machines.sh: how each machine of the lab is made. Each NAME_up starts what does not run already.
# Sourced by lab, after name.sh.

database_url=postgresql://app@$(address_of db)/app

is_running() { # NAME IMAGE
	[ "$(podman container inspect --format '{{.State.Running}} {{.ImageName}}' "$lab_name-$1" \
		2>/dev/null)" = "true $2" ]
}

# Creates machine NAME from IMAGE, with more arguments for podman; it is not started yet.
create() {
	name=$1 image=$2
	shift 2
	podman rm --force --time 0 --ignore "$lab_name-$name" >/dev/null
	ns=$("$lab_src/netns" add "$name" "$(address_of "$name")")
	set -- "$@" --add-host "$name:$(address_of "$name")"
	for machine in web1 web2 db packages; do
		set -- "$@" --add-host "$machine.lab:$(address_of "$machine")"
	done
	podman create --name "$lab_name-$name" --hostname "$name" \
		--network "ns:$ns" "$@" "$image" >/dev/null
}

# The package index, which labs share: the first one makes it.
index_up() (
	exec 9>"$lab_dir/index.lock"
	flock 9
	if [ ! -d "$lab_dir/index/simple" ] ||
		[ -n "$(find "$lab_src/index.py" "$lab_src/pkg" -newer "$lab_dir/index/simple" -print -quit)" ]; then
		"$lab_src/index.py" "$fetched/index-packages" "$lab_dir/index"
	fi
)

packages_up() {
	image=$1
	if is_running packages "$image"; then return; fi
	index_up
	mkdir -p "$state/published" "$lab_dir/index/helpers"
	create packages "$image" --volume "$lab_dir/index:/srv/index:ro" \
		--volume "$state/published:/srv/index/helpers:ro" --stop-signal KILL \
		--entrypoint '["/usr/bin/python3", "-m", "http.server", "--directory", "/srv/index", "80"]'
	podman start "$lab_name-packages" >/dev/null
}

db_up() {
	image=$1
	if is_running db "$image"; then return; fi
	create db "$image" --env POSTGRES_USER=app --env POSTGRES_DB=app
	podman start "$lab_name-db" >/dev/null
}

make_keys() {
	mkdir -p "$state"
	if [ ! -f "$state/id_ed25519" ]; then
		ssh-keygen -q -t ed25519 -N '' -C "deploy@$lab_name" -f "$state/id_ed25519"
	fi
	for name in web1 web2; do
		mkdir -p "$state/$name/etc/ssh" "$state/$name/etc/app" "$state/$name/home/deploy/.ssh"
		ssh-keygen -A -f "$state/$name" >/dev/null
		cp "$state/id_ed25519.pub" "$state/$name/home/deploy/.ssh/authorized_keys"
		printf 'DATABASE_URL=%s\n' "$database_url" >"$state/$name/etc/app/env"
	done
}

web_up() {
	image=$2
	if is_running "$1" "$image"; then return; fi
	# tests/crash traces what the deploy user runs, by sudo too
	create "$1" "$image" --cap-add SYS_PTRACE
	podman cp "$state/$1/." "$lab_name-$1:/"
	podman start "$lab_name-$1" >/dev/null
	podman exec "$lab_name-$1" sh -c 'chown www-data:deploy /etc/app/env && chmod 0640 /etc/app/env &&
		chown -R deploy:deploy /home/deploy && chmod 0700 /home/deploy/.ssh'
}

# Keys are taken from the hosts' own files, never asked of the network.
write_known_hosts() {
	for name in web1 web2; do
		for key in "$state/$name"/etc/ssh/ssh_host_*_key.pub; do
			printf '%s.lab,%s ' "$name" "$(address_of "$name")"
			cut -d ' ' -f 1,2 "$key"
		done
	done >"$state/known_hosts"
}

write_env() {
	cat >"$state/env" <<ENV
LAB_NAME=$lab_name
LAB_WEB1=$(address_of web1)
LAB_WEB2=$(address_of web2)
LAB_DB=$(address_of db)
LAB_BRIDGE=$bridge
LAB_INDEX_URL=http://packages.lab/simple/
LAB_DATABASE_URL=$database_url
LAB_SSH_USER=deploy
LAB_SSH_KEY=$state/id_ed25519
LAB_KNOWN_HOSTS=$state/known_hosts
ENV
	if [ "$lab_name" = slipway ]; then ln -sfn state/slipway/env "$lab_dir/env"; fi
	# For who called us by sudo to read.
	if [ -n "${SUDO_UID:-}" ]; then chown "$SUDO_UID" "$state/id_ed25519" "$state/known_hosts" "$state/env"; fi
}
