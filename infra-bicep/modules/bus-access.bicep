metadata description = 'Who may do what with the topics and queues of a region.'

import { Subnet, Validator } from '../types.bicep'
import { fixed, validatorApp, workQueue } from '../names.bicep'
import { roles } from '../roles.bicep'

@description('Name of the namespace.')
param name string
@description('The subnets.')
param subnets Subnet[]
@description('The validators.')
param validators Validator[]
@description('Identities by name, with principalId.')
param identities object

resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: name
}
resource topics 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' existing = [
  for topic in fixed.appTopics: {
    parent: bus
    name: topic
  }
]
resource subscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' existing = [
  for topic in fixed.registrySubscriptions: {
    parent: topics[indexOf(fixed.appTopics, topic)]
    name: fixed.registryApp
  }
]
resource consensus 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' existing = {
  parent: bus
  name: fixed.consensusTopic
}
resource hearings 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' existing = [
  for validator in validators: {
    parent: consensus
    name: validatorApp(validator.number)
  }
]
resource workQueues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' existing = [
  for subnet in subnets: {
    parent: bus
    name: workQueue(subnet.name)
  }
]
resource chainEvents 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' existing = {
  parent: bus
  name: fixed.chainEventsQueue
}

// Publish and subscribe.
resource messagingSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (topic, i) in fixed.appTopics: {
    scope: topics[i]
    name: guid(name, topic, 'messaging', roles.serviceBusDataSender)
    properties: {
      principalId: identities.messaging.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataSender)
    }
  }
]
resource messagingReceives 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (topic, i) in fixed.registrySubscriptions: {
    scope: subscriptions[i]
    name: guid(name, topic, 'messaging', roles.serviceBusDataReceiver)
    properties: {
      principalId: identities.messaging.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataReceiver)
    }
  }
]

// Validators tell each other's observers what is final, and listen.
resource validatorsTell 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(validators)) {
  scope: consensus
  name: guid(name, 'validator', roles.serviceBusDataSender)
  properties: {
    principalId: identities.validator.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataSender)
  }
}
resource validatorsListen 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (validator, i) in validators: {
    scope: hearings[i]
    name: guid(name, validatorApp(validator.number), roles.serviceBusDataReceiver)
    properties: {
      principalId: identities.validator.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataReceiver)
    }
  }
]

// The work queues: the registry offers, workers take, KEDA looks at the length, which Service Bus shows to owners alone.
resource registryOffers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (subnet, i) in subnets: {
    scope: workQueues[i]
    name: guid(name, subnet.name, 'registry', roles.serviceBusDataSender)
    properties: {
      principalId: identities.registry.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataSender)
    }
  }
]
resource computeTakes 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (subnet, i) in subnets: {
    scope: workQueues[i]
    name: guid(name, subnet.name, 'compute', roles.serviceBusDataReceiver)
    properties: {
      principalId: identities.compute.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataReceiver)
    }
  }
]
resource kedaLooks 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (subnet, i) in subnets: {
    scope: workQueues[i]
    name: guid(name, subnet.name, 'keda', roles.serviceBusDataOwner)
    properties: {
      principalId: identities.keda.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataOwner)
    }
  }
]
// Chain events: its queue in both directions.
resource chainEventsSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: chainEvents
  name: guid(name, 'chain-events', roles.serviceBusDataSender)
  properties: {
    principalId: identities.chainEvents.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataSender)
  }
}
resource chainEventsReceives 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: chainEvents
  name: guid(name, 'chain-events', roles.serviceBusDataReceiver)
  properties: {
    principalId: identities.chainEvents.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataReceiver)
  }
}
