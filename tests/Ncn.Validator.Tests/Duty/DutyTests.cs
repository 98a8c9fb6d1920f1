using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Validator.Duty;
using Ncn.Validator.Tests.Support;
using Ncn.Verification;
using Sample = Ncn.Validator.Tests.Support.Sample;

namespace Ncn.Validator.Tests.Duty;

/// <summary>Four validators read a gateway's list and evidence over HTTP, commit to what they find and reveal it, over their ledger.</summary>
public sealed class DutyTests
{
    private const ulong PeriodMs = 1_000;

    [Fact]
    public async Task A_false_answer_is_decided_against_its_node_and_what_was_stated_outlives_a_restart()
    {
        using var cluster = new TestCluster(epochHeights: 16, limits: static limits => limits with { IdleMilliseconds = 20 }, work: new VerificationRules { PeriodMs = PeriodMs });
        await using var gateway = await StubGateway.StartAsync(Now() - 1, PeriodMs, 2);
        await RunAsync(cluster, gateway, static (_, _) => Task.FromResult<Finding?>(Finding.Failed), state => state.NodeOf(StubGateway.Node).Failed == 2);

        var fold = cluster.Validators[0].Fold!;
        Assert.Equal(0UL, fold.State!.Gateways[gateway.Address].Failed);
        Assert.All(cluster.Validators, static validator => Assert.Equal(0UL, validator.Fold!.State!.Duty.GetValueOrDefault(validator.Key, DutyRecord.None).Contradicted));
        await cluster.UntilAsync(() => fold.Statements.Any(stated => stated.Stated.NodeOf(StubGateway.Node).Failed == 2), "the epoch's end states it");

        var (root, validator) = (fold.Statements[^1].Root, cluster.Validators[0]);
        await cluster.UntilAsync(() => validator.Status.Epoch.Number > fold.Statements.First(stated => stated.Root == root).Stated.Epoch, "the next epoch begins");
        validator.Stop();
        validator.Start();
        Assert.True(RewardTree.IsStated(validator.Fold!.Statements.First(stated => stated.Root == root).Stated, root));
    }

    [Fact]
    public async Task Evidence_that_a_gateway_does_not_show_counts_against_the_gateway_alone_and_needs_no_worker()
    {
        using var cluster = new TestCluster(limits: static limits => limits with { IdleMilliseconds = 20 }, work: new VerificationRules { PeriodMs = PeriodMs });
        await using var gateway = await StubGateway.StartAsync(Now() - 1, PeriodMs, 1, showsEvidence: false);
        await RunAsync(cluster, gateway, null, state => state.Gateways.TryGetValue(gateway.Address, out var record) && record.Failed == 1);
        Assert.Equal(0UL, cluster.Validators[0].Fold!.State!.NodeOf(StubGateway.Node).Failed);
    }

    [Fact]
    public void Time_is_said_to_pass_once_in_a_period_and_only_while_something_waits()
    {
        var keys = new ulong[] { 1, 2, 3, 4 }.Select(static number => Sample.Signer(number).Address).Order().ToArray();
        var idle = VerificationState.Create(new VerificationPlace(new SubnetId(1), default), new VerificationRules { PeriodMs = 1_000 }) with
        {
            Members = [.. keys.Select(static key => new Checker(key, key, 1))],
            Period = 7,
        };
        var waiting = idle with { Beacons = idle.Beacons.Add(1, Beacon.After(1)) };
        var witness = new TimeWitness(keys[0]); // the first to say it in a period that four divides
        Assert.Null(witness.Due(idle, 8_000));
        Assert.Null(witness.Due(waiting, 7_999));
        Assert.Equal(new Testimony.TimePassed(8).Content, witness.Due(waiting, 8_000)?.Content);
        Assert.Null(witness.Due(waiting, 8_999));
        Assert.Null(new TimeWitness(keys[3]).Due(waiting, 8_300));
        Assert.NotNull(new TimeWitness(keys[3]).Due(waiting, 8_375));
        Assert.Null(new TimeWitness(Sample.Signer(9).Address).Due(waiting, 8_999));
    }

    private static Sources SourcesOf(TestValidator validator, StubGateway gateway, HttpClient http, Func<ReceiptEvidence, CancellationToken, Task<Finding?>>? check) => new(
        new GatewayReader([gateway.Url], validator.Key, validator.Engine!.Sign, http, TimeProvider.System),
        new NodeReader(static _ => null, validator.Key, validator.Engine!.Sign, new AddressGuard(AddressRules.PublicOnly), Sample.Domains.Network, TimeProvider.System), check);

    private static ulong Now() => (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / PeriodMs;

    private static async Task RunAsync(TestCluster cluster, StubGateway gateway, Func<ReceiptEvidence, CancellationToken, Task<Finding?>>? check, Func<VerificationState, bool> isDecided)
    {
        using var http = new HttpClient();
        cluster.Start();
        var works = cluster.Validators.ConvertAll(validator => new DutyWork(
            validator.Fold!, validator.Engine!, validator.Key, SourcesOf(validator, gateway, http, check), NullLogger.Instance));
        gateway.Commit(cluster.Validators[0]);
        await cluster.UntilAsync(
            () =>
            {
                works.ForEach(static work => work.Look(CancellationToken.None));
                return cluster.Validators.All(validator => validator.Fold!.State is { } state && isDecided(state));
            },
            "all have decided");
    }
}
