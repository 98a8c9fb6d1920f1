#!/usr/bin/env bash
# Every test of the contracts; ends with "N passed, N failed" and exits 0 only when nothing failed.
# FOUNDRY_PROFILE=deep runs the same with many more fuzz and invariant runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
exec node script/test.mjs
