// Drives the local runtime with the real JavaScript client: node client.js SCENARIO. Exits 0 when every assertion held.
const assert = require("node:assert/strict");
const { DaprClient, CommunicationProtocolEnum, HttpMethod, ActorProxyBuilder, ActorId } = require("@dapr/dapr");

const port = process.env.DAPR_HTTP_PORT;
const base = `http://127.0.0.1:${port}/v1.0`;
const client = new DaprClient({ daprHost: "127.0.0.1", daprPort: port, communicationProtocol: CommunicationProtocolEnum.HTTP, logger: { level: 0 } });
const journal = async () => (await fetch(`http://127.0.0.1:${process.env.HOST_PORT}/journal`)).json();

/** Waits until the journal satisfies a condition; every wait has an end. */
async function until(condition, what) {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const entries = await journal();
    if (condition(entries)) {
      return entries;
    }
  }
  assert.fail(`${what}; the journal is ${JSON.stringify(await journal())}`);
}

const count = (entries, kind, data) => entries.filter((e) => e.kind === kind && (data === undefined || JSON.stringify(e.data) === JSON.stringify(data))).length;

class CounterActor {}
const counter = (id) => new ActorProxyBuilder(CounterActor, client).build(new ActorId(id));

const scenarios = {
  async state() {
    const store = "statestore";
    assert.deepEqual(await client.state.save(store, [{ key: "a", value: { n: 1 } }, { key: "b", value: "text" }]), {});
    assert.deepEqual(await client.state.get(store, "a"), { n: 1 });
    assert.equal(await client.state.get(store, "b"), "text");
    assert.equal(await client.state.get(store, "missing"), "");
    const read = await fetch(`${base}/state/${store}/a`);
    const etag = read.headers.get("etag");
    assert.ok(etag);
    assert.equal((await fetch(`${base}/state/${store}/missing`)).status, 204);

    const concurrency = 1; // first-write
    assert.deepEqual(await client.state.save(store, [{ key: "a", value: { n: 2 }, etag, options: { concurrency } }]), {});
    assert.match((await client.state.save(store, [{ key: "a", value: { n: 3 }, etag, options: { concurrency } }])).error.message, /409.*|etag mismatch/);
    assert.match((await client.state.save(store, [{ key: "a", value: 0, options: { concurrency } }])).error.message, /etag mismatch/);
    assert.deepEqual(await client.state.save(store, [{ key: "new", value: 0, etag: "", options: { concurrency } }]), {});
    assert.match((await client.state.delete(store, "a", { etag })).error.message, /etag mismatch/);
    assert.deepEqual(await client.state.get(store, "a"), { n: 2 });

    await client.state.transaction(store, [
      { operation: "upsert", request: { key: "t1", value: "one" } },
      { operation: "upsert", request: { key: "t2", value: "two" } },
      { operation: "delete", request: { key: "b" } },
    ]);
    const bulk = await client.state.getBulk(store, ["t1", "t2", "b"], { parallelism: 2 });
    assert.deepEqual(bulk.map((item) => [item.key, item.data]), [["t1", "one"], ["t2", "two"], ["b", undefined]]);
    await assert.rejects(client.state.transaction(store, [
      { operation: "upsert", request: { key: "t1", value: "changed" } },
      { operation: "upsert", request: { key: "t2", value: "changed", etag: "no such tag" } },
    ]), /etag mismatch/);
    assert.equal(await client.state.get(store, "t1"), "one");

    await client.state.save(store, [{ key: "short", value: 1, metadata: { ttlInSeconds: "3" } }]);
    assert.ok((await fetch(`${base}/state/${store}/short`)).headers.get("metadata.ttlexpiretime"));
    for (const end = Date.now() + 60_000; (await fetch(`${base}/state/${store}/short`)).status !== 204; ) {
      assert.ok(Date.now() < end, "the key outlives its time");
    }

    for (const [path, body, status, code] of [
      ["/state/nowhere", "[]", 400, "ERR_STATE_STORE_NOT_FOUND"],
      ["/state/hidden", "[]", 400, "ERR_STATE_STORE_NOT_FOUND"],
      ["/state/statestore", "{", 400, "ERR_MALFORMED_REQUEST"],
      ["/state/statestore", '[{"value":1}]', 400, "ERR_MALFORMED_REQUEST"],
      ["/nothing", "", 404, "ERR_NOT_FOUND"],
    ]) {
      const answer = await fetch(base + path, { method: "POST", body });
      assert.deepEqual([answer.status, (await answer.json()).errorCode], [status, code], path);
    }
  },

  async pubsub() {
    assert.deepEqual(await client.pubsub.publish("pubsub", "plain", { n: 1 }), {});
    assert.deepEqual(await client.pubsub.publish("pubsub", "plain", "text"), {});
    assert.deepEqual(await client.pubsub.publishBulk("pubsub", "plain", [{ n: 2 }, { n: 3 }]), { failedMessages: [] });
    await until((e) => [{ n: 1 }, "text", { n: 2 }, { n: 3 }].every((data) => count(e, "plain", data) === 1), "four messages once each");
    await client.pubsub.publish("pubsub", "flaky", "again");
    await until((e) => count(e, "flaky", "again") === 3, "two retries, then success");
    await client.pubsub.publish("pubsub", "poison", "bad");
    const entries = await until((e) => count(e, "dead", "bad") === 1, "a dead letter");
    assert.equal(count(entries, "poison", "bad"), 4);
    await client.pubsub.publish("pubsub", "dropped", "x");
    await until((e) => count(e, "dropped") === 1, "a dropped message");
    const answer = await fetch(`${base}/publish/nowhere/plain`, { method: "POST", body: "x" });
    assert.deepEqual([answer.status, (await answer.json()).errorCode], [404, "ERR_PUBSUB_NOT_FOUND"]);
    const cloudEvent = { specversion: "1.0", id: "7", source: "me", type: "mine", datacontenttype: "application/json", data: { own: true } };
    await client.pubsub.publish("pubsub", "plain", cloudEvent, { contentType: "application/cloudevents+json" });
    await until((e) => count(e, "plain", { own: true }) === 1, "the data of an own CloudEvent");
  },

  async invocation() {
    assert.deepEqual(await client.invoker.invoke("host", "greet", HttpMethod.POST, { name: "Ada" }), { greeting: "hello Ada" });
    const put = await fetch(`${base}/invoke/host/method/verb/a%20b/c?x=1&y=%2F`, { method: "PUT", body: "data", headers: { "content-type": "text/plain" } });
    assert.deepEqual(await put.json(), { method: "PUT", url: "/verb/a%20b/c?x=1&y=%2F", body: "data", caller: "caller" });
    assert.equal((await fetch(`${base}/invoke/host/method/verb/gone`, { method: "DELETE" })).status, 410);
    assert.equal((await fetch(`http://127.0.0.1:${port}/whoami`, { headers: { "dapr-app-id": "host" } }).then((r) => r.json())).appId, "host");
    const unknown = await fetch(`${base}/invoke/nobody/method/x`);
    assert.deepEqual([unknown.status, (await unknown.json()).errorCode], [500, "ERR_DIRECT_INVOKE"]);
    // The host goes on with its stream only when it hears that the beginning has arrived.
    const chunks = [];
    for await (const chunk of (await fetch(`${base}/invoke/host/method/stream`)).body) {
      if (chunks.push(Buffer.from(chunk).toString()) === 1) {
        assert.equal((await fetch(`${base}/invoke/host/method/begun`)).status, 200);
      }
    }
    assert.equal(chunks.join(""), [0, 1, 2, 3, 4].map((i) => `data: ${i}\n\n`).join(""));
    const up = new ReadableStream({ async start(controller) {
      for (const piece of ["one ", "two ", "three"]) {
        controller.enqueue(Buffer.from(piece));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      controller.close();
    } });
    assert.equal((await (await fetch(`${base}/invoke/host/method/verb/up`, { method: "POST", body: up, duplex: "half", headers: { "content-type": "text/plain" } })).json()).body, "one two three");
  },

  async actors() {
    const actor = counter("c1");
    assert.deepEqual(await actor.add(5), { count: 5 });
    assert.deepEqual(await actor.add(2), { count: 7 });
    // Without turns, additions at the same time would overwrite each other.
    await Promise.all(Array.from({ length: 20 }, () => actor.add(1)));
    assert.deepEqual(await actor.add(0), { count: 27 });
    assert.equal((await fetch(`http://127.0.0.1:${port}//v1.0/actors/CounterActor/c1/method/add`, { method: "PUT", body: "[1]", headers: { "content-type": "application/json" } })).status, 200);
    await actor.remindMe({ name: "soon", dueMilliseconds: 50, data: "wake up" });
    await until((e) => count(e, "reminder", { id: "c1", data: "wake up" }) === 1, "a reminder");
    await actor.timeMe({ name: "often", periodMilliseconds: 30 });
    await until((e) => count(e, "timer", { id: "c1", data: "tick" }) >= 3, "three ticks");
    await actor.stopTimer("often");
    await assert.rejects(actor.fail(), /ERR_ACTOR_INVOKE_METHOD/);
    const host = `http://127.0.0.1:${process.env.HOST_DAPR_PORT}/v1.0/actors/CounterActor/c1`;
    assert.equal((await fetch(`${host}/state/count`)).status, 200);
    assert.equal((await fetch(`${host}/state/none`)).status, 204);
    const far = { dueTime: "1h0m0s0ms", period: "0h1m0s0ms", data: "AQI=" };
    assert.equal((await fetch(`${host}/reminders/far`, { method: "PUT", body: JSON.stringify(far) })).status, 204);
    assert.deepEqual(await (await fetch(`${host}/reminders/far`)).json(), far);
    assert.equal((await fetch(`${host}/reminders/far`, { method: "DELETE" })).status, 204);
    assert.equal((await fetch(`${host}/reminders/far`)).status, 500);
    const saved = await fetch(`${host}/state`, { method: "PUT", headers: { "content-type": "text/plain; charset=utf-8" }, body: JSON.stringify([
      { operation: "upsert", request: { key: "order", value: { a: 1 }, metadata: { ttlInSeconds: "60" } } }, { operation: "delete", request: { key: "count" } }]) });
    assert.equal(saved.status, 204);
    assert.deepEqual(await (await fetch(`${host}/state/order`)).json(), { a: 1 });
    assert.equal((await fetch(`${host}/state/count`)).status, 204);
    const stranger = await fetch(`${base}/actors/CounterActor/c1/state/order`);
    assert.deepEqual([stranger.status, (await stranger.json()).errorCode], [400, "ERR_ACTOR_INSTANCE_MISSING"]);
  },

  async bindings() {
    await client.binding.send("work", "create", { job: 1 });
    // A string is sent as its text, not as JSON in quotes.
    await client.binding.send("work", "create", '{"job":2}', { ttlInSeconds: "60" });
    await until((e) => count(e, "work", { job: 1 }) === 1 && count(e, "work", { job: 2 }) === 1, "both jobs once");
    await until((e) => count(e, "tick") >= 2, "two ticks of the cron binding");
    await assert.rejects(client.binding.send("nowhere", "create", 1), /ERR_INVOKE_OUTPUT_BINDING/);
    await assert.rejects(client.binding.send("work", "list", 1), /does not support operation/);
  },

  async secrets() {
    assert.deepEqual(await client.secret.get("secretstore", "plain"), { plain: "value" });
    assert.deepEqual(await client.secret.get("secretstore", "nested:deep:er"), { "nested:deep:er": "hidden" });
    assert.deepEqual((await client.secret.getBulk("secretstore"))["plain"], { plain: "value" });
    assert.equal((await fetch(`${base}/secrets/secretstore/none`)).status, 204);
    assert.equal((await fetch(`${base}/secrets/nowhere/none`)).status, 400);
  },

  async metadata() {
    await client.metadata.set("colour", "blue");
    const metadata = await client.metadata.get();
    assert.equal(metadata.id, "caller");
    assert.equal(metadata.extended.colour, "blue");
    assert.ok(metadata.components.some((c) => c.name === "statestore" && c.capabilities.includes("ACTOR")));
    assert.ok(!metadata.components.some((c) => c.name === "hidden"));
    for (const path of ["/healthz", "/healthz/outbound", "/healthz/caller"]) {
      assert.equal((await fetch(base + path)).status, 204, path);
    }
    const host = await (await fetch(`http://127.0.0.1:${process.env.HOST_DAPR_PORT}/v1.0/metadata`)).json();
    assert.ok(host.subscriptions.some((s) => s.topic === "poison" && s.deadLetterTopic === "dead"));
    const { environment } = await client.invoker.invoke("host", "whoami");
    assert.equal(environment.DAPR_HTTP_PORT, process.env.HOST_DAPR_PORT);
    assert.equal(environment.APP_PORT, process.env.HOST_PORT);
    assert.equal(environment.OWN_URL, `http://127.0.0.1:${process.env.HOST_PORT}/x`);
    assert.notEqual(environment.OWN_PORT, "18103");
  },
};

// A call that is never answered must fail its test, not hold it up.
setTimeout(() => {
  console.error("the scenario did not end within 240 s");
  process.exit(1);
}, 240_000).unref();

scenarios[process.argv[2]]().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
