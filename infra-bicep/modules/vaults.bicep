metadata description = 'Three vaults: the operator\'s own keys for the apps, the nodes\' keys for the workers, and the keys that vote. Who is taken over finds no other\'s keys.'

import { roles } from '../roles.bicep'
import { fixed } from '../names.bicep'

@description('Region.')
param location string
@description('Names: operatorVault, nodeVault, validatorVault.')
param names object
@description('Name of Application Insights, whose address goes into the operator\'s vault.')
param insightsName string
@description('Reached by private endpoints alone.')
param isProduction bool
@description('Entra group that puts keys into the vaults.')
param adminGroupId string
@description('Tags of everything that is made.')
param tags object

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

var vaultNames = [names.operatorVault, names.nodeVault, names.validatorVault]

resource vaults 'Microsoft.KeyVault/vaults@2026-02-01' = [
  for name in vaultNames: {
    name: name
    location: location
    tags: tags
    properties: {
      tenantId: tenant().tenantId
      sku: { family: 'A', name: 'standard' }
      enableRbacAuthorization: true
      enableSoftDelete: true
      softDeleteRetentionInDays: 90
      enablePurgeProtection: true
      publicNetworkAccess: isProduction ? 'Disabled' : 'Enabled'
      networkAcls: { bypass: 'AzureServices', defaultAction: isProduction ? 'Deny' : 'Allow' }
    }
  }
]

resource telemetry 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = {
  parent: vaults[0]
  name: fixed.telemetrySecret
  properties: {
    value: insights.properties.ConnectionString
    contentType: 'Where the collector sends traces; lets nobody read'
  }
}

resource administer 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in vaultNames: {
    scope: vaults[i]
    name: guid(vaults[i].id, adminGroupId, roles.keyVaultSecretsOfficer)
    properties: {
      principalId: adminGroupId
      principalType: 'Group'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
    }
  }
]

@description('Id of the operator\'s vault.')
output operatorVaultId string = vaults[0].id
@description('Address of the operator\'s vault.')
output operatorVaultUrl string = vaults[0].properties.vaultUri
@description('Id of the nodes\' vault.')
output nodeVaultId string = vaults[1].id
@description('Address of the nodes\' vault.')
output nodeVaultUrl string = vaults[1].properties.vaultUri
@description('Id of the validators\' vault.')
output validatorVaultId string = vaults[2].id
@description('Address of the validators\' vault.')
output validatorVaultUrl string = vaults[2].properties.vaultUri
