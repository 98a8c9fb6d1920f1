// Walks the model of the vote rules at random: the rules as they are must hold, and each broken one must be found.
//   node components/Ncn.Consensus/model/check.mjs [walks]
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const model = join(here, 'votes.qnt');
const quint = join(here, 'node_modules', '.bin', 'quint');
const holding = ['rules', 'thirdButMore'];
const reached = ['someFinal', 'finalOverAGap', 'twoFinal'];

const walks = Number(process.argv[2] ?? 2000);
if (!Number.isInteger(walks) || walks < 1) {
  console.error('Give the number of random walks as a whole number of 1 or more, for example 2000.');
  process.exit(2);
}

if (!existsSync(quint)) {
  execFileSync('npm', ['ci', '--silent', '--no-fund', '--no-audit'], { cwd: here, stdio: 'inherit' });
}

// Quint ends with 1 when it found a violation, and says so.
function isViolated(module, invariant) {
  const run = spawnSync(
    quint,
    ['run', '--backend', 'typescript', '--main', module, '--invariant', invariant, '--max-samples', String(walks), '--max-steps', '40', '--verbosity', '1', model],
    { encoding: 'utf8' },
  );
  const text = run.stdout + run.stderr;
  const found = text.includes('[violation]');
  if (!found && !text.includes('[ok]')) {
    console.error(`The model checker could not run ${module}:\n${text}`);
    process.exit(1);
  }
  return found;
}

const broken = [...readFileSync(model, 'utf8').matchAll(/^module (\w+)/gm)].map(([, name]) => name).filter((name) => name !== 'votes' && !holding.includes(name));
const checks = [
  ...holding.map((module) => ({ module, invariant: 'safe', expected: false })),
  ...reached.map((invariant) => ({ module: 'rules', invariant, expected: true })),
  ...broken.map((module) => ({ module, invariant: 'safe', expected: true })),
];
let wrong = 0;
for (const { module, invariant, expected } of checks) {
  const found = isViolated(module, invariant);
  wrong += found === expected ? 0 : 1;
  console.log(`${found === expected ? 'as it should be' : 'WRONG'}  ${module}  ${invariant}: ${found ? 'a walk breaks it' : `holds in ${walks} walks`}`);
}
console.log(`${checks.length - wrong} passed, ${wrong} failed`);
process.exit(wrong === 0 ? 0 : 1);
