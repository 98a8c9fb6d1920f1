using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification.Tests.Fold;

/// <summary>A network as the fold sees it: validators that do what a test says, blocks in virtual time, one gateway unless a test has more.</summary>
internal sealed class Town
{
    internal static readonly Address Gateway = Key(100);
    internal static readonly Address Node = Key(200);
    internal static readonly Address Client = Key(300);
    internal static readonly VerificationPlace Place = new(new SubnetId(7), Key(900));
    private readonly List<VerificationOutput> _outputs = [];
    private ulong _receipts;
    private ulong _time;

    internal Town(VerificationRules? rules = null, params ulong[] weights)
    {
        State = VerificationState.Create(Place, rules ?? new VerificationRules());
        Members = [.. (weights.Length == 0 ? [10, 10, 10, 10] : weights).Select(static (weight, i) => new Checker(Key(i), Key(500 + i), weight))];
        _time = State.Rules.PeriodMs * 1_000;
        Deliver(new Fact.SetStarted(Members));
    }

    internal VerificationState State { get; private set; }

    internal ImmutableArray<Checker> Members { get; }

    internal ulong Epoch { get; private set; } = 1;

    internal IEnumerable<VerificationOutput> Outputs => _outputs;

    internal static Address Key(int number)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        bytes[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], number);
        return new Address(bytes);
    }

    internal static Hash32 Word(ulong number)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        bytes.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], number);
        return new Hash32(bytes);
    }

    internal static Hash32 WordOf(Address address)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        bytes.Clear();
        address.CopyTo(bytes[12..]);
        return new Hash32(bytes);
    }

    internal IEnumerable<T> All<T>() => _outputs.OfType<T>();

    /// <summary>A block in this period. The members propose in turns, and reveal something new each time.</summary>
    internal void Deliver(params Fact[] facts) => Deliver(false, facts);

    /// <summary>A block in the next period.</summary>
    internal void Pass(params Fact[] facts)
    {
        _time += State.Rules.PeriodMs;
        Deliver(false, facts);
    }

    internal void EndEpoch(params Fact[] facts)
    {
        Deliver(true, facts);
        Epoch++;
    }

    internal void Testify(Address author, Testimony testimony) => Deliver(new Fact.Testified(author, testimony.Topic, testimony.Content));

    internal Receipt Receipt(Address? node = null, ulong price = 1_000, ulong model = 1) => new(
        new RequestId(Word(++_receipts)), 0, node ?? Node, Gateway, new ModelDigest(Word(model)), Word(2), Word(3), _receipts, 10, 20, new TokenAmount(price), default, default, Word(4), 5, 6);

    /// <summary>The gateway's list of the period that is over.</summary>
    internal CommitmentKey Commit(IReadOnlyList<Receipt> receipts, Address? gateway = null)
    {
        Pass();
        var leaves = Leaves(receipts);
        var key = new CommitmentKey(gateway ?? Gateway, State.Period - 1);
        Deliver(new Fact.ReceiptsCommitted(key.Gateway, key.Period, ReceiptList.Root(leaves), (uint)leaves.Count, ReceiptList.Total(leaves)));
        return key;
    }

    internal static IReadOnlyList<ReceiptLeaf> Leaves(IEnumerable<Receipt> receipts) => [.. receipts.Select(ReceiptLeaf.Of)];

    internal void Draw(CommitmentKey key)
    {
        while (State.Find(key) is { IsDrawn: false })
        {
            Pass();
        }
    }

    /// <summary>An honest validator presents what is in the sample.</summary>
    internal void Present(CommitmentKey key, IReadOnlyList<Receipt> receipts)
    {
        foreach (var proof in Duties.ToPresent(State, key, Leaves(receipts)).ToArray())
        {
            Testify(Members[0].Key, new Testimony.ReceiptPresented(proof, receipts[(int)proof.Index]));
        }
    }

    /// <summary>Everybody does what they owe, until there is no case.</summary>
    /// <param name="judge">What a validator says of a case; null for nothing.</param>
    internal void Play(Func<Address, Case, Finding?> judge)
    {
        var said = new Dictionary<(Address, Hash32), Finding>();
        for (var rounds = 0; !State.Cases.IsEmpty && rounds < 100; rounds++)
        {
            while (Step(judge, said))
            {
            }

            Pass();
        }

        Assert.Empty(State.Cases);
    }

    /// <summary>A list of the period, drawn, presented and judged.</summary>
    internal CommitmentKey Check(IReadOnlyList<Receipt> receipts, Func<Address, Case, Finding?> judge, Address? gateway = null)
    {
        var key = Commit(receipts, gateway);
        Draw(key);
        Present(key, receipts);
        Play(judge);
        Pass();
        Pass();
        return key;
    }

    /// <summary>True for what everybody passes.</summary>
    internal static Finding? Honest(Address validator, Case item) => Finding.Passed;

    /// <summary>Honest validators against a node whose receipts are all false.</summary>
    internal static Finding? Cheat(Address validator, Case item) => item.Kind == CaseKind.List ? Finding.Passed : Finding.Failed;

    internal void CheckMoney()
    {
        var sum = State.Accounts.Values.Aggregate(State.DutyPot + State.Reserve, static (all, one) => all + one);
        sum = State.Pots.Values.Aggregate(sum, static (all, pot) => all + pot.ForNodes + pot.ForGateways);
        sum = State.Credits.Values.Aggregate(sum, static (all, credit) => all + credit.Amount);
        sum = State.Audits.Values.Where(static audit => audit is { IsFunded: true, Verdict: AuditVerdict.Open }).Aggregate(sum, static (all, audit) => all + audit.Bond);
        Assert.Equal(State.Received, sum);
    }

    private bool Step(Func<Address, Case, Finding?> judge, Dictionary<(Address, Hash32), Finding> said)
    {
        var facts = new List<Fact>();
        foreach (var key in Members.Select(static member => member.Key))
        {
            foreach (var duty in Duties.Of(State, key))
            {
                if (duty is Duty.Judge judged && judge(key, judged.Case) is { } finding && said.TryAdd((key, judged.Subject), finding))
                {
                    facts.Add(new Fact.VerdictCommitted(key, judged.Subject));
                }
                else if (duty is Duty.Reveal reveal)
                {
                    facts.Add(new Fact.VerdictRevealed(key, reveal.Subject, (byte)said[(key, reveal.Subject)]));
                }
            }
        }

        if (facts.Count > 0)
        {
            Deliver([.. facts]);
        }

        return facts.Count > 0;
    }

    private void Deliver(bool isEpochEnd, Fact[] facts)
    {
        var height = State.Height + 1;
        var proposer = Members[(int)(height % (ulong)Members.Length)].Key;
        var (state, outputs) = VerificationState.Apply(State, new DeliveredBlock(height, Epoch, isEpochEnd, _time, proposer, Word(height * 7919), [.. facts]));
        State = state;
        _outputs.AddRange(outputs);
    }
}
