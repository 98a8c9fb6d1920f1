// Typed data of x402 v2 batch-settlement, at the canonical address on the forknet and on Arbitrum One.
import { hashTypedData } from 'viem';

const channelConfig = [
  { name: 'payer', type: 'address' },
  { name: 'payerAuthorizer', type: 'address' },
  { name: 'receiver', type: 'address' },
  { name: 'receiverAuthorizer', type: 'address' },
  { name: 'token', type: 'address' },
  { name: 'withdrawDelay', type: 'uint40' },
  { name: 'salt', type: 'bytes32' },
];
const types = {
  ChannelConfig: { ChannelConfig: channelConfig },
  Voucher: {
    Voucher: [{ name: 'channelId', type: 'bytes32' }, { name: 'maxClaimableAmount', type: 'uint128' }],
  },
  Refund: {
    Refund: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'nonce', type: 'uint256' },
      { name: 'amount', type: 'uint128' },
    ],
  },
  ClaimBatch: {
    ClaimBatch: [{ name: 'claims', type: 'ClaimEntry[]' }],
    ClaimEntry: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'maxClaimableAmount', type: 'uint128' },
      { name: 'totalClaimed', type: 'uint128' },
    ],
  },
};

const domainOn = (chainId) => ({
  name: 'x402 Batch Settlement',
  version: '1',
  chainId,
  verifyingContract: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003',
});
const none = '0x0000000000000000000000000000000000000000';
const largest128 = (2n ** 128n - 1n).toString();
const largest256 = (2n ** 256n - 1n).toString();
const channels = [
  {
    payer: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    payerAuthorizer: none,
    receiver: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
    receiverAuthorizer: '0x90F79bf6EB2c4f870365E785982E1f101E93b906',
    token: '0xaf88d065e77c8cC2239327C5EDb3A432268e5831',
    withdrawDelay: 900,
    salt: `0x${'00'.repeat(32)}`,
  },
  {
    payer: '0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65',
    payerAuthorizer: '0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc',
    receiver: '0x976EA74026E726554dB657fA54763abd0C3a0aa9',
    receiverAuthorizer: '0x976EA74026E726554dB657fA54763abd0C3a0aa9',
    token: '0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d',
    withdrawDelay: 2592000,
    salt: `0x${'ff'.repeat(32)}`,
  },
];

function casesOn(chainId) {
  const domain = domainOn(chainId);
  const one = (type, message, extra = {}) => ({ type, domain, types: types[type], message, ...extra });
  const ids = channels.map((message) =>
    hashTypedData({ domain, types: types.ChannelConfig, primaryType: 'ChannelConfig', message }));
  const claims = [
    { channelId: ids[0], maxClaimableAmount: '1000000', totalClaimed: '999999' },
    { channelId: ids[1], maxClaimableAmount: largest128, totalClaimed: '0' },
  ];
  return [
    ...channels.map((channel) => one('ChannelConfig', channel)),
    one('Voucher', { channelId: ids[0], maxClaimableAmount: '1000000' }),
    one('Voucher', { channelId: ids[1], maxClaimableAmount: largest128 }),
    one('Voucher', { channelId: ids[1], maxClaimableAmount: '0' }),
    one('Refund', { channelId: ids[0], nonce: '0', amount: '250000' }),
    one('Refund', { channelId: ids[1], nonce: largest256, amount: largest128 }),
    one('ClaimBatch', { claims: [] }, { channels: [] }),
    one('ClaimBatch', { claims: claims.slice(0, 1) }, { channels: channels.slice(0, 1) }),
    one('ClaimBatch', { claims }, { channels }),
  ];
}

export const cases = [...casesOn(412346), ...casesOn(42161)];
