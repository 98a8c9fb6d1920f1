metadata description = 'The public address of a validator: it runs in the cluster, where its disk is, and the ingress and certificate of Container Apps stand before it.'

import { Release } from '../types.bicep'

@description('Region.')
param location string
@description('Name of the app, which its address begins with.')
param name string
@description('The validator\'s address inside the network.')
param address string
@description('Id of the environment.')
param environmentId string
@description('What is delivered.')
param release Release
@description('Identities by name. The image is public, and the app signs in nowhere; every app has the one that pulls images.')
param identities object
@description('Whether the apps run here, or sleep until this region takes over.')
param isActive bool
@description('Tags of everything that is made.')
param tags object

module front 'container-app.bicep' = {
  name: 'app-${name}'
  params: {
    location: location
    name: name
    environmentId: environmentId
    image: 'docker.io/envoyproxy/envoy:distroless-v1.39.1'
    release: release
    imageServer: ''
    imageIdentityId: identities.images.id
    identityIds: []
    clientId: identities.images.clientId
    arguments: ['--config-yaml', replace(loadTextContent('../validator-front.yaml'), 'VALIDATOR_ADDRESS', address), '--concurrency', '1', '--log-level', 'warning']
    settings: []
    probePort: 8080
    livePath: '/healthz'
    readyPath: '/readyz'
    ingress: { isExternal: true, port: 8080, transport: 'http' }
    dapr: null
    scale: { minReplicas: isActive ? 1 : 0, maxReplicas: isActive ? 2 : 1, concurrency: 1000 }
    cpu: '0.25'
    memory: '0.5Gi'
    drainSeconds: 30
    tags: tags
  }
}

@description('Host name under which it is reached.')
output host string = front.outputs.host
