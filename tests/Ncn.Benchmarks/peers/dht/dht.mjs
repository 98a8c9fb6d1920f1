// The peer of the benchmark `dht`: N nodes of @libp2p/kad-dht in this process, over TCP on loopback, joined through the first one.
// usage: node dht.mjs NODES OPERATIONS
// Prints one JSON object: {provide: [ms…], find: [ms…], found, asked}.
if (!Promise.withResolvers) {
  // Node 20 lacks it, and libp2p 3 needs it.
  Promise.withResolvers = () => {
    let resolve, reject;
    const promise = new Promise((onResolve, onReject) => { resolve = onResolve; reject = onReject; });
    return { promise, resolve, reject };
  };
}

const { createLibp2p } = await import('libp2p');
const { tcp } = await import('@libp2p/tcp');
const { noise } = await import('@chainsafe/libp2p-noise');
const { yamux } = await import('@chainsafe/libp2p-yamux');
const { identify } = await import('@libp2p/identify');
const { ping } = await import('@libp2p/ping');
const { kadDHT, passthroughMapper } = await import('@libp2p/kad-dht');
const { CID } = await import('multiformats/cid');
const { sha256 } = await import('multiformats/hashes/sha2');

const [nodesText, operationsText] = process.argv.slice(2);
const count = Number(nodesText);
const operations = Number(operationsText);
const start = () => createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: { dialTimeout: 60_000, inboundUpgradeTimeout: 60_000, outboundUpgradeTimeout: 60_000, maxConnections: 1000, inboundConnectionThreshold: 10000, maxIncomingPendingConnections: 1000 },
  services: { identify: identify(), ping: ping(), dht: kadDHT({ protocol: '/bench/kad/1.0.0', clientMode: false, allowQueryWithZeroPeers: true, peerInfoMapper: passthroughMapper }) },
});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const nodes = [];
for (let i = 0; i < count; i++) {
  nodes.push(await start());
  // A busy machine is slow to shake hands.
  for (let tries = 0; i > 0 && nodes[i].getConnections().length === 0; tries++) {
    await nodes[i].dial(nodes[0].getMultiaddrs()).catch((failed) => { if (tries === 20) throw failed; });
  }
}

// Every node looks itself up, until the tables stand still.
for (let round = 0; round < 2; round++) {
  for (const node of nodes) {
    for await (const _ of node.services.dht.getClosestPeers(node.peerId.toMultihash().bytes)) { /* learns on the way */ }
  }
  await pause(200);
}

const provide = [];
const find = [];
let found = 0;
for (let i = 0; i < operations; i++) {
  const cid = CID.createV1(0x55, await sha256.digest(new TextEncoder().encode(`content ${i}`)));
  const provider = nodes[(i * 7) % count];
  let begun = performance.now();
  for await (const _ of provider.services.dht.provide(cid)) { /* to its end */ }
  provide.push(performance.now() - begun);
  const seeker = nodes[(i * 7 + 31) % count];
  begun = performance.now();
  let isFound = false;
  for await (const event of seeker.services.dht.findProviders(cid)) {
    if (event.name === 'PROVIDER' && event.providers.some((peer) => peer.id.equals(provider.peerId))) {
      isFound = true;
      break;
    }
  }
  find.push(performance.now() - begun);
  found += isFound ? 1 : 0;
}

console.log(JSON.stringify({ provide, find, found, asked: operations }));
process.exit(0);
