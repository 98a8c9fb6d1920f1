#!/usr/bin/env node
// Gas per settled voucher, ours beside replicas of what others do, in one run on one local chain: whole
// transactions as receipts count them, base cost and calldata included. Channels are known, that is, claimed from before.
// Prints a Markdown table and writes artifacts/bench/gas.json and gas.md.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  concatHex, createTestClient, defineChain, encodeAbiParameters, encodePacked, hashTypedData, http, keccak256, numberToHex, parseSignature,
  publicActions, signatureToCompactSignature, toHex, walletActions, zeroAddress,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { startAnvil } from './local-chain.mjs';
import { nativeTool } from './native-tool.mjs';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const sizes = [1, 16, 64];
const goal = 0.55;
const canonical = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003';
const chainDefinition = defineChain({
  id: 412346, name: 'forknet', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [] } },
});
const channelTypes = {
  ChannelConfig: [
    { name: 'payer', type: 'address' }, { name: 'payerAuthorizer', type: 'address' }, { name: 'receiver', type: 'address' },
    { name: 'receiverAuthorizer', type: 'address' }, { name: 'token', type: 'address' }, { name: 'withdrawDelay', type: 'uint40' },
    { name: 'salt', type: 'bytes32' },
  ],
};
const voucherTypes = { Voucher: [{ name: 'channelId', type: 'bytes32' }, { name: 'maxClaimableAmount', type: 'uint128' }] };
const authorizationTypes = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' }, { name: 'to', type: 'address' }, { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' }, { name: 'validBefore', type: 'uint256' }, { name: 'nonce', type: 'bytes32' },
  ],
};
const forms = { none: 0, payer: 1, explicit: 2 };
const seeded = (...parts) => keccak256(toHex(parts.join('/')));

/** What a payer has used up to a round: amounts of cents and dollars in millionths, that grow. */
const totalAt = (row, round) => BigInt(round) * 1_234_567n + BigInt(row) * 7_919n + 1n;

class Bench {
  constructor(chain, [sender]) {
    Object.assign(this, { chain, sender, transactions: 0 });
    this.receiver = privateKeyToAccount(seeded('receiver')).address;
    this.payers = Array.from({ length: Math.max(...sizes) }, (_, row) => privateKeyToAccount(seeded('payer', row)));
    this.delegates = this.payers.map((_, row) => privateKeyToAccount(seeded('delegate', row)));
  }

  async deploy(source, name, args = []) {
    const { abi, bytecode } = JSON.parse(readFileSync(`${repository}artifacts/contracts/out/${source}/${name}.json`, 'utf8'));
    const hash = await this.chain.deployContract({ account: this.sender, abi, bytecode: bytecode.object, args });
    const { contractAddress } = await this.receiptOf(hash);
    return { address: contractAddress, abi };
  }

  /** Sends one call and returns the gas that its receipt states. */
  async send({ address, abi }, functionName, args, account = this.sender) {
    const hash = await this.chain.writeContract({ account, address, abi, functionName, args, gas: 25_000_000n });
    const receipt = await this.receiptOf(hash);
    if (receipt.status !== 'success') throw new Error(`${functionName} reverted`);
    return { gas: Number(receipt.gasUsed), logs: receipt.logs.length };
  }

  receiptOf(hash) {
    return this.chain.waitForTransactionReceipt({ hash, pollingInterval: 5 });
  }

  config(row, form) {
    const payer = this.payers[row].address;
    const payerAuthorizer = { none: zeroAddress, payer, explicit: this.delegates[row].address }[form];
    return {
      payer, payerAuthorizer, receiver: this.receiver, receiverAuthorizer: this.sender, token: this.token.address,
      withdrawDelay: 86_400, salt: seeded('subnet'),
    };
  }

  /** A row as everybody signs it: the ceiling is a little above what is claimed. */
  async row(contract, row, form, round) {
    const channel = this.config(row, form);
    const domain = { name: 'x402 Batch Settlement', version: '1', chainId: chainDefinition.id, verifyingContract: contract.address };
    const channelId = hashTypedData({ domain, types: channelTypes, primaryType: 'ChannelConfig', message: channel });
    const totalClaimed = totalAt(row, round);
    const maxClaimableAmount = totalClaimed + 2_500n;
    const signer = form === 'explicit' ? this.delegates[row] : this.payers[row];
    const message = { channelId, maxClaimableAmount };
    const signature = await signer.signTypedData({ domain, types: voucherTypes, primaryType: 'Voucher', message });
    return { voucher: { channel, maxClaimableAmount }, signature, totalClaimed };
  }

