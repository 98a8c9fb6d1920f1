// The Open Inference Protocol over gRPC, by a client made from the published proto: grpc-js, which knows nothing of this network.
// node inference-grpc.mjs TEXT_ADDRESS VISION_ADDRESS
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const definition = loader.loadSync(fileURLToPath(new URL('./open_inference_grpc.proto', import.meta.url)), { keepCase: true, defaults: true, oneofs: true });
const { GRPCInferenceService } = grpc.loadPackageDefinition(definition).inference;
const [text, vision] = process.argv.slice(2).map(address => new GRPCInferenceService(address, grpc.credentials.createInsecure()));
const call = (client, method, request) => promisify(client[method].bind(client))(request);
const refused = (client, method, request) => call(client, method, request).then(() => assert.fail(`${method} was answered`), error => error);
const textOf = response => response.raw_output_contents[0].subarray(4).toString('utf8');

for (const client of [text, vision]) {
  assert.equal((await call(client, 'ServerLive', {})).live, true);
  assert.equal((await call(client, 'ServerReady', {})).ready, true);
}
assert.equal((await call(text, 'ServerMetadata', {})).name, 'ncn-gateway');
assert.equal((await call(vision, 'ModelReady', { name: 'digits' })).ready, true);
const digits = await call(vision, 'ModelMetadata', { name: 'digits' });
assert.deepEqual(digits.inputs.map(({ name, datatype }) => [name, datatype]), [['image', 'FP32']]);
const chat = await call(text, 'ModelMetadata', { name: 'tiny-chat' });
assert.deepEqual([chat.inputs[0].name, chat.outputs[0].name], ['text_input', 'text_output']);

// Tensors, typed and raw: the same answer, with evidence.
const image = { model_name: 'digits', id: 'mine', inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 1, 8, 8], contents: { fp32_contents: new Array(64).fill(0.5) } }] };
const typed = await call(vision, 'ModelInfer', image);
assert.equal(typed.id, 'mine');
assert.equal(typed.raw_output_contents[0].length, 40);
assert.equal(JSON.parse(typed.parameters.ncn.string_param).cost, '0');
const raw = await call(vision, 'ModelInfer', {
  model_name: 'digits', inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 1, 8, 8] }],
  raw_input_contents: [Buffer.from(new Float32Array(64).fill(0.5).buffer)],
});
assert.deepEqual(raw.raw_output_contents[0], typed.raw_output_contents[0]);

// Text, whole and piece by piece, with an error in between that does not end the stream.
const prompt = { model_name: 'tiny-chat', inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [Buffer.from('What is 12 + 34?')] } }],
  parameters: { max_tokens: { int64_param: 24 }, seed: { int64_param: 7 } } };
const whole = await call(text, 'ModelInfer', prompt);
assert.ok(textOf(whole).length > 0);
const messages = await new Promise((resolve, reject) => {
  const seen = [];
  const stream = text.ModelStreamInfer();
  stream.on('data', message => seen.push(message)).on('error', reject).on('end', () => resolve(seen));
  stream.write({ ...prompt, id: 'first' });
  stream.write({ ...prompt, id: 'none', model_name: 'no-such-model' });
  stream.write({ ...prompt, id: 'whole', parameters: { ...prompt.parameters, stream: { bool_param: false } } });
  stream.end();
});
const pieces = messages.filter(message => message.infer_response.id === 'first').map(message => message.infer_response);
assert.ok(pieces.length > 3, `${pieces.length} pieces are no stream`);
assert.equal(pieces.map(textOf).join(''), textOf(whole));
assert.deepEqual(pieces.map(piece => piece.parameters.triton_final_response.bool_param), pieces.map((_, index) => index === pieces.length - 1));
assert.ok(Number(pieces.at(-1).parameters.completion_tokens.int64_param) > 0);
assert.match(messages.find(message => message.infer_response.id === 'none').error_message, /no-such-model is not served/);
assert.deepEqual(messages.filter(message => message.infer_response.id === 'whole').map(message => textOf(message.infer_response)), [textOf(whole)]);

// What does not fit is the caller's fault, in gRPC's own terms.
assert.equal((await refused(vision, 'ModelInfer', { ...image, model_name: 'no-such-model' })).code, grpc.status.NOT_FOUND);
const misfit = await refused(vision, 'ModelInfer', { ...image, inputs: [{ ...image.inputs[0], shape: [1, 1, 8, 9] }] });
assert.equal(misfit.code, grpc.status.INVALID_ARGUMENT, misfit.message);
assert.equal((await refused(text, 'RepositoryIndex', {})).code, grpc.status.UNIMPLEMENTED);
text.close();
vision.close();
console.log(JSON.stringify({ pieces: pieces.length }));
