using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Outbound;
using Ncn.Serving.Tests.Answers;
using Ncn.Serving.Tests.Payments;
using Ncn.Serving.Tests.Storage;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Tests.Webhooks;

/// <summary>Webhooks over HTTP to a receiver on loopback; waits pass in virtual time.</summary>
public sealed class WebhookTests : IAsyncLifetime, IDisposable
{
    private readonly ManualTimers _time = new();
    private readonly MemoryActors _actors = new(new RoutingSnapshot(1, []));
    private readonly List<(IHeaderDictionary Headers, string Body)> _received = [];
    private readonly Queue<int> _answers = new();
    private WebApplication _receiver = null!;
    private OutboundGuard _guard = null!;
    private MemoryObjectStore _store = null!;
    private WebhookDesk _desk = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _receiver = builder.Build();
        _receiver.MapPost("/hook", async (HttpContext http) =>
        {
            using var body = new StreamReader(http.Request.Body);
            _received.Add((new HeaderDictionary(http.Request.Headers.ToDictionary()), await body.ReadToEndAsync()));
            http.Response.StatusCode = _answers.TryDequeue(out var status) ? status : 204;
        });
        await _receiver.StartAsync();
        _guard = new OutboundGuard(Options.Create(new OutboundOptions { AllowLoopback = true }));
        _store = new MemoryObjectStore(_time);
        _desk = new WebhookDesk(
            _store, _guard, new WebhookSubjects(_actors, _time), Options.Create(new WebhookOptions { Attempts = 3 }), _time, NullLogger<WebhookDesk>.Instance);
    }

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    public void Dispose() => _guard.Dispose();

    [Fact]
    public async Task The_event_comes_once_its_subject_is_done_and_is_signed()
    {
        var request = MemoryGateway.Request('7');
        var secret = await WatchAsync(request);
        await BeginAsync(request);
        await _desk.TickAsync(default);
        Assert.Empty(_received);
        await _actors.Request(request).CompleteAsync(new StoredAnswer(200, "{}", [], TokenAmount.Zero));
        _time.Advance(TimeSpan.FromSeconds(1));
        await _desk.TickAsync(default);
        var (headers, body) = Assert.Single(_received);
        Assert.Contains($"\"type\":\"request.completed\",", body, StringComparison.Ordinal);
        Assert.Contains($"\"data\":{{\"id\":\"{request}\"}}", body, StringComparison.Ordinal);
        var signed = Encoding.UTF8.GetBytes($"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{body}");
        var expected = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret.Text["whsec_".Length..]), signed));
        Assert.Equal("v1," + expected, headers["webhook-signature"]);
        _time.Advance(TimeSpan.FromMinutes(10));
        await _desk.TickAsync(default);
        Assert.Single(_received);
    }

    [Fact]
    public async Task One_that_is_refused_comes_again_under_the_same_id_and_is_put_aside_in_the_end()
    {
        var request = MemoryGateway.Request('8');
        await WatchAsync(request);
        await BeginAsync(request);
        await _actors.Request(request).CompleteAsync(new StoredAnswer(200, "{}", [], TokenAmount.Zero));
        foreach (var status in (int[])[500, 302, 404])
        {
            _answers.Enqueue(status);
        }

        foreach (var wait in (int[])[0, 1, 1, 10, 60, 600])
        {
            _time.Advance(TimeSpan.FromSeconds(wait));
            await _desk.TickAsync(default);
        }

        Assert.Equal(3, _received.Count);
        Assert.Single(_received.Select(static each => each.Headers["webhook-id"].ToString()).Distinct());
        Assert.Equal(["webhooks-dead/"], (await NamesAsync()).Select(static name => name[..14]));
    }

    [Fact]
    public async Task A_url_inside_is_refused_when_it_is_named()
    {
        using var guard = new OutboundGuard(Options.Create(new OutboundOptions()));
        var desk = new WebhookDesk(
            _store, guard, new WebhookSubjects(_actors, _time), Options.Create(new WebhookOptions()), _time, NullLogger<WebhookDesk>.Instance);
        var refused = await Assert.ThrowsAsync<ApiException>(() => desk.CheckAsync("https://169.254.169.254/", null, "webhook.url", default));
        Assert.Equal(("invalid_url", "webhook.url"), (refused.Error.Code, refused.Error.Parameter));
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("whsec_")]
    [InlineData("whsec_c2hvcnQ=")]
    [InlineData("whsec_not base64 at all, but long enough to be one!")]
    public void A_secret_that_is_none_is_refused(string text) =>
        Assert.Equal("invalid_webhook_secret", Assert.Throws<ApiException>(() => WebhookSecret.Read(text, "webhook.secret")).Error.Code);

    [Fact]
    public void The_signature_is_that_of_the_standards_own_example() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        new WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"));

    private async Task<WebhookSecret> WatchAsync(RequestId request)
    {
        var address = _receiver.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var (url, secret) = await _desk.CheckAsync($"{address}/hook", null, "webhook.url", default);
        await _desk.WatchAsync(WebhookSubject.Request, request.ToString(), url, secret, default);
        return secret;
    }

    private Task<BeginResult> BeginAsync(RequestId request) => _actors.Request(request).BeginAsync(new BeginCall(default, 60_000, null));

    private async Task<List<string>> NamesAsync()
    {
        var names = new List<string>();
        await foreach (var found in _store.ListAsync(string.Empty, default))
        {
            names.Add(found.Name);
        }

        return names;
    }
}
