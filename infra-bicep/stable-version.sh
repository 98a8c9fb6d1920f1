#!/usr/bin/env bash
# stable-version.sh GROUP: the version that the gateways of a resource group give most of their traffic to; nothing when there is none.
set -euo pipefail
group="${1:?usage: stable-version.sh GROUP}"
app="$(az containerapp list --resource-group "$group" --query "[?starts_with(name, 'gateway-')].name | [0]" --output tsv)"
[ -n "$app" ] || exit 0
revision="$(az containerapp revision list --name "$app" --resource-group "$group" --query "sort_by([?properties.active], &properties.trafficWeight)[-1].name" --output tsv)"
suffix="${revision##*--v}"
printf '%s\n' "${suffix//-/.}"
