# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# helpers.sh: the helpers that run on the hosts, and getting them there.

ON_HOSTS='atomic-link deploy-lock prune-builds req-checksum'

# helper_folder ARCH: where the helpers for ARCH are on this side: in the image, or in a checkout.
helper_folder() {
	for folder in "${SLIPWAY_HELPERS_DIR:+$SLIPWAY_HELPERS_DIR/$1}" "$here/helpers/$1" \
		"$here/../build/$1/bin" "$([ "$1" != "$(uname -m)" ] || printf '%s/../build/bin' "$here")"; do
		if [ -n "$folder" ] && [ -x "$folder/deploy-lock" ]; then
			printf '%s\n' "$folder"
			return
		fi
	done
	return 1
}

# As inspect.sh sums them on the host.
helper_sums() { (cd "$1" && sha256sum -- * | sha256sum | cut -d' ' -f1); }

# After inspect: put the helpers on the hosts, unless all hosts have these very ones.
helpers_push() {
	differ=0
	for arch in $(all_answers inspect arch); do
		folder=$(helper_folder "$arch") ||
			die "$STATUS_LOCAL" "$(awk -v arch="$arch" '$2 == "arch" && $3 == arch { print $1 }' \
				"$work/inspect" | listed): no helpers for $arch" "SLIPWAY_HELPERS_DIR/$arch is where they should be"
		there=$work/helpers/$version-$arch
		mkdir -p "$there"
		for tool in $ON_HOSTS; do cp -- "$folder/$tool" "$there/" || return; done
		cp -- "$here/remote/"*.py "$here/server/"slipway_*.py "$there/"
		sums=$(helper_sums "$there")
		awk -v arch="$arch" -v sums="$sums" '
			$2 == "arch" { of[$1] = $3 }
			$2 == "helpers" && of[$1] == arch && $3 != sums { found = 1 }
			END { exit found }' "$work/inspect" || differ=1
	done
	[ "$differ" = 0 ] || push --quiet "$work/helpers/" "$SLIPWAY_PROJECT_ROOT/.slipway/bin/"
}

# push ARGUMENTS...: rsync-push to all hosts; who failed is in $work/push.failures.
push() {
	[ "$SLIPWAY_BECOME" = 0 ] || set -- --become "$@"
	record_run push "$(in_play)"
	foreground rsync-push --hosts "$SLIPWAY_HOSTS" --limit "$(in_play)" --failures "$work/push.failures" \
		--json "$@" >"$run.json"
}
