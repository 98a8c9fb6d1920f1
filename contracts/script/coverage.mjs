// Which branches of src/ the tests take: prints a table and fails below the limit. Sources that are compiled in two
// ways (see foundry.toml) count once, by what either was seen to do.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nativeTool } from './native-tool.mjs';

const contractsFolder = fileURLToPath(new URL('..', import.meta.url));
const outputFolder = fileURLToPath(new URL('../../artifacts/contracts/', import.meta.url));
const reportFile = `${outputFolder}coverage.lcov`;
const limit = 0.95;

/** By file of src/, how often each branch was taken. */
function branches(report) {
  const files = {};
  let taken;
  for (const line of report.split('\n')) {
    const [key, value] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)];
    if (key === 'SF') taken = value.startsWith('src/') ? (files[value] = new Map()) : undefined;
    if (key !== 'BRDA' || !taken) continue;
    const parts = value.split(',');
    const branch = parts.slice(0, 3).join(',');
    taken.set(branch, Math.max(taken.get(branch) ?? 0, Number(parts[3]) || 0));
  }
  return files;
}

mkdirSync(outputFolder, { recursive: true });
const parameters = ['coverage', '--no-match-contract', 'GasTest', '--no-match-coverage', '^(test|script)/', '--report', 'lcov', '--report-file', reportFile];
const run = spawnSync(nativeTool('forge'), parameters, { cwd: contractsFolder, stdio: ['ignore', 'ignore', 'inherit'] });
if (run.status !== 0) throw new Error('forge coverage failed; see above');

let [all, seen] = [0, 0];
for (const [file, taken] of Object.entries(branches(readFileSync(reportFile, 'utf8')))) {
  const missed = [...taken].filter(([, count]) => count === 0).map(([branch]) => branch.split(',')[0]);
  all += taken.size;
  seen += taken.size - missed.length;
  process.stdout.write(`${file}: ${taken.size - missed.length} of ${taken.size} branches${missed.length ? `, not those of line ${missed.join(', ')}` : ''}\n`);
}
process.stdout.write(`${seen} of ${all} branches, ${(100 * seen / all).toFixed(1)} %; the limit is ${100 * limit} %\n`);
process.exitCode = seen >= limit * all ? 0 : 1;
