using Ncn.Cli.Network;
using Ncn.Client;
using Ncn.Client.Paying;
using Ncn.Protocol;

namespace Ncn.Cli.Using;

/// <summary>The local client's key, its payer, and HTTP clients that pay with it.</summary>
internal sealed class ClientWallet : IDisposable
{
    private readonly Signer signer;
    private readonly SocketsHttpHandler sockets = new() { ConnectTimeout = TimeSpan.FromSeconds(5) };

    public ClientWallet(StateFolder state, SpendingLimits limits)
    {
        Settings = NetworkSettings.Read(state);
        signer = KeyFiles.Read(state.KeyFile(KeyFiles.Client));
        using var gateway = KeyFiles.Read(state.KeyFile(KeyFiles.Gateway));
        Payer = new Payer(
            signer,
            new PayerOptions
            {
                ChainId = Settings.ChainId,
                InferencePayment = Settings.InferencePayment,
                ValidatorRegistry = Settings.ValidatorRegistry,
                Token = Settings.Token,
                StateDirectory = state.Channels,
                MaxPerRequest = limits.PerRequest,
                MaxTotal = limits.Total,
                Receivers = new HashSet<Address> { gateway.Address },
            },
            TimeProvider.System);
        Http = new HttpClient(new PayingHandler(Payer, sockets)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public NetworkSettings Settings { get; }

    public Address Address => signer.Address;

    /// <summary>What only this wallet can know: gateways tell accounts apart by what is derived from it.</summary>
    public byte[] AccountSecret => signer.SignDigest(Ncn.Protocol.Cryptography.Keccak256.Of("ncn/proxy-accounts/1"u8)).ToArray();

    /// <summary>Signs within the limits, and keeps the books.</summary>
    public Payer Payer { get; }

    /// <summary>Pays what it is asked for, within the limits.</summary>
    public HttpClient Http { get; }

    /// <summary>The domain of receipts.</summary>
    public Eip712Domain NetworkDomain => Eip712Domain.Network(Settings.ChainId, Settings.ValidatorRegistry);

    /// <summary>A client of one gateway.</summary>
    public NcnClient For(Uri gateway) => new(HttpFor(gateway));

    /// <summary>The same for calls of one gateway that are no inference.</summary>
    public HttpClient HttpFor(Uri gateway) => new(new PayingHandler(Payer, sockets), disposeHandler: false)
    {
        BaseAddress = gateway,
        Timeout = TimeSpan.FromMinutes(5),
    };

    public void Dispose()
    {
        Http.Dispose();
        sockets.Dispose();
        Payer.Dispose();
        signer.Dispose();
    }
}

/// <summary>The most that may be signed, atomic units.</summary>
internal sealed record SpendingLimits(TokenAmount PerRequest, TokenAmount Total)
{
    /// <summary>One test dollar for a request; in all what the wallet was given. The escrow sets the real bound.</summary>
    public static SpendingLimits Local { get; } = new(new TokenAmount(1_000_000), Provisioning.LocalMoney.Grant);
}
