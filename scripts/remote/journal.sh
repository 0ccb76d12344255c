# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# journal.sh: what happened on this host, one JSON line an event, only ever appended to, under the lock.
# docs/architecture.md names the events; lib/choose.awk reads them for a rollback.

JOURNAL_READ=1000 # lines: whoever reads reads so many of the last ones

# json TEXT: as the inside of a JSON string.
json() { printf %s "$1" | tr -d '\000-\037\177' | sed 's/["\\]/\\&/g'; }

# journal EVENT BUILD [PREVIOUS]: append a line, and have it on disk. PREVIOUS was live before [as begin.sh
# found it]. Input: reason, if there is one.
journal() {
	holder=$(deploy-lock show "$state/lock") || holder=
	before=${3-$(cat "$state/run/previous" 2>/dev/null || :)}
	commit=$(sed -n 's/^commit: //p' "$root/builds/$2/REVISION" 2>/dev/null) || commit=
	why=
	[ -z "${reason-}" ] || why=",\"reason\":\"$(json "$reason")\""
	there=1
	[ -e "$state/journal" ] || there=0
	{
		journal_whole || printf '\n'
		printf '{"time":"%s","event":"%s","build":"%s","previous":"%s","commit":"%s","job":"%s"%s,"by":"%s"}\n' \
			"$(date +%Y-%m-%dT%H:%M:%SZ)" "$1" "$2" "$before" "$(json "$commit")" \
			"$(json "$(printf '%s\n' "$holder" | sed -n 's/^url: //p')")" "$why" \
			"$(json "$(printf '%s\n' "$holder" | sed -n 's/^owner: //p')")"
	} | dd of="$state/journal" bs=64k oflag=append conv=notrunc,fsync status=none || return
	[ "$there" = 1 ] || sync "$state"
}

# The last line has its end: no power cut or full disk tore it. (Also true of no journal.)
journal_whole() {
	end=$(tail -c 1 "$state/journal" 2>/dev/null | od -An -tx1)
	[ -z "$end" ] || [ "$end" = ' 0a' ]
}

# The last events, a line each: EVENT BUILD PREVIOUS TIME COMMIT BY; "-" for what is not known. A line
# that does not look like ours is passed over: it was torn.
journal_events() {
	tail -n "$JOURNAL_READ" "$state/journal" 2>/dev/null | sed -n '
		s/"previous":""/"previous":"-"/
		s/"commit":""/"commit":"-"/
		s/^{"time":"\([^"]*\)","event":"\([a-z]*\)","build":"\([0-9][0-9]*\)","previous":"\([0-9-]*\)","commit":"\([^" ]*\)",.*"by":"\(.*\)"}$/\2 \3 \4 \1 \5 \6/p'
}

# The build that is live as far as the journal knows.
journal_known() {
	journal_events | awk '$1 ~ /^(adopted|active|rollback|restored|unproven)$/ { build = $2 } END { print build }'
}

# journal_before BUILD: what was live before BUILD was deployed, if that is known.
journal_before() {
	journal_events | awk -v build="$1" '
		$1 ~ /^(adopted|active)$/ && $2 == build { before = $3 }
		END { if (length(before) == 14) print before }'
}

# journal_live BUILD CUT_SHORT: BUILD is live: note it if the journal does not know. It came by other means
# than slipway, or by a deploy that was cut short (1): then nothing is known of its health.
journal_live() {
	known=$(journal_known)
	[ -n "$1" ] && [ "$known" != "$1" ] || return 0
	case $2 in
	1) journal unproven "$1" "$known" ;;
	*) journal adopted "$1" "$known" ;;
	esac
}
