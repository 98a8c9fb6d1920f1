// Compiles probe.sol and prints its creation code as JSON.
import { readFileSync } from 'node:fs';
import solc from 'solc';

const source = readFileSync(new URL('probe.sol', import.meta.url), 'utf8');
const input = {
  language: 'Solidity',
  sources: { 'probe.sol': { content: source } },
  settings: { outputSelection: { '*': { '*': ['evm.bytecode.object'] } } },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
const failed = (output.errors ?? []).find((error) => error.severity === 'error');
if (failed) throw new Error(failed.formattedMessage);
console.log(JSON.stringify({ creationCode: `0x${output.contracts['probe.sol'].Probe.evm.bytecode.object}` }));
