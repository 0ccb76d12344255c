# SPDX-License-Identifier: MIT
# choose.awk: which build a rollback goes to. Pure: lines in, one line out. -v live=ID is the build that
# is live on every host. Input: "HOST KEY VALUE" lines as remote/inspect.sh answers them, of every host:
#   HOST current ID      HOST build ID STATE      HOST event EVENT ID PREVIOUS ...
# Output: "target ID"; "none"; or "differ HOST ID, HOST ID...", when journals contradict each other.
#
# A host's journal is read as a browser's history is: what a deploy makes live comes after what was live
# before it, and what stood there then (rolled back from) is void; a rollback moves within. So the target
# is the next one back that is complete on every host and was live and healthy on all that have a
# journal. Where no host has one, it is the newest older build.

function find(h, id,   i) {
	for (i = 1; i <= n[h]; i++) if (list[h, i] == id) return i
	return 0
}

function went(h, id, previous,   i) {
	i = find(h, previous)
	if (i) at[h] = i
	i = find(h, id)
	if (!i) {
		i = n[h] = at[h] + 1
		list[h, i] = id
	}
	at[h] = i
	proven[h, id] = 1
	delete failed[h, id]
}

function eligible(id,   h) {
	if (complete[id] != hosts) return 0
	for (h in journal) if (!((h, id) in proven) || (h, id) in failed) return 0
	return 1
}

function proposal(h,   i) {
	i = find(h, live)
	for (i = i ? i - 1 : at[h]; i > 0; i--) if (eligible(list[h, i])) return list[h, i]
	return "none"
}

$2 == "current" { host[++hosts] = $1 }
$2 == "build" && $4 == "complete" { complete[$3]++ }
$2 == "event" {
	journal[$1]
	journals = 1
	at[$1] += 0
	n[$1] += 0
}
$2 == "event" && $3 ~ /^(adopted|active|rollback)$/ { went($1, $4, $5) }
$2 == "event" && $3 == "failed" { failed[$1, $4] }

END {
	target = "none"
	if (!journals) {
		for (id in complete)
			if (complete[id] == hosts && id "" < live "" && (target == "none" || id "" > target "")) target = id
	}
	for (i = 1; i <= hosts; i++) {
		if (!(host[i] in journal)) continue
		mine = proposal(host[i])
		all = all (all == "" ? "" : ", ") host[i] " " mine
		if (seen++ && mine != target) differ = 1
		target = mine
	}
	if (differ) print "differ " all
	else print target == "none" ? "none" : "target " target
}
