metadata description = 'Every name of the deployment, in one place. The names of queues, topics, components and apps are those of dapr/ and of the code; a test holds them together.'

@export()
@description('Names inside the network. Code, Dapr files, host.json and manifests have the same.')
var fixed = {
  pubsub: 'pubsub'
  statestore: 'statestore'
  secretstore: 'secretstore'
  topics: ['mempool', 'results', 'registry', 'consensus']
  appTopics: ['mempool', 'results', 'registry']
  registrySubscriptions: ['mempool', 'results']
  consensusTopic: 'consensus'
  chainEventsQueue: 'chain-events'
  cosmosDatabase: 'ncn'
  cosmosContainer: 'state'
  validatorContainer: 'validators'
  tables: ['chaincursor', 'transactions', 'settlements']
  registryApp: 'registry'
  chainEventsApp: 'chain-events'
  computeApp: 'compute'
  collectorApp: 'collector'
  kubernetesNamespace: 'ncn'
  computeServiceAccount: 'compute'
  validatorServiceAccount: 'validator'
  validatorPool: 'validators'
  rpcSecret: 'chain-rpc'
  telemetrySecret: 'application-insights'
}

@export()
@description('Names of what a deployment has once. The seed makes those unique that must be so in the whole of Azure.')
func sharedNames(environmentName string, seed string) object => {
  storage: 'ncn${environmentName}${take(seed, 8)}data'
  hostStorage: 'ncn${environmentName}${take(seed, 8)}host'
  images: 'ncn${environmentName}${take(seed, 8)}'
  operatorVault: 'ncn-${environmentName}-op-${take(seed, 6)}'
  nodeVault: 'ncn-${environmentName}-no-${take(seed, 6)}'
  validatorVault: 'ncn-${environmentName}-va-${take(seed, 6)}'
  cosmos: 'ncn-${environmentName}-${take(seed, 8)}'
  logs: 'ncn-${environmentName}-logs'
  insights: 'ncn-${environmentName}-insights'
  metrics: 'ncn-${environmentName}-metrics'
  grafana: 'ncn-${environmentName}-${take(seed, 6)}'
  actionGroup: 'ncn-${environmentName}-operators'
  frontDoor: 'ncn-${environmentName}-front'
  firewall: 'ncn${environmentName}firewall'
  budget: 'ncn-${environmentName}'
}

@export()
@description('Names of what each region has.')
func regionNames(environmentName string, location string, seed string) object => {
  group: 'ncn-${environmentName}-${location}'
  network: 'ncn-${environmentName}-${location}-network'
  apps: 'ncn-${environmentName}-${location}-apps'
  cluster: 'ncn-${environmentName}-${location}-cluster'
  serviceBus: 'ncn-${environmentName}-${location}-${take(seed, 6)}'
}

@export()
@description('The app id of the gateway of a subnet.')
func gatewayApp(subnet string) string => 'gateway-${subnet}'

@export()
@description('The app id of a streaming gateway of a subnet.')
func streamApp(subnet string, protocol string) string => 'stream-${subnet}-${protocol}'

@export()
@description('The work queue of a subnet, and the binding to it.')
func workQueue(subnet string) string => 'work-${subnet}'

@export()
@description('A validator: its app, its app id, and its subscription to the topic of consensus.')
func validatorApp(number int) string => 'validator-${number}'

@export()
@description('Where a validator is reached: its API, and the link of the others.')
func validatorUrl(number int, domain string) string => 'https://validator-${number}.${domain}'

@export()
@description('A validator\'s address inside the network, in the part that is there for them.')
func validatorAddress(number int, addressPrefix string) string => '${addressPrefix}.3.${10 + number}'

@export()
@description('The blob container of a subnet.')
func subnetContainer(number int) string => 'ncn-subnet-${number}'

@export()
@description('The tag of a version\'s images: its first three numbers. A fourth one is the same build with other settings.')
func imageTag(version string) string => join(take(split(version, '.'), 3), '.')

@export()
@description('The name of a revision of a version.')
func revisionOf(version string) string => 'v${replace(version, '.', '-')}'
