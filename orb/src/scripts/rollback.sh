#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# rollback.sh: body of rollback. Input: SLIPWAY_*, as slipway(1) reads them; empty means not given.
set -euo pipefail

slipway rollback
