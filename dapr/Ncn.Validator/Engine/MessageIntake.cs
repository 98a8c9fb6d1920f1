using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>
/// What comes from others is checked here, on the threads of their connections, so that one who floods slows nobody but itself; the engine
/// gets only what is good. Votes whose content has a quorum already are checked when nothing else is to be done (section 6), or at once when
/// the same member says something else of the view: then the two may be evidence.
/// </summary>
internal sealed class MessageIntake
{
    /// <summary>How long nothing must have come before late votes are checked.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    private const int DeferredOfRound = 16;
    private readonly EngineSettings _settings;
    private readonly OperationPool _pool;
    private readonly EngineInbox _inbox;
    private readonly Action<Address, object> _take;
    private readonly IValidatorLink _link;
    private readonly KnownSignatures _known = new();
    private readonly DeferredVotes _deferred = new();
    private readonly ConcurrentQueue<ClaimedOperation> _relays = new();
    private Checks _checks;

    internal MessageIntake(EngineSettings settings, PublishedEpoch epoch, OperationPool pool, EngineInbox inbox, Action<Address, object> take, IValidatorLink link)
    {
        (_settings, _pool, _inbox, _take, _link) = (settings, pool, inbox, take, link);
        _checks = ChecksOf(epoch);
    }

    internal bool HasDeferred => _deferred.Count > 0;

    internal void Open(PublishedEpoch epoch)
    {
        Volatile.Write(ref _checks, ChecksOf(epoch));
    }

    /// <summary>From any thread. False when a signature in the message is none.</summary>
    internal bool Receive(Address from, WireMessage message)
    {
        var checks = Volatile.Read(ref _checks);
        switch (message)
        {
            case WireMessage.Operations operations:
                return Admit(operations.Items, checks.Current);
            case WireMessage.Asked:
                return Post(from, message);
            case WireMessage.Answered { Answer: Answer.OfKept said }:
                return new Signed<KeptDigest>(new KeptDigest(said.Block, said.Digest), said.Signature).IsSignedBy(from, _settings.Domains.Network) && Post(from, said);
            case WireMessage.Answered { Answer: Answer.OfKeptPart part }:
                return Post(from, part);
            case WireMessage.Answered answered:
                return Check(answered, checks.Current) is not { } answer || Post(from, answer);
            case { Epoch: var epoch } when epoch == checks.Before?.Epoch:
                return checks.Before.Check(message) is { } old && Post(from, old); // rules P4 and E0: it counts for its checkpoint, and as evidence
            case { Epoch: var epoch } when epoch != checks.Current.Epoch:
                return epoch < checks.Current.Epoch || Post(from, LaterEpoch.Instance);
            case WireMessage.Ballot ballot:
                return TakeVote(from, ballot, checks.Current);
            default:
                return checks.Current.Check(message) is { } good && Post(from, good);
        }
    }

    /// <summary>From any thread.</summary>
    internal Admission? Submit(ClaimedOperation claimed)
    {
        var checks = Volatile.Read(ref _checks).Current;
        if (claimed.Operation.IsObservation || checks.Check(claimed) is not { } operation)
        {
            return null;
        }

        var admission = _pool.Add(operation);
        if (admission == Admission.Taken)
        {
            _relays.Enqueue(claimed);
            _inbox.Wake();
        }

        return admission;
    }

    /// <summary>On the engine's thread, once in a round: what was submitted since goes to the others, in as few messages as there can be.</summary>
    internal void Relay()
    {
        while (!_relays.IsEmpty)
        {
            var items = ImmutableArray.CreateBuilder<ClaimedOperation>();
            while (items.Count < WireLimits.RelayedOperations && _relays.TryDequeue(out var next))
            {
                items.Add(next);
            }

            _link.SendAll(new WireMessage.Operations(Volatile.Read(ref _checks).Current.Epoch, items.ToImmutable()));
        }
    }

    /// <summary>The own vote counts towards a quorum, and is not checked when it comes back in a certificate.</summary>
    internal void Remember(VerifiedVote vote) => _known.Add(_settings.Domains.Votes.Digest(vote.Vote), vote);

    /// <summary>On the engine's thread, when nothing else is to be done.</summary>
    internal void CheckDeferred()
    {
        for (var i = 0; i < DeferredOfRound && _deferred.Next() is { } vote; i++)
        {
            if (Volatile.Read(ref _checks).Of(vote.Vote.Epoch)?.Check(vote) is { } good)
            {
                _take(default, new ConsensusMessage.Ballot(good));
            }
        }
    }

    private bool TakeVote(Address from, WireMessage.Ballot ballot, WireChecks checks)
    {
        if (checks.WorthOf(ballot.Vote) == VoteWorth.CanWait)
        {
            _deferred.Add(ballot.Vote);
            return true;
        }

        if (checks.Check(ballot) is not { } good)
        {
            return false;
        }

        foreach (var other in _deferred.Take(ballot.Vote))
        {
            if (checks.Check(other) is { } also)
            {
                Post(from, new ConsensusMessage.Ballot(also));
            }
        }

        return Post(from, good);
    }

    // A dishonest observation is no lie that can be shown: whoever relays it believes its own eyes.
    private bool Admit(ImmutableArray<ClaimedOperation> items, WireChecks checks)
    {
        var isTrue = true;
        foreach (var claimed in items.Where(static claimed => !claimed.Operation.IsObservation))
        {
            if (checks.Check(claimed) is { } operation)
            {
                _pool.Add(operation);
            }
            else
            {
                isTrue = false;
            }
        }

        _inbox.Wake();
        return isTrue;
    }

    private static CheckedAnswer? Check(WireMessage.Answered answered, WireChecks checks)
    {
        var number = answered.Number;
        return answered.Answer switch
        {
            Answer.OfPart part => new CheckedAnswer(number, [], [], null, null, part.Part),
            _ when answered.Epoch != checks.Epoch => null,
            Answer.Blocks blocks => new CheckedAnswer(number, checks.Check(blocks), [], null, null, null),
            Answer.Certificates certificates => new CheckedAnswer(number, [], [.. certificates.Items.Select(checks.Check).OfType<VerifiedCertificate>()], null, null, null),
            Answer.OfEpoch proof when checks.Check(proof) is { } good => new CheckedAnswer(number, [], [], good, null, null),
            Answer.OfLedger ledger when checks.Check(ledger.Head) is var (finalization, blocks) => new CheckedAnswer(number, [], [], null, (ledger.Head, finalization, blocks), null),
            _ => null,
        };
    }

    // What finds no room is lost, as on the way; nobody lied.
    private bool Post(Address from, object message) => _inbox.TryPost(() => _take(from, message)) || true;

    private Checks ChecksOf(PublishedEpoch epoch) => new(Of(epoch.Current), epoch.Before is { } before ? Of(before) : null);

    private WireChecks Of(EpochSettings epoch) => new(epoch.Number, epoch.Set, _settings.Domains.Votes, _settings.Domains.Network, _known);

    private sealed record Checks(WireChecks Current, WireChecks? Before)
    {
        internal WireChecks? Of(ulong epoch) => epoch == Current.Epoch ? Current : epoch == Before?.Epoch ? Before : null;
    }
}
