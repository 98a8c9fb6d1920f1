#!/usr/bin/env bash
# compile.sh: the Bicep compiler over main.bicep and both parameter files, without Azure CLI and without a subscription. A warning is an error. Then
# every resource that a deployment would make is worked out (a snapshot), which finds expressions that fail with these values.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export NCN_VERSION=0.0.0 NCN_MODELS_VERSION=0.0.0 NCN_FIRST_BLOCK=0 NCN_DAPR_VERSION=none NCN_OPERATOR_EMAIL=nobody@example.com NCN_REPOSITORY=https://example.com/none
export NCN_TOKEN=none NCN_INFERENCE_PAYMENT=none NCN_VALIDATOR_REGISTRY=none NCN_ADMIN_GROUP=00000000-0000-0000-0000-000000000000
dotnet restore compiler.proj -v:q -nologo
bicep="$(dotnet msbuild compiler.proj -getProperty:NuGetPackageRoot)azure.bicep.commandline.linux-x64/0.49.2/tools/bicep"
[ -x "$bicep" ] || chmod u+x "$bicep"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cp -r . "$work"
cd "$work"
failed=
quietly() { "$@" > out.json 2> said.txt || failed=yes; [ ! -s said.txt ] || { cat said.txt >&2; failed=yes; }; }
quietly "$bicep" build main.bicep --stdout
for parameters in dev production; do
  quietly "$bicep" build-params "$parameters.bicepparam" --stdout
  "$bicep" snapshot "$parameters.bicepparam" --mode overwrite --subscription-id "$NCN_ADMIN_GROUP" --tenant-id "$NCN_ADMIN_GROUP" --location westeurope --deployment-name compile > said.txt 2>&1 \
    || { cat said.txt >&2; failed=yes; continue; }
  printf '%s.bicepparam: %s resources\n' "$parameters" "$(grep -c '"apiVersion":' "$parameters.snapshot.json")"
done
[ -z "$failed" ] || { echo "infra-bicep does not compile; see above" >&2; exit 1; }
echo "infra-bicep compiles without a warning"
