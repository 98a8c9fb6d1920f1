// A page in Debian's chromium: chats over the browser's own WebSocket, cancels, loses its connection and resumes.
// node browser.mjs WEBSOCKET
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const browser = await chromium.launch({ executablePath: process.env.NCN_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
try {
  const page = await browser.newPage();
  const said = await page.evaluate(async address => {
    const open = () => new Promise((resolve, reject) => {
      const socket = new WebSocket(address, 'ncn.v1');
      const frames = [];
      let wake = () => {};
      socket.onopen = () => resolve({
        socket,
        send: frame => socket.send(JSON.stringify(frame)),
        next: async () => {
          while (frames.length === 0) await new Promise(arrived => { wake = arrived; });
          return frames.shift();
        },
      });
      socket.onmessage = message => { frames.push(JSON.parse(message.data)); wake(); };
      socket.onerror = () => reject(new Error('the socket failed'));
    });
    const body = (question, tokens) => ({ model: 'tiny-chat', messages: [{ role: 'user', content: question }], max_tokens: tokens, temperature: 0, seed: 7, stream: true });
    const request = (id, question, headers, tokens = 32) => ({ id, type: 'request', path: '/v1/chat/completions', headers, body: body(question, tokens) });
    const content = frame => frame.data?.choices?.[0]?.delta?.content ?? '';
    const toEnd = async (socket, id) => {
      const seen = [];
      while (true) {
        const frame = await socket.next();
        if (frame.id !== id) continue;
        seen.push(frame);
        if (!['started', 'event'].includes(frame.type)) return seen;
      }
    };

    // Two requests at once; each event has a number; the last one says what it cost.
    const first = await open();
    first.send(request('a', 'What is 20 + 22?', {}));
    first.send({ id: 'b', type: 'request', method: 'GET', path: '/v1/models' });
    const whole = await toEnd(first, 'a');

    // A ping, and a long answer that is cancelled after its first event; again if it had ended before the word came.
    first.send({ id: 'p', type: 'ping' });
    const pong = await toEnd(first, 'p');
    let frame;
    let cancelled = [];
    for (let tries = 0; tries < 5 && cancelled.at(-1)?.type !== 'cancelled'; tries++) {
      const id = `c${tries}`;
      first.send(request(id, 'Count from 1 to 60', {}, 200));
      do frame = await first.next(); while (frame.id !== id || frame.type !== 'event');
      first.send({ id, type: 'cancel' });
      cancelled = await toEnd(first, id);
    }

    // A connection that is lost after two events, and the rest over another one.
    const key = `browser-${Math.random()}`;
    first.send(request('d', 'What is 20 + 22?', { 'Idempotency-Key': key }));
    const before = [];
    while (before.length < 2) {
      frame = await first.next();
      if (frame.id === 'd' && frame.type === 'event') before.push(frame);
    }
    first.socket.close();
    const second = await open();
    second.send({ id: 'e', type: 'resume', request: before[1].request, after: before[1].sequence });
    const after = await toEnd(second, 'e');
    second.socket.close();
    return {
      types: [...new Set(whole.map(one => one.type))], protocol: first.socket.protocol,
      text: whole.map(content).join(''), usage: whole.filter(one => one.type === 'event').at(-1).data.usage,
      pong: pong.at(-1).type, cancelled: cancelled.at(-1).type,
      resumed: [...before, ...after].map(content).join(''), afterTypes: [...new Set(after.map(one => one.type))],
    };
  }, process.argv[2]);
  assert.deepEqual(said.types, ['started', 'event', 'done']);
  assert.equal(said.protocol, 'ncn.v1');
  assert.match(said.text, /42/);
  assert.ok(said.usage.completion_tokens > 0);
  assert.deepEqual([said.pong, said.cancelled], ['pong', 'cancelled']);
  assert.deepEqual(said.afterTypes, ['started', 'event', 'done']);
  assert.equal(said.resumed, said.text);
  console.log(JSON.stringify(said));
} finally {
  await browser.close();
}
