// The stock OpenAI client against an address: node openai.mjs BASE_URL paid|free
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const [baseURL, kind] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'unused', maxRetries: 0 });
const model = 'tiny-chat';
const messages = [{ role: 'user', content: 'What is 12 + 34?' }];

function checkCost(answer) {
  const cost = BigInt(answer.ncn.cost);
  assert.ok(kind === 'paid' ? cost > 0n : cost === 0n, `a ${kind} answer cost ${cost}`);
  assert.equal(answer.ncn.attempts, 1);
}

const models = [];
for await (const entry of client.models.list()) models.push(entry.id);
assert.ok(models.includes(model), `models are ${models}`);

const plain = await client.chat.completions.create({ model, messages, temperature: 0 });
assert.equal(plain.object, 'chat.completion');
assert.equal(plain.choices.length, 1);
assert.equal(plain.choices[0].message.role, 'assistant');
assert.match(plain.choices[0].message.content, /46/);
assert.equal(plain.choices[0].finish_reason, 'stop');
assert.equal(plain.usage.total_tokens, plain.usage.prompt_tokens + plain.usage.completion_tokens);
checkCost(plain);

const stream = await client.chat.completions.create({ model, messages, temperature: 0, stream: true, stream_options: { include_usage: true } });
const chunks = [];
for await (const chunk of stream) chunks.push(chunk);
const text = chunks.map(chunk => chunk.choices[0]?.delta?.content ?? '').join('');
assert.equal(text, plain.choices[0].message.content);
assert.equal(chunks[0].object, 'chat.completion.chunk');
assert.equal(chunks[0].choices[0].delta.role, 'assistant');
assert.equal(new Set(chunks.map(chunk => chunk.id)).size, 1);
assert.ok(chunks.filter(chunk => chunk.choices[0]?.delta?.content).length > 1, 'the answer came in one piece');
assert.equal(chunks.filter(chunk => chunk.choices[0]?.finish_reason).map(chunk => chunk.choices[0].finish_reason).join(), 'stop');
const last = chunks.at(-1);
assert.deepEqual(last.choices, []);
assert.equal(last.usage.completion_tokens, plain.usage.completion_tokens);
assert.equal(last.usage.prompt_tokens, plain.usage.prompt_tokens);
checkCost(last);

const two = await client.chat.completions.create({ model, messages, temperature: 0, n: 2 });
assert.deepEqual(two.choices.map(choice => choice.message.content), [0, 1].map(() => plain.choices[0].message.content));
assert.equal(two.usage.completion_tokens, 2 * plain.usage.completion_tokens);
assert.equal(BigInt(two.ncn.cost), 2n * BigInt(plain.ncn.cost), 'two choices do not cost twice as much as one');
const continued = await client.completions.create({ model, prompt: 'What is 12 + 34?', temperature: 0, max_tokens: 4 });
assert.equal(continued.object, 'text_completion');
checkCost(continued);

await assert.rejects(client.chat.completions.create({ model: 'no-such-model', messages }), error => {
  assert.ok(error instanceof OpenAI.NotFoundError, `${error}`);
  assert.equal(error.status, 404);
  assert.equal(error.code, 'model_not_found');
  assert.equal(error.type, 'invalid_request_error');
  assert.match(error.message, /no-such-model/);
  return true;
});
await assert.rejects(client.chat.completions.create({ model, messages: 'none' }), error => {
  assert.ok(error instanceof OpenAI.BadRequestError, `${error}`);
  assert.equal(error.type, 'invalid_request_error');
  return true;
});
console.log(JSON.stringify({ cost: [plain, last, two, continued].map(answer => answer.ncn.cost) }));
