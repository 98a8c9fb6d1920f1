metadata description = 'Topics and queues that the code uses, in each region. Nobody makes them at run time: apps may send and receive, and no more.'

import { Subnet, Validator } from '../types.bicep'
import { fixed, validatorApp, workQueue } from '../names.bicep'

@description('Region.')
param location string
@description('Name of the namespace.')
param name string
@description('Premium, behind private endpoints alone, or standard.')
param isProduction bool
@description('Messaging units of the premium namespace.')
@allowed([1, 2, 4, 8, 16])
param messagingUnits int
@description('The subnets, each of which has a work queue.')
param subnets Subnet[]
@description('The validators, each of which listens to the topic of consensus.')
param validators Validator[]
@description('Identities by name.')
param identities object
@description('Tags of everything that is made.')
param tags object

resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  sku: isProduction ? { name: 'Premium', tier: 'Premium', capacity: messagingUnits } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isProduction ? 'Disabled' : 'Enabled'
    zoneRedundant: isProduction
  }
}

resource topics 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = [
  for topic in fixed.topics: {
    parent: bus
    name: topic
    properties: { defaultMessageTimeToLive: 'P14D' }
  }
]

// Dapr asks for a subscription named after the app id. What cannot be handled is kept as a dead letter and an alert says so.
resource subscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [
  for topic in fixed.registrySubscriptions: {
    parent: topics[indexOf(fixed.topics, topic)]
    name: fixed.registryApp
    properties: {
      lockDuration: 'PT1M'
      maxDeliveryCount: 10
      deadLetteringOnMessageExpiration: true
      requiresSession: false
    }
  }
]

// What is told there stands in the ledger too: who was away for an hour reads it there.
resource hearings 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [
  for validator in validators: {
    parent: topics[indexOf(fixed.topics, fixed.consensusTopic)]
    name: validatorApp(validator.number)
    properties: {
      lockDuration: 'PT1M'
      maxDeliveryCount: 10
      defaultMessageTimeToLive: 'PT1H'
      deadLetteringOnMessageExpiration: false
      requiresSession: false
    }
  }
]

// A message on a work queue is an offer that the registry makes again, so an old one is worthless and is dropped.
resource workQueues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = [
  for subnet in subnets: {
    parent: bus
    name: workQueue(subnet.name)
    properties: {
      lockDuration: 'PT1M'
      maxDeliveryCount: 10
      defaultMessageTimeToLive: 'PT1H'
      deadLetteringOnMessageExpiration: false
      requiresSession: false
    }
  }
]

resource chainEvents 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = {
  parent: bus
  name: fixed.chainEventsQueue
  properties: {
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: true
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    requiresSession: false
  }
}

module access 'bus-access.bicep' = {
  name: 'bus-access'
  params: { name: bus.name, subnets: subnets, validators: validators, identities: identities }
  dependsOn: [subscriptions, hearings, workQueues, chainEvents]
}

@description('Id of the namespace.')
output namespaceId string = bus.id
