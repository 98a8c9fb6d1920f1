using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Durable;

namespace Ncn.Validator.Signing;

/// <summary>
/// The only holder of a consensus key. It signs a vote or a checkpoint after the row that allows it is on the disk (rules G1 to G5, C2), in a
/// file beside the key that no other process may hold; what its file does not tell for sure, it does not sign (rules C3, C8).
/// </summary>
/// <remarks>Not for concurrent use: the engine calls it, one batch at a time.</remarks>
internal sealed class SigningGuard : IDisposable
{
    /// <summary>The file is rewritten when it has grown beyond this, bytes.</summary>
    internal const long CompactAt = 256 * 1024;

    private const string Advice =
        "Nothing is signed with this key any more: retire it. Make a new one, name it on the chain in the old one's place, and start with it; it votes from the next snapshot on.";

    private readonly IDisposable _lock;
    private readonly FrameFile _file;
    private readonly Signer _signer;
    private readonly Eip712Domain _votes;
    private readonly Eip712Domain _network;
    private GuardContent _content;

    private SigningGuard(IDisposable held, FrameFile file, Signer signer, GuardDomains domains, GuardContent content) =>
        (_lock, _file, _signer, _votes, _network, _content) = (held, file, signer, domains.Votes, domains.Network, content);

    /// <summary>Address of the key.</summary>
    internal Address Key => _signer.Address;

    /// <summary>How often the key was taken into use, this time included; others remember it, so that an older file is found out.</summary>
    internal ulong Incarnation => _content.Incarnation;

    /// <summary>What was signed, for <see cref="ConsensusState.Restore"/>.</summary>
    internal SignGuard Signed => _content.Signed;

    /// <summary>Begins the file of a key that has never signed. This is not undone: a key has one file for its life.</summary>
    /// <exception cref="GuardRefusedException">There is a file already.</exception>
    internal static void Create(IDisk disk, string path, Address key, GuardDomains domains)
    {
        using var held = Hold(disk, path);
        if (disk.Read(path) is not null)
        {
            throw new GuardRefusedException($"The signing guard {path} exists already: its key may have signed. Start with it as it is, or make a new key.");
        }

        FrameFile.Create(disk, path, GuardRecords.Head(key, domains.Votes.Separator)).Dispose();
    }

    /// <summary>Takes the key into use for the life of the returned object, which disposes <paramref name="signer"/>.</summary>
    /// <param name="lastIncarnation">The highest one that any other record knows of; 0 when none does.</param>
    /// <exception cref="GuardRefusedException">The file is missing, held, older, damaged or another's; the message says what to do.</exception>
    internal static SigningGuard Open(IDisk disk, string path, Signer signer, GuardDomains domains, ulong lastIncarnation)
    {
        var held = Hold(disk, path);
        FrameFile? file = null;
        try
        {
            file = FrameFile.Open(disk, path, out var frames)
                ?? throw new GuardRefusedException($"The signing guard {path} of key {signer.Address} is missing, so nobody can tell what the key has signed. {Advice}");
            var content = Check(path, GuardRecords.Read(frames), signer.Address, domains, lastIncarnation);
            content = content with { Incarnation = content.Incarnation + 1 };
            file.Append(new CanonicalWriter().Opening(content.Incarnation).Written);
            return new SigningGuard(held, file, signer, domains, content);
        }
        catch (Exception refused)
        {
            file?.Dispose();
            held.Dispose();
            if (refused is FormatException or DamagedFileException or (InvalidOperationException and not GuardRefusedException) or ArgumentException)
            {
                throw new GuardRefusedException($"The signing guard {path} of key {signer.Address} cannot be trusted: {refused.Message}. {Advice}", refused);
            }

            throw;
        }
    }

