// The golden file is what the independent JavaScript library says now, so that no digest in it is stale.
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('the golden files are current', () => {
  execFileSync(process.execPath, [fileURLToPath(new URL('../script/golden.mjs', import.meta.url)), '--check']);
});
