#!/usr/bin/env bash
# Runs the built tests: run.sh [unit|contracts|e2e|sim|all]. Ends with "N passed, N failed"; exits 0 only when nothing failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
passed=0
failed=0
logs=artifacts/test-logs
mkdir -p "$logs"

# What tests leave in the temporary folder goes when they end, however they end.
temporary=$(mktemp -d "${TMPDIR:-/tmp}/ncn-test-XXXXXX")
export TMPDIR="$temporary"
trap 'rm -rf "$temporary"' EXIT

# count NAME LOG: adds the figures of a log's summary lines; a log without any counts as one failure.
count() {
  local p f
  p=$(grep -oE '(Passed:? +[0-9]+)|([0-9]+ passed)' "$2" | grep -oE '[0-9]+' | awk '{s+=$1} END {print s+0}')
  f=$(grep -oE '(Failed: +[0-9]+)|([0-9]+ failed)' "$2" | grep -oE '[0-9]+' | awk '{s+=$1} END {print s+0}')
  [ "$p" -eq 0 ] && [ "$f" -eq 0 ] && f=1
  [ "$3" -ne 0 ] && [ "$f" -eq 0 ] && f=1
  printf '%-36s %5d passed %5d failed %5d s\n' "$1" "$p" "$f" "$4"
  [ "$f" -gt 0 ] && grep -E '\[FAIL\]|Error Message|Assert|Exception|FAIL|failed|Expected|Actual|at .*\.cs:line' "$2" | head -60
  passed=$((passed + p))
  failed=$((failed + f))
}

run_dotnet() {
  local started=$SECONDS
  timeout 1800 dotnet test "artifacts/bin/$1/release/$1.dll" --nologo --blame-hang-timeout 5m >"$logs/$1.log" 2>&1
  echo "$? $((SECONDS - started))" >"$logs/$1.result"
}

count_dotnet() {
  local status seconds
  read -r status seconds <"$logs/$1.result"
  count "$1" "$logs/$1.log" "$status" "$seconds"
}

dotnet_tests() {
  run_dotnet "$1"
  count_dotnet "$1"
}

# unit_tests: two projects at a time, because many of their tests wait. Counted in order when all have ended.
unit_tests() {
  local name names
  names=$(projects | grep -v EndToEnd)
  for name in $names; do
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
    run_dotnet "$name" &
  done
  wait
  for name in $names; do count_dotnet "$name"; done
}

contract_tests() {
  local started=$SECONDS
  timeout 900 bash contracts/test.sh >"$logs/contracts.log" 2>&1
  local status=$?
  tail -n 1 "$logs/contracts.log" >"$logs/contracts.summary"
  count contracts "$logs/contracts.summary" $status $((SECONDS - started))
  [ $status -ne 0 ] && tail -n 60 "$logs/contracts.log"
}

projects() { find tests -mindepth 2 -maxdepth 2 -name '*.Tests.csproj' -exec basename {} .csproj \; | sort; }

case "${1:-all}" in
  unit) unit_tests ;;
  e2e) dotnet_tests Ncn.EndToEnd.Tests ;;
  sim) dotnet_tests Ncn.Simulation.Tests ;;
  contracts) contract_tests ;;
  all)
    contract_tests
    unit_tests
    dotnet_tests Ncn.EndToEnd.Tests
    ;;
  *)
    echo "tests/run.sh: '$1' is not one of unit, contracts, e2e, sim, all" >&2
    exit 2
    ;;
esac

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
