#!/usr/bin/env bash
# retire.sh GROUP: stops the revisions of a resource group's apps that get no traffic, so that nobody pays for them.
set -euo pipefail
group="${1:?usage: retire.sh GROUP}"
for app in $(az containerapp list --resource-group "$group" --query "[?properties.configuration.activeRevisionsMode=='Multiple'].name" --output tsv); do
  for revision in $(az containerapp revision list --name "$app" --resource-group "$group" --query "[?properties.active && properties.trafficWeight==\`0\`].name" --output tsv); do
    az containerapp revision deactivate --name "$app" --resource-group "$group" --revision "$revision"
  done
done
