using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Validator.Duty;

/// <summary>Reads gateways' lists and evidence, by requests that the validator's key signs (D9).</summary>
/// <param name="gateways">Base URLs; which is whose is found out by asking.</param>
/// <param name="sign">Signs under the network's domain.</param>
internal sealed class GatewayReader(IReadOnlyList<Uri> gateways, Address validator, Func<ReceiptQuery, Signed<ReceiptQuery>> sign, HttpClient http, TimeProvider time)
{
    private readonly ConcurrentDictionary<Address, Uri> _known = [];

    /// <summary>The whole list; null when the gateway says that it has none, or shows something else than a list.</summary>
    /// <exception cref="HttpRequestException">It cannot be asked now: nothing follows from that yet.</exception>
    internal async Task<IReadOnlyList<ReceiptLeaf>?> ListAsync(Address gateway, ulong period, CancellationToken cancellationToken)
    {
        var leaves = new List<ReceiptLeaf>();
        while (true)
        {
            var page = await AskAsync<ReceiptPage>(gateway, period, string.Create(CultureInfo.InvariantCulture, $"?from={leaves.Count}"), cancellationToken);
            if (page is null || page.Gateway != gateway || page.Period != period || page.From != (uint)leaves.Count || page.Count > ReceiptList.MaxCount || (page.Leaves.Count == 0 && leaves.Count < page.Count))
            {
                return null;
            }

            leaves.AddRange(page.Leaves);
            if (leaves.Count >= page.Count)
            {
                return leaves.Count == page.Count ? leaves : null;
            }
        }
    }

    /// <summary>A receipt with its evidence; null when the gateway does not show it.</summary>
    /// <exception cref="HttpRequestException">It cannot be asked now: nothing follows from that yet.</exception>
    internal Task<ReceiptEvidence?> EvidenceAsync(Address gateway, ulong period, uint index, CancellationToken cancellationToken) =>
        AskAsync<ReceiptEvidence>(gateway, period, string.Create(CultureInfo.InvariantCulture, $"/{index}"), cancellationToken);

    private async Task<T?> AskAsync<T>(Address gateway, ulong period, string rest, CancellationToken cancellationToken)
        where T : class
    {
        HttpRequestException? silent = null;
        foreach (var url in _known.TryGetValue(gateway, out var known) ? [known] : gateways)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, string.Create(CultureInfo.InvariantCulture, $"/ncn/v1/receipts/{period}{rest}")));
            var query = sign(new ReceiptQuery(gateway, validator, period, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds()));
            request.Headers.Add(ReceiptQuery.Header, Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(query, ProtocolJson.Options)));
            try
            {
                using var answer = await http.SendAsync(request, cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    _known[gateway] = url;
                    return await answer.Content.ReadFromJsonAsync<T>(ProtocolJson.Options, cancellationToken);
                }

                // Not to be found is an answer of the right one; anything else may pass.
                silent = answer.StatusCode == HttpStatusCode.NotFound && (known is not null || gateways.Count == 1) ? null
                    : new HttpRequestException($"{url} answers {(int)answer.StatusCode}.", null, answer.StatusCode);
                if (silent is null)
                {
                    return null;
                }
            }
            catch (HttpRequestException broken)
            {
                silent = broken;
            }
            catch (JsonException)
            {
                return null;
            }
        }

        throw silent ?? new HttpRequestException($"No gateway is known for {gateway}: set Ncn:Validator:Gateways.");
    }
}
