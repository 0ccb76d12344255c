#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# deploy.sh: body of deploy. Input: the settings SLIPWAY_*, as slipway reads them; empty means
# not given.
set -euo pipefail

if [ "$SLIPWAY_KEEP_RELEASES" = -1 ]; then unset SLIPWAY_KEEP_RELEASES; fi
slipway deploy
