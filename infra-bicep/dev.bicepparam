using './main.bicep'

// A test network on Arbitrum Sepolia: the cheapest form of each service, no cluster until a pool is named, one instance of each app.
param environmentName = 'dev'
param isProduction = false
param regions = [
  { location: 'westeurope', isActive: true, addressPrefix: '10.40' }
]
param subnets = [
  {
    number: 1
    name: 'text'
    modelKinds: ['decoder', 'embedding']
    hasRelay: true
    gateway: { minReplicas: 1, maxReplicas: 3, concurrency: 100 }
    stream: { minReplicas: 0, maxReplicas: 2, concurrency: 100 }
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
    minNodes: 0
    maxNodes: 2
    isSpot: false
    subnet: 'text'
    models: 'tiny-chat'
    firstIndex: 1
    minWorkers: 1
    maxWorkers: 2
    isVerifier: false
  }
]
// One votes where this operator has stake and the subnet has others (README.md, "A validator").
param validators = []
param chain = {
  chainId: 421614
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
param hasFrontDoor = false
param stateRequestUnits = 1000
param registryReplicas = 1
param messagingUnits = 1
param monthlyBudget = 900
param budgetStart = '2026-12-01'
