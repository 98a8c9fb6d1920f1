using './main.bicep'

// A network on Arbitrum One: premium services behind private endpoints, two regions, of which the first is active.
// To move over, exchange isActive of the regions and deploy.
param environmentName = 'prod'
param isProduction = true
param regions = [
  { location: 'westeurope', isActive: true, addressPrefix: '10.40' }
  { location: 'northeurope', isActive: false, addressPrefix: '10.41' }
]
param subnets = [
  {
    number: 1
    name: 'text'
    modelKinds: ['decoder', 'embedding']
    hasRelay: false
    gateway: { minReplicas: 2, maxReplicas: 50, concurrency: 100 }
    stream: { minReplicas: 2, maxReplicas: 50, concurrency: 200 }
    publicUrl: ''
    peers: ''
    validators: ''
  }
  {
    number: 2
    name: 'vision'
    modelKinds: ['tensor']
    hasRelay: false
    gateway: { minReplicas: 2, maxReplicas: 20, concurrency: 100 }
    stream: { minReplicas: 1, maxReplicas: 20, concurrency: 200 }
    publicUrl: ''
    peers: ''
    validators: ''
  }
]
param workers = [
  {
    name: 'cpu1'
    kind: 'cpu'
    vmSize: 'Standard_D8as_v5'
    minNodes: 1
    maxNodes: 20
    isSpot: false
    subnet: 'vision'
    models: 'digits'
    firstIndex: 1
    minWorkers: 1
    maxWorkers: 40
    isVerifier: false
  }
  {
    name: 'h100a'
    kind: 'gpu'
    vmSize: 'Standard_NC40ads_H100_v5'
    minNodes: 0
    maxNodes: 8
    isSpot: false
    subnet: 'text'
    models: ''
    firstIndex: 101
    minWorkers: 1
    maxWorkers: 8
    isVerifier: false
  }
]
// One votes where this operator has stake and the subnet has others (README.md, "A validator").
param validators = []
param chain = {
  chainId: 42161
  token: readEnvironmentVariable('NCN_TOKEN')
  inferencePayment: readEnvironmentVariable('NCN_INFERENCE_PAYMENT')
  validatorRegistry: readEnvironmentVariable('NCN_VALIDATOR_REGISTRY')
  bootstrapDirectory: ''
  firstBlock: int(readEnvironmentVariable('NCN_FIRST_BLOCK'))
  confirmations: 20
}
param release = {
  version: readEnvironmentVariable('NCN_VERSION')
  stableVersion: readEnvironmentVariable('NCN_STABLE_VERSION', '')
  canaryPercent: int(readEnvironmentVariable('NCN_CANARY_PERCENT', '0'))
}
param hasApps = bool(readEnvironmentVariable('NCN_HAS_APPS', 'true'))
param isDiscoverable = false
param people = {
  adminGroupId: readEnvironmentVariable('NCN_ADMIN_GROUP')
  emails: [readEnvironmentVariable('NCN_OPERATOR_EMAIL')]
}
param source = {
  url: readEnvironmentVariable('NCN_REPOSITORY')
  branch: 'main'
}
param kubernetesVersion = '1.34'
param daprVersion = readEnvironmentVariable('NCN_DAPR_VERSION')
param modelsVersion = readEnvironmentVariable('NCN_MODELS_VERSION')
param hasFrontDoor = true
param stateRequestUnits = 20000
param registryReplicas = 3
param messagingUnits = 1
param monthlyBudget = 12000
param budgetStart = '2026-12-01'
