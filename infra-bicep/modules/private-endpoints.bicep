metadata description = 'Private addresses of the data services inside a network, and the zones that resolve their names to them.'

@description('Region of the endpoints.')
param location string
@description('Id of the network.')
param networkId string
@description('Id of the part of the network for endpoints.')
param subnetId string
@description('What is to be reached: name, id of the service, its group, and the zone of its names.')
param targets { name: string, id: string, group: string, zone: string }[]
@description('Tags of everything that is made.')
param tags object

var zoneNames = union(map(targets, target => target.zone), [])

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in zoneNames: {
    name: zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, i) in zoneNames: {
    parent: zones[i]
    name: 'network'
    location: 'global'
    tags: tags
    properties: {
      virtualNetwork: { id: networkId }
      registrationEnabled: false
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for target in targets: {
    name: 'to-${target.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: {
            privateLinkServiceId: target.id
            groupIds: [target.group]
          }
        }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (target, i) in targets: {
    parent: endpoints[i]
    name: 'names'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: target.name
          properties: { privateDnsZoneId: zones[indexOf(zoneNames, target.zone)].id }
        }
      ]
    }
  }
]
