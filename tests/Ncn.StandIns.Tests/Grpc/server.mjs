// The echo service by @grpc/grpc-js. Prints its port and serves until its standard input ends.
import { echo, grpc } from "./echo.mjs";

const failure = () => {
  const metadata = new grpc.Metadata();
  metadata.set("reason", "asked to");
  metadata.set("proof-bin", Buffer.from([1, 2, 250, 251]));
  return { code: grpc.status.FAILED_PRECONDITION, details: "nicht möglich: 100 %", metadata };
};

const cancelled = (call) => call.on("cancelled", () => console.log("cancelled"));

const service = {
  Single(call, reply) {
    const { behaviour, count, text, payload } = call.request;
    if (behaviour === "fail") return reply(failure());
    if (behaviour === "wait") return cancelled(call);
    if (behaviour === "headers") {
      const headers = new grpc.Metadata();
      headers.set("seen", call.metadata.get("sent")[0]);
      headers.set("seen-bin", call.metadata.get("sent-bin")[0]);
      call.sendMetadata(headers);
    }
    const trailers = new grpc.Metadata();
    trailers.set("deadline", call.getDeadline() === Infinity ? "none" : "some");
    return reply(null, { text, index: payload.length, payload: behaviour === "big" ? Buffer.alloc(count) : payload }, trailers);
  },
  Expand(call) {
    const { behaviour, count, text } = call.request;
    for (let index = 0; index < count; index++) call.write({ text, index });
    if (behaviour === "fail") call.emit("error", failure());
    else if (behaviour === "wait") cancelled(call);
    else call.end();
  },
  Collect(call, reply) {
    let text = "";
    let index = 0;
    call.on("data", (request) => {
      if (request.behaviour === "fail") reply(failure());
      text += request.text;
      index++;
    });
    call.on("end", () => reply(null, { text, index }));
  },
  Chat(call) {
    let index = 0;
    call.on("data", (request) => call.write({ text: request.text, index: index++ }));
    call.on("end", () => call.end());
  },
};

const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.default_compression_algorithm": process.argv[2] === "gzip" ? grpc.compressionAlgorithms.gzip : 0 });
server.addService(echo.service, service);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.stdin.on("end", () => process.exit(0)).resume();
