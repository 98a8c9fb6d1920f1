using Ncn.Consensus;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>
/// A validator that left out blocks takes from the others what follows from them. (1) All who are connected are asked for its digest after one block that
/// is final here; each signs what it says. (2) Members of the running set with more than a third of its stake must say the same: then one of them is honest,
/// and all honest ones say the same. (3) The content comes in parts from one who said so; when it is of another digest, from the next one. What anybody
/// says after that counts no more: who is asked could otherwise say another digest, and give what is of that.
/// </summary>
/// <remarks>The engine's thread alone uses it. What does not come is asked for again, all of it: others may have forgotten the block, and another one is wanted.</remarks>
internal sealed class KeptFetching(IValidatorLink link, IKeptState kept, EngineInbox inbox, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Dictionary<Address, Answer.OfKept> _said = [];
    private readonly List<byte[]> _parts = [];
    private Hash32? _block;
    private (Address Key, Answer.OfKept Said)? _source;
    private long _progress;
    private ulong _number;
    private int _turn;
    private bool _isChecking;

    /// <summary>Once in a round.</summary>
    internal void Look(EpochSettings epoch)
    {
        var wanted = kept.Lacks;
        var isNew = wanted != _block;
        if (isNew)
        {
            Forget(wanted);
        }

        if (wanted is not { } block || _isChecking || (!isNew && time.GetElapsedTime(_progress) < Patience))
        {
            return;
        }

        Forget(wanted);
        foreach (var peer in link.Connected)
        {
            Ask(peer, epoch, new Question.OfKept(block));
        }
    }

    /// <summary>An answer that is signed by who gives it, where it counts by that.</summary>
    internal void Answered(Address from, Answer answer, EpochSettings epoch)
    {
        if (answer is Answer.OfKept said && said.Block == _block && _source is null && epoch.Set.IndexOf(from) is not null)
        {
            _said[from] = said;
            Choose(epoch);
        }
        else if (answer is Answer.OfKeptPart part && part.Block == _block && from == _source?.Key && part.Number == _parts.Count && !_isChecking)
        {
            _parts.Add(part.Content.Span.ToArray());
            Continue(epoch);
        }
    }

    private void Forget(Hash32? wanted)
    {
        _said.Clear();
        _parts.Clear();
        (_block, _source, _progress) = (wanted, null, time.GetTimestamp());
    }

    // More than a third says the same; of those one after the other is asked, since any of them may not give what it says.
    private void Choose(EpochSettings epoch)
    {
        foreach (var same in _said.GroupBy(static said => said.Value.Digest))
        {
            Address[] who = [.. same.Select(static said => said.Key).Order()];
            if (epoch.Set.HasHonest(who.Aggregate(default(SignerBits), (bits, key) => bits.With(epoch.Set.IndexOf(key)!.Value))))
            {
                var source = who[_turn++ % who.Length];
                _source = (source, _said[source]);
                Continue(epoch);
                return;
            }
        }
    }

    private void Continue(EpochSettings epoch)
    {
        _progress = time.GetTimestamp();
        var (source, said) = _source!.Value;
        if (_parts.Count < said.Parts)
        {
            Ask(source, epoch, new Question.OfKeptPart(said.Block, _parts.Count));
            return;
        }

        byte[] content = [.. _parts.SelectMany(static part => part)];
        _parts.Clear();
        _isChecking = true;
        _ = Task.Run(() => Check(source, said, content));
    }

    private void Check(Address source, Answer.OfKept said, byte[] content)
    {
        Action? take = null;
        try
        {
            take = kept.Check(said.Block, said.Digest, content);
        }
        finally
        {
            inbox.Post(() => Take(source, said, take));
        }
    }

    private void Take(Address source, Answer.OfKept said, Action? take)
    {
        _isChecking = false;
        if (take is null)
        {
            log.LogWarning("What {Source} gave is not the state of the verification with digest {Digest} that it and others signed; another one is asked.", source, said.Digest);
            Forget(null);
        }
        else if (kept.Lacks == said.Block)
        {
            take();
            log.LogInformation("The state of the verification after block {Block} was taken from {Source}.", said.Block, source);
        }
    }

    private void Ask(Address peer, EpochSettings epoch, Question question) => link.Send(peer, new WireMessage.Asked(epoch.Number, ++_number, question));
}
