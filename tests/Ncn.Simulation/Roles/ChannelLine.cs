using System.Collections.Immutable;
using Ncn.Coordination.Requests;
using Ncn.Payments.Channels;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>
/// One channel's steps from one gateway, in order, many at once (Ncn.Serving's ChannelPipeline and LeftBehind): what nobody waits for is
/// repeated until it is done; before the first step, what an earlier life left is ended.
/// </summary>
internal sealed class ChannelLine(GatewayProcess gateway, string channel)
{
    private const int MostSteps = 16;
    private const ulong Patience = 1_500;
    private readonly List<Step> _waiting = [];
    private bool _isRunning;
    private bool _isSettled;
    private int _failures;

    internal bool IsIdle => !_isRunning;

    /// <summary>Does a step and waits for it; null when nobody knows whether it was done.</summary>
    internal Pending<ChannelResult?> Ask(Func<ulong, ChannelInput> step, string label)
    {
        var result = new Pending<ChannelResult?>();
        Add(new Step(step, label, result));
        return result;
    }

    /// <summary>Does a step soon, and repeats it until it is done.</summary>
    internal void Tell(Func<ulong, ChannelInput> step, string label) => Add(new Step(step, label, null));

    private void Add(Step step)
    {
        _waiting.Add(step);
        if (!_isRunning)
        {
            _isRunning = true;
            _ = RunAsync();
        }
    }

    private async Flow RunAsync()
    {
        while (_waiting.Count > 0)
        {
            var batch = _waiting.Take(MostSteps).ToArray();
            _waiting.RemoveRange(0, batch.Length);
            var results = await SettleAsync() ? await ApplyAsync(batch.Select(static step => step.Input), string.Join(", ", batch.Select(static step => step.Label))) : null;
            if (results is { } done)
            {
                _failures = 0;
                for (var i = 0; i < batch.Length; i++)
                {
                    batch[i].Waiter?.Complete(done[i]);
                }

                continue;
            }

            _waiting.InsertRange(0, batch.Where(static step => step.Waiter is null));
            foreach (var step in batch)
            {
                step.Waiter?.Complete(null);
            }

            await gateway.Sleep(Math.Min(2_000UL, 20UL << Math.Min(_failures++, 10)));
        }

        _isRunning = false;
    }

    private async Flow<ImmutableArray<ChannelResult>?> ApplyAsync(IEnumerable<Func<ulong, ChannelInput>> steps, string label) =>
        await gateway.Ask(gateway.Registry, new ChannelCall(channel, [.. steps], label), Patience) is ChannelReply reply ? reply.Results : null;

    private async Flow<bool> SettleAsync()
    {
        if (_isSettled)
        {
            return true;
        }

        if (await gateway.Ask(gateway.Registry, new ListLeftCall(channel, gateway.Holder), Patience) is not string[] left)
        {
            return false;
        }

        var steps = new List<Func<ulong, ChannelInput>>();
        foreach (var key in left)
        {
            if (await EndAsync(key) is not { } step)
            {
                return false;
            }

            steps.Add(step);
        }

        _isSettled = steps.Count == 0 || await ApplyAsync(steps, $"end {string.Join(", ", left)} of an earlier life") is not null;
        return _isSettled;
    }

    // What was answered is charged as the kept answer says, all else is released.
    private async Flow<Func<ulong, ChannelInput>?> EndAsync(string key)
    {
        var life = gateway.Holder;
        Func<ulong, ChannelInput> release = now => new ChannelInput.Release(now, key) { LeftBehind = life };
        if (gateway.Invariants.Money.Find(key) is not { } order)
        {
            return release;
        }

        var read = new RequestCall(order, null, "read");
        return await gateway.Ask(gateway.Registry, read, Patience) is not RequestReply found ? null
            : found.Entry is { Answer: { IsSuccess: true } answer, Ledger.Phase: not RequestPhase.None } ? now => new ChannelInput.Charge(now, key, answer.Cost)
            : release;
    }

    private sealed record Step(Func<ulong, ChannelInput> Input, string Label, Pending<ChannelResult?>? Waiter);
}
