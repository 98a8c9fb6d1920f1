// What an independent implementation says of fingerprints (components/Ncn.Protocol/Fingerprints): chosen positions, rounded
// log-probabilities, bytes, leaves and roots. golden.mjs writes it to test/golden/fingerprints.json.
import { concatHex, hexToBytes, keccak256, numberToHex } from 'viem';

const uint32 = (value) => numberToHex(value, { size: 4 });
const int32 = (value) => numberToHex(value, { size: 4, signed: true });

function positions(jobHash, tokens) {
  const chosen = [];
  for (let window = 0; 16 * window < tokens; window += 1) {
    const [first] = hexToBytes(keccak256(concatHex([jobHash, uint32(window)])));
    chosen.push(16 * window + (first % 16));
  }
  return [...new Set([...chosen.filter((position) => position < tokens), ...(tokens > 0 ? [tokens - 1] : [])])].sort((a, b) => a - b);
}

function roundHalfToEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

const steps = (logprob) => Math.max(-(2 ** 31) + 1, roundHalfToEven(Math.fround(logprob) * 4096));

function rounded(top) {
  const tokens = top.map(([token, logprob]) => [token, steps(logprob)]);
  return tokens.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
}

function bytesOf({ position, token, top }) {
  const places = [...rounded(top).map(([id, logprob]) => concatHex([uint32(id), int32(logprob)]))];
  while (places.length < 8) places.push('0xffffffff80000000');
  return concatHex([uint32(position), uint32(token), ...places]);
}

const pair = (a, b) => keccak256(BigInt(a) < BigInt(b) ? concatHex([a, b]) : concatHex([b, a]));

function rootOf(row) {
  if (row.length === 0) return `0x${'00'.repeat(32)}`;
  if (row.length === 1) return row[0];
  const above = [];
  for (let i = 0; i < row.length; i += 2) above.push(i + 1 < row.length ? pair(row[i], row[i + 1]) : row[i]);
  return rootOf(above);
}

function setOf(fingerprints) {
  const leaves = fingerprints.map((fingerprint) => keccak256(bytesOf(fingerprint)));
  return {
    fingerprints: fingerprints.map((fingerprint) => ({ ...fingerprint, rounded: rounded(fingerprint.top) })),
    encoded: fingerprints.length === 0 ? '0x' : concatHex(['0x01', ...fingerprints.map(bytesOf)]),
    leaves,
    root: rootOf(leaves),
  };
}

const jobHashes = [`0x${'00'.repeat(32)}`, `0x${'a7'.repeat(32)}`, keccak256('0x6e636e')];
const lengths = [0, 1, 2, 15, 16, 17, 32, 33, 100, 1000];

// Eight tokens whose log-probabilities fall off from this one; the numbers are exact in single precision.
const falling = (from) => Array.from({ length: 8 }, (_, i) => [100 * (i + 1) + from, -0.125 - i * 1.375 - from / 64]);
const many = (count) => Array.from({ length: count }, (_, i) => ({ position: 16 * i + (i % 16), token: 7 * i, top: falling(i) }));
const odd = [
  // Ties after rounding, ties between two steps, two tokens only, the lowest log-probability, certainty.
  { position: 0, token: 9, top: [[9, -0.5], [4, -0.5000001], [3, -1.5 / 4096 - 1], [2, -2.5 / 4096 - 1]] },
  { position: 5, token: 0, top: [[0, 0], [1, -3.4e38]] },
  { position: 2147483647, token: 2147483647, top: [[2147483647, -1e-9]] },
];

export const vectors = {
  positions: jobHashes.flatMap((jobHash) => lengths.map((tokens) => ({ jobHash, tokens, positions: positions(jobHash, tokens) }))),
  sets: [[], many(1), many(2), many(3), many(5), many(8), many(19), odd].map(setOf),
};
