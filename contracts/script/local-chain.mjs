// A chain of one's own for a script or a test: anvil on a loopback port that the system chooses.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { nativeTool } from './native-tool.mjs';

/**
 * Starts anvil and waits until it listens.
 * @param {number} chainId
 * @param {string[]} options more options of anvil
 * @returns its address, and what ends it
 */
export async function startAnvil(chainId, ...options) {
  const anvil = spawn(
    nativeTool('anvil'), ['--host', '127.0.0.1', '--port', '0', '--chain-id', String(chainId), ...options],
    { stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = async () => {
    anvil.kill();
    await once(anvil, 'exit');
  };
  const port = await listeningPort(anvil.stdout);
  // A pipe that nobody reads fills up, and anvil, which writes a line for every call, would stand still.
  anvil.stdout.resume();
  return { url: `http://127.0.0.1:${port}`, stop };
}

async function listeningPort(output) {
  for await (const line of createInterface({ input: output })) {
    const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port) return Number(port);
  }
  throw new Error('anvil ended before it listened');
}
