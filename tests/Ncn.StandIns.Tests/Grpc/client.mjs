// Runs one scenario against the server at the given address and prints what it saw as JSON.
// Usage: node client.mjs <host:port> <scenario>
import { echo, grpc } from "./echo.mjs";

const [address, scenario] = process.argv.slice(2);
const limits = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
const compressed = scenario === "gzip" ? { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip } : {};
const client = new echo(address, grpc.credentials.createInsecure(), { ...limits, ...compressed });

const outcome = (error) => ({
  code: error.code,
  details: error.details,
  reason: error.metadata.get("reason")[0] ?? null,
  proof: error.metadata.get("proof-bin")[0]?.toString("hex") ?? null,
});

const single = (request, options = {}, metadata = new grpc.Metadata()) =>
  new Promise((resolve) => {
    const seen = {};
    const call = client.Single(request, metadata, options, (error, reply) =>
      setImmediate(() => resolve(error ? { ...seen, ...outcome(error) } : { ...seen, code: 0, text: reply.text, index: reply.index, bytes: reply.payload.length })));
    call.on("metadata", (headers) => {
      seen.headers = { seen: headers.get("seen")[0] ?? null, seenBin: headers.get("seen-bin")[0]?.toString("hex") ?? null };
    });
    call.on("status", (status) => {
      seen.deadline = status.metadata.get("deadline")[0] ?? null;
    });
  });

const stream = (call, onReply = () => {}) =>
  new Promise((resolve) => {
    const indexes = [];
    call.on("data", (reply) => {
      indexes.push(reply.index);
      onReply(reply, indexes);
    });
    call.on("error", (error) => resolve({ indexes, ...outcome(error) }));
    call.on("end", () => setImmediate(() => resolve({ indexes, code: 0 })));
  });

const scenarios = {
  single: () => single({ text: "grüß" }),
  headers: () => {
    const metadata = new grpc.Metadata();
    metadata.set("sent", "text");
    metadata.set("sent-bin", Buffer.from([0, 255, 7]));
    return single({ behaviour: "headers" }, { deadline: Date.now() + 60_000 }, metadata);
  },
  gzip: () => single({ text: "z", payload: Buffer.alloc(100_000) }),
  fail: () => single({ behaviour: "fail" }),
  failLate: () => stream(client.Expand({ behaviour: "fail", count: 3 })),
  throw: () => single({ behaviour: "throw" }),
  expand: () => stream(client.Expand({ count: 300 })),
  collect: () =>
    new Promise((resolve) => {
      const call = client.Collect((error, reply) => resolve(error ? outcome(error) : { code: 0, text: reply.text, index: reply.index }));
      for (const text of ["a", "b", "c"]) call.write({ text });
      call.end();
    }),
  collectFail: () =>
    new Promise((resolve) => {
      const call = client.Collect((error, reply) => resolve(error ? outcome(error) : { code: 0, text: reply.text }));
      call.write({ behaviour: "fail" });
    }),
  chat: () => {
    const call = client.Chat();
    const result = stream(call, (reply, indexes) => (indexes.length < 20 ? call.write({ text: "more" }) : call.end()));
    call.write({ text: "first" });
    return result;
  },
  deadline: async () => {
    await new Promise((resolve, reject) => client.waitForReady(Date.now() + 30_000, (error) => (error ? reject(error) : resolve())));
    return single({ behaviour: "wait" }, { deadline: Date.now() + 3000 });
  },
  cancel: () => {
    const call = client.Expand({ behaviour: "wait", count: 1 });
    return stream(call, () => call.cancel());
  },
  oversize: () => single({ payload: Buffer.alloc(4 * 1024 * 1024) }),
  largest: () => single({ payload: Buffer.alloc(4 * 1024 * 1024 - 64) }),
  big: () => single({ behaviour: "big", count: 8 * 1024 * 1024 }),
  missing: () =>
    new Promise((resolve) => {
      const pass = (value) => value;
      client.makeUnaryRequest("/ncn.test.Echo/Missing", pass, pass, Buffer.alloc(0), (error) => resolve(outcome(error)));
    }),
};

console.log(JSON.stringify(await scenarios[scenario]()));
client.close();
