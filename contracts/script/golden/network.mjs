// Typed data of the network's own messages (domain NCN) and of consensus (domain NCN-Consensus).
const network = {
  name: 'NCN',
  version: '2',
  chainId: 412346,
  verifyingContract: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
};
const consensus = { ...network, name: 'NCN-Consensus', version: '1', salt: `0x${'5a'.repeat(32)}` };

const members = (text) => text.split(',').map((member) => {
  const [type, name] = member.trim().split(' ');
  return { name, type };
});
const structs = {
  TensorSpec: members('string name,string datatype,int64[] shape'),
  ModelPrice: members('uint128 perRequest,uint128 perPromptToken,uint128 perCompletionToken,uint128 perInputRow'),
  ServiceLevel: members('uint32 firstTokenMilliseconds,uint32 tokensPerSecond'),
  ModelOffer: members(
    'bytes32 digest,string name,string version,string kind,ModelPrice price,uint32 contextTokens,uint32 maxBatch,'
    + 'uint32 maxInputBytes,string executionProvider,TensorSpec[] inputs,TensorSpec[] outputs,string quantization,'
    + 'string retention,ServiceLevel service',
  ),
  NodeRecord: members(
    'address operator,uint64 sequence,string grpcEndpoint,uint32[] subnets,ModelOffer[] models,uint32 slots,'
    + 'bytes encryptionKey,uint64 issuedAt,uint64 expiresAt',
  ),
  NodeHeartbeat: members('address operator,uint64 sequence,uint32 freeSlots,uint32 queued,uint64 sentAt,bool draining'),
  NodeLeave: members('address operator,uint64 sequence,uint64 sentAt'),
  TransportKey: members('address identity,bytes32 publicKeyHash,uint64 expiresAt'),
  PeerRecord: members('bytes identityKey,address operator,uint64 sequence,string url,uint64 issuedAt,uint64 expiresAt'),
  GatewayModel: members('string name,bytes32 digest'),
  GatewayRecord: members(
    'address operator,uint64 sequence,uint32 subnet,string url,GatewayModel[] models,uint64 issuedAt,uint64 expiresAt',
  ),
  DiscoveryCall: members('bytes32 from,bytes32 to,uint64 sentAt,bytes32 nonce,bytes32 contentHash'),
  DiscoveryReply: members('bytes32 from,bytes32 call,bytes32 contentHash'),
  JobAccept: members('bytes32 requestId,address node,uint64 leaseToken,uint64 sentAt'),
  InferenceJob: members(
    'bytes32 requestId,uint32 attempt,address gateway,address node,bytes32 modelDigest,bytes32 inputHash,'
    + 'uint64 seed,uint128 maxPrice,uint64 deadline,ServiceLevel service',
  ),
  Quote: members(
    'address gateway,uint32 subnet,string model,bytes32 inputHash,uint128 ceiling,uint128 expected,uint64 expiresAt',
  ),
  StreamCommitment: members(
    'bytes32 requestId,uint32 attempt,uint32 chunkIndex,bytes32 rollingHash,uint32 completionTokens',
  ),
  Receipt: members(
    'bytes32 requestId,uint32 attempt,address node,address gateway,bytes32 modelDigest,bytes32 inputHash,bytes32 outputHash,'
    + 'uint64 seed,uint32 promptTokens,uint32 completionTokens,uint128 price,bytes32 channelId,uint128 cumulative,'
    + 'bytes32 fingerprintRoot,uint64 startedAt,uint64 finishedAt',
  ),
  ChannelStatement: members(
    'uint256 subnet,address payment,bytes32 channelId,uint128 maxClaimableAmount,uint128 charged,uint64 issuedAt',
  ),
  ConsensusKey: members('uint256 subnetId,address operator'),
  StatementRequest: members('bytes32 channelId,uint64 issuedAt'),
  ChannelQuery: members('bytes32 channelId,uint64 issuedAt'),
  ModelCap: members('string model,uint128 perRequest,uint128 perDay'),
  SpendPolicy: members(
    'bytes32 channelId,address delegate,uint64 sequence,uint64 expiresAt,uint128 perRequest,uint128 perDay,'
    + 'bool listedOnly,ModelCap[] models',
  ),
  FingerprintCall: members('address node,address caller,bytes32 jobHash,uint64 issuedAt'),
  EvidenceCall: members('address node,address validator,bytes32 receipt,uint64 issuedAt'),
  LedgerOperation: members('uint8 kind,bytes content'),
  LinkProof: members('address from,address to,bytes32 network,bytes32 challenge,bytes32 nonce'),
  KeptDigest: members('bytes32 block,bytes32 digest'),
  ValidatorPlace: members('address validator,bytes32 network,string api,string link,uint64 issuedAt'),
  ReceiptQuery: members('address gateway,string origin,address validator,uint64 period,uint64 issuedAt'),
  NodeStanding: members('address node,uint32 ratePpm,uint8 status,uint64 checked,uint64 failed,bytes32[] verified'),
  GatewayStanding: members('address gateway,uint8 status,uint64 committed,uint64 missing'),
  AuditStanding: members('address gateway,bytes32 receipt,uint8 verdict'),
  LedgerStanding: members(
    'uint64 epoch,uint64 height,bytes32 stateRoot,NodeStanding[] nodes,GatewayStanding[] gateways,AuditStanding[] audits,'
    + 'address validator',
  ),
  Permit: members('address owner,address spender,uint256 value,uint256 nonce,uint256 deadline'),
  Vote: members('uint8 kind,uint64 epoch,uint64 view,bytes32 blockHash'),
  Checkpoint: members(
    'uint64 epoch,uint64 height,bytes32 blockHash,bytes32 stateRoot,bytes32 receiptsRoot,bytes32 rewardsRoot,bytes32 nextSetHash',
  ),
};

