using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Tokens;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Hosting;

/// <summary>The gateway operator's account and the contracts seen through it.</summary>
public sealed class OperatorAccount : IDisposable
{
    /// <param name="settings">Where the chain is.</param>
    /// <param name="privateKey">0x and 64 hex digits.</param>
    public OperatorAccount(ChainSettings settings, string privateKey)
    {
        // The operator's own deposits and claims count as soon as they are mined: waiting would make every run repeat the last one.
        Chain = new ChainConnection(settings with { Confirmations = 0 }, privateKey);
        Address = Chain.Sender!.Value;
        Payments = new InferencePaymentContract(Chain);
        Token = new TokenContract(Chain, settings.Token);
    }

    /// <summary>The node, with the operator's key.</summary>
    public ChainConnection Chain { get; }

    /// <summary>The operator: receiver of clients' payments, payer of nodes.</summary>
    public Address Address { get; }

    /// <summary>The escrow.</summary>
    public InferencePaymentContract Payments { get; }

    /// <summary>The token that is paid in.</summary>
    public TokenContract Token { get; }

    /// <summary>The domain of channels and vouchers.</summary>
    public Eip712Domain PaymentsDomain => Chain.Settings.PaymentsDomain;

    public void Dispose() => Chain.Dispose();
}
