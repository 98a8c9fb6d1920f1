using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Validator.Duty;

/// <summary>What came of asking a gateway.</summary>
/// <param name="Value">The right thing; null when it is not shown.</param>
/// <param name="Silence">Why the gateway could not be reached; null when it was.</param>
internal readonly record struct Showing<T>(T? Value, string? Silence)
    where T : class;

/// <summary>Reads gateways' lists and evidence, by requests that the validator's key signs (D9). Safe for concurrent use.</summary>
/// <param name="gateways">Base URLs; which is whose is found out by asking.</param>
/// <param name="sign">Signs under the network's domain.</param>
/// <param name="http">Bounds the time and the bytes of an answer.</param>
/// <param name="read">Gets all evidence that was the right one; null for nobody.</param>
internal sealed class GatewayReader(
    IReadOnlyList<Uri> gateways, Address validator, Func<ReceiptQuery, Signed<ReceiptQuery>> sign, HttpClient http, TimeProvider time, Action<ReceiptEvidence>? read = null)
{
    /// <summary>Name of the HTTP client.</summary>
    internal const string ClientName = "gateways";

    /// <summary>Most bytes of an answer: the greatest input and answer of a job, as JSON.</summary>
    internal const long MostBytes = 128L << 20;

    /// <summary>Longest time of an answer.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<Address, Uri> _known = [];

    /// <summary>The whole list.</summary>
    /// <param name="count">Of leaves, as it was committed to: a list of another length is not read on.</param>
    /// <param name="isRight">Whether it is what was committed to: nobody else's answer counts against the gateway, or for it.</param>
    internal Task<Showing<IReadOnlyList<ReceiptLeaf>>> ListAsync(Address gateway, ulong period, uint count, Func<IReadOnlyList<ReceiptLeaf>, bool> isRight, CancellationToken cancellationToken) =>
        AskAsync(gateway, url => PagesAsync(url, gateway, period, count, cancellationToken), isRight, cancellationToken);

    /// <summary>A receipt with its evidence.</summary>
    internal async Task<Showing<ReceiptEvidence>> EvidenceAsync(Address gateway, ulong period, uint index, Func<ReceiptEvidence, bool> isRight, CancellationToken cancellationToken)
    {
        var shown = await AskAsync(
            gateway, url => GetAsync<ReceiptEvidence>(url, gateway, period, string.Create(CultureInfo.InvariantCulture, $"/{index}"), cancellationToken), evidence => IsWhole(evidence) && isRight(evidence), cancellationToken);
        if (shown.Value is { } evidence)
        {
            read?.Invoke(evidence);
        }

        return shown;
    }

    /// <summary>What strict reading does not find.</summary>
    internal static bool IsWhole(ReceiptEvidence evidence) =>
        evidence.Job.Message is not null && evidence.Receipt.Message is not null && evidence.Output.All(static piece => piece is { TokenIds: not null, Text: not null });

    // Who has shown the right thing once is asked first, and its silence alone counts; until then any of them may be the gateway, and one that does not
    // answer may be it. The others are asked too before it is said that nobody shows it: one of them may have passed on what is another's, to show nothing later.
    private async Task<Showing<T>> AskAsync<T>(Address gateway, Func<Uri, Task<T?>> ask, Func<T, bool> isRight, CancellationToken cancellationToken)
        where T : class
    {
        var silent = gateways.Count == 0 ? "No gateway is known: set Ncn:Validator:Gateways." : null;
        var known = _known.GetValueOrDefault(gateway);
        foreach (var url in known is null ? gateways : [known, .. gateways.Where(url => url != known)])
        {
            try
            {
                if (await ask(url) is { } answer && isRight(answer))
                {
                    _known[gateway] = url;
                    return new Showing<T>(answer, null);
                }
            }
            catch (HttpRequestException broken) when (IsAnswer(broken))
            {
                continue; // It was reached, and does not show it.
            }
            catch (Exception broken) when (!cancellationToken.IsCancellationRequested && broken is HttpRequestException or OperationCanceledException)
            {
                silent = known is null || url == known ? broken.Message : silent;
            }
        }

        return new Showing<T>(null, silent);
    }

    // More bytes than any answer has, and a refusal. A gateway in trouble (5xx), or one that is asked too much, is away; so is one that does not take this
    // validator for one (403): its chain may be behind, as the set was when it began.
    private static bool IsAnswer(HttpRequestException broken) => broken.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded
        || broken.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not HttpStatusCode.Forbidden and not HttpStatusCode.RequestTimeout and not HttpStatusCode.TooManyRequests;

    private async Task<IReadOnlyList<ReceiptLeaf>?> PagesAsync(Uri url, Address gateway, ulong period, uint count, CancellationToken cancellationToken)
    {
        var leaves = new List<ReceiptLeaf>();
        while (true)
        {
            var page = await GetAsync<ReceiptPage>(url, gateway, period, string.Create(CultureInfo.InvariantCulture, $"?from={leaves.Count}"), cancellationToken);
            if (page is null || page.Gateway != gateway || page.Period != period || page.From != (uint)leaves.Count || page.Count != count
                || page.Leaves.Count > ReceiptPage.MaxLeaves || (page.Leaves.Count == 0 && leaves.Count < count) || page.Leaves.Any(static leaf => leaf is null))
            {
                return null;
            }

            leaves.AddRange(page.Leaves);
            if (leaves.Count >= count)
            {
                return leaves.Count == count ? leaves : null;
            }
        }
    }

    private async Task<T?> GetAsync<T>(Uri url, Address gateway, ulong period, string rest, CancellationToken cancellationToken)
        where T : class
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, string.Create(CultureInfo.InvariantCulture, $"/ncn/v1/receipts/{period}{rest}")));
        var query = sign(new ReceiptQuery(gateway, validator, period, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds()));
        request.Headers.Add(ReceiptQuery.Header, Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(query, ProtocolJson.Options)));
        using var answer = await http.SendAsync(request, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        try
        {
            return answer.IsSuccessStatusCode ? JsonSerializer.Deserialize<T>(await answer.Content.ReadAsByteArrayAsync(cancellationToken), ProtocolJson.Strict)
                : throw new HttpRequestException($"{url} answers {(int)answer.StatusCode}.", null, answer.StatusCode);
        }
        catch (JsonException)
        {
            return null; // Something else than what was asked for is not shown.
        }
    }
}
