using System.Net.Http.Json;
using System.Text.Json;
using Ncn.Cli.Network;
using Ncn.Protocol;

namespace Ncn.Cli.Validators;

/// <summary>What a validator says of itself (<c>GET /ncn/v1/ledger/status</c>), as far as it is read here.</summary>
/// <param name="State">starting, following, voting, halted or failed.</param>
/// <param name="Problem">Why it does not vote; null while it does, and while it only follows.</param>
internal sealed record ValidatorWord(Address Validator, string State, string? Problem, ulong Epoch, ulong Height);

/// <summary>What a validator tells its operator of the requests that it sends itself (<c>GET /ncn/v1/validator/probes</c>). Amounts are atomic units.</summary>
/// <param name="Budget">Of an epoch.</param>
/// <param name="Left">Of it in this one.</param>
/// <param name="Shown">Those that were wrong, or could not be checked here, so that the ledger was shown them.</param>
/// <param name="PursesLeft">Keys that can pay for more.</param>
internal sealed record ProbeFigures(TokenAmount Budget, TokenAmount Left, TokenAmount SpentInAll, ulong Sent, ulong Checked, ulong Shown, ulong Lost, int PursesLeft);

/// <summary>What a validator answers; null for what it does not.</summary>
internal sealed record ValidatorAnswer(ValidatorWord? Status, LedgerStanding? Standing, ProbeFigures? Probes);

/// <summary>Asks validators how they, nodes and gateways stand; bounded in time and size.</summary>
internal static class StandingReader
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>By app.</summary>
    /// <param name="operatorToken">Opens what is for the operator alone.</param>
    public static async Task<IReadOnlyDictionary<string, ValidatorAnswer>> ReadAsync(IReadOnlyList<ValidatorEntry> validators, string operatorToken, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = Patience, MaxResponseContentBufferSize = 8 << 20 };
        http.DefaultRequestHeaders.Authorization = new("Bearer", operatorToken);
        var answers = await Task.WhenAll(validators.Select(async validator => (validator.AppId, Answer: new ValidatorAnswer(
            await AskAsync<ValidatorWord>(http, validator, "ledger/status", cancellation), await AskAsync<LedgerStanding>(http, validator, "ledger/standing", cancellation),
            await AskAsync<ProbeFigures>(http, validator, "validator/probes", cancellation)))));
        return answers.ToDictionary(static answer => answer.AppId, static answer => answer.Answer, StringComparer.Ordinal);
    }

    private static async Task<T?> AskAsync<T>(HttpClient http, ValidatorEntry validator, string what, CancellationToken cancellation)
        where T : class
    {
        try
        {
            using var answer = await http.GetAsync(new Uri($"{validator.Http}/ncn/v1/{what}"), cancellation);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<T>(ProtocolJson.Options, cancellation) : null;
        }
        catch (Exception silence) when (silence is HttpRequestException or JsonException || (silence is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // The caller says that it does not answer.
            return null;
        }
    }
}
