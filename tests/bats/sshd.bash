# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# sshd.bash: throwaway OpenSSH servers on loopback ports, with keys made at run time, as root.
# `load sshd` after helper. In setup: sshd_setup. In a test: sshd_start NAME [CONFIG LINE...].
# In teardown: sshd_stop_all.
# sshd_setup sets HOME to an empty directory, forgets the agent, and sets
#   sshd_key            a user's private key (ed25519) that every server lets in
#   sshd_known_hosts    a known_hosts file; each sshd_start adds its server
#   sshd_user           whom to log in as
# sshd_start sets sshd_port (and, for later, sshd_ports[NAME]); sshd_listen chooses the address.
# sshd_client_env exports what makes remote-run and rsync-push use the three.

sshd_setup() {
	unset SSH_AUTH_SOCK
	export HOME=$BATS_TEST_TMPDIR/home
	sshd_dir=$BATS_TEST_TMPDIR/sshd
	sshd_key=$sshd_dir/user_key
	sshd_known_hosts=$sshd_dir/known_hosts
	sshd_user=$(id -un)
	sshd_listen=127.0.0.1
	declare -gA sshd_ports=() sshd_pids=()
	mkdir -p "$HOME/.ssh" "$sshd_dir" /run/sshd
	chmod 700 "$HOME/.ssh"
	: >"$sshd_known_hosts"
	ssh-keygen -q -t ed25519 -N '' -C slipway-test -f "$sshd_key"
}

sshd_client_env() {
	export SLIPWAY_KNOWN_HOSTS=$sshd_known_hosts SLIPWAY_IDENTITY=$sshd_key SLIPWAY_USER=$sshd_user
}

# sshd_host_key NAME TYPE: make (once) and print the server's private host key file.
sshd_host_key() {
	local file=$sshd_dir/$1.host_$2
	if [ ! -e "$file" ]; then
		ssh-keygen -q -t "$2" -N '' -C "$1" -f "$file"
	fi
	printf '%s\n' "$file"
}

# sshd_know PORT PUBLIC-KEY-FILE: add a line to the known_hosts file.
sshd_know() {
	printf '[%s]:%s %s\n' "$sshd_listen" "$1" "$(cut -d ' ' -f 1,2 "$2")" >>"$sshd_known_hosts"
}

# Is something listening there?
sshd_answers() {
	(exec 3<>"/dev/tcp/$sshd_listen/$1") 2>/dev/null
}

# sshd_start NAME [LINE...]: LINEs go into sshd_config (the first value of a keyword counts).
sshd_start() {
	local name=$1 config=$sshd_dir/$1.config key try
	shift
	key=$(sshd_host_key "$name" ed25519)
	for try in 1 2 3 4 5 6 7 8; do
		sshd_port=$((20000 + RANDOM % 12000))
		if sshd_answers "$sshd_port"; then continue; fi
		printf '%s\n' "$@" "HostKey $key" "Port $sshd_port" "ListenAddress $sshd_listen" \
			"AuthorizedKeysFile $sshd_key.pub" 'StrictModes no' 'UsePAM no' 'PidFile none' \
			'PermitRootLogin prohibit-password' 'PasswordAuthentication no' \
			'KbdInteractiveAuthentication no' 'MaxStartups 100' 'LogLevel VERBOSE' >"$config"
		/usr/sbin/sshd -D -f "$config" -E "$sshd_dir/$name.log" </dev/null >/dev/null 2>&1 3>&- &
		sshd_pids[$name]=$!
		if sshd_await "$!"; then
			sshd_ports[$name]=$sshd_port
			sshd_know "$sshd_port" "$key.pub"
			return 0
		fi
	done
	cat "$sshd_dir/$name.log" >&2
	return 1
}

# Wait until the server answers, or process PID has ended.
sshd_await() {
	local deadline=$((SECONDS + 10))
	while [ "$SECONDS" -lt "$deadline" ] && kill -0 "$1" 2>/dev/null; do
		if sshd_answers "$sshd_port"; then return 0; fi
		read -rt 0.02 <> <(:) || :
	done
	return 1
}

# sshd_tree PID: it, its connections' processes (which leave its process group) and their commands.
sshd_tree() {
	local child
	printf '%s\n' "$1"
	for child in $(pgrep -P "$1"); do sshd_tree "$child"; done
}

# sshd_signal NAME SIGNAL: to the server, its connections and their commands.
sshd_signal() {
	# shellcheck disable=SC2046  # one word per process
	kill "-$2" $(sshd_tree "${sshd_pids[$1]}") 2>/dev/null || :
}

# sshd_kill NAME: end the server and all that it runs, at once.
sshd_kill() {
	if [ -n "${sshd_pids[$1]:-}" ]; then
		sshd_signal "$1" KILL
		wait "${sshd_pids[$1]}" 2>/dev/null || :
		unset "sshd_pids[$1]"
	fi
}

sshd_stop_all() {
	local name
	for name in "${!sshd_pids[@]}"; do sshd_kill "$name"; done
}
