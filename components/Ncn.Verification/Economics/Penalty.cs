using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Whose stake; numbered as ISubnets.Role.</summary>
public enum PenalizedRole
{
    Gateway = 0,
    Node = 1,
    Validator = 2,
}

/// <summary>Stake that more than two thirds of the validators' stake want taken (IPenalties).</summary>
/// <param name="Id">Never used before.</param>
/// <param name="Amount">Atomic units of the stake token.</param>
/// <param name="Reason">keccak-256 over the cases.</param>
/// <param name="Epoch">When it was decided.</param>
/// <param name="OwedTo">Who is paid out of it first: an audit's opener; zero for nobody.</param>
/// <param name="Owed">How much.</param>
/// <param name="Cases">Which cases it stands on.</param>
public sealed record Penalty(
    Hash32 Id, PenalizedRole Role, Address Operator, TokenAmount Amount, Hash32 Reason, ulong Epoch, Address OwedTo, TokenAmount Owed, ImmutableArray<Hash32> Cases);

/// <summary>What fees have left for those who worked for who was paid.</summary>
public readonly record struct Pot(TokenAmount ForNodes, TokenAmount ForGateways);

/// <summary>What somebody has paid in for audits.</summary>
/// <param name="Epoch">When it last grew; what is not used goes back two epochs later.</param>
public readonly record struct Credit(TokenAmount Amount, ulong Epoch);
