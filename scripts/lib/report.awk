# SPDX-License-Identifier: MIT
# report.awk: the tables of slipway status and releases, and their JSON, from what inspect.sh answered.
# Pure. -v what=status|releases -v json=0|1; files: hosts, one a line; "COMMIT HOW" lines, how the
# checkout stands to a commit; the answers, "HOST KEY VALUE". Cells of a table are divided by tabs.
# What is wrong (status) comes last, in lines that begin with "!".

function put(key, value) { if ((host, key) in said) said[host, key] = said[host, key] " " value; else said[host, key] = value }
function get(h, key) { return (h, key) in said && said[h, key] != "" ? said[h, key] : "-" }
function rest(from,   i, text) {
	for (i = from; i <= NF; i++) text = text (i == from ? "" : " ") $i
	return text
}

FILENAME == ARGV[1] { hosts[++n] = $1; next }
FILENAME == ARGV[2] { stands[$1] = rest(2); next }
{ host = $1 }
$2 == "event" {
	said[host, "event"] = $3
	said[host, "build"] = $4
	said[host, "time"] = $6
	commits[$4] = $7 != "-" ? $7 : commits[$4]
	by[$4] = rest(8)
	last[$4] = $3 " " $6
	if ($3 ~ /^(adopted|active|rollback)$/) proven[host, $4]
	next
}
$2 == "build" {
	state[host, $3] = $4
	if (!($3 in builds)) order[++m] = $3
	builds[$3]
	next
}
$2 == "lock" {
	key = $3
	sub(/:$/, "", key)
	said[host, "lock_" key] = key == "free" ? "free" : rest(4)
	next
}
$2 ~ /^(current|commit|health|env|runs|inspected)$/ { put($2, rest(3)) }

function short_time(time) { return substr(time, 6, 5) " " substr(time, 12, 5) }
function checkout(h,   commit) {
	commit = get(h, "commit")
	return commit in stands ? stands[commit] : "-"
}
function environment(h,   key) {
	key = get(h, "env")
	return key ~ /-/ && key != "-" ? substr(key, index(key, "-") + 1, 8) : key
}
function runs(h) { return get(h, "runs") == get(h, "current") ? "same" : get(h, "runs") }
function event(h) { return get(h, "event") == "-" ? "-" : get(h, "event") " " short_time(get(h, "time")) }
function lock(h) { return get(h, "lock_free") == "free" ? "free" : get(h, "lock_owner") != "-" ? "held" : "-" }

function status_table(   i, h) {
	print "HOST\tLIVE\tCOMMIT\tCHECKOUT\tHEALTH\tENV\tRUNS\tLOCK\tLAST"
	for (i = 1; i <= n; i++) {
		h = hosts[i]
		if (get(h, "inspected") == "-") print h "\tunknown"
		else print h "\t" get(h, "current") "\t" substr(get(h, "commit"), 1, 7) "\t" checkout(h) "\t" \
			get(h, "health") "\t" environment(h) "\t" runs(h) "\t" lock(h) "\t" event(h)
	}
}

# differ KEY TEXT: whether the hosts that answered differ in KEY. Not in what a deploy at work writes.
function differ(key, text,   i, h, first, all, found) {
	for (i = 1; i <= n; i++) {
		h = hosts[i]
		if (get(h, "inspected") == "-") continue
		all = all (all == "" ? "" : ", ") h " " get(h, key)
		if (first == "") first = get(h, key)
		if (get(h, key) != first) found = 1
	}
	if (found) print "!hosts differ in " text ": " all
}

function problems(   i, h, holder) {
	differ("current", "what is live")
	differ("env", "the environment")
	for (i = 1; i <= n; i++) said[hosts[i], "held"] = get(hosts[i], "lock_token") == "-" ? "free" : "held by " get(hosts[i], "lock_owner")
	for (i = 1; i <= n; i++) said[hosts[i], "last"] = get(hosts[i], "event") " " get(hosts[i], "build")
	differ("held", "who holds the lock")
	differ("last", "what happened last")
	for (i = 1; i <= n; i++) {
		h = hosts[i]
		if (get(h, "health") == "bad") print "!" h ": not healthy"
		if (get(h, "runs") != "-" && runs(h) != "same") print "!" h ": processes run from " get(h, "runs") ", live is " get(h, "current")
	}
	# No problem, but worth a line.
	for (i = 1; i <= n; i++) {
		h = hosts[i]
		if (lock(h) == "held") print "-" h ": lock: held by " get(h, "lock_owner") " since " get(h, "lock_since") \
			(get(h, "lock_url") == "-" ? "" : ", " get(h, "lock_url")) ", last sign of life " get(h, "lock_silent") " s ago"
	}
}

