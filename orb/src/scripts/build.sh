#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# build.sh: body of the commands that work on a build that is on the hosts.
# Input: SLIPWAY_PARAM_COMMAND, of slipway's; SLIPWAY_PARAM_BUILD, where empty means not given.
set -euo pipefail

args=()
if [ -n "$SLIPWAY_PARAM_BUILD" ]; then args+=(--build "$SLIPWAY_PARAM_BUILD"); fi
slipway "$SLIPWAY_PARAM_COMMAND" "${args[@]}"
