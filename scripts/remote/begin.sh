# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# begin.sh: under the lock: note what is live, and make the new build, empty and marked incomplete.
# Input: id (empty: no build is made), need (new, or what resume.sh takes), source_kb, source_files (the
# size of the source).

# Made aside, so that it is never seen without its marker; in builds, whose group it may have to inherit.
new_build() {
	rm -rf -- "$root/builds/.new" "$root/builds/.marker"
	mkdir -- "$root/builds/.new"
	printf 'deploy began %s\nprevious: %s\n' "$(date +%Y-%m-%dT%H:%M:%SZ)" "${previous:-none}" \
		>"$root/builds/.new/.incomplete"
	printf '%s\n' "$id" >"$state/run/build"
	mv -- "$root/builds/.new" "$root/builds/$id"
	# What unchanged files are linked from: the live build, or nothing.
	if [ -L "$root/current" ]; then
		ln -s "$(readlink -f -- "$root/current")" "$state/run/basis"
	else
		mkdir "$state/run/basis"
	fi
	if [ -d "$state/run/retry" ]; then
		:
	elif [ -n "$retry" ]; then
		ln -s "$root/builds/$retry" "$state/run/retry"
	else
		mkdir "$state/run/retry"
	fi
}

# What a failed deploy brought and made need not be brought and made again. But a full disk may be what
# it failed of.
find_retry() {
	retry=$(newest_build .incomplete .failed)
	disk_suffices || retry=
}

# A build that is made again under its name is put aside for that.
keep_for_retry() {
	find_retry
	[ -d "$root/builds/$id" ] || return 0
	[ -e "$(marker "$id")" ] || [ -e "$root/builds/$id/.failed" ] || refuse "builds/$id is complete already"
	mv -- "$root/builds/$id" "$state/run/retry"
	retry='' again_env=$(readlink -- "$state/run/retry/env") || :
	disk_suffices || rm -rf -- "$state/run/retry"
}

# Some file systems have no number of inodes.
disk_suffices() {
	{
		df -Pk -- "$root/builds" | tail -n 1
		df -Pi -- "$root/builds" | tail -n 1
	} | awk -v kb="$source_kb" -v files="$source_files" '
		NR == 1 && $(NF - 2) < kb || NR == 2 && $(NF - 4) > 0 && $(NF - 2) < files { exit 1 }'
}

# What servers load.
loader() {
	for name in slipway_uwsgi.py slipway_wsgi.py; do
		cmp -s "$bin/$name" "$state/$name" && continue
		cp -- "$bin/$name" "$state/run/loader"
		mv -f -- "$state/run/loader" "$state/$name"
	done
}

main() {
	own_step
	cut_short=0
	[ ! -e "$state/run/flipped" ] || cut_short=1
	rm -rf -- "$state/run"
	mkdir "$state/run"
	previous=$(live_build)
	printf '%s\n' "$previous" >"$state/run/previous"
	(umask 077 && printf '%s\n' "$token" >"$state/run/token")
	answer previous "${previous:-none}"
	journal_live "$previous" "$cut_short" || warn "the journal could not be written"
	mkdir -p -- "$root/builds" "$root/envs" "$root/wheels" "$root/shared"
	loader
	if [ -z "$id" ]; then
		answer newest "$(newest_build)"
		answer begun ok
		return
	elif [ "$need" != new ]; then
		resume
		return
	fi
	retry='' again_env=''
	keep_for_retry
	prune ${retry:+--active "$retry"} ${again_env:+--protect-env "${again_env##*/}"}
	newest=$(newest_build)
	if [ -n "$newest" ] && [ "$newest" -ge "$id" ]; then
		answer newer "$newest"
		return
	fi
	new_build
	journal began "$id" || warn "the journal could not be written"
	answer begun ok
}
