#!/usr/bin/env bash
# smoke.sh GROUP VERSION: asks the new revision of every gateway, at its own address, whether it is ready, what it serves, and what an unpaid
# request costs. Ends with an error at the first gateway that does not answer as it should within five minutes.
set -euo pipefail
group="${1:?usage: smoke.sh GROUP VERSION}" version="${2:?usage: smoke.sh GROUP VERSION}"
for app in $(az containerapp list --resource-group "$group" --query "[?starts_with(name, 'gateway-')].name" --output tsv); do
  revision="$app--v${version//./-}"
  host="$(az containerapp revision show --name "$app" --resource-group "$group" --revision "$revision" --query properties.fqdn --output tsv)"
  [ -n "$host" ] || host="$(az containerapp show --name "$app" --resource-group "$group" --query properties.configuration.ingress.fqdn --output tsv)"
  curl --fail --silent --show-error --retry 30 --retry-delay 10 --retry-all-errors "https://$host/readyz" > /dev/null
  curl --fail --silent --show-error "https://$host/v1/models" > /dev/null
  curl --fail --silent --show-error "https://$host/ncn/v1/subnet" > /dev/null
  curl --fail --silent --show-error "https://$host/openapi.json" > /dev/null
  echo "$revision is ready"
done
