using System.Buffers.Binary;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Validator.Signing;

namespace Ncn.Validator.Tests.Support;

/// <summary>Parts that tests are made of.</summary>
internal static class Sample
{
    internal static readonly Address Registry = Address.Parse("0x00000000000000000000000000000000000000c3");

    internal static readonly Hash32 Salt = Word(0x5A);

    internal static GuardDomains Domains { get; } = new(Eip712Domain.Consensus(412346, Registry, Salt), Eip712Domain.Network(412346, Registry));

    internal static Hash32 Word(ulong number)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], number);
        return new Hash32(bytes);
    }

    /// <summary>A key of its own for each number.</summary>
    internal static Signer Signer(ulong number) => new(Keccak256.Of(Word(number).ToArray()).ToArray());

    internal static Vote Notarize(ulong view, ulong block = 1, ulong epoch = 1) => new(VoteKind.Notarize, epoch, view, Word(block));

    internal static Vote Finalize(ulong view, ulong block = 1, ulong epoch = 1) => new(VoteKind.Finalize, epoch, view, Word(block));

    internal static Vote Nullify(ulong view, ulong epoch = 1) => new(VoteKind.Nullify, epoch, view, default);

    internal static Checkpoint Checkpoint(ulong height, ulong block = 1) => new(1, height, Word(block), Word(2), Word(3), Word(4), default);
}
