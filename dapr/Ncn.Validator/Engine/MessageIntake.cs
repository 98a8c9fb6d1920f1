using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Consensus.Wire;

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
    private readonly Action<int, object> _take;
    private readonly IValidatorLink _link;
    private readonly KnownSignatures _known = new();
    private readonly DeferredVotes _deferred = new();
    private Checks _checks;

    internal MessageIntake(EngineSettings settings, PublishedEpoch epoch, OperationPool pool, EngineInbox inbox, Action<int, object> take, IValidatorLink link)
    {
        (_settings, _pool, _inbox, _take, _link) = (settings, pool, inbox, take, link);
        _checks = ChecksOf(epoch);
    }

    internal bool HasDeferred => _deferred.Count > 0;

    internal void Open(PublishedEpoch epoch)
    {
        Volatile.Write(ref _checks, ChecksOf(epoch));
        _deferred.Clear();
    }

    /// <summary>From any thread.</summary>
    internal void Receive(int from, WireMessage message)
    {
        var checks = Volatile.Read(ref _checks);
        switch (message)
        {
            case WireMessage.Operations operations:
                Admit(operations.Items, checks.Current);
                break;
            case WireMessage.Asked:
                Post(from, message);
                break;
            case WireMessage.Answered answered:
                if (Check(answered, checks.Current) is { } answer)
                {
                    Post(from, answer);
                }

                break;
            case WireMessage.CheckpointSigned signed when signed.Epoch == checks.Before?.Epoch:
                if (checks.Before.Check(signed) is { } checkpoint)
                {
                    Post(from, checkpoint);
                }

                break;
            case { Epoch: var epoch } when epoch > checks.Current.Epoch:
                Post(from, LaterEpoch.Instance);
                break;
            case WireMessage.Ballot ballot when ballot.Epoch == checks.Current.Epoch:
                TakeVote(from, ballot, checks.Current);
                break;
            case { Epoch: var epoch } when epoch == checks.Current.Epoch && checks.Current.Check(message) is { } good:
                Post(from, good);
                break;
            default:
                break;
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
            _link.Send(null, new WireMessage.Operations(checks.Epoch, [claimed]));
            _inbox.Wake();
        }

        return admission;
    }

    /// <summary>On the engine's thread, when nothing else is to be done.</summary>
    internal void CheckDeferred()
    {
        for (var i = 0; i < DeferredOfRound && _deferred.Next() is { } vote; i++)
        {
            if (Volatile.Read(ref _checks).Current.Check(vote) is { } good)
            {
                _take(good.Signer, new ConsensusMessage.Ballot(good));
            }
        }
    }

    private void TakeVote(int from, WireMessage.Ballot ballot, WireChecks checks)
    {
        if (checks.WorthOf(ballot.Vote) == VoteWorth.CanWait)
        {
            _deferred.Add(ballot.Vote);
            return;
        }

        if (checks.Check(ballot) is not { } good)
        {
            return;
        }

        foreach (var other in _deferred.Take(ballot.Vote.Signer, ballot.Vote.Vote.View))
        {
            if (checks.Check(other) is { } also)
            {
                Post(from, new ConsensusMessage.Ballot(also));
            }
        }

        Post(from, good);
    }

    private void Admit(ImmutableArray<ClaimedOperation> items, WireChecks checks)
    {
        foreach (var claimed in items)
        {
            if (!claimed.Operation.IsObservation && checks.Check(claimed) is { } operation)
            {
                _pool.Add(operation);
            }
        }

        _inbox.Wake();
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
            Answer.OfLedger ledger when checks.Check(ledger.Head) is var (finalization, block) => new CheckedAnswer(number, [], [], null, (ledger.Head, finalization, block), null),
            _ => null,
        };
    }

    private void Post(int from, object message) => _inbox.TryPost(() => _take(from, message));

    private Checks ChecksOf(PublishedEpoch epoch) => new(Of(epoch.Current), epoch.Before is { } before ? Of(before) : null);

    private WireChecks Of(EpochSettings epoch) => new(epoch.Number, epoch.Set, _settings.Domains.Votes, _settings.Domains.Network, _known);

    private sealed record Checks(WireChecks Current, WireChecks? Before);
}
