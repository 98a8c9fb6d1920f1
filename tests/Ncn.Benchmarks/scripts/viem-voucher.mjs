// Verifies one x402 batch-settlement voucher again and again with viem. Reads {address, domain, message, signature} as its first line; each
// further line is a number of verifications, which it answers with {wall, cpu}: microseconds for one, wall time as the median of batches.
import { createInterface } from 'node:readline';
import { verifyTypedData } from 'viem';

const types = { Voucher: [{ name: 'channelId', type: 'bytes32' }, { name: 'maxClaimableAmount', type: 'uint128' }] };
const batch = 2;
let voucher;

async function verify(count) {
  for (let i = 0; i < count; i++) {
    if (!(await verifyTypedData(voucher))) throw new Error('viem does not take the voucher');
  }
}

async function measure(count) {
  const walls = [];
  const cpu = process.cpuUsage();
  for (let done = 0; done < count; done += batch) {
    const start = process.hrtime.bigint();
    await verify(batch);
    walls.push(Number(process.hrtime.bigint() - start) / 1000 / batch);
  }
  const used = process.cpuUsage(cpu);
  walls.sort((a, b) => a - b);
  return { wall: walls[Math.floor(walls.length / 2)], cpu: (used.user + used.system) / (walls.length * batch) };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!voucher) {
    const given = JSON.parse(line);
    const message = { ...given.message, maxClaimableAmount: BigInt(given.message.maxClaimableAmount) };
    voucher = { ...given, message, types, primaryType: 'Voucher' };
  } else {
    console.log(JSON.stringify(await measure(Number(line))));
  }
}
