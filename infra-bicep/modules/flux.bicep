metadata description = 'Dapr on the cluster, and Flux, which applies the manifests of infra-bicep/kubernetes from the repository with the values of this deployment.'

import { Chain, Release, Source, Subnet, Validator, WorkerPool } from '../types.bicep'
import { fixed, gatewayApp, imageTag, validatorAddress, validatorApp, validatorUrl, workQueue } from '../names.bicep'

@description('Name of the cluster.')
param clusterName string
@description('Where the manifests are.')
param source Source
@description('Version of the Dapr extension; only the current and the previous one of Dapr are supported.')
param daprVersion string
@description('High availability of the Dapr control plane.')
param isProduction bool
@description('What is delivered.')
param release Release
@description('Tag of the image that has the models.')
param modelsVersion string
@description('The chain.')
param chain Chain
@description('The subnets.')
param subnets Subnet[]
@description('The pools.')
param workers WorkerPool[]
@description('The validators of this region.')
param validators Validator[]
@description('First two numbers of the region\'s addresses.')
param addressPrefix string
@description('Identities by name.')
param identities object
@description('Values: imageServer, serviceBus (a name), nodeVault and validatorVault (names), nodeVaultUrl, validatorVaultUrl, cosmosEndpoint, metricsQueryEndpoint, gatewayAddresses, domain.')
param data object

resource cluster 'Microsoft.ContainerService/managedClusters@2025-10-01' existing = {
  name: clusterName
}

resource dapr 'Microsoft.KubernetesConfiguration/extensions@2025-03-01' = {
  scope: cluster
  name: 'dapr'
  properties: {
    extensionType: 'microsoft.dapr'
    autoUpgradeMinorVersion: false
    version: daprVersion
    scope: { cluster: { releaseNamespace: 'dapr-system' } }
    configurationSettings: { 'global.ha.enabled': isProduction ? 'true' : 'false' }
  }
}

resource flux 'Microsoft.KubernetesConfiguration/extensions@2025-03-01' = {
  scope: cluster
  name: 'flux'
  properties: {
    extensionType: 'microsoft.flux'
    autoUpgradeMinorVersion: true
    scope: { cluster: { releaseNamespace: 'flux-system' } }
  }
  dependsOn: [dapr]
}

// What is the same for every kustomization; the manifests name these values as ${...}. Kustomize drops the quotes of a text that is nothing but a
// value, and a number would not be a text any more: such a text has QUOTE on both sides.
var values = {
  QUOTE: '"'
  NAMESPACE: fixed.kubernetesNamespace
  REGISTRY: data.imageServer
  VERSION: imageTag(release.version)
  MODELS_VERSION: modelsVersion
  SERVICEBUS_NAMESPACE: data.serviceBus
  COMPUTE_CLIENT_ID: identities.compute.clientId
  KEDA_CLIENT_ID: identities.keda.clientId
  TENANT_ID: tenant().tenantId
  NODE_VAULT: data.nodeVault
  NODE_VAULT_URL: data.nodeVaultUrl
  METRICS_QUERY_ENDPOINT: data.metricsQueryEndpoint
  GATEWAY_SUBNET: data.gatewayAddresses
  GATEWAYS: join(map(subnets, subnet => empty(subnet.publicUrl) ? 'https://gateway-${subnet.name}.${data.domain}' : subnet.publicUrl), ',')
  CHAIN_ID: string(chain.chainId)
  TOKEN: chain.token
  INFERENCE_PAYMENT: chain.inferencePayment
  VALIDATOR_REGISTRY: chain.validatorRegistry
  BOOTSTRAP_DIRECTORY: chain.bootstrapDirectory
  CONFIRMATIONS: string(chain.confirmations)
  FIRST_BLOCK: string(chain.firstBlock)
  COSMOS_ENDPOINT: data.cosmosEndpoint
  VALIDATOR_CLIENT_ID: identities.validator.clientId
  VALIDATOR_VAULT: data.validatorVault
  VALIDATOR_VAULT_URL: data.validatorVaultUrl
  // A list in YAML; one that is empty would be for all.
  VALIDATOR_APPS: '[${join(map(validators, validator => validatorApp(validator.number)), ', ')}]'
  VALIDATOR_DISK: isProduction ? 'Premium_ZRS' : 'Premium_LRS'
}

