using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapr.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Serving.Routing.Peers.Discovered;

/// <summary>The registry did not answer, or has no discovery.</summary>
internal sealed class RegistryException(string message, bool isOff) : Exception(message)
{
    /// <summary>It is there, and takes no part in discovery.</summary>
    public bool IsOff { get; } = isOff;
}

/// <summary>Discovery as this operator's registry offers it to its own apps, by service invocation. Throws <see cref="RegistryException"/>.</summary>
internal sealed class RegistryDirectory : IDisposable
{
    private const int MaxAnswerBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly HttpClient _http;

    public RegistryDirectory(IOptions<PeerDiscoveryOptions> options)
        : this(DaprClient.CreateInvokeHttpClient(options.Value.Registry))
    {
    }

    internal RegistryDirectory(HttpClient http)
    {
        _http = http;
        (_http.Timeout, _http.MaxResponseContentBufferSize) = (Patience, MaxAnswerBytes);
    }

    /// <summary>All gateways that are known; null when that is what <paramref name="known"/> was.</summary>
    public async Task<FoundAdverts?> ReadAsync(string? known, CancellationToken cancellationToken) =>
        await GetAsync($"discovery/gateways?known={known}", cancellationToken);

    /// <summary>The gateways that have a model; looked up the first time.</summary>
    public async Task<FoundAdverts?> FindAsync(string model, CancellationToken cancellationToken) =>
        await GetAsync($"discovery/gateways?name={Uri.EscapeDataString(model)}", cancellationToken);

    /// <summary>Advertises this gateway.</summary>
    public async Task AnnounceAsync(Signed<GatewayRecord> record, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(() => _http.PostAsJsonAsync("discovery/adverts", new OwnAdvert(record), ProtocolJson.Options, cancellationToken), cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<FoundAdverts?> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(() => _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken), cancellationToken);
        try
        {
            return answer.StatusCode == HttpStatusCode.NoContent ? null : await answer.Content.ReadFromJsonAsync<FoundAdverts>(ProtocolJson.Options, cancellationToken);
        }
        catch (JsonException malformed)
        {
            throw new RegistryException($"it answered what is no list of adverts: {malformed.Message}", isOff: false);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(Func<Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await send();
            if (answer.IsSuccessStatusCode)
            {
                return answer;
            }

            using (answer)
            {
                throw new RegistryException($"it answered {(int)answer.StatusCode}", answer.StatusCode == HttpStatusCode.NotFound);
            }
        }
        catch (Exception unreachable) when (!cancellationToken.IsCancellationRequested && unreachable is HttpRequestException or OperationCanceledException)
        {
            throw new RegistryException(unreachable.Message, isOff: false);
        }
    }
}
