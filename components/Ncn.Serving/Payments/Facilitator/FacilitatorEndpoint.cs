using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Relay;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Payments.Facilitator;

/// <summary>The x402 facilitator of this operator: /verify, /settle, /supported and /discovery/resources. Limited by caller and by size.</summary>
public sealed class FacilitatorEndpoint(
    FacilitatorChecks checks, FacilitatorSettlement settlement, PaymentOffers offers, IPaymentChain chain, GatewayIdentity identity,
    RoutingTable routing, SubnetTerms terms, IOptions<GatewayOptions> options, TimeProvider time) : IDisposable
{
    private const int MaxBodyBytes = 64 * 1024;
    private const int DefaultPage = 20;
    private const int LargestPage = 100;

    private readonly PartitionedRateLimiter<HttpContext> _limiter = PartitionedRateLimiter.Create<HttpContext, string>(http =>
        RateLimitPartition.GetTokenBucketLimiter(
            http.Connection.RemoteIpAddress?.ToString() ?? "unknown",
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = 2 * options.Value.FacilitatorRequestsPerSecond,
                TokensPerPeriod = options.Value.FacilitatorRequestsPerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
                AutoReplenishment = true,
            }));

    public Task VerifyAsync(HttpContext http) => RunAsync(http, async () =>
        await WriteAsync(http, await checks.VerifyAsync(await ReadAsync(http), http.RequestAborted)));

    public Task SettleAsync(HttpContext http) => RunAsync(http, async () =>
        await WriteAsync(http, await settlement.SettleAsync(await ReadAsync(http), http.RequestAborted)));

    public Task SupportedAsync(HttpContext http) => RunAsync(http, () => WriteAsync(http, Supported()));

    public Task DiscoverAsync(HttpContext http) => RunAsync(http, async () =>
    {
        var (limit, offset) = (Number(http, "limit", DefaultPage, 1, LargestPage), Number(http, "offset", 0, 0, int.MaxValue));
        var all = http.Request.Query["type"].FirstOrDefault() is null or "http" ? await ResourcesAsync(http) : [];
        await WriteAsync(http, new DiscoveryResponse(2, [.. all.Skip(offset).Take(limit)], new DiscoveryPage(limit, offset, all.Count)));
    });

    public void Dispose() => _limiter.Dispose();

    private SupportedResponse Supported()
    {
        var (network, batch) = (X402Header.Network(identity.ChainId), offers.Batch(TokenAmount.Zero));
        SupportedKind[] always = [new(2, X402Header.BatchSettlement, network, batch.Extra)];
        return chain.Relay is not { } relay
            ? new SupportedResponse(always, [], new Dictionary<string, IReadOnlyList<Address>>())
            : new SupportedResponse(
                [.. always, new(2, X402Header.Exact, network), new(1, X402Header.Exact, X402Header.NetworkV1(identity.ChainId))],
                [], new Dictionary<string, IReadOnlyList<Address>> { ["eip155:*"] = [relay] });
    }

    // What a smallest request costs at most: a real one is told its own ceiling.
    private async Task<IReadOnlyList<DiscoveredResource>> ResourcesAsync(HttpContext http)
    {
        var updated = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        var offered = (await routing.FindAsync(null, http.RequestAborted)).Select(static candidate => candidate.Offer).GroupBy(static offer => offer.Name);
        return [.. offered.OrderBy(static model => model.Key, StringComparer.Ordinal).Select(Describe)];

        DiscoveredResource Describe(IGrouping<string, ModelOffer> model)
        {
            var offer = model.First();
            var isDecoder = offer.Kind == ModelOffer.Decoder;
            var path = isDecoder ? "v1/chat/completions" : $"v2/models/{model.Key}/infer";
            var least = UsagePrice.WithMargin(
                model.Select(each => UsagePrice.Of(each.Price, isDecoder ? new Usage(1, 1, 0) : new Usage(0, 0, 1))).Max(), terms.MarginBasisPoints);
            return new DiscoveredResource($"{http.Request.Scheme}://{http.Request.Host}/{path}", "http", 2, identity.FreeOfCharge ? [] : offers.All(least), updated);
        }
    }

    private Task RunAsync(HttpContext http, Func<Task> handle) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        using var lease = _limiter.AttemptAcquire(http);
        await (lease.IsAcquired ? handle() : throw new ApiException(new ApiError(
            429, "too_many_requests", "The facilitator takes no more requests from this address now; repeat in a second.") { RetryAfterSeconds = 1 }));
    });

    private static Task<byte[]> ReadAsync(HttpContext http) => RequestBody.ReadAsync(http.Request, MaxBodyBytes, http.RequestAborted);

    private static int Number(HttpContext http, string name, int fallback, int least, int most) =>
        http.Request.Query[name].FirstOrDefault() is not { } text ? fallback
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new ApiException(ApiError.BadRequest("invalid_value", $"{name} must be a whole number from {least} to {most}.", name));

    private static Task WriteAsync<T>(HttpContext http, T answer)
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(X402Header.ToJson(answer), http.RequestAborted);
    }
}