var common = {
  system: {
    path: './infra-bicep/kubernetes/system'
    prune: true
    wait: true
    timeoutInSeconds: 600
    syncIntervalInSeconds: 300
    postBuild: { substitute: values }
  }
}

var queues = toObject(subnets, subnet => workQueue(subnet.name), subnet => {
  path: './infra-bicep/kubernetes/work-queue'
  dependsOn: ['system']
  prune: true
  wait: true
  timeoutInSeconds: 600
  syncIntervalInSeconds: 300
  postBuild: { substitute: union(values, { SUBNET_NAME: subnet.name }) }
})

var pools = toObject(workers, pool => 'workers-${pool.name}', pool => {
  path: pool.isVerifier ? './infra-bicep/kubernetes/verifier-${pool.kind}' : './infra-bicep/kubernetes/workers-${pool.kind}'
  dependsOn: ['system', workQueue(pool.subnet)]
  prune: true
  wait: false
  timeoutInSeconds: 1800
  syncIntervalInSeconds: 300
  postBuild: {
    substitute: union(values, {
      POOL: pool.name
      SUBNET_NAME: pool.subnet
      SUBNET_NUMBER: string(filter(subnets, subnet => subnet.name == pool.subnet)[0].number)
      MODELS: pool.models
      FIRST_INDEX: string(pool.firstIndex)
      MIN_WORKERS: string(pool.minWorkers)
      MAX_WORKERS: string(pool.maxWorkers)
      VERIFIES_FOR: join(map(filter(validators, validator => validator.verifierPool == pool.name), validator => validator.senderAddress), ',')
    })
  }
})

var sharedByValidators = empty(validators)
  ? {}
  : {
      validators: {
        path: './infra-bicep/kubernetes/validators'
        dependsOn: ['system']
        prune: true
        wait: true
        timeoutInSeconds: 600
        syncIntervalInSeconds: 300
        postBuild: { substitute: values }
      }
    }

func urls(own string[], others string) string => join(concat(own, empty(others) ? [] : split(others, ',')), ',')

var eachValidator = toObject(validators, validator => validatorApp(validator.number), validator => {
  path: './infra-bicep/kubernetes/validator'
  dependsOn: ['validators']
  prune: true
  wait: false
  timeoutInSeconds: 1800
  syncIntervalInSeconds: 300
  postBuild: {
    substitute: union(values, {
      NUMBER: string(validator.number)
      SUBNET_NUMBER: string(filter(subnets, subnet => subnet.name == validator.subnet)[0].number)
      ADDRESS: validatorAddress(validator.number, addressPrefix)
      PUBLIC_URL: validatorUrl(validator.number, data.domain)
      PEERS: urls(map(filter(validators, other => other.subnet == validator.subnet), other => validatorUrl(other.number, data.domain)), validator.peers)
      GATEWAYS_CHECKED: urls(map(filter(subnets, subnet => subnet.name == validator.subnet), subnet => empty(subnet.publicUrl) ? 'https://${gatewayApp(subnet.name)}.${data.domain}' : subnet.publicUrl), validator.gateways)
      VERIFIER: empty(validator.verifierPool) ? '' : 'http://compute-${validator.verifierPool}.${fixed.kubernetesNamespace}.svc.cluster.local:8090'
      VERIFIER_ADDRESS: validator.verifierAddress
    })
  }
})

resource manifests 'Microsoft.KubernetesConfiguration/fluxConfigurations@2025-04-01' = {
  scope: cluster
  name: 'ncn'
  properties: {
    scope: 'cluster'
    namespace: 'ncn-flux'
    sourceKind: 'GitRepository'
    gitRepository: {
      url: source.url
      repositoryRef: { branch: source.branch }
      syncIntervalInSeconds: 120
      timeoutInSeconds: 600
    }
    kustomizations: union(common, queues, pools, sharedByValidators, eachValidator)
  }
  dependsOn: [flux]
}

@description('Where Flux reads from.')
output repository string = manifests.properties.gitRepository.url
