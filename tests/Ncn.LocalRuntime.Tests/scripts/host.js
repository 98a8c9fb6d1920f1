// An app of the test network, on the real JavaScript SDK: it hosts an actor, subscribes to topics, and answers invocations.
// Everything that it is given ends in a journal, which the tests read by GET /journal.
const { DaprServer, DaprClient, CommunicationProtocolEnum, AbstractActor, Temporal, HttpMethod } = require("@dapr/dapr");
const express = require("express");

const journal = [];
const note = (kind, data) => journal.push({ kind, data });
const logger = { level: 0 };

class CounterActor extends AbstractActor {
  async add(amount) {
    const before = (await this.getStateManager().tryGetState("count"))[1] ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 2));
    await this.getStateManager().setState("count", Number(before) + Number(amount ?? 1));
    return { count: Number(before) + Number(amount ?? 1) };
  }

  async remindMe({ name, dueMilliseconds, data }) {
    await this.registerActorReminder(name, Temporal.Duration.from({ milliseconds: dueMilliseconds }), undefined, undefined, data);
  }

  async timeMe({ name, periodMilliseconds }) {
    await this.registerActorTimer(name, "onTimer", Temporal.Duration.from({ milliseconds: 1 }), Temporal.Duration.from({ milliseconds: periodMilliseconds }), undefined, "tick");
  }

  async stopTimer(name) {
    await this.unregisterActorTimer(name);
  }

  async onTimer(data) {
    note("timer", { id: this.getActorId().getId(), data });
  }

  async receiveReminder(data) {
    note("reminder", { id: this.getActorId().getId(), data });
  }

  async fail() {
    throw new Error("the actor says no");
  }

  async onActivate() {
    note("activated", this.getActorId().getId());
  }

  async onDeactivate() {
    note("deactivated", this.getActorId().getId());
  }
}

function signal() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}

async function main() {
  // Told by whoever reads the stream, and by whoever wants the held message to be taken.
  const [begun, accepted] = [signal(), signal()];
  const http = express();
  http.get("/journal", (_, response) => response.json(journal));
  http.get("/whoami", (_, response) => response.json({ appId: process.env.APP_ID, processId: process.pid, environment: process.env }));
  http.get("/stream", async (_, response) => {
    response.type("text/event-stream");
    response.write("data: 0\n\n");
    await begun.promise;
    response.end([1, 2, 3, 4].map((i) => `data: ${i}\n\n`).join(""));
  });
  http.get("/begun", (_, response) => response.json(begun.resolve() ?? {}));
  http.get("/accept", (_, response) => response.json(accepted.resolve() ?? {}));
  http.all("/verb/*", express.text({ type: "*/*" }), (request, response) =>
    response.status(request.method === "DELETE" ? 410 : 200).json({ method: request.method, url: request.originalUrl, body: request.body, caller: request.headers["dapr-caller-app-id"] }));

  const server = new DaprServer({
    serverHost: "127.0.0.1",
    serverPort: process.env.APP_PORT,
    serverHttp: http,
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    clientOptions: { daprHost: "127.0.0.1", daprPort: process.env.DAPR_HTTP_PORT, logger, actor: { actorIdleTimeout: process.env.TEST_IDLE ?? "1h" } },
    logger,
  });

  await server.actor.init();
  await server.actor.registerActor(CounterActor);
  let failures = Number(process.env.TEST_FAILURES ?? 2);
  await server.pubsub.subscribe("pubsub", "plain", async (data, headers) => note("plain", data));
  await server.pubsub.subscribeWithOptions("pubsub", "flaky", { callback: async (data) => {
    note("flaky", data);
    return failures-- > 0 ? "RETRY" : "SUCCESS";
  } });
  await server.pubsub.subscribe("pubsub", "held", async (data) => {
    await accepted.promise;
    note("held", data);
  });
  await server.pubsub.subscribeWithOptions("pubsub", "poison", { deadLetterTopic: "dead", callback: async (data) => {
    note("poison", data);
    return "RETRY";
  } });
  await server.pubsub.subscribe("pubsub", "dead", async (data) => note("dead", data));
  await server.pubsub.subscribeWithOptions("pubsub", "dropped", { callback: async () => {
    note("dropped", "");
    return "DROP";
  } });
  await server.binding.receive("work", async (data) => note("work", data));
  await server.binding.receive("tick", async () => note("tick", ""));
  await server.invoker.listen("greet", async ({ body }) => ({ greeting: `hello ${JSON.parse(body ?? "{}").name}` }), { method: HttpMethod.POST });
  await server.start();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