const node = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const gateway = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const word = (byte) => `0x${byte.repeat(32)}`;
const noPrice = { perRequest: '0', perPromptToken: '0', perCompletionToken: '0', perInputRow: '0' };
const offers = [
  {
    digest: word('11'), name: 'tiny-chat', version: '1', kind: 'decoder',
    price: { ...noPrice, perRequest: '10', perPromptToken: '2', perCompletionToken: '6' },
    contextTokens: 512, maxBatch: 1, maxInputBytes: 65536, executionProvider: 'CPU', inputs: [], outputs: [],
    quantization: 'int4', retention: 'none', service: { firstTokenMilliseconds: 250, tokensPerSecond: 40 },
  },
  {
    digest: word('22'), name: 'zahlen-é', version: '2', kind: 'tensor', price: { ...noPrice, perInputRow: '100' },
    contextTokens: 0, maxBatch: 64, maxInputBytes: 1048576, executionProvider: 'CUDA',
    inputs: [{ name: 'image', datatype: 'FP32', shape: ['-1', '1', '8', '8'] }],
    outputs: [{ name: 'probabilities', datatype: 'FP32', shape: ['-1', '10'] }],
    quantization: '', retention: '', service: { firstTokenMilliseconds: 0, tokensPerSecond: 0 },
  },
];
const times = { issuedAt: '1790000000000', expiresAt: '1790000060000' };
const record = {
  operator: node, sequence: '7', grpcEndpoint: '127.0.0.1:8090', subnets: [1, 2], models: offers, slots: 4,
  encryptionKey: '0x', ...times,
};
const messages = [
  ['NodeRecord', record],
  ['NodeRecord', { ...record, subnets: [], models: [], encryptionKey: '0x0102', sequence: '18446744073709551615' }],
  ['NodeHeartbeat', { operator: node, sequence: '8', freeSlots: 3, queued: 0, sentAt: '1790000000500', draining: false }],
  ['NodeHeartbeat', { operator: node, sequence: '10', freeSlots: 0, queued: 2, sentAt: '1790000000600', draining: true }],
  ['NodeLeave', { operator: node, sequence: '9', sentAt: '1790000000900' }],
  ['TransportKey', { identity: node, publicKeyHash: word('77'), expiresAt: '1790000000900' }],
  ['PeerRecord', {
    identityKey: `0x${'ab'.repeat(64)}`, operator: node, sequence: '7', url: 'https://peer.example.org:3601', issuedAt: '1790000000000', expiresAt: '1790086400000',
  }],
  ['GatewayRecord', {
    operator: gateway, sequence: '12', subnet: 1, url: 'https://gateway.example.org', issuedAt: '1790000000000', expiresAt: '1790000600000',
    models: [{ name: 'tiny-chat', digest: word('11') }, { name: 'digits', digest: word('12') }],
  }],
  ['GatewayRecord', {
    operator: gateway, sequence: '18446744073709551615', subnet: 4294967295, url: 'http://127.0.0.1:8080', models: [], issuedAt: '0', expiresAt: '1',
  }],
  ['DiscoveryCall', { from: word('81'), to: word('82'), sentAt: '1790000000000', nonce: word('83'), contentHash: word('84') }],
  ['DiscoveryReply', { from: word('82'), call: word('85'), contentHash: word('86') }],
  ['JobAccept', { requestId: word('33'), node, leaseToken: '5', sentAt: '1790000000100' }],
  ['InferenceJob', {
    requestId: word('33'), attempt: 1, gateway, node, modelDigest: word('11'), inputHash: word('44'),
    seed: '18446744073709551615', maxPrice: '340282366920938463463374607431768211455', deadline: '1790000120000',
    service: { firstTokenMilliseconds: 250, tokensPerSecond: 40 },
  }],
  ['Quote', {
    gateway, subnet: 1, model: 'tiny-chat', inputHash: word('44'), ceiling: '1000', expected: '420', expiresAt: '1790000060000',
  }],
  ['StreamCommitment', { requestId: word('33'), attempt: 0, chunkIndex: 15, rollingHash: word('55'), completionTokens: 16 }],
  ['Receipt', {
    requestId: word('33'), attempt: 1, node, gateway, modelDigest: word('11'), inputHash: word('44'), outputHash: word('55'),
    seed: '42', promptTokens: 12, completionTokens: 20, price: '154', channelId: word('66'), cumulative: '1540',
    fingerprintRoot: word('00'), startedAt: '1790000000000', finishedAt: '1790000001000',
  }],
  ['ChannelStatement', {
    subnet: 2, payment: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003', channelId: word('66'),
    maxClaimableAmount: '340282366920938463463374607431768211455', charged: '1540', issuedAt: '1790000001',
  }],
  ['ConsensusKey', { subnetId: 2, operator: node }],
  ['StatementRequest', { channelId: word('66'), issuedAt: '1790000001500' }],
  ['FingerprintCall', { node, caller: gateway, jobHash: word('88'), issuedAt: '1790000001700' }],
  ['EvidenceCall', { node, validator: gateway, receipt: word('93'), issuedAt: '1790000001800' }],
  ['LedgerOperation', { kind: 3, content: `0x${'0102'.repeat(40)}` }],
  ['LedgerOperation', { kind: 255, content: '0x' }],
  ['LinkProof', { from: gateway, to: node, network: `0x${'5a'.repeat(32)}`, challenge: `0x${'01'.repeat(32)}`, nonce: `0x${'02'.repeat(32)}` }],
  ['KeptDigest', { block: word('93'), digest: word('94') }],
  ['ValidatorPlace', {
    validator: node, network: `0x${'5a'.repeat(32)}`, api: 'https://validator.example:3610/', link: 'https://validator.example:3700/', issuedAt: '1790000000000',
  }],
  ['ReceiptQuery', { gateway, origin: 'https://gateway.example.org', validator: node, period: '29833333', issuedAt: '1790000000000' }],
  ['LedgerStanding', {
    epoch: '3', height: '1802', stateRoot: word('91'), validator: node,
    nodes: [
      { node, ratePpm: 10000, status: 1, checked: '480', failed: '1', verified: [word('11'), word('22')] },
      { node: gateway, ratePpm: 1000000, status: 3, checked: '18446744073709551615', failed: '9', verified: [] },
    ],
    gateways: [{ gateway, status: 0, committed: '5', missing: '2' }],
    audits: [{ gateway, receipt: word('92'), verdict: 2 }],
  }],
  ['LedgerStanding', { epoch: '0', height: '0', stateRoot: word('00'), validator: node, nodes: [], gateways: [], audits: [] }],
  ['SpendPolicy', {
    channelId: word('66'), delegate: node, sequence: '3', expiresAt: '1790000000000', perRequest: '1000000', perDay: '5000000', listedOnly: true,
    models: [{ model: 'tiny-chat', perRequest: '20000', perDay: '100000' }, { model: 'digits', perRequest: '1', perDay: '340282366920938463463374607431768211455' }],
  }],
  ['SpendPolicy', {
    channelId: word('00'), delegate: node, sequence: '18446744073709551615', expiresAt: '0', perRequest: '0', perDay: '0', listedOnly: false, models: [],
  }],
  ['ChannelQuery', { channelId: word('66'), issuedAt: '18446744073709551615' }],
];
const permits = [
  ['Permit', {
    owner: node, spender: gateway, value: '340282366920938463463374607431768211455', nonce: '3', deadline: '1790000001',
  }],
];
const token = { name: 'USD Coin', version: '2', chainId: 42161, verifyingContract: '0xaf88d065e77c8cC2239327C5EDb3A432268e5831' };
const votes = [
  ['Vote', { kind: 1, epoch: '3', view: '9', blockHash: word('77') }],
  ['Vote', { kind: 2, epoch: '3', view: '9', blockHash: word('00') }],
  ['Checkpoint', {
    epoch: '3', height: '120', blockHash: word('77'), stateRoot: word('78'), receiptsRoot: word('79'), rewardsRoot: word('7a'),
    nextSetHash: word('00'),
  }],
];

// A type with the structs that it uses, directly or through others.
function typesOf(name) {
  const used = structs[name].map(({ type }) => type.replace('[]', '')).filter((type) => type in structs);
  return Object.assign({ [name]: structs[name] }, ...used.map(typesOf));
}

const golden = (domain) => ([type, message]) => ({ type, domain, types: typesOf(type), message });

export const cases = [...messages.map(golden(network)), ...permits.map(golden(token)), ...votes.map(golden(consensus))];
