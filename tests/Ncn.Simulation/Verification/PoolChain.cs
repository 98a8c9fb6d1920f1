using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Consensus;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>The reward pool's contracts, written down a second time (RewardPool.sol, Penalties.sol): what came in, what was claimed, whose stake was taken.</summary>
internal sealed class PoolChain
{
    /// <summary>How long a penalty waits for an appeal, milliseconds.</summary>
    internal const ulong AppealDelay = 20_000;

    private const ulong Fee = 400;
    private static readonly TokenAmount Stake = new(40_000);
    private readonly List<FundEntry> _funds = [];
    private readonly Dictionary<Hash32, VerificationState> _statements = [];
    private readonly Dictionary<Address, TokenAmount> _claimed = [];
    private readonly Dictionary<Hash32, (Penalty Penalty, ulong At)> _open = [];
    private readonly HashSet<Hash32> _settled = [];
    private readonly Dictionary<(PenalizedRole, Address), TokenAmount> _stakes = [];
    private TokenAmount _received;
    private TokenAmount _paid;

    /// <summary>A gateway was paid for work.</summary>
    internal void PayFee(Address gateway) => Receive(FundKind.Fee, Wide(gateway), new TokenAmount(Fee));

    /// <summary>Somebody pays in, for audits or plants.</summary>
    internal void PayIn(Address who, ulong amount) => Receive(FundKind.Bond, Wide(who), new TokenAmount(amount));

    /// <summary>An honest validator has made a statement: who wants to claim has it from there.</summary>
    internal void Know(VerificationOutput.StatementMade made) => _statements.TryAdd(made.Root, made.Stated);

    /// <summary>A checkpoint was accepted: everybody claims what its root gives, penalties begin to wait, pardons end them.</summary>
    internal void Accept(Checkpoint checkpoint, ulong now)
    {
        if (!_statements.TryGetValue(checkpoint.RewardsRoot, out var stated))
        {
            return;
        }

        foreach (var (account, cumulative) in stated.Accounts.Where(entry => entry.Value > _claimed.GetValueOrDefault(entry.Key)))
        {
            _paid += cumulative - _claimed.GetValueOrDefault(account);
            _claimed[account] = cumulative;
        }

        Must.Hold(_paid <= _received, VerificationInvariants.PaidCameIn, () => $"{_paid} were claimed, {_received} came in");
        foreach (var penalty in stated.Penalties.Values.Where(penalty => !_settled.Contains(penalty.Id)))
        {
            _open.TryAdd(penalty.Id, (penalty, now));
        }

        foreach (var pardoned in stated.Pardons.Where(pardoned => _open.Remove(pardoned)))
        {
            _settled.Add(pardoned);
        }
    }

    /// <summary>Time has passed: penalties that nobody pardoned are executed.</summary>
    internal void Execute(ulong now)
    {
        foreach (var (penalty, _) in _open.Values.Where(open => open.At + AppealDelay <= now).OrderBy(static open => open.Penalty.Id).ToArray())
        {
            var stake = _stakes.GetValueOrDefault((penalty.Role, penalty.Operator), Stake);
            var taken = TokenAmount.Min(stake, penalty.Amount);
            _stakes[(penalty.Role, penalty.Operator)] = stake - taken;
            _open.Remove(penalty.Id);
            _settled.Add(penalty.Id);
            Receive(FundKind.Penalty, penalty.Id, taken);
        }
    }

    /// <summary>What came in after a block of the chain; entry i is block i + 1.</summary>
    internal Operation.ObserveFunds? FundsAfter(ulong seen) => (ulong)_funds.Count <= seen ? null
        : new Operation.ObserveFunds((ulong)_funds.Count, [.. _funds.Skip((int)seen).Take(Operation.ObserveFunds.MostEntries)]);

    /// <summary>Whether this is what came in between two blocks of the chain.</summary>
    internal bool AreFunds(Operation.ObserveFunds observed, ulong seen) =>
        observed.ChainNumber <= (ulong)_funds.Count && observed.ChainNumber > seen && observed.Entries.SequenceEqual(_funds.Skip((int)seen).Take((int)(observed.ChainNumber - seen)));

    private void Receive(FundKind kind, Hash32 source, TokenAmount amount)
    {
        if (!amount.IsZero)
        {
            _received += amount;
            _funds.Add(new FundEntry((byte)kind, source, amount));
        }
    }

    /// <summary>As the chain names a payer.</summary>
    internal static Hash32 Wide(Address address)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        address.CopyTo(bytes[(Hash32.Size - Address.Size)..]);
        return new Hash32(bytes);
    }
}
