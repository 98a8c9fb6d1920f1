targetScope = 'subscription'

metadata description = 'A gateway operator\'s part of NCN Network on Azure: a list of modules. README.md says how to use it, what it costs and how to run it.'

import { Chain, People, Region, Release, Source, Subnet, Validator, WorkerPool } from 'types.bicep'
import { regionNames, sharedNames } from 'names.bicep'

@description('Name of the deployment: 2 to 8 lower-case letters.')
@minLength(2)
@maxLength(8)
param environmentName string
@description('Premium services behind private endpoints, spread over zones. Otherwise the cheapest form of each, reachable from the internet with an identity.')
param isProduction bool
@description('The regions. Data is written in the first one. One of them is active; another one stands by.')
@minLength(1)
@maxLength(2)
param regions Region[]
@description('The subnets.')
@minLength(1)
param subnets Subnet[]
@description('The pools of compute workers. Without them and without validators there is no cluster.')
param workers WorkerPool[]
@description('The validators.')
param validators Validator[]
@description('The chain.')
param chain Chain
@description('What is delivered.')
param release Release
@description('Whether the apps are deployed. False for the first time: images and keys have to be there before them.')
param hasApps bool
@description('Whether other operators can find this one.')
param isDiscoverable bool
@description('Who operates it.')
param people People
@description('Where the manifests of the workers are.')
param source Source
@description('Version of Kubernetes.')
param kubernetesVersion string
@description('Version of the Dapr extension of AKS.')
param daprVersion string
@description('Tag of the image that has the models.')
param modelsVersion string
@description('Whether there is a Front Door with a firewall before the gateways.')
param hasFrontDoor bool
@description('Most request units a second of the actors\' state.')
param stateRequestUnits int
@description('Instances of the registry.')
param registryReplicas int
@description('Messaging units of a premium Service Bus namespace.')
param messagingUnits int
@description('What a month may cost, in the currency of the subscription.')
param monthlyBudget int
@description('First day of the budget, the first of a month.')
param budgetStart string

var tags = { application: 'ncn', environment: environmentName, managedBy: 'infra-bicep' }
var seed = uniqueString(subscription().id, environmentName)
var names = sharedNames(environmentName, seed)
var places = map(regions, region => regionNames(environmentName, region.location, seed))
var hasCluster = !empty(workers) || !empty(validators)
var first = regions[0].location
var validatorsOf = map(regions, region => filter(validators, validator => validator.location == region.location))
var second = length(regions) > 1 ? regions[1].location : ''

