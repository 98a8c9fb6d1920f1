using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Hosting;

/// <summary>The gateway operator's account and the contracts seen through it.</summary>
/// <remarks>The key sends transactions from this app alone. What is read counts as soon as it is mined: a sent transaction is known by its purpose, not by waiting.</remarks>
public sealed class OperatorAccount : IDisposable
{
    private readonly ChainConnection _reading;

    /// <param name="settings">Where the chain is.</param>
    /// <param name="privateKey">0x and 64 hex digits.</param>
    /// <param name="journal">Where the key's transactions are kept.</param>
    public OperatorAccount(ChainSettings settings, string privateKey, ITransactionJournal journal)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Chain = new ChainConnection(settings, privateKey, journal);
        _reading = new ChainConnection(settings with { Confirmations = 0 });
        Address = Chain.Sender!.Value;
        Payments = new InferencePaymentContract(_reading);
        Registry = new ValidatorRegistryContract(_reading);
        Stakes = new StakeContract(_reading);
        Disputes = new DisputeContract(_reading);
        Token = new TokenContract(Chain, settings.Token);
    }

    /// <summary>The node, with the operator's key.</summary>
    public ChainConnection Chain { get; }

    /// <summary>What sends, each purpose once.</summary>
    public TransactionSender Transactions => Chain.Transactions;

    /// <summary>The operator: receiver of clients' payments, payer of nodes.</summary>
    public Address Address { get; }

    /// <summary>The escrow: views, and calls to send.</summary>
    public InferencePaymentContract Payments { get; }

    /// <summary>Subnets and stakes: views.</summary>
    public ValidatorRegistryContract Registry { get; }

    /// <summary>Homes of operators: views.</summary>
    public StakeContract Stakes { get; }

    /// <summary>Disputes: views, and calls to send.</summary>
    public DisputeContract Disputes { get; }

    /// <summary>The token that is paid in.</summary>
    public TokenContract Token { get; }

    /// <summary>The domain of channels and vouchers.</summary>
    public Eip712Domain PaymentsDomain => Chain.Settings.PaymentsDomain;

    public void Dispose()
    {
        Chain.Dispose();
        _reading.Dispose();
    }
}
