metadata description = 'Who may do what with the data services. Every role is given to one identity on the smallest thing that has roles; identities exist and have their roles before the apps start, since Dapr stays deaf when a role comes late.'

import { Subnet } from '../types.bicep'
import { subnetContainer } from '../names.bicep'
import { roles } from '../roles.bicep'

@description('Names of the data services.')
param names object
@description('The subnets.')
param subnets Subnet[]
@description('Identities by name, with principalId.')
param identities object
@description('Identities of the gateways, in the order of the subnets.')
param gateways array

resource data 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.storage
}
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: data
  name: 'default'
}
resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for subnet in subnets: {
    parent: blobs
    name: subnetContainer(subnet.number)
  }
]
resource host 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.hostStorage
}
resource operatorVault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: names.operatorVault
}
resource nodeVault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: names.nodeVault
}
resource validatorVault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: names.validatorVault
}
resource images 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: names.images
}
resource metrics 'Microsoft.Monitor/accounts@2025-10-03' existing = {
  name: names.metrics
}

// KEDA reads the metrics that workers are scaled by.
resource kedaReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: metrics
  name: guid(names.metrics, 'keda', roles.monitoringDataReader)
  properties: {
    principalId: identities.keda.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringDataReader)
  }
}

// Chain events: its tables.
resource chainEventsWrites 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: data
  name: guid(names.storage, 'chain-events', roles.storageTableDataContributor)
  properties: {
    principalId: identities.chainEvents.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageTableDataContributor)
  }
}

// A gateway has the container of its subnet.
resource gatewayWrites 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (subnet, i) in subnets: {
    scope: containers[i]
    name: guid(names.storage, subnet.name, 'gateway', roles.storageBlobDataContributor)
    properties: {
      principalId: gateways[i].principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
    }
  }
]

// The Functions host keeps the locks of timers in its own account.
resource hostOfGateways 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (subnet, i) in subnets: {
    scope: host
    name: guid(names.hostStorage, subnet.name, 'gateway', roles.storageBlobDataOwner)
    properties: {
      principalId: gateways[i].principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
    }
  }
]
resource hostOfChainEvents 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: host
  name: guid(names.hostStorage, 'chain-events', roles.storageBlobDataOwner)
  properties: {
    principalId: identities.chainEvents.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
  }
}

// Keys: the operator's for those that sign as the operator, the nodes' for the workers, those that vote for the validators.
resource operatorKeysOfGateways 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (subnet, i) in subnets: {
    scope: operatorVault
    name: guid(names.operatorVault, subnet.name, 'gateway', roles.keyVaultSecretsUser)
    properties: {
      principalId: gateways[i].principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
    }
  }
]
var operatorKeyReaders = ['registry', 'chainEvents', 'collector']
resource operatorKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for reader in operatorKeyReaders: {
    scope: operatorVault
    name: guid(names.operatorVault, reader, roles.keyVaultSecretsUser)
    properties: {
      principalId: identities[reader].principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
    }
  }
]
resource nodeKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: nodeVault
  name: guid(names.nodeVault, 'compute', roles.keyVaultSecretsUser)
  properties: {
    principalId: identities.compute.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

resource validatorKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: validatorVault
  name: guid(names.validatorVault, 'validator', roles.keyVaultSecretsUser)
  properties: {
    principalId: identities.validator.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

// Images: container apps and the cluster's nodes.
var imagePullers = ['images', 'kubelet']
resource pulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for puller in imagePullers: {
    scope: images
    name: guid(names.images, puller, roles.acrPull)
    properties: {
      principalId: identities[puller].principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrPull)
    }
  }
]
