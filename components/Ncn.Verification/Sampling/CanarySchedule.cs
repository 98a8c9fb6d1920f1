using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>One canary to send.</summary>
/// <param name="OffsetMs">After the period's start, milliseconds.</param>
/// <param name="Shape">Which recorded request it takes its model, lengths and sampling options from.</param>
/// <param name="Gateway">Which gateway it goes through.</param>
/// <param name="Salt">Of its commitment; public once the canary is opened.</param>
/// <param name="Key">The payer's private key, for this request alone; never shown.</param>
public readonly record struct Canary(ulong OffsetMs, int Shape, int Gateway, Hash32 Salt, Hash32 Key);

/// <summary>
/// When a validator sends canaries, out of a secret of its own: who does not have it can tell neither how many there are nor when.
/// </summary>
/// <remarks>
/// A canary may vary only as customers do: its shape is one that was recorded of a real request (model, lengths, sampling options, protocol), its text is new,
/// its time is as good as any, its payer is a fresh key with a deposit of the size that others make. It must not differ in anything else: the same client
/// library and headers, prices accepted as quoted, one gateway for one key, no repeats, the answer read to its end at a reader's pace, the same addresses that
/// customers come from. It is committed to at least a period before it is sent, together with as many other operations as there are.
/// </remarks>
public static class CanarySchedule
{
    /// <summary>Most canaries of a validator in a period.</summary>
    public const int Most = 8;

    private const byte Tag = 9;
    private const byte KeyTag = 10;

    /// <summary>The period's canaries: each of eight chances is taken with an eighth of the mean.</summary>
    /// <param name="secret">Never shown to anybody.</param>
    /// <param name="meanPpm">Canaries a period on average, in millionths; at most 8,000,000.</param>
    /// <param name="shapes">How many shapes there are, at least 1.</param>
    /// <param name="gateways">How many gateways there are, at least 1.</param>
    public static ImmutableArray<Canary> Of(Hash32 secret, ulong period, uint meanPpm, ulong periodMs, int shapes, int gateways)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(meanPpm, Most * VerificationRules.One);
        ArgumentOutOfRangeException.ThrowIfZero(periodMs);
        ArgumentOutOfRangeException.ThrowIfLessThan(shapes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(gateways, 1);
        return [.. Enumerable.Range(0, Most).Select(chance => Draw(secret, period, (byte)chance)).Where(draw => Sample.IsIn(Number(draw, 0), meanPpm / Most))
            .Select(draw => new Canary(Number(draw, 8) % periodMs, (int)(Number(draw, 16) % (ulong)shapes), (int)(Number(draw, 24) % (ulong)gateways), Keccak256.Of(draw), KeyOf(secret, draw)))
            .OrderBy(static canary => canary.OffsetMs)];
    }

    private static Hash32 KeyOf(Hash32 secret, byte[] draw) => Keccak256.Of(new CanonicalWriter().Byte(KeyTag).Word(secret).Word(new Hash32(draw)).Written);

    private static byte[] Draw(Hash32 secret, ulong period, byte chance) => Keccak256.Hash(new CanonicalWriter().Byte(Tag).Word(secret).Number(period).Byte(chance).Written);

    private static ulong Number(byte[] draw, int at) => BinaryPrimitives.ReadUInt64BigEndian(draw.AsSpan(at));
}
