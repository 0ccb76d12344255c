#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# rollback.sh: body of rollback. Input: SLIPWAY_PARAM_TO, SLIPWAY_PARAM_EXPECT_CURRENT: empty means not given.
set -euo pipefail

args=()
if [ -n "$SLIPWAY_PARAM_TO" ]; then args+=(--to "$SLIPWAY_PARAM_TO"); fi
if [ -n "$SLIPWAY_PARAM_EXPECT_CURRENT" ]; then
  args+=(--expect-current "$SLIPWAY_PARAM_EXPECT_CURRENT")
fi
slipway rollback "${args[@]}"
