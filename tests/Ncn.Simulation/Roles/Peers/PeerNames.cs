using System.Buffers.Binary;
using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles.Peers;

/// <summary>Who the peers are, by number. Operators have two or three of them, address blocks up to three: more than may be in one bucket.</summary>
internal static class PeerNames
{
    private const int Largest = 6;

    internal static PeerId Id(int number) => new(Place(Mix.Of(0x9EE2, (ulong)number)));

    /// <summary>An id that was tried out until it lay beside the key of the first operator.</summary>
    internal static PeerId GroundId(int number)
    {
        Span<byte> place = stackalloc byte[Hash32.Size];
        DiscoveryKey.OfOperator(Operator(0)).Value.CopyTo(place);
        BinaryPrimitives.WriteUInt64BigEndian(place[4..], Mix.Of(0x6E1D, (ulong)number));
        return new PeerId(new Hash32(place));
    }

    internal static Address Operator(int number) => Names.Operating(number < Largest ? number / 2 : Largest / 2);

    internal static string Url(int number) => $"https://peer-{number}";

    internal static AddressBlock Block(int number) => new((4UL << 56) | (1 + ((ulong)number % 4)));

    internal static Contact Contact(PeerId id, Address operatorAddress, string url, ulong issuedAt, ulong expiresAt) =>
        Ncn.Discovery.Contact.Placed(id, new Signed<PeerRecord>(new PeerRecord(default, operatorAddress, issuedAt, url, issuedAt, expiresAt), default));

    internal static VerifiedAdvert Advert(Address operatorAddress, ulong now, string url, ulong expiresAt) => VerifiedAdvert.Trusted(
        new Signed<GatewayRecord>(new GatewayRecord(operatorAddress, now, 1, url, [], now, expiresAt), default));

    /// <summary>A place in the key space.</summary>
    internal static Hash32 Place(ulong seed)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        for (var at = 0; at < Hash32.Size; at += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes[at..], Mix.Of(seed, (ulong)at));
        }

        return new Hash32(bytes);
    }
}
