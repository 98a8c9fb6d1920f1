using System.Threading.Channels;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Consensus;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Engine;
using Ncn.Validator.OnChain;
using Ncn.Validator.Rows;

namespace Ncn.Validator.Hosting;

/// <summary>
/// How a validator without rows begins. In the first epoch from nothing. Later: the chain says who votes and which block ended the epoch before
/// (a checkpoint that more than two thirds signed); the others give that block and the ledger after it, which prove themselves by its hash.
/// </summary>
internal static class Newcomer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    internal static async Task<LogContent> BeginAsync(
        ChainConnection chain, SubnetId subnet, ChainObserver observer, EngineSettings settings, ValidatorLink link, ValidatorHost.Receiver receiver, Address own, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        var consensus = new ConsensusContract(chain);
        var answers = Channel.CreateBounded<(Address From, WireMessage.Answered Answer)>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest });
        receiver.Early = (from, message) => _ = message is WireMessage.Answered answered && answers.Writer.TryWrite((from, answered));
        var sources = new Sources(consensus, subnet, observer, settings, link, answers.Reader, time, log);
        while (true)
        {
            if (await TryAsync(sources, own, cancellationToken) is { } content)
            {
                receiver.Early = null;
                return content;
            }

            await Task.Delay(Patience, time, cancellationToken);
        }
    }

    // A chain that does not answer is asked again, as everywhere.
    private static async Task<LogContent?> TryAsync(Sources sources, Address own, CancellationToken cancellationToken)
    {
        try
        {
            await sources.Observer.LookAsync(cancellationToken);
            return await BeginOnceAsync(sources, own, cancellationToken);
        }
        catch (Exception silent) when (silent is ChainUnavailableException or ContractRevertedException)
        {
            sources.Log.LogWarning("The chain: {Problem}", silent.Message);
            return null;
        }
    }

    private static async Task<LogContent?> BeginOnceAsync(Sources from, Address own, CancellationToken cancellationToken)
    {
        var (consensus, subnet, observer, settings) = (from.Consensus, from.Subnet, from.Observer, from.Settings);
        var epoch = observer.Glance!.Epoch;
        if (epoch <= 1)
        {
            return observer.Snapshot(1) is { } first ? LogContent.Begin(settings.FirstEpoch(SetOf(first)), LedgerState.Empty) : null; // null: the node does not show all of it yet
        }

        var (view, before, end) = (await consensus.ReadEpochAsync(subnet, epoch), await consensus.ReadEpochAsync(subnet, epoch - 1), await consensus.ReadCheckpointAsync(subnet, epoch - 1));
        if (view is not null && before is not null && end is not null && observer.Snapshot(view.Snapshot) is { } snapshot && observer.Snapshot(before.Snapshot) is { } old)
        {
            var asking = new LedgerAsking(settings, SetOf(old), epoch - 1, end.BlockHash, from.Link, from.Answers, from.Time);
            foreach (var peer in from.Link.Connected)
            {
                if (await asking.TakeAsync(peer, Patience, cancellationToken) is var (proof, ledger))
                {
                    var next = settings.EpochAfter(proof.End, ledger, SetOf(snapshot));
                    from.Log.LogInformation("The ledger of height {Height} was taken from {Peer}; this validator begins with epoch {Epoch}.", proof.End.Height, peer, epoch);
                    var content = LogContent.Begin(next, ledger);
                    return content with { Earlier = content.Earlier.Add(epoch - 1, new EndedEpoch(SetOf(old), proof)) };
                }
            }
        }

        from.Log.LogInformation("Epoch {Epoch} runs, and none of the {Count} validators that are connected gives the ledger that it began with. {Own} waits.", epoch, from.Link.Connected.Length, own);
        return null;
    }

    private sealed record Sources(
        ConsensusContract Consensus, SubnetId Subnet, ChainObserver Observer, EngineSettings Settings, ValidatorLink Link, ChannelReader<(Address From, WireMessage.Answered Answer)> Answers, TimeProvider Time, ILogger Log);

    private static ValidatorSet SetOf(SnapshotView snapshot) => ValidatorSet.Of(snapshot.Voters.Select(static voter => new Consensus.Validator(voter.Key, voter.Weight.Units)));
}

/// <summary>Asks one validator after the other how an epoch ended and for the ledger after it.</summary>
internal sealed class LedgerAsking(EngineSettings settings, ValidatorSet set, ulong epoch, Hash32 end, ValidatorLink link, ChannelReader<(Address From, WireMessage.Answered Answer)> answers, TimeProvider time)
{
    private readonly WireChecks _checks = new(epoch, set, settings.Domains.Votes, settings.Domains.Network, new KnownSignatures());
    private ulong _number;

    /// <summary>Null when it does not have them, or lies.</summary>
    internal async Task<(VerifiedEpochProof Proof, LedgerState Ledger)?> TakeAsync(Address peer, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (await AskAsync(peer, new Question.OfCore(new Wanted.OfEpoch(epoch)), patience, cancellationToken) is not Answer.OfEpoch answer
            || _checks.Check(answer) is not { } proof || proof.End.Hash != end
            || await AskAsync(peer, new Question.OfCore(new Wanted.OfLedger(0)), patience, cancellationToken) is not Answer.OfLedger { Head: var head } || head.Block.Header.Hash() != end)
        {
            return null;
        }

        var assembly = new SnapshotAssembly(head);
        while (assembly is { IsWhole: false })
        {
            assembly = await AskAsync(peer, new Question.OfPart(end, assembly.Next), patience, cancellationToken) is Answer.OfPart part ? assembly.With(part.Part) : null;
        }

        return assembly?.Ledger(proof.End.Header.Roots.State) is { } ledger ? (proof, ledger) : null;
    }

    private async Task<Answer?> AskAsync(Address peer, Question question, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var wait = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, cancellationToken);
        link.Send(peer, new WireMessage.Asked(epoch, ++_number, question));
        link.Flush();
        try
        {
            while (true)
            {
                var (from, answered) = await answers.ReadAsync(both.Token);
                if (from == peer && answered.Number == _number)
                {
                    return answered.Answer;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
