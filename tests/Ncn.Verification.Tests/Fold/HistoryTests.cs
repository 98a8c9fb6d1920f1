using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Ncn.Protocol;

namespace Ncn.Verification.Tests.Fold;

/// <summary>Any history: the same at every validator, also after a restore half way; no throw; no money from nowhere; one form in bytes.</summary>
public sealed class HistoryTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true);
    private static readonly Gen<ulong[]> Histories = Gen.ArrayOf(ArbMap.Default.GeneratorFor<ulong>(), 120);

    [Fact]
    public void The_same_blocks_give_the_same_digest_also_after_a_restore() => Check.One(Many, Prop.ForAll(Histories.ToArbitrary(), static numbers =>
    {
        var (one, other) = (new History(), new History());
        for (var i = 0; i < numbers.Length; i++)
        {
            one.Next(numbers[i]);
            other.Next(numbers[i]);
            if (i == numbers.Length / 2)
            {
                other.Restore();
            }
        }

        return one.State.Digest == other.State.Digest;
    }));

    [Fact]
    public void At_all_times_what_was_received_is_somewhere_and_nothing_more() => Check.One(Many, Prop.ForAll(Histories.ToArbitrary(), static numbers =>
    {
        var history = new History();
        foreach (var number in numbers)
        {
            history.Next(number);
            history.Check();
        }
    }));

    [Fact]
    public void Histories_reach_what_there_is()
    {
        var history = new History();
        for (ulong i = 0; i < 6_000; i++)
        {
            history.Next(unchecked((i + 1) * 0x9E3779B97F4A7C15));
        }

        var decisions = history.Outputs.OfType<VerificationOutput.CaseDecided>().ToArray();
        Assert.Superset(new HashSet<CaseKind> { CaseKind.List, CaseKind.Receipt, CaseKind.Audit }, decisions.Select(static decided => decided.Case.Kind).ToHashSet());
        Assert.Contains(decisions, static decided => decided.Decision.Node == Judgement.Failed);
        Assert.Contains(decisions, static decided => decided.Decision.Gateway == Judgement.Failed);
        Assert.Contains(history.Outputs, static output => output is VerificationOutput.PenaltyDecided);
        Assert.NotEmpty(history.State.Accounts);
    }

    [Fact]
    public void Damaged_bytes_are_no_state_or_another_one_in_its_one_form()
    {
        var history = new History();
        for (ulong i = 0; i < 400; i++)
        {
            history.Next(unchecked((i + 1) * 0x9E3779B97F4A7C15));
        }

        var bytes = history.State.Write();
        Assert.Equal(history.State.Digest, VerificationState.Read(bytes)!.Digest);
        for (var at = 0; at < bytes.Length; at += 29)
        {
            byte[] damaged = [.. bytes];
            damaged[at] ^= (byte)(1 << (at % 8));
            Assert.True(VerificationState.Read(damaged) is not { } read || read.Write().AsSpan().SequenceEqual(damaged));
            Assert.Null(VerificationState.Read(bytes.AsSpan(0, at)));
        }

        Assert.Null(VerificationState.Read([.. bytes, 0]));
    }

    [Fact]
    public void Testimonies_are_read_as_they_were_written_and_noise_is_none()
    {
        var town = new Town();
        Receipt[] receipts = [town.Receipt(), town.Receipt(), town.Receipt()];
        var proof = ReceiptProof.Of(Town.Gateway, 4, Town.Leaves(receipts), 2);
        Testimony[] all =
        [
            new Testimony.ReceiptPresented(proof, receipts[2]), new Testimony.ReceiptPresented(proof, null), new Testimony.ProbeCommitted(Town.Word(1)),
            new Testimony.CanaryPresented(proof, Town.Word(2)), new Testimony.PlantOpened(Town.Word(3), Town.Word(4)), new Testimony.TimePassed(5),
        ];
        foreach (var testimony in all)
        {
            var content = testimony.Content;
            Assert.Equal(content, Testimony.Read(testimony.Topic, content.Span)!.Content);
            Assert.Null(Testimony.Read(99, content.Span));
            Assert.Null(Testimony.Read(testimony.Topic, [.. content.Span, 0]));
            Assert.Null(Testimony.Read(testimony.Topic, content.Span[..^1]));
        }

        Check.One(Many.WithMaxTest(2_000), Prop.ForAll(ArbMap.Default.GeneratorFor<byte[]>().ToArbitrary(), static noise =>
            Testimony.Read((byte)(noise.Length % 6), noise) is not { } read || read.Content.Span.SequenceEqual(noise)));
    }

    /// <summary>Each number is a step: mostly what could happen, sometimes nonsense.</summary>
    private sealed class History
    {
        private static readonly VerificationRules Rules = new() { PeriodMs = 100, BeaconPatience = 2, AuditWindow = 12, MostAge = 6, MostProbes = 3, PassesPerHalving = 3, LeastBond = new TokenAmount(10), ReturnEpochs = 2 };
        private readonly List<VerificationOutput> _outputs = [];
        private readonly Dictionary<CommitmentKey, Receipt[]> _lists = [];
        private readonly ImmutableArray<Checker> _members = [.. Enumerable.Range(0, 5).Select(static i => new Checker(Town.Key(i), Town.Key(500 + i), (ulong)(10 + i)))];
        private ulong _time = 100_000;
        private ulong _receipts;

        internal VerificationState State { get; private set; } = VerificationState.Create(Town.Place, Rules);

        internal IEnumerable<VerificationOutput> Outputs => _outputs;

        internal void Restore() => State = VerificationState.Read(State.Write())!;

        internal void Check()
        {
            var sum = State.Accounts.Values.Aggregate(State.DutyPot + State.Reserve, static (all, one) => all + one);
            sum = State.Pots.Values.Aggregate(sum, static (all, pot) => all + pot.ForNodes + pot.ForGateways);
            sum = State.Credits.Values.Aggregate(sum, static (all, credit) => all + credit.Amount);
            sum = State.Audits.Values.Where(static audit => audit is { IsFunded: true, Verdict: AuditVerdict.Open }).Aggregate(sum, static (all, audit) => all + audit.Bond);
            Assert.Equal(State.Received, sum);
            Assert.All(State.Commitments, entry => Assert.Equal(State.Cases.Values.Count(item => item.Kind != CaseKind.Audit && (item.Gateway, item.Period) == (entry.Key.Gateway, entry.Key.Period)), (int)entry.Value.Open));
            Assert.All(State.Cases.Values, item => Assert.True(item.Until + 1 >= State.Clock));
        }

        internal void Next(ulong number)
        {
            var (pick, rest) = (number % 16, number / 16);
            var validator = _members[(int)(rest % 5)].Key;
            _time += pick is 0 or 1 ? Rules.PeriodMs : 1;
            var facts = pick switch
            {
                2 or 3 => [Committed(rest)],
                4 or 5 => Presented(rest, validator),
                6 => [Testified(validator, new Testimony.ProbeCommitted(Probe.Commitment(validator, Receipt(_receipts + 1 + (rest % 4)).StructHash(), Town.Word(rest % 3))))],
                7 => Opened(rest, validator),
                8 => [new Fact.AuditOpened(Town.Key(100 + (int)(rest % 2)), Math.Max(State.Period, 2) - (rest % 3), Receipt(1 + (rest / 3 % (_receipts + 2))).StructHash(), Town.Client, new TokenAmount(rest % 40))],
                9 => [new Fact.FundsReceived((FundKind)(rest % 5), rest % 7 == 0 && !State.Penalties.IsEmpty ? State.Penalties.Keys.First() : Town.WordOf(Town.Key((int)(rest % 3 * 100))), new TokenAmount(rest % 100_000))],
                15 => [Nonsense(rest, validator)],
                _ => Verdicts(rest),
            };
            var first = State.Height == 0 ? new Fact[] { new Fact.SetStarted(_members) } : [];
            var block = new DeliveredBlock(State.Height + 1, 1 + (State.Height / 40), State.Height % 40 == 39, _time, validator, Town.Word(number | 1), [.. first, .. facts]);
            var (state, outputs) = VerificationState.Apply(State, block);
            State = state;
            _outputs.AddRange(outputs);
        }

        private static Fact.Testified Testified(Address author, Testimony testimony) => new(author, testimony.Topic, testimony.Content);

        private static Receipt Receipt(ulong number) => new(
            new RequestId(Town.Word(number)), 0, Town.Key(200 + (int)(number % 3)), Town.Gateway, new ModelDigest(Town.Word(number % 2)), Town.Word(2), Town.Word(3), number, 1, 2,
            new TokenAmount(number % 5 * 100), default, default, Town.Word(4), 5, 6);

        private Fact.ReceiptsCommitted Committed(ulong rest)
        {
            Receipt[] receipts = [.. Enumerable.Range(0, 1 + (int)(rest % 4)).Select(_ => Receipt(++_receipts))];
            var key = new CommitmentKey(Town.Key(100 + (int)(rest / 4 % 2)), Math.Max(State.Period, 1) - 1);
            _lists.TryAdd(key, receipts);
            var leaves = Town.Leaves(_lists[key]);
            return new Fact.ReceiptsCommitted(key.Gateway, key.Period, ReceiptList.Root(leaves), (uint)leaves.Count, ReceiptList.Total(leaves));
        }

        private IEnumerable<Fact> Presented(ulong rest, Address validator)
        {
            var drawn = State.Commitments.Concat(State.Closed).Where(entry => entry.Value.IsDrawn && _lists.ContainsKey(entry.Key)).Select(static entry => entry.Key).ToArray();
            if (drawn.Length == 0)
            {
                return [];
            }

            var (key, receipts) = (drawn[(int)(rest % (ulong)drawn.Length)], _lists[drawn[(int)(rest % (ulong)drawn.Length)]]);
            var proof = ReceiptProof.Of(key.Gateway, key.Period, Town.Leaves(receipts), (int)(rest % (ulong)receipts.Length));
            var canaries = Enumerable.Range(0, 3).Select(salt => Testified(validator, new Testimony.CanaryPresented(proof, Town.Word((ulong)salt))));
            return [.. rest % 3 == 0 ? canaries : [], Testified(validator, new Testimony.ReceiptPresented(proof, rest % 2 == 0 ? receipts[proof.Index] : null))];
        }

        private IEnumerable<Fact> Opened(ulong rest, Address validator) =>
            from openable in Duties.Openable(State)
            from salt in Enumerable.Range(0, 3)
            select Testified(_members[(int)((rest + (ulong)salt) % 5)].Key, new Testimony.PlantOpened(openable.Subject, Town.Word((ulong)salt)));

        // All do what they owe, most of the time, and find by the number's bits.
        private IEnumerable<Fact> Verdicts(ulong rest) =>
            from member in _members
            where (rest >> (3 * _members.IndexOf(member)) & 7) != 0
            from duty in Duties.Of(State, member.Key)
            let bits = rest >> 20 & 15
            let finding = bits < 5 ? 1 : bits < 11 ? 2 : (byte)(bits - 8)
            from fact in duty switch
            {
                Duty.Judge judge => new Fact[] { new Fact.VerdictCommitted(member.Key, judge.Subject) },
                Duty.Reveal reveal => [new Fact.VerdictRevealed(member.Key, reveal.Subject, (byte)finding)],
                _ => [],
            }
            select fact;

        private Fact Nonsense(ulong rest, Address validator) => (rest % 6) switch
        {
            0 => new Fact.SetStarted(default),
            1 => new Fact.SetStarted([new Checker(validator, validator, 0)]),
            2 => new Fact.ReceiptsCommitted(validator, ulong.MaxValue, Town.Word(1), uint.MaxValue, new TokenAmount(UInt128.MaxValue)),
            3 => new Fact.Testified(validator, (byte)(rest & 7), new HexBytes(Town.Word(rest).ToArray())),
            4 => new Fact.AuditOpened(validator, ulong.MaxValue, Town.Word(rest), validator, new TokenAmount(UInt128.MaxValue)),
            _ => new Fact.VerdictRevealed(validator, State.Cases.IsEmpty ? default : State.Cases.Keys.First(), (byte)(rest & 255)),
        };
    }
}