  rows(contract, count, form, round) {
    return Promise.all(Array.from({ length: count }, (_, row) => this.row(contract, row, form, round)));
  }
}

function packed(rows, form) {
  return concatHex(rows.map(({ voucher, signature, totalClaimed }) => {
    const { r, yParityAndS } = signatureToCompactSignature(parseSignature(signature));
    const { payer, payerAuthorizer } = voucher.channel;
    const parties = form === 'explicit' ? [payer, payerAuthorizer] : [payer];
    return concatHex([...parties, encodePacked(['uint64', 'uint64'], [voucher.maxClaimableAmount, totalClaimed]), r, yParityAndS]);
  }));
}

function batchOf({ receiver, receiverAuthorizer, token, withdrawDelay, salt }, form) {
  return { receiver, receiverAuthorizer, token, withdrawDelay, salt, authorizer: forms[form] };
}

/** One claim of `count` rows in the given form; the contract's `claim` or `claimPacked` decides the layout. */
async function measureClaim(bench, contract, functionName, form, count, round) {
  const rows = await bench.rows(contract, count, form, round);
  const args = functionName === 'claim' ? [rows] : [batchOf(rows[0].voucher.channel, form), packed(rows, form)];
  const { gas, logs } = await bench.send(contract, functionName, args);
  if (logs !== (functionName === 'claim' ? count : 1)) throw new Error(`${functionName} of ${count} rows skipped some`);
  return gas;
}

async function measureExact(bench, count, round) {
  let gas = 0;
  for (let row = 0; row < count; ++row) {
    const payer = bench.payers[row];
    const domain = { name: 'USD Coin', version: '2', chainId: chainDefinition.id, verifyingContract: bench.token.address };
    const message = {
      from: payer.address, to: bench.receiver, value: totalAt(row, 1), validAfter: 0n, validBefore: 4_000_000_000n,
      nonce: seeded('exact', row, round),
    };
    const signature = await payer.signTypedData({ domain, types: authorizationTypes, primaryType: 'TransferWithAuthorization', message });
    gas += (await bench.send(bench.token, 'transferWithAuthorization', [...Object.values(message), signature])).gas;
  }
  return gas;
}

async function measureTickets(bench, contract, count, round) {
  const randoms = Array.from({ length: count }, (_, row) => BigInt(seeded('random', row, round)));
  const tickets = randoms.map((random, row) => ({
    recipient: bench.receiver, sender: bench.payers[row].address, faceValue: totalAt(row, 1), winProbability: 2n ** 256n - 1n,
    senderNonce: BigInt(round), recipientRandomHash: keccak256(numberToHex(random, { size: 32 })),
    auxiliary: encodeAbiParameters([{ type: 'uint256' }, { type: 'bytes32' }], [BigInt(round), seeded('block', round)]),
  }));
  const fields = ['address', 'address', 'uint256', 'uint256', 'uint256', 'bytes32', 'bytes'];
  const signatures = await Promise.all(tickets.map((ticket, row) =>
    bench.payers[row].signMessage({ message: { raw: keccak256(encodePacked(fields, Object.values(ticket))) } })));
  return (await bench.send(contract, 'redeem', [tickets, signatures, randoms])).gas;
}

async function prepare(bench) {
  bench.token = await bench.deploy('TestUsd.sol', 'TestUsd', [bench.sender]);
  const registry = await bench.deploy('ValidatorRegistry.sol', 'ValidatorRegistry');
  const payment = await bench.deploy('InferencePayment.sol', 'InferencePayment', [registry.address]);
  const replica = await bench.deploy('RevertingBatchClaim.sol', 'RevertingBatchClaim');
  const tickets = await bench.deploy('TicketRedemption.sol', 'TicketRedemption');
  const copy = { ...payment, address: canonical };
  await bench.chain.setCode({ address: canonical, bytecode: await bench.chain.getCode({ address: payment.address }) });

  const plenty = 10n ** 12n;
  for (const account of [bench.sender, bench.receiver, ...bench.payers.map(({ address }) => address)]) {
    await bench.send(bench.token, 'mint', [account, 10n ** 15n]);
  }
  for (const { address } of [payment, copy]) await bench.send(bench.token, 'approve', [address, 2n ** 255n]);
  for (const { address } of bench.payers) await bench.send(tickets, 'fund', [address, plenty]);
  for (const form of Object.keys(forms)) {
    for (let row = 0; row < bench.payers.length; ++row) {
      const config = bench.config(row, form);
      await bench.send(payment, 'deposit', [config, plenty, zeroAddress, '0x']);
      if (form === 'payer') await bench.send(copy, 'deposit', [config, plenty, zeroAddress, '0x']);
      await bench.send(replica, 'credit', [config, plenty]);
    }
  }
  return { payment, copy, replica, tickets };
}

