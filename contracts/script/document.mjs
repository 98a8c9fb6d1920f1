#!/usr/bin/env node
// Writes the contracts' present addresses into the tables of README.md and ARCHITECTURE.md. Run it after a change of a
// contract; a test holds the tables against the export.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../', import.meta.url));
execFileSync(process.execPath, [join(repository, 'contracts/script/export.mjs')]);
const exported = readFileSync(join(repository, 'artifacts/contracts/ncn-contracts.json'), 'utf8');
const { contracts } = JSON.parse(exported);

for (const file of ['README.md', 'ARCHITECTURE.md']) {
  const path = join(repository, file);
  let text = readFileSync(path, 'utf8');
  for (const [name, { address }] of Object.entries(contracts)) {
    const row = new RegExp(`^(\\| ${name} \\| )\`0x[0-9a-fA-F]{40}\``, 'm');
    if (!row.test(text)) throw new Error(`${file} has no row "| ${name} | \`0x…\`": add it`);
    text = text.replace(row, `$1\`${address}\``);
  }
  writeFileSync(path, text);
}
