using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Consensus.Http.Receiving;

/// <summary>What a peer sends on one connection: cut into frames, read, counted against its budgets, handed on.</summary>
internal sealed class PeerInbox(Hash32 network, LinkLimits limits, TimeProvider time, Func<WireMessage, bool> take)
{
    private readonly Budget _bytes = new(limits.BytesPerSecond, time);
    private readonly Budget _votes = new(limits.VotesPerSecond, time);
    private readonly Budget _operations = new(limits.OperationsPerSecond, time);
    private readonly Budget _questions = new(limits.QuestionsPerSecond, time);

    /// <summary>Where the next bytes are put.</summary>
    internal FrameBuffer Buffer { get; } = new(network);

    /// <summary>The peer broke the protocol: it is left alone for a while.</summary>
    internal bool HasLied { get; private set; }

    /// <summary>Handles the frames that are whole. Why the connection is to end, or null.</summary>
    internal string? Take()
    {
        for (var frame = Buffer.Next(); !frame.IsEmpty; frame = Buffer.Next())
        {
            _bytes.Take(frame.Length);
            if (!WireForm.TryRead(frame, network, out var message, out var reason))
            {
                HasLied = true;
                return reason;
            }

            Count(message);
            if (!take(message))
            {
                HasLied = true;
                return $"it sent a {message.Kind} that is not true";
            }
        }

        HasLied = Buffer.Reason is not null;
        Buffer.MakeRoom();
        return Buffer.Reason;
    }

    /// <summary>How long to leave it unread, so that it keeps within its budgets.</summary>
    internal TimeSpan Wait()
    {
        var wait = TimeSpan.Zero;
        foreach (var budget in (ReadOnlySpan<Budget>)[_bytes, _votes, _operations, _questions])
        {
            var own = budget.Wait();
            wait = own > wait ? own : wait;
        }

        return wait;
    }

    private void Count(WireMessage message)
    {
        switch (message)
        {
            case WireMessage.Asked:
                _questions.Take(1);
                break;
            case WireMessage.Proposed or WireMessage.Operations or WireMessage.Answered:
                _operations.Take(message.Signatures);
                break;
            default:
                _votes.Take(message.Signatures);
                break;
        }
    }
}
