using Ncn.Chain;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Client;
using Ncn.Client.Escrow;
using Ncn.Client.Paying;
using Ncn.Protocol;

namespace Ncn.Cli.Using.Wallet;

/// <summary>What the wallet's commands share: the client's key, its channel to the local gateway, its money and its books.</summary>
internal sealed class WalletSession : IDisposable
{
    private readonly ClientWallet wallet;
    private readonly Signer signer;

    public WalletSession(StateFolder state)
    {
        State = state;
        wallet = new ClientWallet(state, SpendingLimits.Local);
        signer = KeyFiles.Read(state.KeyFile(KeyFiles.Client));
        using var gateway = KeyFiles.Read(state.KeyFile(KeyFiles.Gateway));
        Channel = Provisioner.ClientChannel(signer.Address, gateway.Address, Settings.Token);
        Chain = new ChainConnection(Settings.ToChain(), File.ReadAllText(state.KeyFile(KeyFiles.Client)).Trim());
        Escrow = new PayerEscrow(Chain, signer, TimeProvider.System);
    }

    public StateFolder State { get; }

    public NetworkSettings Settings => wallet.Settings;

    public ChannelConfig Channel { get; }

    public ChainConnection Chain { get; }

    public PayerEscrow Escrow { get; }

    /// <summary>The client's own books.</summary>
    public Payer Payer => wallet.Payer;

    public ChannelId ChannelId => Payer.IdOf(Channel);

    /// <summary>The books of a gateway that runs: of the subnet named, else of the first.</summary>
    public ChannelBooks BooksOf(string? subnet) => new(Payer, wallet.HttpFor(RunningNetwork.Gateway(State, subnet)));

    /// <summary>A client of a gateway, which pays.</summary>
    public NcnClient ClientOf(Uri gateway) => wallet.For(gateway);

    public void Dispose()
    {
        Chain.Dispose();
        signer.Dispose();
        wallet.Dispose();
    }
}
