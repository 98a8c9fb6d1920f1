using System.Collections.Immutable;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Actors;

/// <summary>Steps on a channel, done in one turn.</summary>
/// <param name="Steps">Made into inputs by the ledger's own clock.</param>
internal sealed record ChannelCall(string Channel, IReadOnlyList<Func<ulong, ChannelInput>> Steps, string Label)
{
    public override string ToString() => Label;
}

/// <summary>How the steps ended.</summary>
internal sealed record ChannelReply(ImmutableArray<ChannelResult> Results)
{
    public override string ToString() => string.Join(", ", Results.Select(static result => result.Outcome));
}

/// <summary>Which requests an earlier life of a process left on a channel.</summary>
internal sealed record ListLeftCall(string Channel, Holder Life)
{
    public override string ToString() => $"what is left on {Channel}?";
}

/// <summary>The best voucher and what can be claimed with it.</summary>
internal sealed record ClaimableCall(string Channel)
{
    public override string ToString() => $"what can be claimed of {Channel}?";
}

/// <summary>What can be claimed.</summary>
internal sealed record Claimable(SignedVoucher Voucher, TokenAmount Total);

/// <summary>The ChannelActor.</summary>
internal sealed class ChannelCell(RegistryProcess host, string key) : Cell<ChannelState>(host, key, ChannelState.Empty)
{
    internal void Receive(Call call, ChannelCall steps) => Enter(() => TurnAsync(call, steps));

    internal void ListLeft(Call call, Holder life) => Enter(() => Answer(call, ChannelLedger.LeftBehind(State, life).ToArray()));

    internal void ReadClaimable(Call call) => Enter(() => Answer(call, Claimable(State)));

    // A turn that reads has nothing to wait for.
    private static Flow Answer(Call call, object? answer)
    {
        call.Reply(answer);
        var done = new Flow();
        done.Complete(true);
        return done;
    }

    private string Outcomes(IReadOnlyList<ChannelResult> results) =>
        Host.World.IsRecording ? $"{string.Join(", ", results.Select(static result => result.Outcome))}; {results[^1].Charged} charged, {results[^1].Reserved} reserved, voucher {results[^1].VoucherMax}" : string.Empty;

    private static Claimable? Claimable(ChannelState state)
    {
        var total = TokenAmount.Min(state.Charged, state.VoucherMax);
        return state is { Config: { } config, VoucherSignature: { } signature } && total > state.Claimed
            ? new Claimable(new SignedVoucher(config, state.VoucherMax, signature), total)
            : null;
    }

    private async Flow TurnAsync(Call call, ChannelCall steps)
    {
        var (state, results) = (State, ImmutableArray.CreateBuilder<ChannelResult>(steps.Steps.Count));
        foreach (var step in steps.Steps)
        {
            var (before, input) = (state, step(Now));
            (state, var result) = Host.Cores.Channel(before, input);
            Host.Invariants.Channels.Check(Key, before, input, state, result);
            results.Add(result);
        }

        var isDone = await Commit(state);
        Host.Say($"{Key}: {steps.Label}: {Outcomes(results)}{(isDone ? string.Empty : ", and the store fails")}");
        if (isDone)
        {
            Host.Invariants.Channels.Committed(Key, results.Count, results);
            call.Reply(new ChannelReply(results.ToImmutable()));
        }
    }
}
