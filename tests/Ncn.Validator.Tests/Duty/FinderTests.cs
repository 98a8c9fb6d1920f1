using System.Collections.Immutable;
using System.Net;
using Grpc.Core;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Validator.Duty;
using Ncn.Validator.Tests.Support;
using Ncn.Verification;
using Sample = Ncn.Validator.Tests.Support.Sample;

namespace Ncn.Validator.Tests.Duty;

/// <summary>What is found of a list and a receipt, by what gateway and node show, over HTTP and gRPC.</summary>
public sealed class FinderTests
{
    private const ulong PeriodMs = 1_000;
    private static readonly Uri Nobody = new("http://127.0.0.1:1");

    [Theory]
    [InlineData(Finding.Passed, Finding.Withheld)]
    [InlineData(Finding.Failed, Finding.Lost)]
    [InlineData(Finding.Withheld, Finding.Lost)]
    [InlineData(Finding.Unchecked, Finding.Refused)]
    public async Task What_the_gateway_does_not_show_is_judged_by_what_the_node_shows(Finding ofNode, Finding expected) =>
        Assert.Equal(expected, await FindAsync(static (_, evidence) => evidence, ofNode));

    [Theory]
    [InlineData(StatusCode.NotFound, Finding.Lost)]
    [InlineData(StatusCode.PermissionDenied, Finding.Refused)]
    [InlineData(StatusCode.Unavailable, Finding.Refused)]
    [InlineData(StatusCode.Unimplemented, Finding.Refused)]
    public async Task A_node_that_was_reached_and_has_nothing_is_at_fault_too_and_one_that_was_not_is_not(StatusCode code, Finding expected) =>
        Assert.Equal(expected, await FindAsync((_, _) => throw StubNode.Refusal(code), Finding.Passed));

    [Fact]
    public async Task A_node_that_shows_another_receipt_shows_nothing() =>
        Assert.Equal(Finding.Lost, await FindAsync(static (_, evidence) => evidence with { Receipt = evidence.Receipt with { Message = evidence.Receipt.Message with { Seed = 1 } } }, Finding.Passed));

    [Fact]
    public async Task A_node_is_asked_by_a_call_for_it_alone_that_the_validators_key_signs_and_only_where_the_rules_let_it()
    {
        using var validator = Sample.Signer(9);
        Assert.Equal(Finding.Withheld, await FindAsync(
            (call, evidence) => call.IsSignedBy(validator.Address, Sample.Domains.Network) && call.Message == new EvidenceCall(evidence.Receipt.Message.Node, validator.Address, ReceiptLeaf.Of(evidence.Receipt.Message).Digest, call.Message.IssuedAt)
                ? evidence : throw StubNode.Refusal(StatusCode.NotFound), Finding.Passed));
        Assert.Equal(Finding.Refused, await FindAsync(static (_, evidence) => evidence, Finding.Passed, AddressRules.PublicOnly));
    }

    [Fact]
    public async Task A_gateway_that_cannot_be_reached_is_found_so_in_the_last_period_and_not_before()
    {
        await using var gateway = await StubGateway.StartAsync(Period, PeriodMs, 1);
        Assert.Null((await FindAsync(gateway, Receipt(gateway), [Nobody], isLast: false)).Finding);
        Assert.Equal(Finding.Unreachable, (await FindAsync(gateway, Receipt(gateway), [Nobody])).Finding);
        Assert.Equal(Finding.Unreachable, (await FindAsync(gateway, List(gateway), [Nobody])).Finding);
        Assert.Equal(Finding.Passed, (await FindAsync(gateway, List(gateway), [Nobody, gateway.Url])).Finding);

        // While it is not known which is whose, one that does not answer may be it.
        Assert.Equal(Finding.Unreachable, (await FindAsync(gateway, List(gateway) with { Gateway = Sample.Signer(77).Address }, [gateway.Url, Nobody])).Finding);
        Assert.Equal(Finding.Withheld, (await FindAsync(gateway, List(gateway) with { Gateway = Sample.Signer(77).Address }, [gateway.Url])).Finding);
    }

    // Its chain may be behind, as when a set has just begun: then it must neither be accused, nor make a new validator say what the others do not.
    [Theory]
    [InlineData(HttpStatusCode.Forbidden, Finding.Unreachable)]
    [InlineData(HttpStatusCode.TooManyRequests, Finding.Unreachable)]
    [InlineData(HttpStatusCode.BadGateway, Finding.Unreachable)]
    [InlineData(HttpStatusCode.Unauthorized, Finding.Withheld)]
    [InlineData(HttpStatusCode.NotFound, Finding.Withheld)]
    public async Task A_gateway_that_does_not_take_this_validator_for_one_was_not_asked(HttpStatusCode status, Finding expected)
    {
        await using var gateway = await StubGateway.StartAsync(Period, PeriodMs, 1);
        using var http = new HttpClient(new Refusing(status));
        Assert.Equal(expected, (await FindAsync(gateway, List(gateway), [gateway.Url], http: http)).Finding);
    }

