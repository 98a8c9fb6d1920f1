metadata description = 'The apps that an operator has once in a region: the collector of telemetry, the registry (actors), and the chain events.'

import { Chain, Release, Subnet } from '../types.bicep'
import { fixed, imageTag } from '../names.bicep'

@description('Region.')
param location string
@description('Id and domain of the environment.')
param environment { id: string, domain: string }
@description('What is delivered.')
param release Release
@description('Host name of the image registry.')
param imageServer string
@description('Identities by name.')
param identities object
@description('The chain.')
param chain Chain
@description('The subnets.')
param subnets Subnet[]
@description('Data services: vaultUrl, tableUrl, hostStorage (a name), serviceBus (a name), metricsWriteUrl.')
param data object
@description('Whether the apps run here, or sleep until this region takes over.')
param isActive bool
@description('Instances of the registry.')
@minValue(1)
param registryReplicas int
@description('Whether other operators can find this one. A peer is one process, so the registry is then one instance.')
param isDiscoverable bool
@description('Tags of everything that is made.')
param tags object

var telemetryUrl = 'https://${fixed.collectorApp}.internal.${environment.domain}'
var rpcSecret = [{ name: fixed.rpcSecret, keyVaultUrl: '${data.vaultUrl}secrets/${fixed.rpcSecret}' }]
var chainSettings = [
  { name: 'Ncn__Chain__Rpc', secretRef: fixed.rpcSecret }
  { name: 'Ncn__Chain__ChainId', value: string(chain.chainId) }
  { name: 'Ncn__Chain__Token', value: chain.token }
  { name: 'Ncn__Chain__InferencePayment', value: chain.inferencePayment }
  { name: 'Ncn__Chain__ValidatorRegistry', value: chain.validatorRegistry }
  { name: 'Ncn__Chain__BootstrapDirectory', value: chain.bootstrapDirectory }
  { name: 'Ncn__Chain__Confirmations', value: string(chain.confirmations) }
  { name: 'Ncn__Keys__Vault', value: data.vaultUrl }
  { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: telemetryUrl }
  { name: 'Logging__Console__FormatterName', value: 'json' }
]

module collector 'container-app.bicep' = {
  name: 'app-${fixed.collectorApp}'
  params: {
    location: location
    name: fixed.collectorApp
    environmentId: environment.id
    image: 'docker.io/otel/opentelemetry-collector-contrib:0.132.0'
    release: release
    imageServer: ''
    imageIdentityId: identities.images.id
    identityIds: [identities.collector.id]
    clientId: identities.collector.clientId
    arguments: ['--config=env:COLLECTOR_CONFIG']
    secrets: [
      {
        name: fixed.telemetrySecret
        keyVaultUrl: '${data.vaultUrl}secrets/${fixed.telemetrySecret}'
        identity: identities.collector.id
      }
    ]
    settings: [
      { name: 'COLLECTOR_CONFIG', value: loadTextContent('../collector.yaml') }
      { name: 'COLLECTOR_CLIENT_ID', value: identities.collector.clientId }
      { name: 'METRICS_WRITE_URL', value: data.metricsWriteUrl }
      { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', secretRef: fixed.telemetrySecret }
    ]
    probePort: 13133
    livePath: '/'
    readyPath: '/'
    ingress: { isExternal: false, port: 4317, transport: 'http2' }
    dapr: null
    scale: { minReplicas: isActive ? 1 : 0, maxReplicas: 4, concurrency: 100 }
    cpu: '0.5'
    memory: '1Gi'
    drainSeconds: 30
    tags: tags
  }
}

module registry 'container-app.bicep' = {
  name: 'app-${fixed.registryApp}'
  params: {
    location: location
    name: fixed.registryApp
    environmentId: environment.id
    image: '${imageServer}/ncn-registry:${imageTag(release.version)}'
    release: release
    imageServer: imageServer
    imageIdentityId: identities.images.id
    identityIds: [identities.registry.id, identities.messaging.id]
    clientId: identities.registry.clientId
    secrets: [
      {
        name: rpcSecret[0].name
        keyVaultUrl: rpcSecret[0].keyVaultUrl
        identity: identities.registry.id
      }
    ]
    settings: concat(
      chainSettings,
      [
        { name: 'APP_PORT', value: '3600' }
        { name: 'Ncn__Registry__BindAddress', value: '0.0.0.0' }
        { name: 'Ncn__State__Directory', value: '/state' }
      ],
      isDiscoverable
        ? [
            { name: 'Ncn__Discovery__Port', value: '3601' }
            { name: 'Ncn__Discovery__BindAddress', value: '0.0.0.0' }
            { name: 'Ncn__Discovery__Url', value: 'https://${fixed.registryApp}.${environment.domain}' }
          ]
        : []
    )
    probePort: 3600
    livePath: '/healthz'
    readyPath: '/readyz'
    ingress: isDiscoverable ? { isExternal: true, port: 3601, transport: 'http' } : null
    dapr: { port: 3600 }
    scale: {
      minReplicas: !isActive ? 0 : isDiscoverable ? 1 : registryReplicas
      maxReplicas: isDiscoverable ? 1 : registryReplicas * 2
      concurrency: 200
    }
    cpu: '1'
    memory: '2Gi'
    drainSeconds: 60
    tags: tags
  }
  dependsOn: [collector]
}

module chainEvents 'container-app.bicep' = {
  name: 'app-${fixed.chainEventsApp}'
  params: {
    location: location
    name: fixed.chainEventsApp
    environmentId: environment.id
    image: '${imageServer}/ncn-chain-events:${imageTag(release.version)}'
    release: release
    imageServer: imageServer
    imageIdentityId: identities.images.id
    identityIds: [identities.chainEvents.id]
    clientId: identities.chainEvents.clientId
    secrets: [
      {
        name: rpcSecret[0].name
        keyVaultUrl: rpcSecret[0].keyVaultUrl
        identity: identities.chainEvents.id
      }
    ]
    settings: concat(chainSettings, [
      { name: 'Ncn__ChainEvents__Subnets', value: join(map(subnets, subnet => string(subnet.number)), ',') }
      { name: 'Ncn__ChainEvents__FirstBlock', value: string(chain.firstBlock) }
      { name: 'Ncn__Tables', value: data.tableUrl }
      { name: 'Ncn__ServiceBus__fullyQualifiedNamespace', value: '${data.serviceBus}.servicebus.windows.net' }
      { name: 'Ncn__ServiceBus__credential', value: 'managedidentity' }
      { name: 'Ncn__ServiceBus__clientId', value: identities.chainEvents.clientId }
      { name: 'AzureWebJobsStorage__accountName', value: data.hostStorage }
      { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
      { name: 'AzureWebJobsStorage__clientId', value: identities.chainEvents.clientId }
      { name: 'AzureWebJobsSecretStorageType', value: 'files' }
      { name: 'FUNCTIONS_WORKER_RUNTIME', value: 'dotnet-isolated' }
    ])
    probePort: 8080
    livePath: '/healthz'
    readyPath: '/readyz'
    ingress: null
    // It calls actors and is called by nobody.
    dapr: { port: 0 }
    // One instance, always: the operator's key sends from one process, and timers need one that is awake.
    scale: { minReplicas: isActive ? 1 : 0, maxReplicas: 1, concurrency: 1 }
    cpu: '0.5'
    memory: '1Gi'
    drainSeconds: 60
    tags: tags
  }
  dependsOn: [registry]
}
