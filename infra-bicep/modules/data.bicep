metadata description = 'The data services of an operator, and who may use them.'

import { Subnet } from '../types.bicep'

@description('Region that is written to.')
param location string
@description('Region that stands by; empty: none.')
param secondLocation string
@description('Names of the services.')
param names object
@description('Premium services behind private endpoints.')
param isProduction bool
@description('The subnets.')
param subnets Subnet[]
@description('Most request units a second of the actors\' state.')
param stateRequestUnits int
@description('Name of Application Insights.')
param insightsName string
@description('Entra group that puts keys into the vaults.')
param adminGroupId string
@description('Identities by name.')
param identities object
@description('Identities of the gateways, in the order of the subnets.')
param gateways array
@description('Tags of everything that is made.')
param tags object

module cosmos 'cosmos.bicep' = {
  name: 'cosmos'
  params: { location: location, secondLocation: secondLocation, name: names.cosmos, isProduction: isProduction, maxRequestUnits: stateRequestUnits, principals: { registry: identities.registry.principalId, validator: identities.validator.principalId }, tags: tags }
}
module storage 'storage.bicep' = {
  name: 'storage'
  params: { location: location, names: names, isProduction: isProduction, subnets: subnets, tags: tags }
}
module vaults 'vaults.bicep' = {
  name: 'vaults'
  params: { location: location, names: names, insightsName: insightsName, isProduction: isProduction, adminGroupId: adminGroupId, tags: tags }
}
module images 'images.bicep' = {
  name: 'images'
  params: { location: location, secondLocation: secondLocation, name: names.images, isProduction: isProduction, tags: tags }
}
module access 'access.bicep' = {
  name: 'access'
  params: { names: names, subnets: subnets, identities: identities, gateways: gateways }
  dependsOn: [storage, vaults, images]
}

@description('What private endpoints lead to.')
output targets array = [
  { name: 'cosmos', id: cosmos.outputs.accountId, group: 'Sql', zone: 'privatelink.documents.azure.com' }
  { name: 'blobs', id: storage.outputs.dataId, group: 'blob', zone: 'privatelink.blob.${az.environment().suffixes.storage}' }
  { name: 'tables', id: storage.outputs.dataId, group: 'table', zone: 'privatelink.table.${az.environment().suffixes.storage}' }
  { name: 'host', id: storage.outputs.hostId, group: 'blob', zone: 'privatelink.blob.${az.environment().suffixes.storage}' }
  { name: 'operator-vault', id: vaults.outputs.operatorVaultId, group: 'vault', zone: 'privatelink.vaultcore.azure.net' }
  { name: 'node-vault', id: vaults.outputs.nodeVaultId, group: 'vault', zone: 'privatelink.vaultcore.azure.net' }
  { name: 'validator-vault', id: vaults.outputs.validatorVaultId, group: 'vault', zone: 'privatelink.vaultcore.azure.net' }
  { name: 'images', id: images.outputs.imagesId, group: 'registry', zone: 'privatelink.azurecr.io' }
]
@description('Where the services are.')
output addresses object = {
  vaultUrl: vaults.outputs.operatorVaultUrl
  nodeVault: names.nodeVault
  nodeVaultUrl: vaults.outputs.nodeVaultUrl
  validatorVault: names.validatorVault
  validatorVaultUrl: vaults.outputs.validatorVaultUrl
  cosmosEndpoint: cosmos.outputs.endpoint
  blobUrl: storage.outputs.blobUrl
  tableUrl: storage.outputs.tableUrl
  hostStorage: names.hostStorage
  imageServer: images.outputs.server
}
@description('Id of the Cosmos DB account.')
output cosmosId string = cosmos.outputs.accountId
@description('Address of the Cosmos DB account.')
output cosmosEndpoint string = cosmos.outputs.endpoint
@description('Host name of the registry of images.')
output imageServer string = images.outputs.server
