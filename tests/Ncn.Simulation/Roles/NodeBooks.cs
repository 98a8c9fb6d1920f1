using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>The node's side of its channel and the receipt of its last charge, as its disk keeps them.</summary>
internal sealed record NodeAccount(ChannelState State, JobReceipt? LastReceipt);

/// <summary>A node's voucher ledger (Ncn.ComputeWorker's VoucherLedger): one step at a time, durable before its result is handed out.</summary>
internal sealed class NodeBooks
{
    private const string Key = "vouchers";
    private readonly NodeProcess _node;
    private readonly string _name;
    private readonly Queue<Pending<bool>> _turns = new();
    private NodeAccount _account;
    private bool _isBusy;

    internal NodeBooks(NodeProcess node)
    {
        (_node, _name) = (node, $"node {node.Number}'s books");
        _account = node.Disk.Read<NodeAccount>(Key) ?? new NodeAccount(ChannelState.Empty, null);
    }

    internal ChannelState State => _account.State;

    internal JobReceipt? LastReceipt => _account.LastReceipt;

    /// <summary>What an earlier process held for its jobs: none of them runs any more.</summary>
    internal async Flow ReleaseLostJobsAsync()
    {
        foreach (var (key, held) in _account.State.Reservations.ToArray())
        {
            await ApplyAsync(new ChannelInput.Release(held.ExpiresAt, key), null);
        }
    }

    /// <summary>One step.</summary>
    /// <param name="sign">Makes the receipt for the total after an accepted charge.</param>
    internal async Flow<ChannelResult> ApplyAsync(ChannelInput input, Func<TokenAmount, JobReceipt>? sign)
    {
        if (_isBusy)
        {
            var turn = new Pending<bool>();
            _turns.Enqueue(turn);
            await turn;
        }

        _isBusy = true;
        var before = _account;
        var (after, result) = _node.Cores.Channel(before.State, input);
        _node.Invariants.Channels.Check(_name, before.State, input, after, result);
        var receipt = result.Outcome == ChannelOutcome.Accepted ? sign?.Invoke(result.Charged) : null;
        if (!ReferenceEquals(before.State, after))
        {
            var next = new NodeAccount(after, receipt ?? before.LastReceipt);
            var done = new Pending<bool>();
            _node.Disk.Write(Key, next, () => done.Complete(true));
            await done;
            _account = next;
        }

        _isBusy = false;
        if (_turns.TryDequeue(out var following))
        {
            _isBusy = true;
            following.Complete(true);
        }

        return result;
    }
}