    /// <summary>Makes the rows of a batch durable in one write, and then signs; in the batch's order.</summary>
    /// <returns>For each the signature, or null when the guard's own rows refuse it.</returns>
    internal ImmutableArray<Signature?> Sign(IReadOnlyList<Vote> votes)
    {
        var (signed, writer) = (_content.Signed, new CanonicalWriter());
        var allowed = new bool[votes.Count];
        for (var i = 0; i < votes.Count; i++)
        {
            var guard = votes[i].Epoch >= signed.Epoch ? signed.ForEpoch(votes[i].Epoch) : signed;
            allowed[i] = guard.Allows(votes[i]);
            if (allowed[i] && !guard.Has(votes[i]))
            {
                signed = guard.With(votes[i]);
                writer.Record(votes[i]);
            }
        }

        Keep(signed, writer);
        return [.. votes.Select((vote, i) => allowed[i] ? _signer.Sign(vote, _votes).Signature : (Signature?)null)];
    }

    /// <summary>Makes the mark durable and signs; null when the guard refuses (rule G5).</summary>
    internal Signature? Sign(Checkpoint checkpoint)
    {
        var signed = _content.Signed;
        if (!signed.Allows(checkpoint))
        {
            return null;
        }

        Keep(signed.With(checkpoint), signed.Mark == checkpoint ? new CanonicalWriter() : new CanonicalWriter().Record(checkpoint));
        return _signer.Sign(checkpoint, _votes).Signature;
    }

    /// <summary>Nothing at or below this view is signed any more. Its rows leave the file with the next rewriting, which writes the floor down; until then they stand for it.</summary>
    internal void RaiseFloor(ulong epoch, ulong floor)
    {
        if (epoch >= _content.Signed.Epoch)
        {
            _content = _content with { Signed = _content.Signed.ForEpoch(epoch).WithFloor(floor) };
        }
    }

    /// <summary>Signs a message of the network's own domain, which holds no vote and no checkpoint: readiness, verdicts, requests.</summary>
    internal Signed<T> SignMessage<T>(T message)
        where T : ITypedData => message is Vote or Checkpoint
        ? throw new ArgumentException("Votes and checkpoints are signed after their rows are durable; ask for them by their own methods.", nameof(message))
        : _signer.Sign(message, _network);

    /// <summary>The file is rewritten with what still counts.</summary>
    internal void Compact() => _file.Rewrite(GuardRecords.Compact(_content));

    /// <summary>The key is forgotten and the file let go.</summary>
    public void Dispose()
    {
        _signer.Dispose();
        _file.Dispose();
        _lock.Dispose();
    }

    private void Keep(SignGuard signed, CanonicalWriter rows)
    {
        if (rows.Written.IsEmpty)
        {
            return;
        }

        _file.Append(rows.Written);
        _content = _content with { Signed = signed };
        if (_file.Length > CompactAt)
        {
            Compact();
        }
    }

    private static IDisposable Hold(IDisk disk, string path)
    {
        try
        {
            return disk.Lock(path + ".lock");
        }
        catch (IOException held)
        {
            throw new GuardRefusedException($"Another process votes with this key: it holds {path}.lock. End it, or give this one a key of its own.", held);
        }
    }

    private static GuardContent Check(string path, GuardContent content, Address key, GuardDomains domains, ulong lastIncarnation)
    {
        if (content.Key != key)
        {
            throw new GuardRefusedException($"The signing guard {path} is of key {content.Key}, and the configured key is {key}: they belong together. Put the right two beside each other.");
        }

        if (content.Domain != domains.Votes.Separator)
        {
            throw new GuardRefusedException($"The signing guard {path} is of another network or chain than the configured one. Correct Ncn:Chain and Ncn:Validator:Subnet, or make a new key for this network.");
        }

        return content.Incarnation >= lastIncarnation ? content
            : throw new GuardRefusedException($"The signing guard {path} was last used {content.Incarnation} times and the key {lastIncarnation} times: it is an older copy, such as a restored backup. {Advice}");
    }
}

/// <summary>The domains that a consensus key signs in.</summary>
/// <param name="Votes">Votes and checkpoints: <see cref="Eip712Domain.Consensus"/>.</param>
/// <param name="Network">Everything else: <see cref="Eip712Domain.Network"/>.</param>
internal sealed record GuardDomains(Eip712Domain Votes, Eip712Domain Network);

/// <summary>The key must not be used; the message says why and what to do.</summary>
internal sealed class GuardRefusedException : InvalidOperationException
{
    internal GuardRefusedException(string message)
        : base(message)
    {
    }

    internal GuardRefusedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
