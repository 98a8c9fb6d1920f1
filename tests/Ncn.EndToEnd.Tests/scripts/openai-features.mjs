// All that the stock OpenAI client asks of the text endpoints, on a free network: node openai-features.mjs BASE_URL EMBEDDING_MODEL
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const [baseURL, embeddingModel] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'unused', maxRetries: 0 });
const model = 'tiny-chat';
const messages = [{ role: 'user', content: 'What is 12 + 34?' }];
const text = chunks => chunks.map(chunk => chunk.choices[0]?.delta?.content ?? '').join('');
const all = async stream => { const seen = []; for await (const each of stream) seen.push(each); return seen; };

async function models() {
  const one = await client.models.retrieve(model);
  assert.deepEqual([one.id, one.object, one.owned_by], [model, 'model', 'ncn']);
  const { data, response, request_id } = await client.models.list().withResponse();
  assert.ok(data.data.some(entry => entry.id === embeddingModel && entry.ncn.kind === 'embedding'));
  assert.ok(request_id && response.headers.get('openai-processing-ms') !== null, 'the headers that clients read are missing');
  await assert.rejects(client.models.retrieve('none'), error => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found' && !!error.requestID);
}

async function choices() {
  const answer = await client.chat.completions.create({
    model, messages, n: 3, temperature: 1, seed: 5, max_tokens: 12, logprobs: true, top_logprobs: 2, user: 'u', metadata: { a: 'b' }, store: true, service_tier: 'auto',
    reasoning_effort: 'low', presence_penalty: 0.1, frequency_penalty: 0.1, logit_bias: { 5: -1 }, top_p: 0.9, parallel_tool_calls: true,
  });
  assert.deepEqual(answer.choices.map(choice => choice.index), [0, 1, 2]);
  for (const { logprobs, message } of answer.choices) {
    assert.ok(logprobs.content.length > 0 && logprobs.content.every(token => token.top_logprobs.length === 2 && token.logprob <= 0 && token.bytes.length > 0));
    const told = Buffer.from(logprobs.content.flatMap(token => token.bytes)).toString();
    assert.ok(told.startsWith(message.content), `${told} is not ${message.content}`);
  }
  assert.equal(answer.ncn.choices.length, 3);
  assert.match(answer._request_id, /^0x/);
  const again = await client.chat.completions.create({ model, messages, n: 3, temperature: 1, seed: 5, max_tokens: 12, presence_penalty: 0.1, frequency_penalty: 0.1, logit_bias: { 5: -1 }, top_p: 0.9 });
  assert.deepEqual(again.choices.map(choice => choice.message.content), answer.choices.map(choice => choice.message.content));

  const chunks = await all(await client.chat.completions.create({ model, messages, n: 2, temperature: 0, stream: true, logprobs: true, stream_options: { include_usage: true } }));
  for (const index of [0, 1]) {
    const own = chunks.filter(chunk => chunk.choices[0]?.index === index);
    assert.match(text(own), /46/);
    assert.equal(own.filter(chunk => chunk.choices[0].finish_reason).length, 1);
    assert.ok(own.some(chunk => chunk.choices[0].logprobs?.content.length > 0));
  }
  assert.ok(chunks.slice(0, -1).every(chunk => chunk.usage === null), 'a chunk before the last has usage');
  assert.ok(chunks.at(-1).usage.completion_tokens > 0 && chunks.at(-1).choices.length === 0);
}

async function formed() {
  const stopped = await client.chat.completions.create({ model, messages, temperature: 0, stop: ['46', 'x', 'y', 'z', 'w'] });
  assert.ok(!stopped.choices[0].message.content.includes('46') && stopped.choices[0].finish_reason === 'stop');
  const schema = { type: 'object', properties: { sum: { enum: [46, 47] } }, required: ['sum'], additionalProperties: false };
  const parsed = await client.chat.completions.parse({ model, messages, temperature: 0, response_format: { type: 'json_schema', json_schema: { name: 's', strict: true, schema } } });
  assert.ok([46, 47].includes(parsed.choices[0].message.parsed.sum));
  const short = await client.chat.completions.create({ model, messages, temperature: 0, max_completion_tokens: 1 });
  assert.equal(short.choices[0].finish_reason, 'length');
}

async function tools() {
  const parameters = { type: 'object', properties: { unit: { enum: ['celsius', 'kelvin'] } }, required: ['unit'], additionalProperties: false };
  const weather = { type: 'function', function: { name: 'weather', description: 'How warm it is.', parameters } };
  const time = { type: 'function', function: { name: 'time', parameters: { type: 'object', properties: {}, additionalProperties: false } } };
  const ask = { model, messages: [{ role: 'user', content: 'How warm is it?' }], temperature: 0, max_completion_tokens: 500, tools: [weather, time] };
  const forced = await client.chat.completions.create({ ...ask, tool_choice: { type: 'function', function: { name: 'weather' } } });
  const { message, finish_reason } = forced.choices[0];
  assert.deepEqual([finish_reason, message.content, message.tool_calls.length], ['tool_calls', null, 1]);
  assert.equal(message.tool_calls[0].function.name, 'weather');
  assert.ok(['celsius', 'kelvin'].includes(JSON.parse(message.tool_calls[0].function.arguments).unit));

  const required = await client.chat.completions.create({ ...ask, tool_choice: 'required' });
  assert.ok(['weather', 'time'].includes(required.choices[0].message.tool_calls[0].function.name));
  JSON.parse(required.choices[0].message.tool_calls[0].function.arguments);

  const stream = client.chat.completions.stream({ ...ask, n: 2, tool_choice: 'required', stream_options: { include_usage: true } });
  const final = await stream.finalChatCompletion();
  assert.equal(final.choices.length, 2);
  for (const choice of final.choices) {
    assert.equal(choice.finish_reason, 'tool_calls');
    assert.deepEqual(choice.message.tool_calls.map(call => call.function.name), required.choices[0].message.tool_calls.map(call => call.function.name));
    assert.match(choice.message.tool_calls[0].id, /^call_/);
  }
  const none = await client.chat.completions.create({ ...ask, tool_choice: 'none', max_tokens: 8 });
  assert.equal(none.choices[0].message.tool_calls, undefined);
  await assert.rejects(client.chat.completions.create({ ...ask, tool_choice: 'auto' }), error => error instanceof OpenAI.BadRequestError && /no tools/.test(error.message));
}

async function completions() {
  const ask = { model, prompt: '<|im_start|>user\nWhat is 12 + 34?<|im_end|>\n<|im_start|>assistant\n', temperature: 0, max_tokens: 40 };
  const plain = await client.completions.create({ ...ask, logprobs: 2 });
  assert.equal(plain.object, 'text_completion');
  const { tokens, token_logprobs, top_logprobs, text_offset } = plain.choices[0].logprobs;
  assert.ok(tokens.length > 0 && [token_logprobs, top_logprobs, text_offset].every(each => each.length === tokens.length));
  const chunks = await all(await client.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } }));
  assert.equal(chunks.map(chunk => chunk.choices[0]?.text ?? '').join(''), plain.choices[0].text);
  assert.equal(chunks.at(-1).usage.total_tokens, plain.usage.total_tokens);
  const several = await client.completions.create({ model, prompt: [[40, 41, 42], [43]], n: 2, max_tokens: 2 });
  assert.deepEqual(several.choices.map(choice => choice.index), [0, 1, 2, 3]);
  assert.equal(several.usage.prompt_tokens, 8);
  await assert.rejects(client.completions.create({ ...ask, echo: true }), error => error.status === 400 && error.param === 'echo' && error.code === 'unsupported_parameter');
  await assert.rejects(client.completions.create({ ...ask, suffix: 'x' }), error => error.param === 'suffix');
}

