#!/usr/bin/env node
// Writes test/golden/typed-data.json: for every case of every file in golden/, the EIP-712 digest that
// viem computes. Solidity and C# check theirs against it. With --check it writes nothing and fails when
// the file is not what it would write.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hashTypedData } from 'viem';

const goldenFile = new URL('../test/golden/typed-data.json', import.meta.url);
const casesFolder = new URL('golden/', import.meta.url);

async function allCases() {
  const files = readdirSync(casesFolder).filter((name) => name.endsWith('.mjs')).sort();
  const modules = await Promise.all(files.map((name) => import(new URL(name, casesFolder).href)));
  return modules.flatMap(({ cases }) => cases);
}

function withDigest(golden) {
  const { type, domain, types, message } = golden;
  return { ...golden, digest: hashTypedData({ domain, types, primaryType: type, message }) };
}

const text = `${JSON.stringify({ cases: (await allCases()).map(withDigest) }, null, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(goldenFile, text);
} else if (readFileSync(goldenFile, 'utf8') !== text) {
  process.stderr.write('contracts/test/golden/typed-data.json is not what contracts/script/golden.mjs writes; run it and review the change\n');
  process.exitCode = 1;
}
