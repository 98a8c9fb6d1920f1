metadata description = 'The virtual network of a region: one part for the container apps, one each for nodes and pods of AKS, for the addresses of validators, and for private endpoints. What goes out goes through one address.'

@description('Region.')
param location string
@description('Name of the network; the names of its parts begin with it.')
param name string
@description('First two numbers of its addresses, such as 10.40.')
param addressPrefix string
@description('Tags of everything that is made.')
param tags object

resource outgoing 'Microsoft.Network/publicIPAddresses@2025-05-01' = {
  name: '${name}-out'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource nat 'Microsoft.Network/natGateways@2025-05-01' = {
  name: '${name}-nat'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    idleTimeoutInMinutes: 10
    publicIpAddresses: [{ id: outgoing.id }]
  }
}

// The default rules let in what comes from the network and the load balancer alone, which is all that these parts need.
resource inside 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: '${name}-inside'
  location: location
  tags: tags
  properties: { securityRules: [] }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['${addressPrefix}.0.0/16'] }
    subnets: [
      {
        name: 'apps'
        properties: {
          addressPrefix: '${addressPrefix}.0.0/23'
          natGateway: { id: nat.id }
          delegations: [
            {
              name: 'apps'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'nodes'
        properties: {
          addressPrefix: '${addressPrefix}.8.0/22'
          natGateway: { id: nat.id }
          networkSecurityGroup: { id: inside.id }
        }
      }
      {
        name: 'pods'
        properties: {
          addressPrefix: '${addressPrefix}.64.0/18'
          natGateway: { id: nat.id }
          networkSecurityGroup: { id: inside.id }
          delegations: [
            {
              name: 'pods'
              properties: { serviceName: 'Microsoft.ContainerService/managedClusters' }
            }
          ]
        }
      }
      {
        name: 'validators'
        properties: {
          addressPrefix: '${addressPrefix}.3.0/24'
          networkSecurityGroup: { id: inside.id }
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '${addressPrefix}.2.0/24'
          networkSecurityGroup: { id: inside.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

@description('Id of the network.')
output networkId string = network.id
@description('Id of the part of the container apps.')
output appsSubnetId string = '${network.id}/subnets/apps'
@description('Id of the part of the AKS nodes.')
output nodesSubnetId string = '${network.id}/subnets/nodes'
@description('Id of the part of the AKS pods.')
output podsSubnetId string = '${network.id}/subnets/pods'
@description('Id of the part of the private endpoints.')
output endpointsSubnetId string = '${network.id}/subnets/endpoints'
@description('Addresses of the container apps: who may call the workers.')
output appsAddresses string = '${addressPrefix}.0.0/23'
