// The stock OpenAI client's responses, files and batches against an address: node later.mjs BASE_URL
import assert from 'node:assert/strict';
import OpenAI, { toFile } from 'openai';

const [baseURL] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'one of my own', maxRetries: 0 });
const model = 'tiny-chat';
const cost = [];

const plain = await client.responses.create({ model, input: 'What is 12 + 34?', temperature: 0, metadata: { tag: 'sum' } });
assert.equal(plain.status, 'completed');
assert.match(plain.output_text, /46/);
assert.equal(plain.usage.total_tokens, plain.usage.input_tokens + plain.usage.output_tokens);
assert.equal(plain.metadata.tag, 'sum');
cost.push(plain.usage.cost);

const again = await client.responses.retrieve(plain.id);
assert.deepEqual(again.output, plain.output);
const items = [];
for await (const item of client.responses.inputItems.list(plain.id)) items.push(item);
assert.equal(items[0].content[0].text, 'What is 12 + 34?');

const stream = await client.responses.create({ model, input: 'What is 12 + 34?', temperature: 0, stream: true });
const events = [];
for await (const event of stream) events.push(event);
assert.deepEqual(events.map(event => event.sequence_number), events.map((_, index) => index));
assert.deepEqual(events.slice(0, 2).map(event => event.type), ['response.created', 'response.in_progress']);
const text = events.filter(event => event.type === 'response.output_text.delta').map(event => event.delta).join('');
assert.equal(text, plain.output_text);
const done = events.at(-1);
assert.equal(done.type, 'response.completed');
assert.equal(done.response.output[0].content[0].text, text);
cost.push(done.response.usage.cost);

const middle = Math.floor(events.length / 2);
const rest = [];
for await (const event of await client.responses.retrieve(done.response.id, { stream: true, starting_after: middle })) rest.push(event);
assert.deepEqual(rest, events.slice(middle + 1));

const next = await client.responses.create({ model, input: 'And again?', previous_response_id: plain.id, temperature: 0, max_output_tokens: 4 });
assert.equal(next.previous_response_id, plain.id);
assert.ok(next.usage.input_tokens > plain.usage.input_tokens);
cost.push(next.usage.cost);
const kept = await client.responses.retrieve(next.id);
assert.equal(kept.status, next.status);

let later = await client.responses.create({ model, input: 'What is 12 + 34?', temperature: 0, background: true });
assert.equal(later.status, 'queued');
const until = Date.now() + 60_000;
while (['queued', 'in_progress'].includes(later.status) && Date.now() < until) {
  await new Promise(resolve => setTimeout(resolve, 100));
  later = await client.responses.retrieve(later.id);
}
assert.equal(later.status, 'completed');
assert.match(later.output_text, /46/);
cost.push(later.usage.cost);

await client.responses.delete(plain.id);
await assert.rejects(client.responses.retrieve(plain.id), OpenAI.NotFoundError);

const lines = [1, 2, 3].map(number => ({
  custom_id: `sum-${number}`, method: 'POST', url: '/v1/chat/completions',
  body: { model, temperature: 0, max_tokens: 16, messages: [{ role: 'user', content: `What is 12 + ${number}?` }] },
}));
const file = await client.files.create({ purpose: 'batch', file: await toFile(Buffer.from(lines.map(line => JSON.stringify(line)).join('\n')), 'sums.jsonl') });
assert.equal(file.purpose, 'batch');
const files = [];
for await (const entry of client.files.list()) files.push(entry.id);
assert.ok(files.includes(file.id));
let batch = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { tag: 'sums' } });
assert.equal(batch.status, 'in_progress');
assert.equal(batch.request_counts.total, 3);
const end = Date.now() + 90_000;
while (batch.status !== 'completed' && Date.now() < end) {
  await new Promise(resolve => setTimeout(resolve, 100));
  batch = await client.batches.retrieve(batch.id);
}
assert.equal(batch.status, 'completed');
assert.deepEqual(batch.request_counts, { total: 3, completed: 3, failed: 0 });
const output = (await (await client.files.content(batch.output_file_id)).text()).trim().split('\n').map(line => JSON.parse(line));
assert.deepEqual(output.map(line => line.custom_id).sort(), ['sum-1', 'sum-2', 'sum-3']);
assert.ok(output.every(line => line.response.status_code === 200 && line.response.body.choices[0].message.content.length > 0));
const sum = output.map(line => BigInt(line.response.body.ncn.cost)).reduce((a, b) => a + b);
assert.equal(sum, BigInt(batch.ncn.cost));
cost.push(batch.ncn.cost);
const batches = [];
for await (const entry of client.batches.list()) batches.push(entry.id);
assert.ok(batches.includes(batch.id));
await client.files.delete(file.id);
await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
console.log(JSON.stringify({ cost }));
