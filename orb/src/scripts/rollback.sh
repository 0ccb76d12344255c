#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# rollback.sh: body of rollback. Input: SLIPWAY_PARAM_TO, _EXPECT_CURRENT, _FORCE, _REASON. They may be what
# somebody typed into a dialog; slipway looks at them first. Empty means not given, as does <nil>, which
# CircleCI makes of a pipeline value that is empty.
set -euo pipefail

args=()
# give OPTION VALUE
give() {
  case $2 in
    '' | '<nil>') ;;
    *) args+=("$1" "$2") ;;
  esac
}
give --to "$SLIPWAY_PARAM_TO"
give --expect-current "$SLIPWAY_PARAM_EXPECT_CURRENT"
give --reason "$SLIPWAY_PARAM_REASON"
case $SLIPWAY_PARAM_FORCE in 1 | true) args+=(--force) ;; esac
slipway rollback "${args[@]}"
