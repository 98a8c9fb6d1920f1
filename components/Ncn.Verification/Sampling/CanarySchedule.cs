using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>One chance of a period that was taken: a request that is sent and committed to, or a commitment alone that stands for none.</summary>
/// <param name="OffsetMs">When the request is sent, after the period's start, milliseconds; within its first half.</param>
/// <param name="CommitMs">When the commitment is, between six and eight tenths of the period; the same for both kinds.</param>
/// <param name="IsDecoy">No request: three of four, so that a commitment says little of there being one.</param>
/// <param name="Shape">Which recorded request it takes its model, lengths and sampling options from.</param>
/// <param name="Purse">Which key pays, and so through which gateway it goes.</param>
/// <param name="Salt">Of its commitment; public once the canary is shown.</param>
public readonly record struct Canary(ulong OffsetMs, ulong CommitMs, bool IsDecoy, int Shape, int Purse, Hash32 Salt);

/// <summary>
/// When a validator sends canaries, out of a secret of its own: who does not have it can tell neither how many there are nor when.
/// </summary>
/// <remarks>
/// A canary may vary only as customers do: its shape is one that was recorded of a real request (model, lengths, sampling options), its text is new, its time
/// is as good as any, and there are as many as a share of the customers' own requests. It must not differ in anything else: the same client library and
/// headers, prices accepted as quoted, one gateway for one key, the answer read to its end. A commitment names the receipt, so it follows the answer, and comes
/// before the period's list: at a time that does not depend on the answer, among others that stand for nothing.
/// </remarks>
public static class CanarySchedule
{
    /// <summary>Most canaries and decoys of a validator in a period.</summary>
    public const int Most = 8;

    /// <summary>Periods whose lists say how much traffic there is.</summary>
    public const int TrafficPeriods = 16;

    private const byte Tag = 9;
    private const byte MoreTag = 10;
    private const uint OneIn = 4;

    /// <summary>The period's canaries and decoys: each of eight chances is taken with an eighth of four times the mean.</summary>
    /// <param name="secret">Never shown to anybody.</param>
    /// <param name="meanPpm">Canaries a period on average, in millionths; at most 2,000,000.</param>
    /// <param name="shapes">How many shapes there are, at least 1.</param>
    /// <param name="purses">How many keys can pay, at least 1.</param>
    public static ImmutableArray<Canary> Of(Hash32 secret, ulong period, uint meanPpm, ulong periodMs, int shapes, int purses)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(meanPpm, Most / OneIn * VerificationRules.One);
        ArgumentOutOfRangeException.ThrowIfLessThan(periodMs, 100UL);
        ArgumentOutOfRangeException.ThrowIfLessThan(shapes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(purses, 1);
        return [.. Enumerable.Range(0, Most).Select(chance => Draw(secret, period, (byte)chance)).Where(draw => Sample.IsIn(Number(draw, 0), meanPpm * OneIn / Most))
            .Select(draw => CanaryOf(secret, draw, periodMs, shapes, purses))
            .OrderBy(static canary => canary.OffsetMs)];
    }

    /// <summary>
    /// How many canaries a validator sends in a period now, on average, in millionths: its part of a share of the newest traffic, so that canaries come when
    /// customers do, and stop when there are none; and not more than have room among its open probes, decoys with them.
    /// </summary>
    /// <param name="sharePpm">Canaries of all validators for a million receipts.</param>
    public static uint MeanPpm(VerificationState state, uint sharePpm)
    {
        ArgumentNullException.ThrowIfNull(state);
        var receipts = state.Commitments.Concat(state.Closed).Where(entry => entry.Key.Period + TrafficPeriods >= state.Period)
            .Aggregate(0UL, static (sum, entry) => sum + entry.Value.Count);
        var share = (UInt128)receipts * sharePpm / TrafficPeriods / (uint)Math.Max(1, state.Members.Length);
        var room = (ulong)state.Rules.MostProbes * VerificationRules.One / (state.Rules.ProbePeriods + 1) / OneIn;
        return (uint)UInt128.Min(share, Math.Min(room, Most / OneIn * VerificationRules.One));
    }

    private static Canary CanaryOf(Hash32 secret, byte[] draw, ulong periodMs, int shapes, int purses)
    {
        var more = Keccak256.Hash(new CanonicalWriter().Byte(MoreTag).Word(secret).Word(new Hash32(draw)).Written);
        var commitMs = (periodMs * 6 / 10) + (Number(more, 0) % (periodMs / 5));
        return new Canary(
            Number(draw, 8) % (periodMs / 2), commitMs, Number(more, 8) % OneIn != 0, (int)(Number(draw, 16) % (ulong)shapes), (int)(Number(draw, 24) % (ulong)purses), new Hash32(Keccak256.Hash(more)));
    }

    private static byte[] Draw(Hash32 secret, ulong period, byte chance) => Keccak256.Hash(new CanonicalWriter().Byte(Tag).Word(secret).Number(period).Byte(chance).Written);

    private static ulong Number(byte[] draw, int at) => BinaryPrimitives.ReadUInt64BigEndian(draw.AsSpan(at));
}
