using System.Net;
using System.Text;
using Dapr;
using Dapr.Client;

namespace Ncn.DaprStandIns.Tests;

public class DaprClientTests
{
    private static readonly Dictionary<string, string> Ttl = new() { ["ttlInSeconds"] = "60" };

    [Fact]
    public async Task Publishing_posts_json_with_metadata_in_the_query_and_the_token()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(204));
        using var client = Client(sidecar);

        await client.PublishEventAsync("pubsub", "orders", new Order("a", 7), Ttl);

        Assert.Equal("POST", sidecar.Single.Method);
        Assert.Equal("/v1.0/publish/pubsub/orders?metadata.ttlInSeconds=60", sidecar.Single.Target);
        Assert.Equal("application/json", sidecar.Single.ContentType);
        Assert.Equal("""{"id":"a","qty":7}""", sidecar.Single.Text);
        Assert.Equal("secret", sidecar.Single.Headers["dapr-api-token"]);
    }

    [Fact]
    public async Task Publishing_a_cloud_event_says_so_in_the_content_type()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(204));
        using var client = Client(sidecar);

        await client.PublishEventAsync("pubsub", "orders", new CloudEvent<Order>(new Order("a", 7)) { Type = "made" });

        Assert.Equal("application/cloudevents+json", sidecar.Single.ContentType);
        Assert.Contains("""
            "data":{"id":"a","qty":7}
            """, sidecar.Single.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_publish_throws_with_status_and_text_inside()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(404, """{"errorCode":"ERR_PUBSUB_NOT_FOUND"}"""));
        using var client = Client(sidecar);

        var failure = await Assert.ThrowsAsync<DaprException>(() => client.PublishEventAsync("nowhere", "orders"));

        Assert.Equal("Publish operation failed: the Dapr endpoint indicated a failure. See InnerException for details.", failure.Message);
        var inner = Assert.IsType<HttpRequestException>(failure.InnerException);
        Assert.Equal(HttpStatusCode.NotFound, inner.StatusCode);
        Assert.Contains("ERR_PUBSUB_NOT_FOUND", inner.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_state_returns_value_and_etag_as_sent()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200, """{"id":"a","qty":7}""", ("ETag", "12")));
        using var client = Client(sidecar);

        var (value, etag) = await client.GetStateAndETagAsync<Order>("store", "k 1", ConsistencyMode.Strong);

        Assert.Equal(new Order("a", 7), value);
        Assert.Equal("12", etag);
        Assert.Equal("/v1.0/state/store/k%201?consistency=strong", sidecar.Single.Target);
    }

    [Fact]
    public async Task A_missing_state_is_the_default_value_with_an_empty_etag()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(204));
        using var client = Client(sidecar);

        var (value, etag) = await client.GetStateAndETagAsync<Order>("store", "k");

        Assert.Null(value);
        Assert.Equal(string.Empty, etag);
    }

    [Fact]
    public async Task Saving_state_sends_options_and_metadata_and_no_etag()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(204));
        using var client = Client(sidecar);
        var options = new StateOptions { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };

        await client.SaveStateAsync("store", "k", new Order("a", 7), options, Ttl);

        Assert.Equal("/v1.0/state/store", sidecar.Single.Target);
        Assert.Equal("""[{"key":"k","value":{"id":"a","qty":7},"options":{"concurrency":"first-write","consistency":"strong"},"metadata":{"ttlInSeconds":"60"}}]""", sidecar.Single.Text);
    }

    [Theory]
    [InlineData(204, true)]
    [InlineData(409, false)]
    public async Task Trying_to_save_is_false_only_for_a_mismatch(int status, bool expected)
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(status));
        using var client = Client(sidecar);

        Assert.Equal(expected, await client.TrySaveStateAsync("store", "k", 5, "3"));
        Assert.Equal("""[{"key":"k","value":5,"etag":"3"}]""", sidecar.Single.Text);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    public async Task Trying_to_save_throws_for_everything_else(int status)
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(status));
        using var client = Client(sidecar);

        await Assert.ThrowsAsync<DaprException>(() => client.TrySaveStateAsync("store", "k", 5, "bad"));
    }

    [Fact]
    public async Task Deleting_with_an_etag_sends_it_as_a_condition()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(409));
        using var client = Client(sidecar);

        Assert.False(await client.TryDeleteStateAsync("store", "k", "3", new StateOptions { Concurrency = ConcurrencyMode.FirstWrite }));
        Assert.Equal("DELETE", sidecar.Single.Method);
        Assert.Equal("/v1.0/state/store/k?concurrency=first-write", sidecar.Single.Target);
        Assert.Equal("3", sidecar.Single.Headers["If-Match"]);
    }

    [Fact]
    public async Task A_transaction_sends_its_operations_in_order()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(204));
        using var client = Client(sidecar);

        await client.ExecuteStateTransactionAsync("store", [
            new StateTransactionRequest("a", Encoding.UTF8.GetBytes("""{"x":1}"""), StateOperationType.Upsert, "9"),
            new StateTransactionRequest("b", null, StateOperationType.Delete),
        ]);

        Assert.Equal("/v1.0/state/store/transaction", sidecar.Single.Target);
        Assert.Equal("""{"operations":[{"operation":"upsert","request":{"key":"a","value":{"x":1},"etag":"9"}},{"operation":"delete","request":{"key":"b"}}]}""", sidecar.Single.Text);
    }

    [Fact]
    public async Task A_binding_is_called_with_operation_data_and_metadata()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200, """{"id":"b","qty":1}"""));
        using var client = Client(sidecar);

        var answer = await client.InvokeBindingAsync<Order, Order>("work-text", "create", new Order("a", 7), Ttl);

        Assert.Equal(new Order("b", 1), answer);
        Assert.Equal("/v1.0/bindings/work-text", sidecar.Single.Target);
        Assert.Equal("""{"data":{"id":"a","qty":7},"metadata":{"ttlInSeconds":"60"},"operation":"create"}""", sidecar.Single.Text);
    }

    [Fact]
    public async Task Secrets_are_read_one_by_one_or_all()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(request =>
            request.Target.EndsWith("/bulk", StringComparison.Ordinal) ? new Answer(200, """{"k":{"k":"v"}}""") : new Answer(200, """{"k":"v"}"""));
        using var client = Client(sidecar);

        Assert.Equal("v", (await client.GetSecretAsync("vault", "k"))["k"]);
        Assert.Equal("v", (await client.GetBulkSecretAsync("vault"))["k"]["k"]);
        Assert.Equal(["/v1.0/secrets/vault/k", "/v1.0/secrets/vault/bulk"], sidecar.Requests.Select(request => request.Target));
    }