async function embeddings() {
  const input = ['one text', 'another one'];
  const numbers = await client.embeddings.create({ model: embeddingModel, input, encoding_format: 'float' });
  const usual = await client.embeddings.create({ model: embeddingModel, input });
  assert.equal(numbers.data.length, 2);
  assert.ok(numbers.data[0].embedding.length > 8 && numbers.usage.prompt_tokens > 0);
  usual.data.forEach(({ embedding, index }) => embedding.forEach((value, at) => assert.ok(Math.abs(value - numbers.data[index].embedding[at]) < 1e-6)));
  const short = await client.embeddings.create({ model: embeddingModel, input: 'one text', dimensions: 4, encoding_format: 'float' });
  assert.equal(short.data[0].embedding.length, 4);
  const tokens = await client.embeddings.create({ model: embeddingModel, input: [[40, 41], [42]], encoding_format: 'float' });
  assert.equal(tokens.usage.prompt_tokens, 3);
  await assert.rejects(client.embeddings.create({ model: embeddingModel, input: 'x', dimensions: 4000 }), error => error.status === 400 && /dimensions/.test(error.message));
  await assert.rejects(client.embeddings.create({ model, input: 'x' }), error => error.status === 400 && error.code === 'wrong_kind' && /chat/.test(error.message));
  await assert.rejects(client.chat.completions.create({ model: embeddingModel, messages }), error => error.code === 'wrong_kind');
}

async function errors() {
  const refused = (more, param, code) => assert.rejects(client.chat.completions.create({ model, messages, ...more }), error => {
    assert.deepEqual([error.status, error.type, error.param, error.code], [400, 'invalid_request_error', param, code], error.message);
    return true;
  });
  await refused({ n: 9 }, 'n', 'invalid_value');
  await refused({ functions: [{ name: 'f' }] }, 'functions', 'unsupported_parameter');
  await refused({ modalities: ['audio'] }, 'modalities', 'unsupported_value');
  await refused({ temperature: 3 }, 'temperature', 'invalid_value');
  await refused({ provider: { require_parameters: true }, sparkle: 1 }, 'sparkle', 'unknown_parameter');
  await refused({ max_tokens: 2000 }, 'max_tokens', 'context_length_exceeded');
  await assert.rejects(
    client.chat.completions.create({ model, messages: [{ role: 'user', content: 'What is 1 + 2? '.repeat(200) }] }),
    error => error.status === 400 && error.code === 'context_length_exceeded' && /context/.test(error.message));
}

for (const part of [models, choices, formed, tools, completions, embeddings, errors]) {
  try {
    await part();
  } catch (error) {
    throw new Error(`${part.name}: ${error.message}`, { cause: error });
  }
}
