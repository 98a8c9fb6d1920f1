using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>A gateway as validators know it: it says who it is, commits to the receipts of each period until the ledger has it, and demands the audits that its clients pay for.</summary>
internal sealed class GatewaySource(World world, int number, Address gateway, WorkWorld work, ValidatorNetwork network) : Process(world, $"source {number}")
{
    private const ulong Often = 1_900;
    private const ulong Backlog = 3;
    private const ulong Remembered = 20;
    private const ulong DemandsOneIn = 4;
    private const ulong Bond = 500;
    private const ulong Patience = 12_000;
    private readonly List<(Operation.OpenAudit Audit, ulong Until)> _demands = [];
    private readonly HashSet<Hash32> _demanded = [];
    private ulong _period;

    internal override void Start() => _ = CommitAsync();

    private async Flow CommitAsync()
    {
        if (Life == 1 && work.IsHonest(gateway))
        {
            work.Pool.PayIn(gateway, 2 * Bond);
        }

        while (true)
        {
            await Sleep(Often);
            var (period, state) = (World.Now / VerificationCores.Usual.PeriodMs, Newest());
            if (network.Honest.Any(validator => validator.LedgerTree.Delivered.RecordOf(gateway) is null))
            {
                Say(new Operation.AnnounceNode(gateway, (ulong)Life, Names.Content(1)));
            }

            for (var past = period - Backlog; past < period; past++)
            {
                var list = work.Make(gateway, past, node => state.NodeOf(node).Sentence is not null);
                if (list.Receipts.Length > 0 && past > state.Gateways.GetValueOrDefault(gateway, WorkRecord.None).LastPeriod)
                {
                    Say(new Operation.CommitReceipts(gateway, past, ReceiptList.Root(list.Leaves), (uint)list.Leaves.Count, ReceiptList.Total(list.Leaves)));
                }
            }

            Demand(state, period);
        }
    }

    // A client asks for an audit; an honest gateway pays in first, so that the bond is never its own matter.
    private void Demand(VerificationState state, ulong period)
    {
        var luck = Mix.Of(Mix.Of(World.Seed, 970 + (ulong)number), period);
        if (period > _period && Wanted(state, period, luck) is { } wanted)
        {
            _demanded.Add(wanted.Receipt);
            _demands.Add((new Operation.OpenAudit(gateway, wanted.Period, wanted.Receipt, Names.Client(number), new TokenAmount(Bond + (luck % 100))), World.Now + Patience));
        }

        _period = period;
        _demands.RemoveAll(demand => demand.Until < World.Now || state.Audits.ContainsKey(new AuditKey(gateway, demand.Audit.Receipt)));
        foreach (var (audit, _) in _demands)
        {
            if (work.IsHonest(gateway) && state.Credits.GetValueOrDefault(gateway).Amount < audit.Bond)
            {
                work.Pool.PayIn(gateway, 2 * Bond);
                break;
            }

            Say(audit);
        }
    }

    private (ulong Period, Hash32 Receipt)? Wanted(VerificationState state, ulong period, ulong luck)
    {
        var known = Enumerable.Range(1, (int)Remembered).Select(back => work.Find(gateway, period - (ulong)back)).OfType<TrueList>()
            .SelectMany(static list => list.Receipts.Select(receipt => (list.Period, Receipt: receipt))).Where(entry => !_demanded.Contains(entry.Receipt.Leaf.Digest)).ToArray();
        if (state.NodeOf(work.Late).Sentence == StandingStatus.Slashed && known.FirstOrDefault(static entry => entry.Receipt.Showing == Showing.WhenAudited) is { Receipt: { } late } found)
        {
            return (found.Period, late.Leaf.Digest); // who was accused for it has found its evidence
        }

        var isMadeUp = !work.IsHonest(gateway) && luck / DemandsOneIn % 3 == 0;
        return luck % DemandsOneIn != 0 ? null : isMadeUp ? (period - 1, Names.Content(luck))
            : known.Length == 0 ? null : known[luck / 64 % (ulong)known.Length] is var any ? (any.Period, any.Receipt.Leaf.Digest) : null;
    }

    // A gateway reads how nodes stand from validators; here from the one that is furthest.
    private VerificationState Newest() => network.Honest.Select(static validator => validator.Desk!.State).MaxBy(static state => state.Height)!;

    private void Say(Operation operation)
    {
        foreach (var validator in network.All)
        {
            Tell(validator, new OperationNote(SignedOperation.Trust(operation, default)));
        }
    }
}

/// <summary>Everybody who claims, executes and pardons on the chain.</summary>
internal sealed class PoolObserver(World world, WorkWorld work, RegistryTwin registry) : Process(world, "who claims")
{
    private const ulong Often = 1_000;
    private int _seen;

    internal override void Start() => _ = LookAsync();

    private async Flow LookAsync()
    {
        while (true)
        {
            await Sleep(Often);
            for (; _seen < registry.Accepted.Count; _seen++)
            {
                work.Pool.Accept(registry.Accepted[_seen].Checkpoint, World.Now);
            }

            work.Pool.Execute(World.Now);
        }
    }
}
