#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run_tests.sh: body of run_tests. Input: SLIPWAY_PARAM_PYTEST_ARGS.
set -euo pipefail

read -ra args <<<"$SLIPWAY_PARAM_PYTEST_ARGS"
mkdir -p test-reports
pytest --junitxml=test-reports/junit.xml "${args[@]}"
