#!/usr/bin/env bash
# Every test of the contracts; ends with "N passed, N failed" and exits 0 only when nothing failed.
# FOUNDRY_PROFILE=deep runs the same with many more fuzz and invariant runs.
# `test.sh coverage` instead says which branches of src/ the tests take.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
case "${1:-}" in
  '') exec node script/test.mjs ;;
  coverage) exec node script/coverage.mjs ;;
  *) echo "test.sh: '$1' is not coverage" >&2; exit 2 ;;
esac
