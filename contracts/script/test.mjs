// Runs forge's tests, the gas snapshot's check, forge fmt and the node tests, and counts them together.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nativeTool } from './native-tool.mjs';

const contractsFolder = fileURLToPath(new URL('..', import.meta.url));

function run(command, parameters) {
  const done = spawnSync(command, parameters, { cwd: contractsFolder, encoding: 'utf8', maxBuffer: 64 << 20 });
  process.stdout.write(done.stdout ?? '');
  process.stderr.write(done.stderr ?? '');
  return { succeeded: done.status === 0, output: done.stdout ?? '' };
}

/** Counts what the output reports; a run that broke without a report counts as one failure. */
function counted({ succeeded, output }, passedPattern, failedPattern) {
  const passed = Number(passedPattern.exec(output)?.[1] ?? 0);
  const failed = Number(failedPattern.exec(output)?.[1] ?? 0);
  return { passed, failed: succeeded ? failed : Math.max(failed, 1) };
}

/** A command that either holds or does not. */
function check({ succeeded }) {
  return { passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1 };
}

const forge = nativeTool('forge');
const nodeTests = ['test/deploy.test.mjs', 'test/golden.test.mjs'];
const results = [
  counted(run(forge, ['test']), /(\d+) tests passed/, /tests passed, (\d+) failed/),
  check(run(forge, ['snapshot', '--match-contract', 'GasTest', '--check', '.gas-snapshot'])),
  check(run(forge, ['fmt', '--check'])),
  counted(run(process.execPath, ['--test', '--test-reporter', 'tap', ...nodeTests]), /^# pass (\d+)$/m, /^# fail (\d+)$/m),
];
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