    private sealed class Refusing(HttpStatusCode status) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(new HttpResponseMessage(status));
    }

    [Fact]
    public async Task A_list_that_is_longer_than_what_was_committed_to_is_not_read_on()
    {
        var asked = 0;
        using var http = new HttpClient(new Pages(() => asked++));
        using var key = Sample.Signer(9);
        var reader = new GatewayReader([Passing.Url], key.Address, query => key.Sign(query, Sample.Domains.Network), http, TimeProvider.System);
        Assert.Null((await reader.ListAsync(default, 1, 2, static _ => true, CancellationToken.None)).Value);
        Assert.Equal(1, asked);
    }

    // Ten thousand leaves, one by one.
    private sealed class Pages(Func<int> ask) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var page = new ReceiptPage(default, 1, default, 10_000, default, (uint)ask(), [new ReceiptLeaf(default, default, default)], []);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(System.Text.Json.JsonSerializer.Serialize(page, ProtocolJson.Options)) });
        }
    }

    // Another gateway can get hold of what is shown to validators, show it once as its own, and nothing later.
    [Fact]
    public async Task Who_passes_on_what_is_anothers_and_stops_doing_so_does_not_make_the_other_silent()
    {
        await using var gateway = await StubGateway.StartAsync(Period, PeriodMs, 1);
        using var http = new HttpClient(new Passing(gateway.Url)) { Timeout = TimeSpan.FromSeconds(30) };
        using var key = Sample.Signer(9);
        var reader = new GatewayReader([Passing.Url, gateway.Url], key.Address, query => key.Sign(query, Sample.Domains.Network), http, TimeProvider.System);
        Task<Showing<IReadOnlyList<ReceiptLeaf>>> ListAsync() => reader.ListAsync(gateway.Address, gateway.Period, 1, static leaves => leaves.Count == 1, CancellationToken.None);
        Assert.NotNull((await ListAsync()).Value);
        Assert.NotNull((await ListAsync()).Value);
    }

    private sealed class Passing(Uri to) : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _passed;

        internal static Uri Url { get; } = new("http://passing.example/");

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.Host == Url.Host)
            {
                request.RequestUri = new Uri(to, request.RequestUri.PathAndQuery);
                return Interlocked.Increment(ref _passed) == 1 ? base.SendAsync(request, cancellationToken) : Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound));
            }

            return base.SendAsync(request, cancellationToken);
        }
    }

    private static ulong Period { get; } = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / PeriodMs;

    private static Case Receipt(StubGateway gateway) => new(
        CaseKind.Receipt, gateway.Address, gateway.Period, 0, gateway.Leaves[0], default, 1_000_000, CaseStage.Committing, 1, [], ImmutableSortedDictionary<Address, byte>.Empty, false, default, default);

    private static Case List(StubGateway gateway) => Receipt(gateway) with { Kind = CaseKind.List, Leaf = null };

    // The gateway answers, and does not show the receipt.
    private static async Task<Finding?> FindAsync(Func<Signed<EvidenceCall>, ReceiptEvidence, ReceiptEvidence> show, Finding ofNode, AddressRules? rules = null)
    {
        await using var gateway = await StubGateway.StartAsync(Period, PeriodMs, 1, showsEvidence: false);
        await using var node = await StubNode.StartAsync(call => show(call, gateway.Evidence[0]));
        var record = new NodeRecord(StubGateway.Node, 1, node.Endpoint, [1], [], 1, default, 0, ulong.MaxValue);
        return (await FindAsync(gateway, Receipt(gateway), [gateway.Url], record, ofNode, rules)).Finding;
    }

    private static async Task<Found> FindAsync(StubGateway gateway, Case item, IReadOnlyList<Uri> urls, NodeRecord? record = null, Finding ofNode = Finding.Passed, AddressRules? rules = null, bool isLast = true, HttpClient? http = null)
    {
        using var plain = new HttpClient();
        using var key = Sample.Signer(9);
        var domain = Sample.Domains.Network;
        var nodes = new NodeReader(_ => record, key.Address, call => key.Sign(call, domain), new AddressGuard(rules ?? new AddressRules(AllowLoopback: true)) { WantsTls = true }, domain, TimeProvider.System);
        var sources = new Sources(new GatewayReader(urls, key.Address, query => key.Sign(query, domain), http ?? plain, TimeProvider.System), nodes, (_, _) => Task.FromResult<Finding?>(ofNode));
        var state = VerificationState.Create(new VerificationPlace(new SubnetId(1), default), new VerificationRules { PeriodMs = PeriodMs });
        var committed = new Commitment(ReceiptList.Root(gateway.Leaves), 1, ReceiptList.Total(gateway.Leaves), 0, 0, Sample.Word(1), 0, [], 0, false, ImmutableSortedDictionary<Address, UInt128>.Empty);
        state = state with { Commitments = state.Commitments.Add(new CommitmentKey(item.Gateway, item.Period), committed) };
        return await new Finder(sources, _ => isLast).FindAsync(state, item, CancellationToken.None);
    }
}
