using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>
/// What the validators reveal after the receipts were committed to, until those who revealed hold more than a third of the stake: then one of them at
/// least is honest, and nobody knew it before. Never from a block's hash or a signature, which its maker can choose.
/// </summary>
/// <param name="Since">The period whose commitments it is for.</param>
/// <param name="Reveals">Exclusive or of what was revealed.</param>
/// <param name="By">Who revealed, ascending.</param>
public sealed record Beacon(ulong Since, Hash32 Reveals, ImmutableSortedSet<Address> By)
{
    private const byte Tag = 4;

    /// <summary>Nothing revealed yet.</summary>
    public static Beacon After(ulong period) => new(period, default, []);

    /// <summary>With one block's reveal; zero is none.</summary>
    public Beacon With(Address proposer, Hash32 reveal) => reveal.IsZero ? this : this with { Reveals = Reveals ^ reveal, By = By.Add(proposer) };

    /// <summary>Whether an honest validator has a part in it.</summary>
    public bool IsStrong(ImmutableArray<Checker> members) =>
        Quorum.HasHonest(Weight(members.Where(member => By.Contains(member.Key))), Weight(members));

    /// <summary>keccak-256(4 ‖ reveals ‖ period).</summary>
    public Hash32 Value => Keccak256.Of(new CanonicalWriter().Byte(Tag).Word(Reveals).Number(Since).Written);

    private static UInt128 Weight(IEnumerable<Checker> members) => members.Aggregate(UInt128.Zero, static (sum, member) => sum + member.Weight);
}
