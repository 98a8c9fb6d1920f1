// A client of its own over a WebSocket, on ws and viem: pays a stream step by step by vouchers that grow with it.
// node grow.mjs WEBSOCKET KEY_FILE CHAIN_ID INFERENCE_PAYMENT
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { hashTypedData, zeroHash } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import WebSocket from 'ws';

const [address, keyFile, chainId, verifyingContract] = process.argv.slice(2);
const account = privateKeyToAccount(readFileSync(keyFile, 'utf8').trim());
const domain = { name: 'x402 Batch Settlement', version: '1', chainId: Number(chainId), verifyingContract };
const ChannelConfig = ['payer:address', 'payerAuthorizer:address', 'receiver:address', 'receiverAuthorizer:address', 'token:address', 'withdrawDelay:uint40', 'salt:bytes32']
  .map(member => member.split(':')).map(([name, type]) => ({ name, type }));
const Voucher = [{ name: 'channelId', type: 'bytes32' }, { name: 'maxClaimableAmount', type: 'uint128' }];

async function pay(offer) {
  const channelConfig = {
    payer: account.address, payerAuthorizer: account.address, receiver: offer.payTo, receiverAuthorizer: offer.extra.receiverAuthorizer,
    token: offer.asset, withdrawDelay: offer.extra.withdrawDelay, salt: zeroHash,
  };
  const channelId = hashTypedData({ domain, types: { ChannelConfig }, primaryType: 'ChannelConfig', message: channelConfig });
  const books = offer.extra.channelState;
  const maxClaimableAmount = (books ? BigInt(books.chargedCumulativeAmount) + BigInt(books.reservedAmount) : 0n) + BigInt(offer.amount);
  const signature = await account.signTypedData({ domain, types: { Voucher }, primaryType: 'Voucher', message: { channelId, maxClaimableAmount } });
  const voucher = { channelId, maxClaimableAmount: maxClaimableAmount.toString(), signature };
  return { x402Version: 2, accepted: offer, payload: { type: 'voucher', parallel: true, channelConfig, voucher } };
}

const socket = new WebSocket(address, 'ncn.v1');
const frames = [];
let wake = () => {};
socket.on('message', data => { frames.push(JSON.parse(data)); wake(); });
await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject); });
const next = async () => {
  while (frames.length === 0) await new Promise(arrived => { wake = arrived; });
  return frames.shift();
};
const batch = frame => frame.required.accepts.find(offer => offer.scheme === 'batch-settlement');
const body = { model: 'tiny-chat', messages: [{ role: 'user', content: 'Count from 1 to 60' }], max_tokens: 200, temperature: 0, seed: 7, stream: true };

async function chat(id, headers) {
  const said = { text: '', steps: 0, sequences: [] };
  const send = payment => socket.send(JSON.stringify({ id, type: 'request', path: '/v1/chat/completions', headers, payment, body }));
  send();
  while (true) {
    const frame = await next();
    assert.ok(frame.id === id && frame.type !== 'error', JSON.stringify(frame));
    if (frame.type === 'payment_required' && said.sequences.length === 0) {
      send(await pay(batch(frame)));
    } else if (frame.type === 'payment_required') {
      said.steps++;
      socket.send(JSON.stringify({ id, type: 'voucher', payment: await pay(batch(frame)) }));
    } else if (frame.type === 'event') {
      said.sequences.push(frame.sequence);
      said.text += frame.data.choices?.[0]?.delta?.content ?? '';
      said.ncn = frame.data.ncn ?? said.ncn;
    } else if (frame.type === 'done') {
      return said;
    }
  }
}

const whole = await chat('whole', {});
const grown = await chat('grown', { 'ncn-reserve': '1' });
assert.equal(whole.steps, 0);
assert.ok(grown.steps > 0, 'no larger voucher was asked for');
assert.equal(grown.text, whole.text);
assert.equal(grown.ncn.earlierReceipts.length, grown.steps);
console.log(JSON.stringify({ costs: [whole.ncn.cost, grown.ncn.cost], steps: grown.steps, text: whole.text.slice(0, 40) }));
socket.close();
