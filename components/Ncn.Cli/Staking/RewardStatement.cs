using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ncn.Chain.Registry;
using Ncn.Protocol;

namespace Ncn.Cli.Staking;

/// <summary>What an account has ever earned in a subnet, with the proof that the contract wants: a validator's answer, worth nothing without the chain's root.</summary>
/// <param name="Cumulative">Atomic units.</param>
/// <param name="Root">The rewardsRoot that the proof leads to.</param>
internal sealed record RewardStatement(SubnetId Subnet, Address Token, TokenAmount Cumulative, Hash32 Root, IReadOnlyList<Hash32> Proof)
{
    private const int MaxProof = 64;
    private const int Tries = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(500);

    /// <summary>The statement under the chain's present root; null when the account has earned nothing under it. Validators that have not seen a new root yet are asked again.</summary>
    /// <exception cref="CliException">No validator is known, none answers, or none has the chain's root.</exception>
    public static async Task<RewardStatement?> ReadAsync(StakeSession session, CancellationToken cancellation)
    {
        for (var tried = 1; ; tried++)
        {
            var (statement, isBehind, problem) = await TryAsync(session, cancellation);
            if (problem is null)
            {
                return statement;
            }

            if (!isBehind || tried == Tries)
            {
                throw new CliException(problem);
            }

            await Task.Delay(BetweenTries, cancellation);
        }
    }

    private static async Task<(RewardStatement? Statement, bool IsBehind, string? Problem)> TryAsync(StakeSession session, CancellationToken cancellation)
    {
        if (await new ConsensusContract(session.Chain.Chain).ReadLatestCheckpointAsync(session.Subnet.Id) is not { } checkpoint)
        {
            return (null, false, $"Subnet {session.Subnet.Id} has no checkpoint on the chain yet, so no rewards: its validators submit one when an epoch ends.");
        }

        if (session.Validators.Count == 0)
        {
            return (null, false, "Nobody is known who could prove rewards. Start a network with validators (./ncn up --validators 4), or name one with --validator URL.");
        }

        using var http = new HttpClient { Timeout = Patience, MaxResponseContentBufferSize = 1 << 20 };
        var (problems, knowNone, isBehind) = (new List<string>(), false, false);
        foreach (var validator in session.Validators)
        {
            var (answered, statement, problem) = await AskAsync(http, new Uri(validator, $"ncn/v1/ledger/rewards/{session.Staker}"), cancellation);
            if (statement is not null && statement.Root == checkpoint.RewardsRoot && statement.Subnet == session.Subnet.Id && statement.Token == session.Token)
            {
                return (statement, false, null);
            }

            isBehind |= statement is not null;
            knowNone |= answered && statement is null;
            problems.Add($"{validator.Authority} {problem ?? $"has the root {statement?.Root}, and the chain {checkpoint.RewardsRoot}"}");
        }

        // One that is behind knows of nothing either, so all are asked before it is believed.
        return (null, isBehind, knowNone ? null : $"No validator proves what {session.Staker} has earned: {string.Join("; ", problems)}. Ask again when the next checkpoint is on the chain.");
    }

    private static async Task<(bool Answered, RewardStatement? Statement, string? Problem)> AskAsync(HttpClient http, Uri url, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(url, cancellation);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return (true, null, null);
            }

            if (!answer.IsSuccessStatusCode)
            {
                return (false, null, $"answered {(int)answer.StatusCode}");
            }

            var statement = await answer.Content.ReadFromJsonAsync<RewardStatement>(ProtocolJson.Options, cancellation);
            return statement?.Proof is { Count: <= MaxProof } ? (true, statement, null) : (false, null, "gave no proof");
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return (false, null, $"does not answer ({failure.Message})");
        }
    }
}
