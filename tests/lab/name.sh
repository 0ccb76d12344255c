# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# name.sh: what belongs to one lab, all derived from its name, so that two labs never meet.
# Sourced after lib.sh.

lab_name=${SLIPWAY_LAB_NAME:-slipway}
case $lab_name in
*[!a-z0-9]* | '' | ???????????*) fail "SLIPWAY_LAB_NAME: '$lab_name': must be 1 to 10 of a-z0-9" ;;
esac

bridge=${lab_name}0
state=$lab_dir/state/$lab_name
if [ "$lab_name" = slipway ]; then
	subnet=10.77.0
else
	subnet=10.77.$(($(printf %s "$lab_name" | cksum | cut -d ' ' -f 1) % 254 + 1))
fi

# The machines of the lab: NAME, and the last part of its address.
machines='packages 2
web1 11
web2 12
db 20'

address_of() {
	printf '%s\n' "$machines" | awk -v name="$1" -v subnet="$subnet" '$1 == name { print subnet "." $2 }'
}
