// Which branches of src/ the tests take: prints them by file and in total, and fails below the limit.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nativeTool } from './native-tool.mjs';

const contractsFolder = fileURLToPath(new URL('..', import.meta.url));
const outputFolder = fileURLToPath(new URL('../../artifacts/contracts/', import.meta.url));
const reportFile = `${outputFolder}coverage.lcov`;
const limit = 0.95;

// Nothing is optimized for coverage, so gas and the code's size say nothing.
const parameters = [
  'coverage', '--report', 'lcov', '--report-file', reportFile,
  '--no-match-contract', 'GasTest', '--no-match-test', '^test_TheCodeFitsOnEveryChain', '--no-match-coverage', '^(test|script)/',
];

/** Runs the tests and answers with forge's report. */
function report() {
  mkdirSync(outputFolder, { recursive: true });
  rmSync(reportFile, { force: true });
  const env = { ...process.env, FOUNDRY_PROFILE: 'coverage' };
  const run = spawnSync(nativeTool('forge'), parameters, { cwd: contractsFolder, env, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (run.status === 0) return readFileSync(reportFile, 'utf8');
  process.stderr.write(`${run.stdout}${run.stderr}`);
  throw new Error('forge coverage failed; see above');
}

/** By file of src/, how often each branch was taken. */
function branches(lcov) {
  const files = new Map();
  let taken;
  for (const line of lcov.split('\n')) {
    const [key, value] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)];
    if (key === 'SF') taken = value.startsWith('src/') ? new Map() : undefined;
    if (key === 'SF' && taken) files.set(value, taken);
    if (key !== 'BRDA' || !taken) continue;
    const parts = value.split(',');
    taken.set(parts.slice(0, 3).join(','), Number(parts[3]) || 0);
  }
  return files;
}

/** Sources with branches in them that the report leaves out: forge does that silently. */
function lost(files) {
  const sources = readdirSync(`${contractsFolder}src`, { recursive: true }).filter((name) => name.endsWith('.sol'));
  return sources.map((name) => `src/${name}`)
    .filter((name) => !files.has(name) && /^\s*(\} )?(if|else|for|try|assert|require)\b/m.test(readFileSync(`${contractsFolder}${name}`, 'utf8')));
}

const files = branches(report());
const unseen = lost(files);
if (unseen.length > 0) throw new Error(`forge coverage reported nothing about ${unseen.join(', ')}`);

let [all, seen] = [0, 0];
for (const [file, taken] of files) {
  const missed = [...taken].filter(([, count]) => count === 0).map(([branch]) => branch.split(',')[0]);
  all += taken.size;
  seen += taken.size - missed.length;
  const where = missed.length === 0 ? '' : `, not those of line ${missed.join(', ')}`;
  process.stdout.write(`${file}: ${taken.size - missed.length} of ${taken.size} branches${where}\n`);
}
process.stdout.write(`${seen} of ${all} branches, ${(100 * seen / all).toFixed(1)} %; the limit is ${100 * limit} %\n`);
process.exitCode = all > 0 && seen >= limit * all ? 0 : 1;