function string(text) {
	if (text == "-") return "null"
	gsub(/["\\]/, "\\\\&", text)
	return "\"" text "\""
}
function field(key, value) { return ",\"" key "\":" string(value) }
function list(text,   i, k, item, out) {
	k = text == "-" ? 0 : split(text, item, " ")
	for (i = 1; i <= k; i++) out = out (i > 1 ? "," : "") string(item[i])
	return "[" out "]"
}
function status_json(   i, h) {
	for (i = 1; i <= n; i++) {
		h = hosts[i]
		printf "{\"host\":%s", string(h)
		if (get(h, "inspected") == "-") {
			print ",\"reached\":false}"
			continue
		}
		printf ",\"reached\":true%s%s%s%s%s,\"runs\":%s", field("live", get(h, "current") == "none" ? "-" : get(h, "current")),
			field("commit", get(h, "commit")), field("checkout", checkout(h)), field("health", get(h, "health")),
			field("env", get(h, "env")), list(get(h, "runs"))
		if (lock(h) == "held") printf ",\"lock\":{\"owner\":%s%s%s}", string(get(h, "lock_owner")),
			field("since", get(h, "lock_since")), field("url", get(h, "lock_url"))
		else printf ",\"lock\":null"
		if (get(h, "event") == "-") print ",\"last\":null}"
		else printf ",\"last\":{\"event\":%s%s%s}}\n", string(get(h, "event")), field("build", get(h, "build")),
			field("time", get(h, "time"))
	}
}

# state_on HOST BUILD: what the build is there.
function state_on(h, id) {
	if (!((h, id) in state)) return "absent"
	if (get(h, "current") == id) return state[h, id] == "complete" ? "live" : "live," state[h, id]
	return state[h, id] == "complete" && (h, id) in proven ? "proven" : state[h, id]
}
function known(table, id) { return id in table && table[id] != "" ? table[id] : "-" }
function when(id,   part) {
	if (!(id in last)) return "-"
	split(last[id], part, " ")
	return part[1] " " short_time(part[2])
}
# A line for each build, newest first; more where hosts differ.
function releases_table(   i, j, id, where, s, k, states) {
	print "BUILD\tCOMMIT\tSTATE\tLAST\tBY\tHOSTS"
	for (i = m; i > 0; i--) {
		id = order[i]
		k = 0
		split("", where)
		for (j = 1; j <= n; j++) {
			s = state_on(hosts[j], id)
			if (!(s in where)) states[++k] = s
			where[s] = where[s] (where[s] == "" ? "" : ",") hosts[j]
		}
		for (j = 1; j <= k; j++) print id "\t" substr(known(commits, id), 1, 7) "\t" states[j] "\t" when(id) "\t" \
			known(by, id) "\t" (k == 1 ? "all" : where[states[j]])
	}
}
function releases_json(   i, j, id, part, sep) {
	for (i = 1; i <= n; i++) {
		printf "{\"host\":%s%s,\"builds\":[", string(hosts[i]), field("live", get(hosts[i], "current"))
		sep = ""
		for (j = m; j > 0; j--) {
			id = order[j]
			if (!((hosts[i], id) in state)) continue
			split(id in last ? last[id] : "- -", part, " ")
			printf "%s{\"build\":%s%s%s%s%s%s}", sep, string(id), field("state", state_on(hosts[i], id)),
				field("commit", known(commits, id)), field("event", part[1]), field("time", part[2]), field("by", known(by, id))
			sep = ","
		}
		print "]}"
	}
}

# Names of one length, so that their order is that of text.
function sort_builds(   i, j, id) {
	for (i = 2; i <= m; i++) {
		id = order[i]
		for (j = i - 1; j > 0 && order[j] "" > id ""; j--) order[j + 1] = order[j]
		order[j + 1] = id
	}
}

END {
	sort_builds()
	if (what == "releases" && json) releases_json()
	else if (what == "releases") releases_table()
	else {
		if (json) status_json()
		else status_table()
		problems()
	}
}
