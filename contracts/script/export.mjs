#!/usr/bin/env node
// Builds the contracts with forge and writes artifacts/contracts/ncn-contracts.json: for each contract
// its ABI, the creation code ready to send (constructor arguments appended), the CREATE2 salt, the address
// that both give and how to know its code on a chain; and the networks of networks.json. Does nothing when
// no input changed. See contracts/README.md for the format.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { concatHex, encodeAbiParameters, getContractAddress, keccak256, toHex } from 'viem';
import { nativeTool } from './native-tool.mjs';

const contractsFolder = resolve(fileURLToPath(import.meta.url), '../..');
const repository = resolve(contractsFolder, '..');
const outputFolder = join(repository, 'artifacts/contracts');
const outputFile = join(outputFolder, 'ncn-contracts.json');
const networksFile = join(contractsFolder, 'networks.json');
const stampFile = join(outputFolder, 'ncn-contracts.stamp');

/** The keyless CREATE2 deployer that stands at this address on Arbitrum, Ethereum and anvil. */
const deployer = '0x4e59b44847b379578588920cA78FbF26c0B4956C';

/** First account of the well-known anvil mnemonic; it deploys and mints on the forknet only. */
const forknetDeployer = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

/**
 * In the order of deployment: a contract may name an earlier one in its constructor arguments
 * ({ name, type: 'address', contract }). What is `local` stands on the forknet only.
 */
const contracts = [
  { name: 'ValidatorRegistry', constructorArguments: [] },
  { name: 'InferencePayment', constructorArguments: [{ name: 'registry', type: 'address', contract: 'ValidatorRegistry' }] },
  { name: 'Eip3009Collector', constructorArguments: [] },
  { name: 'BootstrapDirectory', constructorArguments: [{ name: 'registry', type: 'address', contract: 'ValidatorRegistry' }] },
  {
    name: 'TestUsd',
    local: true,
    constructorArguments: [{ name: 'minter_', type: 'address', value: forknetDeployer }],
  },
];

function inputFiles() {
  const sources = readdirSync(join(contractsFolder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const settings = ['foundry.toml', 'networks.json', 'script/solc', 'script/export.mjs'].map((file) => join(contractsFolder, file));
  const packages = ['solc', '@openzeppelin/contracts', 'viem'].map((name) =>
    join(repository, 'node_modules', name, 'package.json'));
  return [...sources, ...settings, ...packages].sort();
}

function inputStamp() {
  const hash = createHash('sha256');
  for (const file of inputFiles()) {
    hash.update(relative(repository, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function build() {
  try {
    execFileSync(nativeTool('forge'), ['build', '--quiet', '--skip', 'test'], {
      cwd: contractsFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim();
    throw new Error(`forge could not build ${contractsFolder}: ${output || error.message}`);
  }
}

/** @param known the contracts described so far, by name */
function describe({ name, local = false, constructorArguments: wanted }, known) {
  const artifact = JSON.parse(readFileSync(join(outputFolder, 'out', `${name}.sol`, `${name}.json`), 'utf8'));
  const constructorArguments = wanted.map(({ name: parameter, type, value, contract }) =>
    ({ name: parameter, type, value: value ?? known[contract].address }));
  const encoded = encodeAbiParameters(constructorArguments, constructorArguments.map(({ value }) => value));
  const creationCode = concatHex([artifact.bytecode.object, encoded]);
  const salt = keccak256(toHex(`ncn-network/v2/${name}`));
  const address = getContractAddress({ opcode: 'CREATE2', from: deployer, salt, bytecode: creationCode });
  const runtimeCode = describeRuntimeCode(artifact.deployedBytecode);
  return { address, salt, local, constructorArguments, creationCode, runtimeCode, abi: artifact.abi };
}

/** The code without the values of its immutables, which the compiler leaves as zeroes and the constructor fills in. */
function describeRuntimeCode({ object, immutableReferences = {} }) {
  const immutables = Object.values(immutableReferences).flat().sort((left, right) => left.start - right.start);
  return { hash: keccak256(object), immutables };
}

/** The networks, with the address of a token that is one of the contracts. */
function describeNetworks(known) {
  const networks = JSON.parse(readFileSync(networksFile, 'utf8'));
  return Object.fromEntries(Object.entries(networks).map(([name, { token: { contract, ...token }, ...network }]) =>
    [name, { ...network, token: contract ? { address: known[contract].address, ...token } : token }]));
}

function writeWhole(file, text) {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, text);
  renameSync(partial, file);
}

const stamp = inputStamp();
const isCurrent = existsSync(outputFile) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
if (!isCurrent) {
  mkdirSync(outputFolder, { recursive: true });
  build();
  const described = {};
  for (const contract of contracts) described[contract.name] = describe(contract, described);
  const deploymentOrder = contracts.map(({ name }) => name);
  const exported = { deployer, deploymentOrder, networks: describeNetworks(described), contracts: described };
  writeWhole(outputFile, `${JSON.stringify(exported, null, 1)}\n`);
  writeWhole(stampFile, stamp);
}
process.stdout.write(`${relative(process.cwd(), outputFile)}${isCurrent ? ' is current' : ' written'}\n`);
