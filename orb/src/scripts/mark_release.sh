#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mark_release.sh: body of mark_release. Input: SLIPWAY_PARAM_ACTION, _BUILD, _ROLLBACK, _REASON.
set -euo pipefail

args=()
if [ -n "$SLIPWAY_PARAM_BUILD" ]; then args+=(--build "$SLIPWAY_PARAM_BUILD"); fi
if [ -n "$SLIPWAY_PARAM_REASON" ]; then args+=(--reason "$SLIPWAY_PARAM_REASON"); fi
case $SLIPWAY_PARAM_ROLLBACK in 1 | true) args+=(--rollback) ;; esac
slipway mark "$SLIPWAY_PARAM_ACTION" "${args[@]}"
