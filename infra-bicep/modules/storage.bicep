metadata description = 'Two storage accounts: the operator\'s data (tables of the chain events, a container for each subnet), and what the Functions host keeps for itself.'

import { Subnet } from '../types.bicep'
import { fixed, subnetContainer } from '../names.bicep'

@description('Region.')
param location string
@description('Names: storage, hostStorage.')
param names object
@description('Reached by private endpoints alone, and copied to the paired region.')
param isProduction bool
@description('The subnets, each of which has a container.')
param subnets Subnet[]
@description('Tags of everything that is made.')
param tags object

var access = {
  allowBlobPublicAccess: false
  allowSharedKeyAccess: false
  defaultToOAuthAuthentication: true
  minimumTlsVersion: 'TLS1_2'
  supportsHttpsTrafficOnly: true
  publicNetworkAccess: isProduction ? 'Disabled' : 'Enabled'
  networkAcls: { defaultAction: isProduction ? 'Deny' : 'Allow', bypass: 'None' }
}

resource data 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: names.storage
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: isProduction ? 'Standard_GZRS' : 'Standard_LRS' }
  properties: access
}

resource host 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: names.hostStorage
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: isProduction ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: access
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: data
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 14 }
    containerDeleteRetentionPolicy: { enabled: true, days: 14 }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for subnet in subnets: {
    parent: blobs
    name: subnetContainer(subnet.number)
    properties: { publicAccess: 'None' }
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: data
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [
  for table in fixed.tables: {
    parent: tableService
    name: table
  }
]

@description('Id of the operator\'s data.')
output dataId string = data.id
@description('Id of the account of the Functions host.')
output hostId string = host.id
@description('Address of the blobs.')
output blobUrl string = data.properties.primaryEndpoints.blob
@description('Address of the tables.')
output tableUrl string = data.properties.primaryEndpoints.table
