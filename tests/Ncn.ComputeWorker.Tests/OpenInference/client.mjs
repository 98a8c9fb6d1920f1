// Calls a worker over gRPC as a stranger's client would, made from the published proto, and prints what it saw as JSON.
// Usage: node client.mjs <host:port> <operator's token>
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const [address, token] = process.argv.slice(2);
const definition = loader.loadSync(fileURLToPath(new URL("./open_inference_grpc.proto", import.meta.url)), { keepCase: true, defaults: true });
const { GRPCInferenceService } = grpc.loadPackageDefinition(definition).inference;
const client = new GRPCInferenceService(address, grpc.credentials.createInsecure());
const operator = new grpc.Metadata();
operator.set("authorization", `Bearer ${token}`);
const call = (method, request, metadata = operator) => promisify(client[method].bind(client))(request, metadata);

const request = (model) => ({
  model_name: model,
  inputs: [{ name: "input", datatype: "FP32", shape: [1, 4] }],
  raw_input_contents: [Buffer.from(new Float32Array([1, 2, 3, 4]).buffer)],
});

const stream = () =>
  new Promise((resolve, reject) => {
    const seen = [];
    const calls = client.ModelStreamInfer(operator);
    calls.on("data", (answer) => seen.push(answer.error_message.split(";")[0] || answer.infer_response.model_name));
    calls.on("error", reject);
    calls.on("end", () => resolve(seen));
    calls.write(request("mlp"));
    calls.write(request("none"));
    calls.end();
  });

const { live } = await call("ServerLive", {}, new grpc.Metadata());
const { name: server } = await call("ServerMetadata", {});
const model = await call("ModelMetadata", { name: "mlp" });
const answer = await call("ModelInfer", request("mlp"));
const code = await call("ModelInfer", request("mlp"), new grpc.Metadata()).then(() => 0, (error) => error.code);
console.log(JSON.stringify({
  live, server, datatype: model.inputs[0].datatype, code,
  numbers: answer.raw_output_contents[0].length / 4,
  stream: await stream(),
}));
client.close();
