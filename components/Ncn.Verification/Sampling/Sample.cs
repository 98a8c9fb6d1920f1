using System.Buffers.Binary;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>Which receipts of a committed list are checked, once the beacon is there.</summary>
public static class Sample
{
    private const byte DrawTag = 1;
    private const byte CaseTag = 2;

    /// <summary>
    /// The receipt's lot: the first 8 bytes of keccak-256(1 ‖ beacon ‖ gateway ‖ period ‖ index). The lower, the sooner it is checked.
    /// </summary>
    public static ulong Lot(Hash32 beacon, Address gateway, ulong period, uint index) =>
        BinaryPrimitives.ReadUInt64BigEndian(Digest(DrawTag, beacon, gateway, period, index).ToArray());

    /// <summary>True when the lot is below the rate: lot · 1,000,000 &lt; rate · 2^64. Who is in at one rate is in at every higher one.</summary>
    public static bool IsIn(ulong lot, uint ratePpm) => (UInt128)lot * VerificationRules.One < (UInt128)ratePpm << 64;

    /// <summary>What verdicts on the receipt are about; nobody knows it before the beacon.</summary>
    public static Hash32 Subject(Hash32 beacon, Address gateway, ulong period, uint index) => Digest(CaseTag, beacon, gateway, period, index);

    /// <summary>What verdicts on the list itself are about.</summary>
    public static Hash32 ListSubject(Hash32 beacon, Address gateway, ulong period) => Digest(CaseTag, beacon, gateway, period, uint.MaxValue);

    private static Hash32 Digest(byte tag, Hash32 beacon, Address gateway, ulong period, uint index) =>
        Keccak256.Of(new CanonicalWriter().Byte(tag).Word(beacon).Address(gateway).Number(period).Number(index).Written);
}
