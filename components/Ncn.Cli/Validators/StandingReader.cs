using System.Net.Http.Json;
using System.Text.Json;
using Ncn.Cli.Network;
using Ncn.Protocol;

namespace Ncn.Cli.Validators;

/// <summary>Asks validators how nodes and gateways stand; bounded in time and size.</summary>
internal static class StandingReader
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>By app; those that do not answer are missing.</summary>
    public static async Task<IReadOnlyDictionary<string, LedgerStanding>> ReadAsync(IReadOnlyList<ValidatorEntry> validators, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = Patience, MaxResponseContentBufferSize = 8 << 20 };
        var answers = await Task.WhenAll(validators.Select(async validator => (validator.AppId, Standing: await AskAsync(http, validator, cancellation))));
        return answers.Where(static answer => answer.Standing is not null).ToDictionary(static answer => answer.AppId, static answer => answer.Standing!, StringComparer.Ordinal);
    }

    private static async Task<LedgerStanding?> AskAsync(HttpClient http, ValidatorEntry validator, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(validator.Http + "/ncn/v1/ledger/standing"), cancellation);
            var standing = answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<LedgerStanding>(ProtocolJson.Options, cancellation) : null;
            return standing is { Nodes: not null, Gateways: not null, Audits: not null } ? standing : null;
        }
        catch (Exception silence) when (silence is HttpRequestException or JsonException || (silence is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // The caller says that it does not answer.
            return null;
        }
    }
}
