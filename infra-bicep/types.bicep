metadata description = 'What the parameters of a deployment look like. One subnet, one pool of workers, one chain: one object each.'

@export()
@description('A subnet of the network: its gateway, its streaming gateways, its queue and its container are made from this object alone.')
@sealed()
type Subnet = {
  @description('The number that the subnet has on the chain.')
  @minValue(1)
  number: int

  @description('Lower-case name. The work queue is work-NAME, the apps are gateway-NAME, stream-NAME-grpc and stream-NAME-ws.')
  @minLength(2)
  @maxLength(12)
  name: string

  @description('Kinds of models that are served: decoder, embedding, tensor.')
  modelKinds: string[]

  @description('Whether the gateway sends x402 transfers, deposits and refunds for its clients, with the secret relay-NAME of the operator\'s vault. Such a key belongs to one process: the gateway is then one instance, without a canary.')
  hasRelay: bool

  @description('Fewest and most instances of the gateway, and the requests that one is given at once before another is started.')
  gateway: Scale

  @description('The same for each of the two streaming gateways (gRPC and WebSocket).')
  stream: Scale

  @description('Https address under which clients reach the gateway; empty: the address of its container app.')
  publicUrl: string

  @description('Base addresses of gateways of other subnets that requests may be passed on to, separated by commas; empty: none.')
  peers: string

  @description('Https addresses of other operators\' validators of the subnet, separated by commas; empty: none. The gateway commits its receipts to them and to this deployment\'s own, and routes by what they say of nodes.')
  validators: string
}

@export()
@description('How far an app scales.')
@sealed()
type Scale = {
  @description('Instances that always run. 0 lets the app sleep: the next request waits for a cold start.')
  @minValue(0)
  minReplicas: int

  @description('Most instances.')
  @minValue(1)
  @maxValue(1000)
  maxReplicas: int

  @description('Requests that one instance is given at once before another one is started.')
  @minValue(1)
  concurrency: int
}

@export()
@description('A pool of compute workers on AKS: an agent pool and the workers on it. GPU, driver and taint are fixed when the pool is made, so a changed pool gets a new name.')
@sealed()
type WorkerPool = {
  @description('Name of the agent pool, lower-case letters and digits.')
  @minLength(2)
  @maxLength(10)
  name: string

  @description('cpu or gpu: which image runs and whether the pods ask for a GPU.')
  kind: 'cpu' | 'gpu'

  @description('Size of the virtual machines, such as Standard_NC24ads_A100_v4. The smallest with a GPU that AKS supports is Standard_NC4as_T4_v3.')
  vmSize: string

  @description('Fewest and most virtual machines. 0 lets the pool vanish when nothing runs on it.')
  @minValue(0)
  minNodes: int
  @minValue(1)
  maxNodes: int

  @description('Whether the machines are spot machines, which cost a fraction and can be taken away with 30 seconds of notice.')
  isSpot: bool

  @description('Name of the subnet whose queue these workers answer to.')
  subnet: string

  @description('Names of the models to load, separated by commas; empty: all that the model image has.')
  models: string

  @description('Number of the first worker. Worker N signs with the secret node-N, so pools must not overlap.')
  @minValue(1)
  @maxValue(1000)
  firstIndex: int

  @description('Fewest and most workers.')
  @minValue(0)
  minWorkers: int
  @minValue(1)
  maxWorkers: int

  @description('Whether the pool is one worker that runs answers again for this deployment\'s validators, with the secret verifier of the nodes\' vault: it joins no gateway and takes no job.')
  isVerifier: bool
}

@export()
@description('A validator: one process, one key, one disk. A key that is retired takes its number with it.')
@sealed()
type Validator = {
  @description('Its number here, once and never again: the secrets validator-N and sender-N of the validators\' vault, its disk and its address have it.')
  @minValue(1)
  @maxValue(200)
  number: int

  @description('Name of the subnet that it votes in.')
  subnet: string

  @description('Region of its disk, which never leaves it. In another region it does not run.')
  location: string

  @description('Https addresses of the subnet\'s other operators\' validators, separated by commas.')
  peers: string

  @description('Https addresses of the subnet\'s other operators\' gateways, whose work is checked too, separated by commas; empty: none.')
  gateways: string

  @description('Name of the pool that runs answers again for it; empty: it judges no answer that is shown.')
  verifierPool: string

  @description('Address of the key verifier, that pool\'s; empty without a pool.')
  verifierAddress: string

  @description('Address of the key sender-N, whose calls the verifier takes.')
  senderAddress: string
}

@export()
@description('The chain and the contracts on it. Its RPC address may hold an access key, so it is no parameter: it is the secret chain-rpc of both vaults.')
@sealed()
type Chain = {
  chainId: int
  token: string
  inferencePayment: string
  validatorRegistry: string

  @description('Empty: not used.')
  bootstrapDirectory: string

  @description('Block at which the events are read from the first time.')
  firstBlock: int

  @description('Blocks on top of a deposit before it counts.')
  @minValue(0)
  @maxValue(10000)
  confirmations: int
}

@export()
@description('What is delivered: an image tag, which is also the name of the revision, and the revision that keeps the rest of the traffic while a new one is tried.')
@sealed()
type Release = {
  @description('Such as 2.1.0: tag of the images and, with dashes, name of the revision. 2.1.0.1 is the same images with other settings.')
  version: string

  @description('Version that is to keep the traffic that the new one does not get; empty: the new one gets all.')
  stableVersion: string

  @description('Share of the traffic that the new version gets while there is a stable one.')
  @minValue(0)
  @maxValue(100)
  canaryPercent: int
}

@export()
@description('Who operates the deployment.')
@sealed()
type People = {
  @description('Object id of the Entra group that administers the cluster, the vaults and Grafana.')
  adminGroupId: string

  @description('Where alerts and the budget write to.')
  emails: string[]
}

@export()
@description('The Git repository that Flux applies the manifests of infra-bicep/kubernetes from.')
@sealed()
type Source = {
  url: string
  branch: string
}

@export()
@description('A region of the deployment.')
@sealed()
type Region = {
  location: string

  @description('Whether the apps run here. In a region that stands by they are deployed and sleep.')
  isActive: bool

  @description('The first two numbers of the addresses of its virtual network, such as 10.40. Regions must not overlap.')
  addressPrefix: string
}
