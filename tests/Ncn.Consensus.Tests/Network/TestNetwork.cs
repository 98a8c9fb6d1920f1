using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Network;

/// <summary>How a test network behaves.</summary>
/// <param name="Weights">One for each validator.</param>
/// <param name="Byzantine">Validators that sign whatever they like.</param>
internal sealed record NetworkOptions(ulong[] Weights, params int[] Byzantine)
{
    /// <summary>Milliseconds that a message takes.</summary>
    internal ulong Delay { get; init; } = 10;

    /// <summary>Milliseconds that a write takes at most.</summary>
    internal int Disk { get; init; }

    internal ulong EndHeight { get; init; } = 1_000_000;

    internal ConsensusLimits Limits { get; init; } = new() { UnitMilliseconds = 50, CheckpointInterval = 5, IdleMilliseconds = 200 };
}

/// <summary>Validators in virtual time. Until <see cref="Settle"/> messages are late, lost, doubled, and validators crash; after it nothing goes wrong but the Byzantine ones.</summary>
internal sealed class TestNetwork
{
    private readonly PriorityQueue<Action, (ulong At, ulong Order)> _queue = new();
    private ulong _order;

    internal TestNetwork(ulong seed, NetworkOptions options)
    {
        (Luck, Options) = (new Luck(seed), options);
        Set = Sample.Set(options.Weights);
        Validators = [.. Enumerable.Range(0, options.Weights.Length).Select(index => new TestValidator(this, index))];
    }

    internal Luck Luck { get; }

    internal NetworkOptions Options { get; }

    internal ValidatorSet Set { get; }

    internal ImmutableArray<TestValidator> Validators { get; }

    internal IEnumerable<TestValidator> Honest => Validators.Where(validator => !validator.IsByzantine);

    internal ulong Now { get; private set; }

    internal bool IsStormy { get; set; }

    /// <summary>The final chain: whoever delivers another block breaks safety.</summary>
    internal SortedDictionary<ulong, Hash32> Final { get; } = [];

    /// <summary>All votes that left an honest validator, over all its lives.</summary>
    internal Dictionary<(int Signer, ulong Epoch, ulong View), HashSet<Vote>> Sent { get; } = [];

    /// <summary>When blocks were proposed, and when each was final everywhere that it is.</summary>
    internal Dictionary<Hash32, ulong> ProposedAt { get; } = [];

    internal List<ulong> FinalDelays { get; } = [];

    internal void Start()
    {
        foreach (var validator in Validators)
        {
            validator.Start();
        }
    }

    internal void At(ulong milliseconds, Action action) => _queue.Enqueue(action, (Now + milliseconds, ++_order));

    internal void Send(int from, int to, ConsensusMessage message)
    {
        if (IsStormy && Luck.OneIn(8))
        {
            return; // lost
        }

        Carry(from, to, message);
        if (IsStormy && Luck.OneIn(10))
        {
            Carry(from, to, message); // twice
        }
    }

    /// <summary>Goes on for so many virtual milliseconds.</summary>
    internal void Run(ulong milliseconds)
    {
        var until = Now + milliseconds;
        while (_queue.TryPeek(out _, out var next) && next.At <= until)
        {
            Now = next.At;
            _queue.Dequeue()();
        }

        Now = until;
    }

    internal void Settle()
    {
        IsStormy = false;
        foreach (var validator in Validators)
        {
            validator.Restart();
        }
    }

    private void Carry(int from, int to, ConsensusMessage message)
    {
        _ = from;
        var delay = IsStormy ? 1 + (Luck.Next() % (Luck.OneIn(6) ? 1_500UL : 60UL)) : Options.Delay;
        At(delay, () => Validators[to].Receive(message));
    }
}
