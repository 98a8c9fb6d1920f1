#!/usr/bin/env node
// Writes test/golden/typed-data.json: for every case of every file in golden/, the EIP-712 digest that
// viem computes. Solidity and C# check theirs against it. And test/golden/fingerprints.json, which C# checks.
// With --check it writes nothing and fails when a file is not what it would write.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hashTypedData } from 'viem';
import { vectors } from './fingerprints.mjs';

const goldenFolder = new URL('../test/golden/', import.meta.url);
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

function write(name, content) {
  const file = new URL(name, goldenFolder);
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`contracts/test/golden/${name} is not what contracts/script/golden.mjs writes; run it and review the change\n`);
    process.exitCode = 1;
  }
}

write('typed-data.json', { cases: (await allCases()).map(withDigest) });
write('fingerprints.json', vectors);
