using System.Text;
using System.Text.Json;
using Ncn.LocalRuntime.PubSub;
using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.Storage;

namespace Ncn.LocalRuntime.Tests.PubSub;

public sealed class PubSubPartsTests
{
    private static readonly EventOrigin Origin = new("id-1", "app", "pubsub", "topic", "00-trace-01", null);

    [Theory]
    [InlineData("application/json", "{\"a\":1}", "data", "{\"a\":1}")]
    [InlineData("text/plain", "hi", "data", "\"hi\"")]
    [InlineData(null, "hi", "data", "\"hi\"")]
    [InlineData("application/octet-stream", "hi", "data_base64", "\"aGk=\"")]
    public void A_body_becomes_a_cloud_event(string? contentType, string body, string member, string expected)
    {
        var envelope = Parse(CloudEvent.Wrap(Origin, contentType, Encoding.UTF8.GetBytes(body), new Dictionary<string, string>()));
        Assert.Equal(expected, envelope.GetProperty(member).GetRawText());
        Assert.Equal(("1.0", "com.dapr.event.sent", "app"), (Text(envelope, "specversion"), Text(envelope, "type"), Text(envelope, "source")));
        Assert.Equal(("topic", "pubsub", "00-trace-01"), (Text(envelope, "topic"), Text(envelope, "pubsubname"), Text(envelope, "traceid")));
    }

    [Fact]
    public void An_own_cloud_event_is_kept_and_completed()
    {
        var own = """{"specversion":"1.0","id":"own","source":"me","type":"mine","data":1}"""u8.ToArray();
        var envelope = Parse(CloudEvent.Wrap(Origin, "application/cloudevents+json; charset=utf-8", own, new Dictionary<string, string> { ["cloudevent.type"] = "other" }));
        Assert.Equal(("own", "other", "topic"), (Text(envelope, "id"), Text(envelope, "type"), Text(envelope, "topic")));
    }

    [Theory]
    [InlineData("application/json", "{")]
    [InlineData("application/cloudevents+json", "{\"id\":\"1\"}")]
    [InlineData("application/cloudevents+json", "[]")]
    public void A_body_that_is_not_what_it_says_is_refused(string contentType, string body) =>
        Assert.Throws<FormatException>(() => CloudEvent.Wrap(Origin, contentType, Encoding.UTF8.GetBytes(body), new Dictionary<string, string>()));

    [Theory]
    [InlineData("event.type == \"a\"", true)]
    [InlineData("event.type != 'a'", false)]
    [InlineData("event.data.n == 5 && event.type == \"a\"", true)]
    [InlineData("event.data.n == 6 || event.data.yes == true", true)]
    [InlineData("event.none == \"a\"", false)]
    public void Rules_select_events(string rule, bool expected) =>
        Assert.Equal(expected, EventMatch.Parse(rule)!.Holds(Parse("""{"type":"a","data":{"n":5,"yes":true}}"""u8.ToArray())));

    [Fact]
    public void A_rule_that_is_not_understood_is_refused() => Assert.Throws<FormatException>(() => EventMatch.Parse("size(event.data) > 4"));

    [Theory]
    [InlineData(200, "", 0)]
    [InlineData(200, "{\"status\":\"RETRY\"}", 1)]
    [InlineData(200, "{\"status\":\"DROP\"}", 2)]
    [InlineData(200, "not json", 0)]
    [InlineData(404, "", 2)]
    [InlineData(500, "{\"status\":\"SUCCESS\"}", 1)]
    public void Answers_of_subscribers_are_read(int status, string body, int expected) =>
        Assert.Equal((DeliveryStatus)expected, DeliveryAnswer.Read(new AppAnswer(status, null, Encoding.UTF8.GetBytes(body), []), bulk: false));

    [Fact]
    public void Subscriptions_are_read_in_the_form_of_both_sdks()
    {
        var all = Subscription.ParseAll(
            """[{"topic":"t","pubsubName":"p","route":"r","deadLetterTopic":"d"},{"pubsubname":"p","topic":"u","routes":{"default":"x","rules":[{"match":"event.type==\"v2\"","path":"y"}]}}]"""u8.ToArray());
        Assert.Equal(("r", "d"), (all[0].RouteFor(null), all[0].DeadLetterTopic));
        Assert.Equal(("y", "x"), (all[1].RouteFor(Parse("""{"type":"v2"}"""u8.ToArray())), all[1].RouteFor(Parse("""{"type":"v1"}"""u8.ToArray()))));
    }

    [Fact]
    public async Task Messages_published_before_an_app_has_first_subscribed_reach_it()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "broker.db");
        using var database = new Database(path, Broker.Schema);
        var broker = new Broker(database, TimeProvider.System);
        await broker.PublishAsync("p", "t", [new NewMessage([1], false, null)]);
        var subscription = new Subscription("p", "t", [], null, false, false, "");
        await broker.SubscribeAsync("late", [subscription]);
        await broker.EndStartAsync();
        var group = new Group("p", "t", "late");
        Assert.Single(broker.TakeDue(group, broker.Now, 10, new HashSet<long>()));
        await broker.SubscribeAsync("later", [subscription]);
        Assert.Empty(broker.TakeDue(new Group("p", "t", "later"), broker.Now, 10, new HashSet<long>()));
        await broker.FinishAsync(group, 1);
        Assert.Empty(database.Read(session => session.Query("SELECT id FROM messages", row => row.GetInt64(0))));
    }

    [Fact]
    public async Task A_delivery_is_always_either_due_or_waited_for()
    {
        using var database = new Database(Path.Combine(Directory.CreateTempSubdirectory().FullName, "broker.db"), Broker.Schema);
        var broker = new Broker(database, TimeProvider.System);
        var group = new Group("p", "t", "app");
        await broker.SubscribeAsync("app", [new Subscription("p", "t", [], null, false, false, "")]);
        await broker.PublishAsync("p", "t", [new NewMessage("{}"u8.ToArray(), Raw: false, TtlSeconds: null)]);
        var now = broker.Now;
        var message = Assert.Single(broker.TakeDue(group, now, 10, new HashSet<long>())).MessageId;
        await broker.DelayAsync(group, message, 1, TimeSpan.FromMilliseconds(1));
        for (var asked = now; asked < now + 5_000; asked += 50)
        {
            var taken = broker.TakeDue(group, asked, 10, new HashSet<long>()).Count == 1;
            Assert.NotEqual(taken, broker.NextDue(group, asked) is not null);
        }
    }

    private static JsonElement Parse(byte[] json) => JsonSerializer.Deserialize<JsonElement>(json);

    private static string? Text(JsonElement item, string name) => item.GetProperty(name).GetString();
}
