using System.Net;
using Grpc.Core;
using Ncn.Chain;
using Ncn.Client;
using Ncn.Client.Paying;
using Ncn.Client.Streaming;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>The demo client's key and channel, used by hand: vouchers good and bad, and what the gateway says that it charged.</summary>
public sealed class Account : IDisposable
{
    private readonly LocalNetwork network;
    private readonly Signer client;
    private readonly Signer stranger;
    private readonly Payer payer;
    private readonly SocketsHttpHandler sockets = new() { PooledConnectionLifetime = TimeSpan.Zero };

    public Account(LocalNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        this.network = network;
        client = ReadKey(network.KeyFile("client"));
        stranger = ReadKey(network.KeyFile("node-1"));
        using var gateway = ReadKey(network.KeyFile("gateway"));
        var chain = network.Chain;
        Settings = new ChainSettings(
            new Uri(chain.GetProperty("rpc").GetString()!), chain.GetProperty("chainId").GetUInt64(), AddressOf("token"),
            AddressOf("inferencePayment"), AddressOf("validatorRegistry"), Confirmations: 0);
        Config = new ChannelConfig(client.Address, client.Address, gateway.Address, gateway.Address, Settings.Token, 900, default);
        payer = new Payer(client, Options(), TimeProvider.System);

        Address AddressOf(string name) => Address.Parse(chain.GetProperty(name).GetString()!);
    }

    public ChainSettings Settings { get; }

    public ChannelConfig Config { get; }

    public ChannelId Channel => Config.Id(Settings.PaymentsDomain);

    /// <summary>A client that pays what it is asked for.</summary>
    public NcnClient Paying(Uri gateway) => new(PayingHttp(gateway));

    /// <summary>The channel's books and policy at a gateway.</summary>
    public ChannelBooks Books(Uri gateway) => new(payer, PayingHttp(gateway));

    /// <summary>The same for calls that the client of clear requests does not make.</summary>
    public HttpClient PayingHttp(Uri gateway) => Http(gateway, sockets);

    /// <summary>The same over a WebSocket.</summary>
    public HttpClient PayingSocket(Uri socket) => Http(new Uri("http://gateway/"), new SocketHandler(socket));

    /// <summary>The same over gRPC.</summary>
    public PaidInference PayingInference(CallInvoker invoker) => new(invoker, payer);

    /// <summary>The same, with all that passes written down.</summary>
    internal (HttpClient Http, Traffic Traffic) Watched(Uri gateway)
    {
        var traffic = new Traffic(sockets);
        return (Http(gateway, traffic), traffic);
    }

    private HttpClient Http(Uri gateway, HttpMessageHandler handler) => new(new PayingHandler(payer, handler), disposeHandler: false)
    {
        BaseAddress = gateway,
        Timeout = TimeSpan.FromMinutes(3),
    };

    /// <summary>The channel as the gateway sees it. A voucher over nothing is authentic and never enough, so it is answered with the books.</summary>
    public async Task<ChannelStateView> ReadAsync()
    {
        var answer = await Web.PostAsync(new Uri(network.Text, "v1/chat/completions"), Web.Chat("What is 1 + 1?"), Voucher(TokenAmount.Zero));
        if ((int)answer.Status >= 500)
        {
            throw new HttpRequestException(answer.Body, null, answer.Status);
        }

        Assert.True(answer.Status == HttpStatusCode.PaymentRequired, $"{answer.Status}: {answer.Body}");
        return Offer(answer).Extra.ChannelState ?? throw new InvalidOperationException("The correction has no books: " + answer.Body);
    }

    /// <summary>What all answers so far were charged, once nothing is in flight.</summary>
    public async Task<TokenAmount> ReadSettledAsync(TimeSpan? limit = null) => (await Poll.ForAsync<ChannelStateView>(
        "nothing is reserved on the channel", async () => await ReadAsync() is { ReservedAmount.IsZero: true } view ? view : null, limit)).ChargedCumulativeAmount;

    /// <summary>The header of a voucher that covers one more request of this ceiling.</summary>
    public async Task<string> PayAsync(TokenAmount ceiling)
    {
        var books = await ReadAsync();
        return Voucher(books.ChargedCumulativeAmount + books.ReservedAmount + ceiling);
    }

    /// <summary>The header of a voucher over a running total.</summary>
    public string Voucher(TokenAmount max) => Header(client, max);

    /// <summary>The same, signed by somebody else's key.</summary>
    public string ForgedVoucher(TokenAmount max) => Header(stranger, max);

    /// <summary>What a 402 asks for.</summary>
    internal static PaymentRequirements Offer(Answer answer) => Required(answer).Accepts.First(static offer => offer.Scheme == X402Header.BatchSettlement);

    internal static PaymentRequired Required(Answer answer) =>
        X402Header.Decode<PaymentRequired>(answer.Header(X402Header.Required) ?? throw new InvalidOperationException("No PAYMENT-REQUIRED: " + answer.Body), out var problem)
        ?? throw new InvalidOperationException(problem);

    public void Dispose()
    {
        sockets.Dispose();
        payer.Dispose();
        client.Dispose();
        stranger.Dispose();
    }

    private string Header(Signer signer, TokenAmount max)
    {
        var voucher = SignedVoucher.Create(Config, max, signer, Settings.PaymentsDomain);
        return X402Header.Encode(new PaymentPayload(
            2, new BatchPayload(BatchPayload.VoucherType, ChannelConfigView.From(Config), new VoucherView(Channel, max, voucher.Signature)) { Parallel = true }));
    }

    private PayerOptions Options() => new()
    {
        ChainId = Settings.ChainId,
        InferencePayment = Settings.InferencePayment,
        ValidatorRegistry = Settings.ValidatorRegistry,
        Token = Settings.Token,
        StateDirectory = Path.Combine(network.State, "test-channels"),
        MaxPerRequest = new TokenAmount(1_000_000),
        MaxTotal = new TokenAmount(50_000_000),
    };

    private static Signer ReadKey(string path) => new(Convert.FromHexString(File.ReadAllText(path).Trim()[2..]));
}
