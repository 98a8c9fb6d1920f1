metadata description = 'The actors\' state, in the form that Dapr asks for: a container for the registry, and one for what validators write down outside their disks.'

import { fixed } from '../names.bicep'
import { cosmosDataContributor } from '../roles.bicep'

@description('Region that is written to.')
param location string
@description('Region that stands by; empty: none.')
param secondLocation string
@description('Name of the account.')
param name string
@description('Reached by private endpoints alone, spread over zones, with 30 days of restore points; otherwise serverless.')
param isProduction bool
@description('Most request units a second; the account uses a tenth of it when idle.')
@minValue(1000)
param maxRequestUnits int
@description('Principals of the registry and of the validators; each alone reads and writes its container.')
param principals { registry: string, validator: string }
@description('Tags of everything that is made.')
param tags object

var first = [{ locationName: location, failoverPriority: 0, isZoneRedundant: isProduction }]
var second = [{ locationName: secondLocation, failoverPriority: 1, isZoneRedundant: false }]

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: empty(secondLocation) ? first : concat(first, second)
    enableAutomaticFailover: !empty(secondLocation)
    capabilities: isProduction ? [] : [{ name: 'EnableServerless' }]
    // An actor reads what it wrote, in its own session; the second region may be behind.
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: isProduction ? 'Disabled' : 'Enabled'
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: isProduction ? 'Continuous30Days' : 'Continuous7Days' }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: fixed.cosmosDatabase
  properties: { resource: { id: fixed.cosmosDatabase } }
}

var containerNames = [fixed.cosmosContainer, fixed.validatorContainer]
var owners = [principals.registry, principals.validator]

// Dapr reads by id and partition only: indexing what nobody queries would double the cost of each write.
resource containers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = [
  for (name, i) in containerNames: {
    parent: database
    name: name
    properties: {
      resource: {
        id: name
        partitionKey: { paths: ['/partitionKey'], kind: 'Hash' }
        defaultTtl: -1
        indexingPolicy: {
          indexingMode: 'consistent'
          automatic: true
          includedPaths: []
          excludedPaths: [{ path: '/*' }]
        }
      }
      // A validator writes a line every ten seconds.
      options: isProduction ? { autoscaleSettings: { maxThroughput: i == 0 ? maxRequestUnits : 1000 } } : {}
    }
  }
]

resource uses 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = [
  for (principal, i) in owners: {
    parent: account
    name: guid(account.id, principal, cosmosDataContributor)
    properties: {
      principalId: principal
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${cosmosDataContributor}'
      scope: '${account.id}/dbs/${database.name}/colls/${containers[i].name}'
    }
  }
]

@description('Id of the account.')
output accountId string = account.id
@description('Address of the account.')
output endpoint string = account.properties.documentEndpoint
