using System.Net.Http.Json;
using System.Text.Json;
using Ncn.Cli.Network;
using Ncn.Protocol;

namespace Ncn.Cli.Validators;

/// <summary>What a validator says of itself (<c>GET /ncn/v1/ledger/status</c>), as far as it is read here.</summary>
/// <param name="State">starting, following, voting, halted or failed.</param>
/// <param name="Problem">Why it does not vote; null while it does, and while it only follows.</param>
internal sealed record ValidatorWord(Address Validator, string State, string? Problem, ulong Epoch, ulong Height);

/// <summary>What a validator answers; null for what it does not.</summary>
internal sealed record ValidatorAnswer(ValidatorWord? Status, LedgerStanding? Standing);

/// <summary>Asks validators how they, nodes and gateways stand; bounded in time and size.</summary>
internal static class StandingReader
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>By app.</summary>
    public static async Task<IReadOnlyDictionary<string, ValidatorAnswer>> ReadAsync(IReadOnlyList<ValidatorEntry> validators, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = Patience, MaxResponseContentBufferSize = 8 << 20 };
        var answers = await Task.WhenAll(validators.Select(async validator => (validator.AppId, Answer: new ValidatorAnswer(
            await AskAsync<ValidatorWord>(http, validator, "status", cancellation), await AskAsync<LedgerStanding>(http, validator, "standing", cancellation)))));
        return answers.ToDictionary(static answer => answer.AppId, static answer => answer.Answer, StringComparer.Ordinal);
    }

    private static async Task<T?> AskAsync<T>(HttpClient http, ValidatorEntry validator, string what, CancellationToken cancellation)
        where T : class
    {
        try
        {
            using var answer = await http.GetAsync(new Uri($"{validator.Http}/ncn/v1/ledger/{what}"), cancellation);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<T>(ProtocolJson.Options, cancellation) : null;
        }
        catch (Exception silence) when (silence is HttpRequestException or JsonException || (silence is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // The caller says that it does not answer.
            return null;
        }
    }
}
