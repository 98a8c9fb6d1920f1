metadata description = 'The Container Apps environment of a region, and the Dapr components of its apps: those of dapr/components/azure, for the apps that run here.'

import { Subnet } from '../types.bicep'
import { fixed, gatewayApp, streamApp, workQueue } from '../names.bicep'

@description('Region.')
param location string
@description('Name of the environment.')
param name string
@description('Spread over zones, traffic between apps encrypted, long idle streams allowed.')
param isProduction bool
@description('Whether the apps run here. Where they sleep nobody pays for an ingress of its own.')
param isActive bool
@description('Part of the network that it takes for itself.')
param infrastructureSubnetId string
@description('Id of the logs.')
param logsId string
@description('The subnets.')
param subnets Subnet[]
@description('Identities by name.')
param identities object
@description('Short name of the Service Bus namespace.')
param serviceBusName string
@description('Address of the Cosmos DB account.')
param cosmosEndpoint string
@description('Name of the operator\'s vault.')
param vaultName string
@description('Tags of everything that is made.')
param tags object

var hasOwnIngress = isProduction && isActive
var busHost = '${serviceBusName}.servicebus.windows.net'
var gatewayIds = map(subnets, subnet => gatewayApp(subnet.name))
var streamIds = flatten(map(subnets, subnet => [streamApp(subnet.name, 'grpc'), streamApp(subnet.name, 'ws')]))
var publishers = concat(gatewayIds, streamIds)

resource environment 'Microsoft.App/managedEnvironments@2026-01-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    vnetConfiguration: { infrastructureSubnetId: infrastructureSubnetId, internal: false }
    appLogsConfiguration: { destination: 'azure-monitor' }
    zoneRedundant: isProduction
    peerAuthentication: { mtls: { enabled: true } }
    peerTrafficConfiguration: { encryption: { enabled: true } }
    publicNetworkAccess: 'Enabled'
    workloadProfiles: hasOwnIngress
      ? [
          { name: 'Consumption', workloadProfileType: 'Consumption' }
          { name: 'ingress', workloadProfileType: 'D4', minimumCount: 2, maximumCount: 10 }
        ]
      : [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
    // Without a profile of its own the ingress ends a connection that was silent for four minutes.
    ingressConfiguration: hasOwnIngress
      ? { workloadProfileName: 'ingress', requestIdleTimeout: 30, terminationGracePeriodSeconds: 600 }
      : null
  }
}

resource environmentLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: environment
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

resource pubsub 'Microsoft.App/managedEnvironments/daprComponents@2026-01-01' = {
  parent: environment
  name: fixed.pubsub
  properties: {
    componentType: 'pubsub.azure.servicebus.topics'
    version: 'v1'
    metadata: [
      { name: 'azureClientId', value: identities.messaging.clientId }
      { name: 'namespaceName', value: busHost }
      { name: 'disableEntityManagement', value: 'true' }
      { name: 'maxConcurrentHandlers', value: '32' }
      { name: 'lockRenewalInSec', value: '20' }
      { name: 'allowedTopics', value: join(fixed.appTopics, ',') }
      { name: 'publishingScopes', value: join(concat(['${fixed.registryApp}=results'], map(publishers, app => '${app}=mempool')), ';') }
      { name: 'subscriptionScopes', value: join(concat(['${fixed.registryApp}=${join(fixed.registrySubscriptions, ',')}'], map(publishers, app => '${app}=')), ';') }
    ]
    scopes: concat([fixed.registryApp], publishers)
  }
}

resource statestore 'Microsoft.App/managedEnvironments/daprComponents@2026-01-01' = {
  parent: environment
  name: fixed.statestore
  properties: {
    componentType: 'state.azure.cosmosdb'
    version: 'v1'
    initTimeout: '5m'
    metadata: [
      { name: 'azureClientId', value: identities.registry.clientId }
      { name: 'url', value: cosmosEndpoint }
      { name: 'database', value: fixed.cosmosDatabase }
      { name: 'collection', value: fixed.cosmosContainer }
      { name: 'actorStateStore', value: 'true' }
    ]
    scopes: [fixed.registryApp]
  }
}

resource secretstore 'Microsoft.App/managedEnvironments/daprComponents@2026-01-01' = {
  parent: environment
  name: fixed.secretstore
  properties: {
    componentType: 'secretstores.azure.keyvault'
    version: 'v1'
    metadata: [
      { name: 'azureClientId', value: identities.registry.clientId }
      { name: 'vaultName', value: vaultName }
    ]
    scopes: [fixed.registryApp]
  }
}

resource work 'Microsoft.App/managedEnvironments/daprComponents@2026-01-01' = [
  for subnet in subnets: {
    parent: environment
    name: workQueue(subnet.name)
    properties: {
      componentType: 'bindings.azure.servicebusqueues'
      version: 'v1'
      metadata: [
        { name: 'azureClientId', value: identities.registry.clientId }
        { name: 'namespaceName', value: busHost }
        { name: 'queueName', value: workQueue(subnet.name) }
        { name: 'direction', value: 'output' }
      ]
      scopes: [fixed.registryApp]
    }
  }
]

@description('Id of the environment.')
output environmentId string = environment.id
@description('Domain of its apps.')
output domain string = environment.properties.defaultDomain