#pragma warning disable CS0618 // Obsolete in the official client too; what is there must work.
    [Fact]
    public async Task Invoking_a_method_puts_app_method_and_query_in_the_path()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200, "8"));
        using var client = Client(sidecar);

        var answer = await client.InvokeMethodAsync<Order, int>("shop", "orders/new?now=1", new Order("a", 7));

        Assert.Equal(8, answer);
        Assert.Equal("POST", sidecar.Single.Method);
        Assert.Equal("/v1.0/invoke/shop/method/orders/new?now=1", sidecar.Single.Target);
        Assert.Equal("application/json; charset=utf-8", sidecar.Single.ContentType);
    }

    [Fact]
    public async Task A_failed_invocation_carries_the_answer()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(503, "busy"));
        using var client = Client(sidecar);

        var failure = await Assert.ThrowsAsync<InvocationException>(() => client.InvokeMethodAsync(HttpMethod.Get, "shop", "orders"));

        Assert.Equal("shop", failure.AppId);
        Assert.Equal("orders", failure.MethodName);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failure.Response!.StatusCode);
        Assert.IsType<HttpRequestException>(failure.InnerException);
    }
#pragma warning restore CS0618

    [Fact]
    public async Task An_invocation_client_sends_its_requests_through_the_sidecar()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200, "ok"));
        using var client = DaprClient.CreateInvokeHttpClient("Shop", sidecar.Endpoint, "secret");

        Assert.Equal("ok", await client.GetStringAsync(new Uri("/orders?x=1", UriKind.Relative)));
        Assert.Equal("/v1.0/invoke/Shop/method/orders?x=1", sidecar.Single.Target);
        Assert.Equal("secret", sidecar.Single.Headers["dapr-api-token"]);
    }

    [Theory]
    [InlineData(204, true)]
    [InlineData(500, false)]
    public async Task Health_is_the_sidecars_status(int status, bool expected)
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(status));
        using var client = Client(sidecar);

        Assert.Equal(expected, await client.CheckHealthAsync());
        Assert.Equal(expected, await client.CheckOutboundHealthAsync());
        Assert.Equal(["/v1.0/healthz", "/v1.0/healthz/outbound"], sidecar.Requests.Select(request => request.Target));
    }

    [Fact]
    public async Task Without_a_sidecar_health_is_false_and_calls_throw()
    {
        var sidecar = await RecordingSidecar.StartAsync(new Answer(204));
        using var client = Client(sidecar);
        await sidecar.DisposeAsync();

        Assert.False(await client.CheckHealthAsync());
        await Assert.ThrowsAsync<DaprException>(() => client.SaveStateAsync("store", "k", 1));
    }

    private static DaprClient Client(RecordingSidecar sidecar) =>
        new DaprClientBuilder().UseHttpEndpoint(sidecar.Endpoint + "/").UseDaprApiToken("secret").Build();

    public sealed record Order(string Id, int Qty);
}
