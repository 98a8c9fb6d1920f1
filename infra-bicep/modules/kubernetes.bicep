metadata description = 'The cluster of the compute workers: a system pool, and a pool for each kind of machine that workers run on.'

import { Validator, WorkerPool } from '../types.bicep'
import { fixed } from '../names.bicep'
import { roles } from '../roles.bicep'

@description('Region.')
param location string
@description('Name of the cluster.')
param name string
@description('Version of Kubernetes, major and minor; the newest patch is taken.')
param version string
@description('Closed to the internet, spread over zones, with an assured uptime.')
param isProduction bool
@description('Part of the network for nodes.')
param nodesSubnetId string
@description('Part of the network for pods. Gateways call a worker at its pod\'s address.')
param podsSubnetId string
@description('Name of the network.')
param networkName string
@description('The pools.')
param workers WorkerPool[]
@description('The validators of this region, which have a pool of their own: a machine each.')
param validators Validator[]
@description('Identities by name.')
param identities object
@description('Entra group that administers the cluster.')
param adminGroupId string
@description('Rule by which metrics are scraped.')
param collectionRuleId string
@description('Id of the logs.')
param logsId string
@description('Tags of everything that is made.')
param tags object

// The number of processes that a pod may have is the kubelet's to limit; the worker checks at start that some limit holds.
var podPidsLimit = 512
var zones = isProduction ? ['1', '2', '3'] : []

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' existing = {
  name: networkName
}

resource joinsNetwork 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: network
  name: guid(network.id, 'cluster', roles.networkContributor)
  properties: {
    principalId: identities.cluster.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.networkContributor)
  }
}

resource cluster 'Microsoft.ContainerService/managedClusters@2025-10-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Base', tier: isProduction ? 'Standard' : 'Free' }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identities.cluster.id}': {} }
  }
  properties: {
    kubernetesVersion: version
    dnsPrefix: name
    disableLocalAccounts: true
    enableRBAC: true
    aadProfile: { managed: true, enableAzureRBAC: false, adminGroupObjectIDs: [adminGroupId] }
    apiServerAccessProfile: { enablePrivateCluster: isProduction, disableRunCommand: false }
    oidcIssuerProfile: { enabled: true }
    securityProfile: {
      workloadIdentity: { enabled: true }
      imageCleaner: { enabled: true, intervalHours: 48 }
    }
    workloadAutoScalerProfile: { keda: { enabled: true } }
    azureMonitorProfile: { metrics: { enabled: true } }
    addonProfiles: {
      azureKeyvaultSecretsProvider: { enabled: true, config: { enableSecretRotation: 'true', rotationPollInterval: '5m' } }
    }
    identityProfile: {
      kubeletidentity: {
        resourceId: identities.kubelet.id
        clientId: identities.kubelet.clientId
        objectId: identities.kubelet.principalId
      }
    }
    networkProfile: {
      networkPlugin: 'azure'
      networkDataplane: 'cilium'
      networkPolicy: 'cilium'
      outboundType: 'userAssignedNATGateway'
      serviceCidr: '172.20.0.0/16'
      dnsServiceIP: '172.20.0.10'
    }
    // A worker may need as long to finish a job as its grace period says; the autoscaler must not be quicker.
    autoScalerProfile: { 'max-graceful-termination-sec': '900', 'scale-down-unneeded-time': '10m', 'skip-nodes-with-system-pods': 'false' }
    autoUpgradeProfile: { upgradeChannel: 'patch', nodeOSUpgradeChannel: 'NodeImage' }
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        vmSize: 'Standard_D4as_v5'
        osSKU: 'AzureLinux'
        count: isProduction ? 3 : 1
        minCount: isProduction ? 3 : 1
        maxCount: isProduction ? 5 : 2
        enableAutoScaling: true
        availabilityZones: zones
        vnetSubnetID: nodesSubnetId
        podSubnetID: podsSubnetId
        nodeTaints: ['CriticalAddonsOnly=true:NoSchedule']
      }
    ]
  }
  dependsOn: [joinsNetwork]
}

@batchSize(1)
resource pools 'Microsoft.ContainerService/managedClusters/agentPools@2025-10-01' = [
  for pool in workers: {
    parent: cluster
    name: pool.name
    properties: {
      mode: 'User'
      vmSize: pool.vmSize
      osSKU: pool.kind == 'gpu' ? 'Ubuntu' : 'AzureLinux'
      count: pool.minNodes
      minCount: pool.minNodes
      maxCount: pool.maxNodes
      enableAutoScaling: true
      scaleDownMode: 'Delete'
      scaleSetPriority: pool.isSpot ? 'Spot' : 'Regular'
      scaleSetEvictionPolicy: pool.isSpot ? 'Delete' : null
      spotMaxPrice: pool.isSpot ? -1 : null
      vnetSubnetID: nodesSubnetId
      podSubnetID: podsSubnetId
      availabilityZones: pool.kind == 'gpu' ? [] : zones
      // Set here and not on nodes: an empty pool grows by what its template says.
      nodeLabels: { 'ncn/pool': pool.name, 'ncn/kind': pool.kind }
      nodeTaints: pool.kind == 'gpu' ? ['sku=gpu:NoSchedule', 'ncn/pool=${pool.name}:NoSchedule'] : ['ncn/pool=${pool.name}:NoSchedule']
      gpuProfile: pool.kind == 'gpu' ? { driver: 'Install' } : null
      kubeletConfig: { podMaxPids: podPidsLimit }
      upgradeSettings: { maxSurge: '1', drainTimeoutInMinutes: 20 }
    }
  }
]

// One more machine than validators while the pool is upgraded; nothing else runs on it.
resource validatorPool 'Microsoft.ContainerService/managedClusters/agentPools@2025-10-01' = if (!empty(validators)) {
  parent: cluster
  name: fixed.validatorPool
  properties: {
    mode: 'User'
    vmSize: 'Standard_D4as_v5'
    osSKU: 'AzureLinux'
    count: length(validators)
    enableAutoScaling: false
    vnetSubnetID: nodesSubnetId
    podSubnetID: podsSubnetId
    availabilityZones: zones
    nodeLabels: { 'ncn/pool': fixed.validatorPool }
    nodeTaints: ['ncn/pool=${fixed.validatorPool}:NoSchedule']
    kubeletConfig: { podMaxPids: podPidsLimit }
    upgradeSettings: { maxSurge: '1', drainTimeoutInMinutes: 20 }
  }
  dependsOn: [pools]
}

resource scraping 'Microsoft.Insights/dataCollectionRuleAssociations@2024-03-11' = {
  scope: cluster
  name: 'prometheus'
  properties: { dataCollectionRuleId: collectionRuleId }
}

resource clusterLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: cluster
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [
      { category: 'kube-audit-admin', enabled: true }
      { category: 'cluster-autoscaler', enabled: true }
      { category: 'guard', enabled: true }
    ]
  }
}

@description('Name of the cluster.')
output clusterName string = cluster.name
@description('Who vouches for the identities of its pods.')
output issuer string = cluster.properties.oidcIssuerProfile.issuerURL