resource groups 'Microsoft.Resources/resourceGroups@2025-04-01' = [for (region, i) in regions: { name: places[i].group, location: region.location, tags: tags }]

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: groups[0]
  params: { location: first, prefix: 'ncn-${environmentName}', subnets: subnets, tags: tags }
}
module networks 'modules/network.bicep' = [for (region, i) in regions: {
  name: 'network-${i}'
  scope: groups[i]
  params: { location: region.location, name: places[i].network, addressPrefix: region.addressPrefix, tags: tags }
}]
module observability 'modules/observability.bicep' = {
  name: 'observability'
  scope: groups[0]
  params: { location: first, names: names, retentionDays: isProduction ? 90 : 30, dailyGigabytes: isProduction ? -1 : 1, adminGroupId: people.adminGroupId, collectorPrincipalId: identities.outputs.identities.collector.principalId, tags: tags }
}
module data 'modules/data.bicep' = {
  name: 'data'
  scope: groups[0]
  params: { location: first, secondLocation: second, names: names, isProduction: isProduction, subnets: subnets, stateRequestUnits: stateRequestUnits, insightsName: observability.outputs.insightsName, adminGroupId: people.adminGroupId, identities: identities.outputs.identities, gateways: identities.outputs.gateways, tags: tags }
}
module buses 'modules/service-bus.bicep' = [for (region, i) in regions: {
  name: 'service-bus-${i}'
  scope: groups[i]
  params: { location: region.location, name: places[i].serviceBus, isProduction: isProduction, messagingUnits: messagingUnits, subnets: subnets, validators: validatorsOf[i], identities: identities.outputs.identities, tags: tags }
}]
module endpoints 'modules/private-endpoints.bicep' = [for (region, i) in regions: if (isProduction) {
  name: 'endpoints-${i}'
  scope: groups[i]
  params: { location: region.location, networkId: networks[i].outputs.networkId, subnetId: networks[i].outputs.endpointsSubnetId, targets: concat(data.outputs.targets, [{ name: 'service-bus', id: buses[i].outputs.namespaceId, group: 'namespace', zone: 'privatelink.servicebus.windows.net' }]), tags: tags }
}]
module environments 'modules/environment.bicep' = [for (region, i) in regions: {
  name: 'environment-${i}'
  scope: groups[i]
  params: { location: region.location, name: places[i].apps, isProduction: isProduction, isActive: region.isActive, infrastructureSubnetId: networks[i].outputs.appsSubnetId, logsId: observability.outputs.logsId, subnets: subnets, identities: identities.outputs.identities, serviceBusName: places[i].serviceBus, cosmosEndpoint: data.outputs.cosmosEndpoint, vaultName: names.operatorVault, tags: tags }
  dependsOn: [endpoints, buses]
}]
module apps 'modules/apps.bicep' = [for (region, i) in regions: if (hasApps) {
  name: 'apps-${i}'
  scope: groups[i]
  params: { location: region.location, environment: { id: environments[i].outputs.environmentId, domain: environments[i].outputs.domain }, release: release, identities: identities.outputs.identities, gateways: identities.outputs.gateways, chain: chain, subnets: subnets, validators: validatorsOf[i], addressPrefix: region.addressPrefix, data: union(data.outputs.addresses, { serviceBus: places[i].serviceBus, metricsWriteUrl: observability.outputs.metricsWriteUrl }), operatorsId: alerts.outputs.operatorsId, isActive: region.isActive, registryReplicas: registryReplicas, isDiscoverable: isDiscoverable, tags: tags }
}]
module clusters 'modules/kubernetes.bicep' = [for (region, i) in regions: if (region.isActive && hasCluster) {
  name: 'cluster-${i}'
  scope: groups[i]
  params: { location: region.location, name: places[i].cluster, version: kubernetesVersion, isProduction: isProduction, nodesSubnetId: networks[i].outputs.nodesSubnetId, podsSubnetId: networks[i].outputs.podsSubnetId, networkName: places[i].network, workers: workers, validators: validatorsOf[i], adminGroupId: people.adminGroupId, identities: identities.outputs.identities, collectionRuleId: observability.outputs.collectionRuleId, logsId: observability.outputs.logsId, tags: tags }
}]
module pods 'modules/pod-identities.bicep' = [for (region, i) in regions: if (region.isActive && hasCluster) {
  name: 'pods-${i}'
  scope: groups[0]
  params: { name: places[i].cluster, issuer: clusters[i]!.outputs.issuer, identities: identities.outputs.identities }
}]
module manifests 'modules/flux.bicep' = [for (region, i) in regions: if (hasApps && region.isActive && hasCluster) {
  name: 'manifests-${i}'
  scope: groups[i]
  params: { clusterName: clusters[i]!.outputs.clusterName, source: source, daprVersion: daprVersion, isProduction: isProduction, release: release, modelsVersion: modelsVersion, chain: chain, subnets: subnets, workers: workers, validators: validatorsOf[i], addressPrefix: region.addressPrefix, identities: identities.outputs.identities, data: union(data.outputs.addresses, { serviceBus: places[i].serviceBus, metricsQueryEndpoint: observability.outputs.metricsQueryEndpoint, gatewayAddresses: networks[i].outputs.appsAddresses, domain: environments[i].outputs.domain }) }
  dependsOn: [pods]
}]
module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: groups[0]
  params: { location: first, names: names, emails: people.emails, validators: flatten(map(range(0, length(regions)), i => regions[i].isActive ? validatorsOf[i] : [])), metricsId: observability.outputs.metricsId, serviceBusIds: [for (region, i) in regions: buses[i].outputs.namespaceId], cosmosId: data.outputs.cosmosId, tags: tags }
}
module frontDoor 'modules/front-door.bicep' = if (hasFrontDoor && hasApps) {
  name: 'front-door'
  scope: groups[0]
  params: { names: names, subnets: subnets, domains: [for (region, i) in regions: environments[i].outputs.domain], actives: map(regions, region => region.isActive), requestsPerMinute: 6000, tags: tags }
}
module budget 'modules/budget.bicep' = {
  name: 'budget'
  params: { name: names.budget, amount: monthlyBudget, startDate: budgetStart, groups: map(places, place => place.group), emails: people.emails }
}

@description('Host name of the registry of images.')
output imageServer string = data.outputs.imageServer
@description('Address of Grafana.')
output grafanaUrl string = observability.outputs.grafanaUrl
@description('Names that the guide\'s commands ask for.')
output operatorNames object = { operatorVault: names.operatorVault, nodeVault: names.nodeVault, validatorVault: names.validatorVault, grafana: names.grafana, storage: names.storage, cosmos: names.cosmos, cluster: places[regions[0].isActive ? 0 : 1].cluster, kedaClientId: identities.outputs.identities.keda.clientId }
@description('Resource group of each region.')
output resourceGroups array = map(places, place => place.group)
@description('Domain of the apps of each region: a gateway is gateway-NAME.DOMAIN.')
output domains array = [for (region, i) in regions: environments[i].outputs.domain]