/** Name, whose it is, and what it costs to settle `count` vouchers in `round`. */
function candidates(bench, { payment, copy, replica, tickets }) {
  const claim = (contract, functionName, form) => (count, round) => measureClaim(bench, contract, functionName, form, count, round);
  return [
    { id: 'exact', name: 'x402 `exact` (EIP-3009, one transaction each)', measure: (count, round) => measureExact(bench, count, round) },
    { id: 'ticket', name: 'ticket redemption as in Livepeer', measure: (count, round) => measureTickets(bench, tickets, count, round) },
    { id: 'x402-payer', name: 'x402 `batch-settlement` claim, the payer signs', measure: claim(replica, 'claim', 'none') },
    { id: 'x402', name: 'x402 `batch-settlement` claim, a payerAuthorizer signs', measure: claim(replica, 'claim', 'payer') },
    { id: 'struct', name: 'InferencePayment `claim`', measure: claim(payment, 'claim', 'payer') },
    { id: 'packed-explicit', name: 'InferencePayment `claimPacked`, authorizer in the row', measure: claim(payment, 'claimPacked', 'explicit') },
    { id: 'packed-copy', name: 'InferencePayment `claimPacked`, code copied to the x402 address', measure: claim(copy, 'claimPacked', 'payer') },
    { id: 'packed', name: '**InferencePayment `claimPacked`**', measure: claim(payment, 'claimPacked', 'payer') },
  ];
}

async function measureAll(bench) {
  const contracts = await prepare(bench);
  const results = [];
  let round = 0;
  for (const { id, name, measure } of candidates(bench, contracts)) {
    // The first round makes the channels known.
    await measure(Math.max(...sizes), ++round);
    const gas = {};
    for (const count of sizes) gas[count] = Math.round(await measure(count, ++round) / count);
    results.push({ id, name, gasPerVoucher: gas });
  }
  const largest = Math.max(...sizes);
  const base = results.find(({ id }) => id === 'x402').gasPerVoucher[largest];
  return results.map((result) => ({ ...result, ratio: Number((result.gasPerVoucher[largest] / base).toFixed(3)) }));
}

function table(results) {
  const header = ['gas per settled voucher', ...sizes.map((size) => `batch of ${size}`), 'ratio at 64'];
  const lines = results.map(({ name, gasPerVoucher, ratio }) =>
    [name, ...sizes.map((size) => gasPerVoucher[size].toLocaleString('en-US')), ratio.toFixed(3)]);
  const align = header.map((_, column) => (column === 0 ? '---' : '--:'));
  return [header, align, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

async function onLocalChain(use) {
  const anvil = await startAnvil(chainDefinition.id, '--gas-limit', '100000000', '--hardfork', 'prague');
  try {
    const chain = createTestClient({ chain: chainDefinition, mode: 'anvil', transport: http(anvil.url) }).extend(publicActions).extend(walletActions);
    return await use(new Bench(chain, await chain.getAddresses()));
  } finally {
    await anvil.stop();
  }
}

execFileSync(nativeTool('forge'), ['build', '--quiet'], { cwd: `${repository}contracts`, stdio: ['ignore', 'ignore', 'inherit'] });
const results = await onLocalChain(measureAll);
const packedRatio = results.find(({ id }) => id === 'packed').ratio;
const verdict = `Goal: claimPacked at most ${goal} of an x402 claim in a batch of 64; measured ${packedRatio.toFixed(3)}, ${packedRatio <= goal ? 'reached' : 'not reached'}.`;
const text = `${table(results)}\n\n${verdict}\n`;
mkdirSync(`${repository}artifacts/bench`, { recursive: true });
writeFileSync(`${repository}artifacts/bench/gas.json`, `${JSON.stringify({ unit: 'gas per settled voucher', goal, results }, null, 1)}\n`);
writeFileSync(`${repository}artifacts/bench/gas.md`, text);
process.stdout.write(text);
process.exitCode = packedRatio <= goal ? 0 : 1;
