// What viem makes of the values in Messages/, as JSON: the independent check of the stand-in's encodings.
import { encodeFunctionData, encodeAbiParameters, hashTypedData, parseAbi } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const key = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const account = privateKeyToAccount(key);
const alice = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const bob = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const salt = `0x${'ab'.repeat(32)}`;

const everything = parseAbi([
  'struct Inner { address who; uint40 delay; bytes32 salt; }',
  'struct Entry { Inner inner; bytes signature; uint128 total; }',
  'function everything(uint8 small, int64 negative, uint256 large, bool flag, string text, bytes blob, bytes4 tag, Inner inner, Entry[] entries, uint32[] numbers, address[2] pair)',
]);
const inner = { who: alice, delay: 900, salt };
const call = encodeFunctionData({
  abi: everything,
  functionName: 'everything',
  args: [7, -5n, 2n ** 255n + 1n, true, 'größer als 32 Zeichen, damit zwei Wörter nötig sind', '0x010203', '0xdeadbeef', inner,
    [{ inner, signature: `0x${'11'.repeat(65)}`, total: 1000000n }, { inner: { ...inner, who: bob }, signature: '0x', total: 0n }],
    [1, 2, 3], [alice, bob]],
});

const fees = { chainId: 412346, type: 'eip1559', maxFeePerGas: 2_000_000_007n, maxPriorityFeePerGas: 1_000_000_000n };
const rawTransactions = [
  await account.signTransaction({ ...fees, nonce: 0, gas: 21_000n, to: alice, value: 10n ** 18n }),
  await account.signTransaction({ ...fees, nonce: 300, gas: 1_234_567n, to: bob, value: 0n, data: call }),
  await account.signTransaction({ ...fees, nonce: 1, gas: 5_000_000n, data: `0x${'60'.repeat(200)}` }),
  await account.signTransaction({ ...fees, nonce: 2, gas: 100_000n, to: bob, value: 0n, data: `0x${'61'.repeat(55)}` }),
  await account.signTransaction({ ...fees, nonce: 2, gas: 100_000n, to: bob, value: 0n, data: `0x${'61'.repeat(56)}` }),
];

const claims = {
  domain: { name: 'x402 Batch Settlement', version: '1', chainId: 412346, verifyingContract: bob },
  types: {
    ClaimBatch: [{ name: 'claims', type: 'ClaimEntry[]' }],
    ClaimEntry: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'maxClaimableAmount', type: 'uint128' },
      { name: 'totalClaimed', type: 'uint128' },
    ],
  },
  primaryType: 'ClaimBatch',
  message: { claims: [{ channelId: salt, maxClaimableAmount: 5n, totalClaimed: 4n }, { channelId: salt, maxClaimableAmount: 9n, totalClaimed: 0n }] },
};

console.log(JSON.stringify({
  call,
  plain: encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }, { type: 'bytes' }], [salt, 12345n, '0xc0ffee']),
  rawTransactions,
  claimsDigest: hashTypedData(claims),
  claimsSignature: await account.signTypedData(claims),
}));
