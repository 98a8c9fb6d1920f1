using Dapr.Actors.Client;
using Dapr.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Relay;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Queueing;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Tests.Payments;

/// <summary>A gateway's real parts between actors in memory, a funded escrow in memory, a sidecar that does not answer, and one node.</summary>
internal sealed class MemoryGateway : IDisposable
{
    public static readonly ModelPrice Price = new(new(10), new(2), new(6), default);
    private const ulong ChainId = 412346;
    private static readonly Address Token = Address.Parse("0x5FC8d32690cc91D4c39d9d3abcBD16989F875707");

    private readonly ServiceProvider _services;
    private readonly DaprClient _deadSidecar = new DaprClientBuilder().UseHttpEndpoint("http://127.0.0.1:1").Build();

    /// <param name="actors">A registry that another gateway has used; null for one of its own.</param>
    public MemoryGateway(ModelPrice? price = null, bool free = false, IReadOnlyDictionary<string, string?>? settings = null, MemoryActors? actors = null)
    {
        Offer = new ModelOffer(default, "tiny-chat", "1", ModelOffer.Decoder, price ?? Price, 512, 1, 4096, "CPU", [], []);
        var record = new NodeRecord(Node.Address, 1, "127.0.0.1:1", [1], [Offer], 4, default, MemoryActors.Now, ulong.MaxValue);
        Actors = actors ?? new MemoryActors(new RoutingSnapshot(1, [new NodeView(record, 4, 0, MemoryActors.Now)]));
        Identity = new GatewayIdentity(
            Key, ChainId, Token, Eip712Domain.Payments(ChainId, Address.Parse("0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003")),
            Eip712Domain.Network(ChainId, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3")), "http://127.0.0.1:1", free);
        var options = Options.Create(new GatewayOptions { Subnet = 1, SubnetName = "chat", ModelKind = ModelOffer.Decoder });
        _services = new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings ?? new Dictionary<string, string?>()).Build()).AddNcnParts()
            .AddSingleton(Identity).AddSingleton(options).AddSingleton<TimeProvider>(Time).AddSingleton<IEscrowReader>(Escrow)
            .AddSingleton<IActorProxyFactory>(Actors).AddSingleton(_deadSidecar).AddSingleton<IPaymentChain>(Chain).BuildServiceProvider();
    }

    public Signer Key { get; } = Signer(2);

    public Signer Node { get; } = Signer(3);

    public Signer Client { get; } = Signer(4);

    public FixedTime Time { get; } = new();

    public MemoryChain Chain { get; } = new();

    public MemoryEscrow Escrow { get; } = new();

    /// <summary>A part of the gateway, composed as in the app.</summary>
    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public ModelOffer Offer { get; }

    public MemoryActors Actors { get; }

    public GatewayIdentity Identity { get; }

    public PaymentGate Gate => Get<PaymentGate>();

    public ChannelsEndpoint Channels => Get<ChannelsEndpoint>();

    public NodeWallet Wallet => Get<NodeWallet>();

    public DirectRunner Runner => Get<DirectRunner>();

    public PaidRequest Paid => Get<PaidRequest>();

    public JobsEndpoint Jobs => Get<JobsEndpoint>();

    public RoutingTable Routing => Get<RoutingTable>();

    public SubnetTerms Terms => Get<SubnetTerms>();

    public ChannelConfig ClientChannel => new(Client.Address, Client.Address, Key.Address, Key.Address, Token, 900, default);

    public MemoryChannel ClientLedger => Actors.Channel(ClientChannel.Id(Identity.PaymentsDomain));

    public MemoryChannel NodeLedger => Actors.Channel(NodeChannel.Config(Key.Address, Node.Address, Token).Id(Identity.PaymentsDomain));

    public SignedVoucher Voucher(ulong total) => SignedVoucher.Create(ClientChannel, new(total), Client, Identity.PaymentsDomain);

    public Task<IPaymentHold> ReserveAsync(RequestId request, ulong voucher, ulong ceiling, bool repeatable, bool isStrict = false) => Gate.HoldAsync(
        new HoldCall(request, new(ceiling), TimeSpan.FromMinutes(2)) { IsRepeatable = repeatable },
        new ClientPayment.Voucher(Voucher(voucher), isStrict, Deposit: null), default);

    /// <summary>Sends what waits for the channels' actors.</summary>
    public async Task FlushAsync()
    {
        await Get<ChannelTurns>().FlushAsync(ClientChannel.Id(Identity.PaymentsDomain), default);
        await Get<ChannelTurns>().FlushAsync(NodeChannel.Config(Key.Address, Node.Address, Token).Id(Identity.PaymentsDomain), default);
    }

    public DefaultHttpContext PaidHttp(ulong total, string? key = null, bool queued = false)
    {
        var http = Http();
        PayWith(http, Voucher(total));
        if (key is not null)
        {
            http.Request.Headers["Idempotency-Key"] = key;
        }

        if (queued)
        {
            http.Request.Headers["Prefer"] = "respond-async";
        }

        return http;
    }

    public void PayWith(HttpContext http, SignedVoucher voucher)
    {
        var view = new VoucherView(voucher.Config.Id(Identity.PaymentsDomain), voucher.MaxClaimableAmount, voucher.Signature);
        http.Request.Headers[X402Header.Signature] =
            X402Header.Encode(new PaymentPayload(2, new BatchPayload("voucher", ChannelConfigView.From(voucher.Config), view) { Parallel = true }));
    }

    public static DefaultHttpContext Http()
    {
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        http.Response.Body = new MemoryStream();
        return http;
    }

    public static RequestId Request(char digit) => new(Hash32.Parse("0x" + new string(digit, 64)));

    public void Dispose()
    {
        _services.Dispose();
        _deadSidecar.Dispose();
        Key.Dispose();
        Node.Dispose();
        Client.Dispose();
    }

    private static Signer Signer(byte number) => new(Enumerable.Repeat(number, 32).ToArray());

    internal sealed class FixedTime : TimeProvider
    {
        private TimeSpan _passed;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds((long)MemoryActors.Now) + _passed;

        public override long GetTimestamp() => base.GetTimestamp() + (long)(_passed.TotalSeconds * TimestampFrequency);

        public void Advance(TimeSpan time) => _passed += time;
    }

    /// <summary>Every channel holds the same; rich, unless a test says otherwise.</summary>
    internal sealed class MemoryEscrow : IEscrowReader
    {
        public ulong Balance { get; set; } = 1_000_000;

        /// <summary>What it holds once a deposit has its confirmations; null for no deposit.</summary>
        public ulong? Counted { get; set; }

        /// <summary>How often it is read before that.</summary>
        public int ReadsUntilCounted { get; set; } = 1;

        public Task<EscrowView> ReadAsync(ChannelId channel, CancellationToken cancellationToken)
        {
            Balance = Counted is { } counted && ReadsUntilCounted-- <= 0 ? counted : Balance;
            return Task.FromResult(new EscrowView(new ChannelFunds(new(Balance), default), default));
        }
    }
}
