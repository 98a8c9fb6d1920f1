metadata description = 'The gateways of one subnet: the Function app, and the streaming gateway twice, since one ingress carries either gRPC or WebSockets.'

import { Chain, Release, Subnet, Validator } from '../types.bicep'
import { fixed, gatewayApp, imageTag, streamApp, validatorUrl } from '../names.bicep'

@description('Region.')
param location string
@description('Id and domain of the environment.')
param environment { id: string, domain: string }
@description('What is delivered.')
param release Release
@description('Host name of the image registry.')
param imageServer string
@description('Identities: images, messaging, and the one of this subnet\'s gateways.')
param identities { images: object, messaging: object, gateway: object }
@description('The chain.')
param chain Chain
@description('The subnet.')
param subnet Subnet
@description('The validators of this region; those of the subnet are told of receipts.')
param validators Validator[]
@description('Data services: vaultUrl, blobUrl, hostStorage (a name).')
param data object
@description('Whether the apps run here, or sleep until this region takes over.')
param isActive bool
@description('Tags of everything that is made.')
param tags object

var name = gatewayApp(subnet.name)
var ownValidators = map(filter(validators, validator => validator.subnet == subnet.name), validator => validatorUrl(validator.number, environment.domain))
var settings = concat(
  [
    { name: 'Ncn__Chain__Rpc', secretRef: fixed.rpcSecret }
    { name: 'Ncn__Chain__ChainId', value: string(chain.chainId) }
    { name: 'Ncn__Chain__Token', value: chain.token }
    { name: 'Ncn__Chain__InferencePayment', value: chain.inferencePayment }
    { name: 'Ncn__Chain__ValidatorRegistry', value: chain.validatorRegistry }
    { name: 'Ncn__Chain__BootstrapDirectory', value: chain.bootstrapDirectory }
    { name: 'Ncn__Chain__Confirmations', value: string(chain.confirmations) }
    { name: 'Ncn__Keys__Vault', value: data.vaultUrl }
    { name: 'Ncn__Blobs', value: data.blobUrl }
    { name: 'Ncn__Gateway__Subnet', value: string(subnet.number) }
    { name: 'Ncn__Gateway__SubnetName', value: subnet.name }
    { name: 'Ncn__Gateway__PublicUrl', value: empty(subnet.publicUrl) ? 'https://${name}.${environment.domain}' : subnet.publicUrl }
    { name: 'Ncn__Gateway__Peers', value: subnet.peers }
    { name: 'Ncn__Gateway__Validators', value: join(concat(ownValidators, empty(subnet.validators) ? [] : split(subnet.validators, ',')), ',') }
    // The workers of AKS have addresses of the virtual network.
    { name: 'Ncn__Gateway__AllowPrivateNodes', value: 'true' }
    { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'https://${fixed.collectorApp}.internal.${environment.domain}' }
    { name: 'Logging__Console__FormatterName', value: 'json' }
  ],
  map(range(0, length(subnet.modelKinds)), i => { name: 'Ncn__Gateway__ModelKinds__${i}', value: subnet.modelKinds[i] })
)
var secrets = [
  {
    name: fixed.rpcSecret
    keyVaultUrl: '${data.vaultUrl}secrets/${fixed.rpcSecret}'
    identity: identities.gateway.id
  }
]

module gateway 'container-app.bicep' = {
  name: 'app-${name}'
  params: {
    location: location
    name: name
    environmentId: environment.id
    image: '${imageServer}/ncn-gateway:${imageTag(release.version)}'
    release: release
    imageServer: imageServer
    imageIdentityId: identities.images.id
    identityIds: [identities.gateway.id, identities.messaging.id]
    clientId: identities.gateway.clientId
    secrets: secrets
    settings: concat(settings, [
      { name: 'AzureWebJobsStorage__accountName', value: data.hostStorage }
      { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
      { name: 'AzureWebJobsStorage__clientId', value: identities.gateway.clientId }
      { name: 'AzureWebJobsSecretStorageType', value: 'files' }
      { name: 'FUNCTIONS_WORKER_RUNTIME', value: 'dotnet-isolated' }
      { name: 'Ncn__Gateway__RelayInVault', value: subnet.hasRelay ? 'true' : 'false' }
    ])
    probePort: 8080
    livePath: '/healthz'
    readyPath: '/readyz'
    ingress: { isExternal: true, port: 8080, transport: 'http' }
    dapr: { port: 0 }
    scale: {
      minReplicas: !isActive ? 0 : subnet.hasRelay ? 1 : subnet.gateway.minReplicas
      maxReplicas: subnet.hasRelay ? 1 : subnet.gateway.maxReplicas
      concurrency: subnet.gateway.concurrency
    }
    hasCanary: !subnet.hasRelay
    cpu: '1'
    memory: '2Gi'
    drainSeconds: 150
    tags: tags
  }
}

var protocols = [
  { short: 'grpc', serves: 'grpc', transport: 'http2' }
  { short: 'ws', serves: 'websocket', transport: 'http' }
]

module streams 'container-app.bicep' = [
  for protocol in protocols: {
    name: 'app-${streamApp(subnet.name, protocol.short)}'
    params: {
      location: location
      name: streamApp(subnet.name, protocol.short)
      environmentId: environment.id
      image: '${imageServer}/ncn-gateway-stream:${imageTag(release.version)}'
      release: release
      imageServer: imageServer
      imageIdentityId: identities.images.id
      identityIds: [identities.gateway.id, identities.messaging.id]
      clientId: identities.gateway.clientId
      secrets: secrets
      settings: concat(settings, [
        { name: 'APP_PORT', value: '8081' }
        { name: 'Ncn__Stream__BindAddress', value: '0.0.0.0' }
        { name: 'Ncn__Stream__Serves', value: protocol.serves }
        { name: 'Ncn__Gateway__RelayName', value: streamApp(subnet.name, protocol.short) }
      ])
      probePort: 8081
      livePath: '/healthz'
      readyPath: '/readyz'
      ingress: { isExternal: true, port: 8081, transport: protocol.transport }
      dapr: { port: 0 }
      scale: {
        minReplicas: isActive ? subnet.stream.minReplicas : 0
        maxReplicas: subnet.stream.maxReplicas
        concurrency: subnet.stream.concurrency
      }
      hasCanary: true
      cpu: '1'
      memory: '2Gi'
      drainSeconds: 150
      tags: tags
    }
  }
]

@description('Host name of the gateway.')
output host string = gateway.outputs.host
