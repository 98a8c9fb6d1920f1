// Where npm put the native binary of a Foundry tool. The wrapper in node_modules/.bin exits 0 when the
// tool fails and stands between a caller and the process that it wants to end.
import { createRequire } from 'node:module';

const architectures = { x64: 'amd64', arm64: 'arm64' };

/** @param {'anvil' | 'cast' | 'forge'} tool */
export function nativeTool(tool) {
  const architecture = architectures[process.arch] ?? process.arch;
  return createRequire(import.meta.url).resolve(
    `@foundry-rs/${tool}-${process.platform}-${architecture}/bin/${tool}`);
}
