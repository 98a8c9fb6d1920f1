// Stock x402 clients, unmodified: pays for calls by @x402/fetch and prints what each was answered.
// node stock.mjs JSON, with {gateway, kind: "chat"|"infer", scheme: "exact"|"exact-v1"|"batch-settlement"|"default", keyFile, rpc, chainId,
//   network, rounds: [how many calls in parallel, …], stream, refund}
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { ExactEvmScheme, toClientEvmSigner } from '@x402/evm';
import { BatchSettlementEvmScheme, InMemoryClientChannelStorage } from '@x402/evm/batch-settlement/client';
import { EVM_NETWORK_CHAIN_ID_MAP, ExactEvmSchemeV1 } from '@x402/evm/v1';
import { createPublicClient, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const wish = JSON.parse(process.argv[2]);
const signer = toClientEvmSigner(privateKeyToAccount(readFileSync(wish.keyFile, 'utf8').trim()), createPublicClient({ transport: http(wish.rpc) }));
const storage = new InMemoryClientChannelStorage();
const batch = new BatchSettlementEvmScheme(signer, { storage });
const client = new x402Client();
// The test dollar is none of the assets that the library knows.
client.setSpendControls(false);
// How many payments each call took: one, or two where the gateway corrected it.
let payments = 0;
client.onAfterPaymentCreation(async () => { payments += 1; });
if (wish.scheme === 'exact' || wish.scheme === 'default') client.register(wish.network, new ExactEvmScheme(signer));
if (wish.scheme === 'batch-settlement' || wish.scheme === 'default') client.register(wish.network, batch);
const headers = { 'content-type': 'application/json' };
if (wish.scheme === 'exact-v1') {
  // The library's list of v1 names lacks local chains.
  EVM_NETWORK_CHAIN_ID_MAP[wish.network] = wish.chainId;
  client.registerV1(wish.network, new ExactEvmSchemeV1(signer));
  headers['x402-version'] = '1';
}

const pay = wrapFetchWithPayment(fetch, client);
const path = wish.kind === 'chat' ? 'v1/chat/completions' : 'v2/models/digits/infer';
const url = new URL(path, wish.gateway);
const body = number => JSON.stringify(wish.kind === 'chat'
  ? { model: 'tiny-chat', messages: [{ role: 'user', content: `What is ${number} + ${number}?` }], max_tokens: 64, temperature: 0, stream: wish.stream === true }
  : { inputs: [{ name: 'image', shape: [1, 1, 8, 8], datatype: 'FP32', data: new Array(64).fill(0) }] });

async function call(number) {
  const answer = await pay(url, { method: 'POST', headers, body: body(number) });
  const text = await answer.text();
  const header = answer.headers.get('payment-response') ?? answer.headers.get('x-payment-response');
  return {
    status: answer.status,
    settlement: header ? decodePaymentResponseHeader(header) : null,
    required: answer.headers.get('payment-required') ? JSON.parse(Buffer.from(answer.headers.get('payment-required'), 'base64').toString()).error : null,
    isRight: wish.kind === 'chat' ? text.includes(String(2 * number)) : text.includes('"outputs"'),
    text: answer.status === 200 ? '' : text,
  };
}

const answers = [];
let number = 0;
for (const width of wish.rounds) {
  answers.push(...await Promise.all(Array.from({ length: width }, () => call(1 + (number++ % 40)))));
}

let refund = null;
if (wish.refund) refund = await batch.refund(url.href, wish.refund === true ? undefined : { amount: wish.refund });
const channels = [...storage.channels.entries()].map(([channelId, context]) => ({ channelId, ...context }));
assert.equal(answers.length, wish.rounds.reduce((sum, width) => sum + width, 0));
console.log(JSON.stringify({ payments, answers, channels, refund }));
