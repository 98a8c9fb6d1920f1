// A client of its own, on viem alone: pays by x402 batch-settlement and checks the node's receipt.
// node pay.mjs GATEWAY KEY_FILE RPC CHAIN_ID INFERENCE_PAYMENT VALIDATOR_REGISTRY
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createPublicClient, hashTypedData, http, parseAbi, recoverTypedDataAddress, verifyTypedData, zeroHash } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const [gateway, keyFile, rpc, chainId, inferencePayment, validatorRegistry] = process.argv.slice(2);
const account = privateKeyToAccount(readFileSync(keyFile, 'utf8').trim());
const payments = { name: 'x402 Batch Settlement', version: '1', chainId: Number(chainId), verifyingContract: inferencePayment };
const network = { name: 'NCN', version: '2', chainId: Number(chainId), verifyingContract: validatorRegistry };
const ChannelConfig = [
  { name: 'payer', type: 'address' }, { name: 'payerAuthorizer', type: 'address' }, { name: 'receiver', type: 'address' },
  { name: 'receiverAuthorizer', type: 'address' }, { name: 'token', type: 'address' }, { name: 'withdrawDelay', type: 'uint40' },
  { name: 'salt', type: 'bytes32' },
];
const Voucher = [{ name: 'channelId', type: 'bytes32' }, { name: 'maxClaimableAmount', type: 'uint128' }];
const Receipt = [
  ['requestId', 'bytes32'], ['attempt', 'uint32'], ['node', 'address'], ['gateway', 'address'], ['modelDigest', 'bytes32'],
  ['inputHash', 'bytes32'], ['outputHash', 'bytes32'], ['seed', 'uint64'], ['promptTokens', 'uint32'], ['completionTokens', 'uint32'],
  ['price', 'uint128'], ['channelId', 'bytes32'], ['cumulative', 'uint128'], ['fingerprintRoot', 'bytes32'], ['startedAt', 'uint64'],
  ['finishedAt', 'uint64'],
].map(([name, type]) => ({ name, type }));
const decode = value => JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
const encode = value => Buffer.from(JSON.stringify(value)).toString('base64');

const body = JSON.stringify({ model: 'tiny-chat', messages: [{ role: 'user', content: 'What is 45 + 54?' }], temperature: 0 });
const post = headers => fetch(new URL('v1/chat/completions', gateway), { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

async function pay(offer) {
  const channelConfig = {
    payer: account.address, payerAuthorizer: account.address, receiver: offer.payTo, receiverAuthorizer: offer.extra.receiverAuthorizer,
    token: offer.asset, withdrawDelay: offer.extra.withdrawDelay, salt: zeroHash,
  };
  const channelId = hashTypedData({ domain: payments, types: { ChannelConfig }, primaryType: 'ChannelConfig', message: channelConfig });
  const state = offer.extra.channelState;
  const charged = state ? BigInt(state.chargedCumulativeAmount) + BigInt(state.reservedAmount) : 0n;
  const maxClaimableAmount = charged + BigInt(offer.amount);
  const signature = await account.signTypedData({ domain: payments, types: { Voucher }, primaryType: 'Voucher', message: { channelId, maxClaimableAmount } });
  const voucher = { channelId, maxClaimableAmount: maxClaimableAmount.toString(), signature };
  return { channelId, channelConfig, header: encode({ x402Version: 2, accepted: offer, payload: { type: 'voucher', channelConfig, voucher } }) };
}

// 1 Unpaid, 2 paid as if for the first time, 3 paid with what the correction says.
let answer = await post({});
assert.equal(answer.status, 402);
let paid = await pay(decode(answer.headers.get('payment-required')).accepts[0]);
answer = await post({ 'payment-signature': paid.header });
if (answer.status === 402) {
  const corrected = decode(answer.headers.get('payment-required'));
  assert.equal(corrected.error, 'invalid_batch_settlement_evm_cumulative_amount_mismatch');
  const { signedMaxClaimable, signature } = corrected.accepts[0].extra.voucherState;
  assert.ok(await verifyTypedData({
    address: account.address, domain: payments, types: { Voucher }, primaryType: 'Voucher', signature,
    message: { channelId: paid.channelId, maxClaimableAmount: BigInt(signedMaxClaimable) },
  }), 'the correction shows a voucher that was never signed');
  paid = await pay(corrected.accepts[0]);
  answer = await post({ 'payment-signature': paid.header });
}
assert.equal(answer.status, 200, await answer.clone().text());
const settlement = decode(answer.headers.get('payment-response'));
const whole = await answer.json();
assert.match(whole.choices[0].message.content, /99/);
assert.equal(settlement.success, true);
assert.equal(settlement.extra.chargedAmount, whole.ncn.cost);
assert.equal(settlement.extra.channelState.channelId, paid.channelId);

// The contract gives the channel the same id.
const chain = createPublicClient({ transport: http(rpc) });
const abi = parseAbi(['struct C { address payer; address payerAuthorizer; address receiver; address receiverAuthorizer; address token; uint40 withdrawDelay; bytes32 salt; }', 'function getChannelId(C config) view returns (bytes32)']);
assert.equal(await chain.readContract({ address: inferencePayment, abi, functionName: 'getChannelId', args: [paid.channelConfig] }), paid.channelId);

// The receipt, its members named as they were signed.
const stated = whole.ncn.receipt;
const message = { ...stated.message };
for (const { name, type } of Receipt) if (type === 'uint64' || type === 'uint128') message[name] = BigInt(message[name]);
assert.deepEqual(Object.keys(message).sort(), Receipt.map(member => member.name).sort());
const signed = { domain: network, types: { Receipt }, primaryType: 'Receipt', signature: stated.signature };
assert.ok(await verifyTypedData({ ...signed, message, address: whole.ncn.node }), 'the receipt is not signed by the node');
assert.equal(await recoverTypedDataAddress({ ...signed, message }), message.node);
assert.notEqual(await recoverTypedDataAddress({ ...signed, message: { ...message, price: message.price + 1n } }), message.node);
assert.equal(message.requestId, whole.ncn.requestId);
assert.equal(message.completionTokens, whole.usage.completion_tokens);
assert.ok(message.price > 0n && message.price <= BigInt(whole.ncn.cost), 'the node takes more than the client pays');
console.log(JSON.stringify({ node: message.node, cost: whole.ncn.cost, channelId: paid.channelId }));
