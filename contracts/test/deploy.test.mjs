// The exported addresses are what the deterministic deployer really gives, on a chain of our own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  concatHex, createTestClient, getAddress, hashTypedData, hexToBytes, http, keccak256, publicActions, walletActions,
} from 'viem';
import { startAnvil } from '../script/local-chain.mjs';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const forknet = { id: 412346, name: 'forknet', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 } };
const canonicalX402 = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003';
const voucherTypes = {
  Voucher: [{ name: 'channelId', type: 'bytes32' }, { name: 'maxClaimableAmount', type: 'uint128' }],
};

let exported;
let anvil;
let chain;

before(async () => {
  execFileSync(process.execPath, [`${repository}contracts/script/export.mjs`]);
  exported = JSON.parse(readFileSync(`${repository}artifacts/contracts/ncn-contracts.json`, 'utf8'));
  anvil = await startAnvil(forknet.id);
  const transport = http(anvil.url);
  const rpc = createTestClient({ chain: { ...forknet, rpcUrls: { default: { http: [] } } }, mode: 'anvil', transport });
  chain = rpc.extend(publicActions).extend(walletActions);
});

after(() => anvil.stop());

async function deploy({ salt, creationCode }) {
  const [account] = await chain.getAddresses();
  const hash = await chain.sendTransaction({ account, to: exported.deployer, data: concatHex([salt, creationCode]) });
  return chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
}

test('every contract lands on its exported address', async () => {
  for (const name of exported.deploymentOrder) {
    const contract = exported.contracts[name];
    assert.equal(await chain.getCode({ address: contract.address }), undefined, `${name} before`);
    const receipt = await deploy(contract);
    assert.equal(receipt.status, 'success', name);
    const code = await chain.getCode({ address: contract.address });
    assert.equal(keccak256(withoutImmutables(code, contract.runtimeCode)), contract.runtimeCode.hash, `${name} after`);
  }
  assert.deepEqual(new Set(exported.deploymentOrder), new Set(Object.keys(exported.contracts)));
});

function withoutImmutables(code, { immutables }) {
  const bytes = hexToBytes(code);
  for (const { start, length } of immutables) bytes.fill(0, start, start + length);
  return bytes;
}

test('every network has a chain id, a node and a dollar', () => {
  const ids = Object.fromEntries(Object.entries(exported.networks).map(([name, { chainId }]) => [name, chainId]));
  assert.deepEqual(ids, { forknet: 412346, 'arbitrum-sepolia': 421614, 'arbitrum-one': 42161 });
  for (const [name, { rpc, token }] of Object.entries(exported.networks)) {
    assert.ok(new URL(rpc).protocol.startsWith('http'), name);
    assert.equal(token.address, getAddress(token.address), name);
  }
  assert.equal(exported.networks.forknet.token.address, exported.contracts.TestUsd.address);
  assert.equal(exported.networks.forknet.canonical.InferencePayment, canonicalX402);
});

test('the local dollar is minted by the forknet deployer only', async () => {
  const { address, abi } = exported.contracts.TestUsd;
  const [minter, stranger] = await chain.getAddresses();
  const mint = { address, abi, functionName: 'mint', args: [stranger, 5n] };
  await chain.writeContract({ ...mint, account: minter });
  await assert.rejects(chain.simulateContract({ ...mint, account: stranger }), /NotMinter/);
  assert.equal(await chain.readContract({ address, abi, functionName: 'balanceOf', args: [stranger] }), 5n);
});

test('the same code signs for its own address when it stands at the canonical x402 address', async () => {
  const { address, abi } = exported.contracts.InferencePayment;
  await chain.setCode({ address: canonicalX402, bytecode: await chain.getCode({ address }) });
  const message = { channelId: exported.contracts.TestUsd.salt, maxClaimableAmount: 7n };
  const args = [message.channelId, message.maxClaimableAmount];
  for (const verifyingContract of [address, canonicalX402]) {
    const digest = await chain.readContract({ address: verifyingContract, abi, functionName: 'getVoucherDigest', args });
    const domain = { name: 'x402 Batch Settlement', version: '1', chainId: forknet.id, verifyingContract };
    assert.equal(digest, hashTypedData({ domain, types: voucherTypes, primaryType: 'Voucher', message }));
  }
});
