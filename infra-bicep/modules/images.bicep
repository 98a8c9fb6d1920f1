metadata description = 'The registry of container images.'

@description('Region.')
param location string
@description('Region that stands by and gets a copy of the images; empty: none.')
param secondLocation string
@description('Name of the registry.')
param name string
@description('Premium, and reached by private endpoints alone.')
param isProduction bool
@description('Tags of everything that is made.')
param tags object

resource images 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: isProduction ? 'Premium' : 'Basic' }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    publicNetworkAccess: isProduction ? 'Disabled' : 'Enabled'
    networkRuleBypassOptions: 'None'
    zoneRedundancy: isProduction ? 'Enabled' : 'Disabled'
    policies: isProduction ? { retentionPolicy: { status: 'enabled', days: 30 } } : {}
  }
}

resource copy 'Microsoft.ContainerRegistry/registries/replications@2025-11-01' = if (isProduction && !empty(secondLocation)) {
  parent: images
  name: secondLocation
  location: secondLocation
  tags: tags
  properties: { zoneRedundancy: 'Disabled' }
}

@description('Id of the registry.')
output imagesId string = images.id
@description('Host name of the registry.')
output server string = images.properties.loginServer
