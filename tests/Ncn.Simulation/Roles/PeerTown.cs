using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>The peers of many operators: who is where, and what their records look like.</summary>
internal sealed class PeerTown(IReadOnlyList<PeerProcess> peers, StrangerProcess stranger)
{
    private const int StrangerNumber = 900;

    internal IReadOnlyList<PeerProcess> Peers => peers;

    /// <summary>The way in that everybody was told: the first two peers, as they were at the beginning.</summary>
    internal ImmutableArray<Contact> Bootstrap { get; } =
        [.. peers.Take(2).Select(static peer => Contact.Placed(peer.Id, new Signed<PeerRecord>(new PeerRecord(default, peer.Operator, 0, UrlOf(peer.Number), 0, ulong.MaxValue), default)))];

    /// <summary>Who answers at a URL; null for nobody.</summary>
    internal Process? At(string url) => url == StrangerProcess.Url ? stranger : peers.FirstOrDefault(peer => UrlOf(peer.Number) == url);

    internal AddressBlock BlockOf(Process at) => new((4UL << 56) | (at == stranger ? StrangerNumber : (ulong)((PeerProcess)at).Number + 1));

    internal static string UrlOf(int number) => string.Create(CultureInfo.InvariantCulture, $"https://peer-{number}.example");

    internal static Address OperatorOf(int number)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        bytes[0] = 4;
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], number);
        return new Address(bytes);
    }

    /// <summary>A place in the key space.</summary>
    internal static Hash32 Place(ulong seed, ulong number)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        for (var word = 0; word < 4; word++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes[(8 * word)..], Mix.Of(Mix.Of(seed, 88), (number * 4) + (ulong)word));
        }

        return new Hash32(bytes);
    }

    /// <summary>A place that shares the first byte, at least, with another one: ids can be ground.</summary>
    internal static Hash32 Beside(Hash32 place, ulong luck)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        place.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(int)(1 + (luck % 3))..], Mix.Of(luck, 5));
        return new Hash32(bytes);
    }

    /// <summary>A gateway's advert: its operator's key and its subnet's.</summary>
    internal static VerifiedAdvert Advert(Address owner, ulong sequence, string url, ulong issuedAt, ulong expiresAt) =>
        VerifiedAdvert.Trusted(new Signed<GatewayRecord>(new GatewayRecord(owner, sequence, SubnetOf(url), url, [], issuedAt, expiresAt), default));

    /// <summary>A peer has two gateways at most, one in each of two subnets.</summary>
    internal static string GatewayOf(int number, int which) => string.Create(CultureInfo.InvariantCulture, $"https://gateway-{number}.example/{which}");

    internal static uint SubnetOf(string url) => url[^1] == '1' ? 2U : 1U;
}
