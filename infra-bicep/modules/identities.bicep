metadata description = 'The identities that apps sign in with. One for each app, so that a role is given to exactly who needs it.'

import { Subnet } from '../types.bicep'
import { gatewayApp } from '../names.bicep'
import { roles } from '../roles.bicep'

@description('Region of the identities.')
param location string
@description('What the names begin with.')
param prefix string
@description('The subnets, each of which has an identity for its gateways.')
param subnets Subnet[]
@description('Tags of everything that is made.')
param tags object

@description('The actor host.')
resource registry 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-registry'
  location: location
  tags: tags
}

@description('Claims, settles, watches the chain.')
resource chainEvents 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-chain-events'
  location: location
  tags: tags
}

@description('Publish/subscribe of all apps: a Dapr component has one identity.')
resource messaging 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-messaging'
  location: location
  tags: tags
}

@description('Sends telemetry on.')
resource collector 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-collector'
  location: location
  tags: tags
}

@description('Pulls images for the container apps.')
resource images 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-images'
  location: location
  tags: tags
}

@description('The compute workers\' pods.')
resource compute 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-compute'
  location: location
  tags: tags
}

@description('The validators\' pods.')
resource validator 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-validator'
  location: location
  tags: tags
}

@description('Reads queue lengths and metrics to scale the workers.')
resource keda 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-keda'
  location: location
  tags: tags
}

@description('The control plane of AKS.')
resource cluster 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-cluster'
  location: location
  tags: tags
}

@description('Pulls images for the cluster.')
resource kubelet 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-kubelet'
  location: location
  tags: tags
}

resource gateways 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [
  for subnet in subnets: {
    name: '${prefix}-${gatewayApp(subnet.name)}'
    location: location
    tags: tags
  }
]

resource clusterAssignsKubelet 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: kubelet
  name: guid(kubelet.id, 'cluster', roles.managedIdentityOperator)
  properties: {
    principalId: cluster.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.managedIdentityOperator)
  }
}

@description('By name: id, clientId and principalId.')
output identities object = {
  registry: { id: registry.id, clientId: registry.properties.clientId, principalId: registry.properties.principalId }
  chainEvents: { id: chainEvents.id, clientId: chainEvents.properties.clientId, principalId: chainEvents.properties.principalId }
  messaging: { id: messaging.id, clientId: messaging.properties.clientId, principalId: messaging.properties.principalId }
  collector: { id: collector.id, clientId: collector.properties.clientId, principalId: collector.properties.principalId }
  images: { id: images.id, clientId: images.properties.clientId, principalId: images.properties.principalId }
  compute: { id: compute.id, clientId: compute.properties.clientId, principalId: compute.properties.principalId }
  validator: { id: validator.id, clientId: validator.properties.clientId, principalId: validator.properties.principalId }
  keda: { id: keda.id, clientId: keda.properties.clientId, principalId: keda.properties.principalId }
  cluster: { id: cluster.id, clientId: cluster.properties.clientId, principalId: cluster.properties.principalId }
  kubelet: { id: kubelet.id, clientId: kubelet.properties.clientId, principalId: kubelet.properties.principalId }
}

@description('The gateways\' identities, in the order of the subnets.')
output gateways array = [
  for (subnet, i) in subnets: {
    id: gateways[i].id
    clientId: gateways[i].properties.clientId
    principalId: gateways[i].properties.principalId
  }
]
