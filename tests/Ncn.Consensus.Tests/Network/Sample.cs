using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Network;

/// <summary>Parts that tests are made of. Signatures are empty, since the core takes them as checked; <c>EvidenceTests</c> and <c>CertificateTests</c> sign.</summary>
internal static class Sample
{
    internal static readonly Hash32 NetworkSalt = Word(0x5A);

    internal static ValidatorSet Set(params ulong[] weights) => ValidatorSet.Of(weights.Select(static (weight, i) => new Validator(Key(i), weight)));

    internal static Address Key(int number)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        bytes[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], number);
        return new Address(bytes);
    }

    internal static Hash32 Word(ulong number)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], number);
        return new Hash32(bytes);
    }

    internal static EpochSettings Epoch(ValidatorSet set, int? own, ulong endHeight = 1_000_000) =>
        new(NetworkSalt, 1, set, own, new LeaderSchedule(set, Word(7)), EpochSettings.Genesis(NetworkSalt, LedgerState.Empty.Roots(default)), endHeight);

    internal static VerifiedVote Vote(int signer, VoteKind kind, ulong view, Hash32 block = default, ulong epoch = 1) =>
        VerifiedVote.Trust(new Vote(kind, epoch, view, block), signer, default);

    internal static VerifiedCertificate Certificate(ValidatorSet set, VoteKind kind, ulong view, Hash32 block = default, int from = 0, ulong epoch = 1) =>
        VerifiedCertificate.Of(Enumerable.Range(from, set.Members.Length - from).Select(signer => Vote(signer, kind, view, block, epoch)), set)!;

    /// <summary>A block as an honest leader makes it.</summary>
    internal static Block Block(EpochSettings epoch, ulong view, Ancestor parent, LedgerState ledger, ulong time = 1)
    {
        var (kind, height) = epoch.ChildOf(parent);
        var proposer = epoch.Leaders.LeaderOf(view);
        var place = new BlockPlace(epoch, kind, epoch.Set.Members[proposer].Key, new BlockContext(0, default, default, time));
        var content = kind == BlockKind.Tail ? new BlockContent([], parent.Roots, parent.Context with { Reveal = default }) : LedgerExecution.Build(ledger, place, []);
        return Consensus.Block.Of(
            new BlockHeader(epoch.Network, epoch.Number, view, parent.View, parent.Hash, height, kind, proposer, Consensus.Block.BodyRoot([]), content.Roots, content.Context), [])!;
    }

    internal static Proposal Proposal(Block block, params ImmutableArray<VerifiedCertificate> justification) =>
        Consensus.Proposal.Of(block, Vote(block.Header.Proposer, VoteKind.Notarize, block.View, block.Hash, block.Header.Epoch), justification)!;
}
