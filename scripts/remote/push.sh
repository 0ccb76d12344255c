# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# push.sh: the rsync of a host, as a step like the others: it says that it is there, asks whether the
# lock is still ours, and only then begins. (A late rsync would make the folder of a build that another
# deploy has removed, without its marker.) Each line is a command, as they are sent in one line.
# sh -c THIS ROOT VERSION TOKEN RSYNC-ARGUMENT...
state=$0/.slipway
SLIPWAY_STEP=$$-$(sed 's/.*) //' "/proc/$$/stat" | cut -d' ' -f20)
export SLIPWAY_STEP
printf '' >"$state/steps/$SLIPWAY_STEP" || :
"$state/bin/$1-$(uname -m)/deploy-lock" check --token "$2" "$state/lock" >&2 || exit 1
shift 2
umask 022
exec rsync "$@"
