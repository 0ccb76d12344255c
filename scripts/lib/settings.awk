# SPDX-License-Identifier: MIT
# settings.awk: environment over settings file over defaults, checked. (Flags come as environment.)
# Input: the table of settings (key|type|where|default|help), then the settings file if there is one.
# Output: SLIPWAY_KEY=VALUE for every key, and KEY=VALUE into the file host_settings for those that count
# on the hosts. Status 2 after a message on stderr.

function fail(where, why, hint) {
	printf "slipway: %s: %s\n", where, why > "/dev/stderr"
	if (hint != "")
		printf "slipway: hint: %s\n", hint > "/dev/stderr"
	status = 2
}

# Edits that make a of b (Levenshtein).
function distance(a, b,   i, j, cost, row, above, left) {
	for (j = 0; j <= length(b); j++)
		row[j] = j
	for (i = 1; i <= length(a); i++) {
		above = row[0]
		row[0] = i
		for (j = 1; j <= length(b); j++) {
			cost = above + (substr(a, i, 1) != substr(b, j, 1))
			above = row[j]
			left = row[j - 1] + 1
			row[j] = above + 1 < left ? above + 1 : left
			if (cost < row[j])
				row[j] = cost
		}
	}
	return row[length(b)]
}

function nearest(key,   k, best, found) {
	best = 1000
	for (k in type)
		if (distance(key, k) < best) {
			best = distance(key, k)
			found = k
		}
	return best <= length(key) / 2 ? "did you mean " found "?" : ""
}

# The value in its canonical form.
function checked(key, value, where) {
	if (type[key] == "number" && value !~ /^[0-9]+$/)
		fail(where, "\"" value "\" is not a whole number")
	if (type[key] == "flag") {
		if (value ~ /^(1|true|yes|on)$/)
			return 1
		if (value ~ /^(0|false|no|off)$/)
			return 0
		fail(where, "\"" value "\" is neither true nor false")
	}
	return value
}

FNR == NR {
	split($0, column, "|")
	keys[++n] = column[1]
	type[column[1]] = column[2]
	where_used[column[1]] = column[3]
	initial[column[1]] = column[4]
	next
}

{ sub(/\r$/, "") }

/^[ \t]*(#|$)/ { next }

{
	where = FILENAME ":" FNR
	equals = index($0, "=")
	if (!equals) {
		fail(where, "expected KEY=VALUE")
		next
	}
	key = substr($0, 1, equals - 1)
	value = substr($0, equals + 1)
	gsub(/^[ \t]+|[ \t]+$/, "", key)
	gsub(/^[ \t]+|[ \t]+$/, "", value)
	# One pair of quotes around the whole value is not part of it.
	if (value ~ /^"[^"]*"$/ || value ~ /^'[^']*'$/)
		value = substr(value, 2, length(value) - 2)
	if (!(key in type))
		fail(where, "unknown key \"" key "\"", nearest(key))
	else if (key in given)
		fail(where, key " is given twice")
	else
		given[key] = checked(key, value, where ": " key)
}

END {
	for (i = 1; i <= n; i++) {
		key = keys[i]
		name = "SLIPWAY_" toupper(key)
		value = initial[key]
		if (key in given && given[key] != "")
			value = given[key]
		if (ENVIRON[name] != "")
			value = checked(key, ENVIRON[name], key)
		if (value ~ /\n/)
			fail(key, "a line end in the value")
		if (!status)
			printf "%s=%s\n", name, value
		if (!status && where_used[key] == "hosts")
			printf "%s=%s\n", key, value > host_settings
	}
	exit status
}
