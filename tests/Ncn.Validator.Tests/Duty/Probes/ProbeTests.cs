using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Client.Paying;
using Ncn.Consensus;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Validator.Durable;
using Ncn.Validator.Duty;
using Ncn.Validator.Duty.Probes;
using Ncn.Validator.OnChain;
using Ncn.Validator.Tests.Support;
using Ncn.Verification;
using Sample = Ncn.Validator.Tests.Support.Sample;

namespace Ncn.Validator.Tests.Duty.Probes;

/// <summary>Four validators send requests of their own to a gateway over HTTP, and have their receipts checked over their ledger.</summary>
public sealed class ProbeTests : IDisposable
{
    private static readonly TokenAmount Budget = new(100_000);
    private readonly string _folder = Directory.CreateTempSubdirectory("probes-").FullName;
    private readonly HttpClient _http = new();
    private readonly List<ProbeDesk> _desks = [];

    // Real time.
    private ulong PeriodMs { get; set; } = 400;

    public void Dispose()
    {
        _desks.ForEach(static desk => desk.Dispose());
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // One receipt in a hundred of this node would be checked, and every answer to a probe is false: the probes alone find it out.
    [Fact]
    public async Task Who_answers_a_canary_falsely_is_found_out_at_any_rate_and_its_purse_is_never_used_again()
    {
        using var cluster = NewCluster(passes: 1_000);
        await using var gateway = await StubGateway.StartAsync(Now() - 1, PeriodMs, 16);
        var works = Start(cluster, gateway, (_, evidence) => gateway.Answers.Values.Any(answer => answer.Receipt.Message == evidence.Receipt.Message) ? Finding.Failed : Finding.Passed);
        gateway.Commit(cluster.Validators[0]);
        Assert.Equal(Rules.FloorPpm, Fold(cluster).RateOf(StubGateway.Node));
        await cluster.UntilAsync(() => Turn(cluster, gateway, works) && works.Any(static work => work.Desk.Journal.Books.Shown > 0) && Fold(cluster).NodeOf(StubGateway.Node).Failed > 0, "a canary is shown and decided");

        var shown = works.Select(static work => work.Desk).First(static desk => desk.Journal.Books.Shown > 0);
        Assert.True(shown.Live.Count < shown.Purses.Count);
        Assert.All(works, work => Assert.True(work.Desk.Journal.Books.Spent <= Budget));
        Assert.True(gateway.Asked >= works.Sum(static work => (int)work.Desk.Journal.Books.Sent));
    }

    [Fact]
    public async Task A_canary_that_is_right_is_never_shown_and_one_that_a_crash_left_on_its_way_is_asked_for_again_and_runs_once()
    {
        using var cluster = NewCluster();
        await using var gateway = await StubGateway.StartAsync(Now() - 1, PeriodMs, 16);
        var works = Start(cluster, gateway, static (_, _) => Finding.Passed);
        var (desk, crashed) = (works[0].Desk, Left(works[0].Desk.Purses[0].Address));
        Assert.True(desk.Journal.Change(books => books.Begin(crashed, Budget)));
        var answered = await desk.Purses[0].AskAsync(crashed, CancellationToken.None); // The process ended here, before the answer was written down.
        gateway.Commit(cluster.Validators[0]);
        await cluster.UntilAsync(() => Turn(cluster, gateway, works) && desk.Journal.Books.Find(crashed.Salt) is null && works.Count(static work => work.Desk.Journal.Books.Checked > 0) > 1, "all is checked");

        Assert.Equal(answered.Receipt, gateway.Answers[crashed.Key].Receipt);
        Assert.True(desk.Journal.Books.Checked > 0);
        Assert.All(works, static work => Assert.Equal((0UL, work.Desk.Purses.Count), (work.Desk.Journal.Books.Shown, work.Desk.Live.Count)));
        Assert.Equal(0UL, Fold(cluster).NodeOf(StubGateway.Node).Failed);
    }

    // What the planter's node answers falsely on order is found false by all but one, who does not look.
    [Fact]
    public async Task A_plant_is_opened_after_its_checkers_excuses_its_node_and_costs_its_planter()
    {
        PeriodMs = 1_500; // a plant must be opened within two of them, on a busy machine too
        using var cluster = NewCluster(pooled: new TokenAmount(1_000_000));
        await using var gateway = await StubGateway.StartAsync(Now() - 1, PeriodMs, 16);
        var (planter, lazy) = (cluster.Validators[0].Key, cluster.Validators[1].Key);
        var works = Start(cluster, gateway, (key, evidence) => gateway.IsFalse(evidence) && key != lazy ? Finding.Failed : Finding.Passed, planter);
        gateway.Commit(cluster.Validators[1]);
        await cluster.UntilAsync(() => Serve(gateway) && Turn(cluster, gateway, works) && works[0].Desk.Journal.Books.Shown > 0 && Fold(cluster).Cases.Values.All(static item => item.Planter.IsZero) && Fold(cluster).NodeOf(StubGateway.Node).Failed == 0, "every plant that was judged is opened, and its node excused");

        var (books, desk) = (works[0].Desk.Journal.Books, works[0].Desk);
        Assert.Equal(Probe.CostOf(Rules, gateway.Leaves[0].Price, VerificationRules.One) * books.Shown, books.SpentOnPlants);
        Assert.Equal(new TokenAmount(1_000_000) - books.SpentOnPlants, Fold(cluster).Credits[planter].Amount);
        Assert.Equal(desk.Purses.Count - (int)books.Shown, desk.Live.Count);
        Assert.Equal(0u, Fold(cluster).Duty.GetValueOrDefault(planter, DutyRecord.None).Contradicted);
    }

    // Who answered in the node's place knows the question: it must not get the false answer by asking it again.
    [Fact]
    public async Task An_order_that_another_node_answered_is_taken_back()
    {
        using var cluster = NewCluster(pooled: new TokenAmount(1_000_000));
        await using var gateway = await StubGateway.StartAsync(Now() - 1, PeriodMs, 16);
        var works = Start(cluster, gateway, static (_, _) => Finding.Passed, cluster.Validators[0].Key, Sample.Signer(66).Address);
        gateway.Commit(cluster.Validators[1]);
        await cluster.UntilAsync(() => Serve(gateway) && Turn(cluster, gateway, works) && gateway.Orders.Any(gateway.Withdrawn.ContainsKey), "an order is taken back");
        Assert.All(works[0].Desk.Journal.Books.Open.Where(static probe => probe.Stage > ProbeStage.Sent), static probe => Assert.False(probe.IsPlant));
    }

    private VerificationRules Rules => new() { PeriodMs = PeriodMs, MostProbes = 64, ProbePeriods = 16 };

    private TestCluster NewCluster(TokenAmount pooled = default, ulong passes = 0)
    {
        var begun = VerificationState.Create(new VerificationPlace(new SubnetId(1), Sample.Registry), Rules);
        begun = begun with { Nodes = begun.Nodes.Add(StubGateway.Node, WorkRecord.None with { Passes = passes }) };
        var cluster = new TestCluster(limits: static limits => limits with { IdleMilliseconds = 20 }, work: Rules) { KeptAtFirst = WorkFoldForm.Write(begun, []) };
        cluster.Chain.Funds = pooled.IsZero ? null : new Operation.ObserveFunds(7, [new FundEntry((byte)FundKind.Bond, WordOf(cluster.Validators[0].Key), pooled)]);
        return cluster.Start();
    }

    private static Hash32 WordOf(Address account)
    {
        var word = new byte[Hash32.Size];
        account.CopyTo(word.AsSpan(Hash32.Size - Address.Size));
        return new Hash32(word);
    }

    private static VerificationState Fold(TestCluster cluster) => cluster.Validators[0].Fold!.State!;

    private ulong Now() => (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / PeriodMs;

    // A plant that was lost, because the machine was busy at the wrong time, has a successor.
    private static bool Serve(StubGateway gateway)
    {
        gateway.Serve(most: 2);
        return true;
    }

    private bool Turn(TestCluster cluster, StubGateway gateway, List<Working> works)
    {
        gateway.CommitAll(cluster.Validators[0], grace: PeriodMs / 2);
        works.ForEach(static work => work.Probes.Look(CancellationToken.None));
        works.ForEach(static work => work.Duties.Look(CancellationToken.None));
        return true;
    }

    private static ProbeRecord Left(Address purse) => new(
        Sample.Word(4_711), 1, (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), 0, purse, ProbeShape.Seeds[1].Write("tiny-chat", Sample.Word(4_711)), false, "left-by-a-crash", new TokenAmount(1_000));

    private List<Working> Start(TestCluster cluster, StubGateway gateway, Func<Address, ReceiptEvidence, Finding> check, Address planter = default, Address? plantNode = null) => cluster.Validators.ConvertAll(validator =>
    {
        var desk = NewDesk(validator, gateway, validator.Key == planter ? plantNode ?? StubGateway.Node : null);
        var reader = new GatewayReader([gateway.Url], validator.Key, validator.Engine!.Sign, _http, TimeProvider.System, desk.Shapes.Learn);
        Task<Finding?> CheckAsync(ReceiptEvidence evidence, CancellationToken cancellationToken) => Task.FromResult<Finding?>(check(validator.Key, evidence));
        var nodes = new NodeReader(static _ => null, validator.Key, validator.Engine!.Sign, new AddressGuard(AddressRules.PublicOnly), Sample.Domains.Network, TimeProvider.System);
        var sources = new Sources(reader, nodes, CheckAsync);
        var duties = new DutyWork(validator.Fold!, validator.Engine!, validator.Key, sources, NullLogger.Instance);
        var ledger = new SubmitOnce(validator.Key, duties.Submit);
        var watch = new ProbeWatch(desk.Journal, sources, () => validator.Fold!.State, ledger);
        return new Working(duties, new ProbeWork(desk, validator.Fold!, validator.Engine!, validator.Key, watch, ledger, TimeProvider.System, NullLogger.Instance), desk);
    });

    // Like the app's, but for a gateway that is free of charge: no money is put into channels.
    private ProbeDesk NewDesk(TestValidator validator, StubGateway gateway, Address? plants)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, validator.Key.ToString())).FullName;
        var paying = new PayerOptions
        {
            ChainId = 412346, InferencePayment = Sample.Registry, ValidatorRegistry = Sample.Registry, Token = Sample.Registry, StateDirectory = folder, MaxPerRequest = new TokenAmount(1_000), MaxTotal = new TokenAmount(1_000),
        };
        Purse[] purses = [.. Enumerable.Range(0, 8).Select(number => new Purse(Sample.Signer(900 + (ulong)number), gateway.Url, paying, null, new SocketsHttpHandler(), TimeProvider.System))];
        var node = plants is { } address ? new PlantNode(address, new TokenAmount(500_000), new HttpClient { BaseAddress = gateway.Url }) : null;
        var desk = new ProbeDesk(Budget, new TokenAmount(1_000), VerificationRules.One, purses, new ProbeJournal(LocalDisk.Instance, Path.Combine(folder, "probes")), new ProbeShapes(), node);
        _desks.Add(desk);
        return desk;
    }

    private sealed record Working(DutyWork Duties, ProbeWork Probes, ProbeDesk Desk);
}
