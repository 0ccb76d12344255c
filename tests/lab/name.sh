# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# name.sh: what belongs to one lab: names and addresses, so that two labs never meet.
# Sourced after lib.sh.

lab_name=${SLIPWAY_LAB_NAME:-slipway}
case $lab_name in
*[!a-z0-9]* | '' | ???????????*) fail "SLIPWAY_LAB_NAME: '$lab_name': must be 1 to 10 of a-z0-9" ;;
esac

state=$lab_dir/state/$lab_name

# What is the machine's and not the folder's (the subnet, the bridge, the namespaces) goes by a number
# that no other lab has, in whatever checkout. A claim is a link, which is made by one step:
# NUMBER -> FOLDER:NAME.
claims=/run/slipway-lab
mkdir -p "$claims"

claimed() {
	for claim in "$claims"/*; do
		if [ "$(readlink "$claim")" = "$lab_dir:$lab_name" ]; then basename "$claim"; fi
	done
}

number=$(claimed)
if [ -z "$number" ]; then
	number=0
	while ! ln -s "$lab_dir:$lab_name" "$claims/$number" 2>/dev/null; do
		number=$((number + 1))
		[ "$number" -le 255 ] || fail "no subnet is free: see $claims"
	done
fi
subnet=10.77.$number
bridge=slipway$number

# The machines of the lab: NAME, and the last part of its address.
machines='packages 2
web1 11
web2 12
db 20'

address_of() {
	printf '%s\n' "$machines" | awk -v name="$1" -v subnet="$subnet" '$1 == name { print subnet "." $2 }'
}
