metadata description = 'All apps of a region: those that an operator has once, the gateways of each subnet, the addresses of its validators, and an alert for each that restarts again and again.'

import { Chain, Release, Subnet, Validator } from '../types.bicep'
import { fixed, gatewayApp, streamApp, validatorAddress, validatorApp } from '../names.bicep'

@description('Region.')
param location string
@description('Id and domain of the environment.')
param environment { id: string, domain: string }
@description('What is delivered.')
param release Release
@description('Identities by name.')
param identities object
@description('Identities of the gateways, in the order of the subnets.')
param gateways array
@description('The chain.')
param chain Chain
@description('The subnets.')
param subnets Subnet[]
@description('The validators of this region.')
param validators Validator[]
@description('First two numbers of the region\'s addresses.')
param addressPrefix string
@description('Where the data services are.')
param data object
@description('Id of the group that alerts tell.')
param operatorsId string
@description('Whether the apps run here, or sleep until this region takes over.')
param isActive bool
@description('Instances of the registry.')
param registryReplicas int
@description('Whether other operators can find this one.')
param isDiscoverable bool
@description('Tags of everything that is made.')
param tags object

module core 'core-apps.bicep' = {
  name: 'core-apps'
  params: {
    location: location
    environment: environment
    release: release
    imageServer: data.imageServer
    identities: identities
    chain: chain
    subnets: subnets
    data: data
    isActive: isActive
    registryReplicas: registryReplicas
    isDiscoverable: isDiscoverable
    tags: tags
  }
}

module perSubnet 'subnet-apps.bicep' = [
  for (subnet, i) in subnets: {
    name: 'subnet-${subnet.name}'
    params: {
      location: location
      environment: environment
      release: release
      imageServer: data.imageServer
      identities: { images: identities.images, messaging: identities.messaging, gateway: gateways[i] }
      chain: chain
      subnet: subnet
      validators: validators
      data: data
      isActive: isActive
      tags: tags
    }
    dependsOn: [core]
  }
]

module validatorFronts 'validator-front.bicep' = [
  for validator in validators: {
    name: 'front-${validator.number}'
    params: {
      location: location
      name: validatorApp(validator.number)
      address: validatorAddress(validator.number, addressPrefix)
      environmentId: environment.id
      release: release
      identities: identities
      isActive: isActive
      tags: tags
    }
  }
]

var validatorApps = map(validators, validator => validatorApp(validator.number))
var subnetApps = flatten(map(subnets, subnet => [gatewayApp(subnet.name), streamApp(subnet.name, 'grpc'), streamApp(subnet.name, 'ws')]))

resource restarts 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for app in concat([fixed.registryApp, fixed.chainEventsApp, fixed.collectorApp], subnetApps, validatorApps): {
    name: 'AppRestarts-${location}-${app}'
    location: 'global'
    tags: tags
    properties: {
      description: 'AppRestarts: an instance of ${app} has restarted more than three times in a quarter of an hour.'
      severity: 2
      enabled: true
      scopes: [resourceId('Microsoft.App/containerApps', app)]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: 'AppRestarts'
            metricName: 'RestartCount'
            operator: 'GreaterThan'
            threshold: 3
            timeAggregation: 'Maximum'
          }
        ]
      }
      actions: [{ actionGroupId: operatorsId }]
    }
    dependsOn: [core, perSubnet, validatorFronts]
  }
]

@description('Host names of the gateways, in the order of the subnets.')
output hosts array = [for (subnet, i) in subnets: perSubnet[i].outputs.host]
