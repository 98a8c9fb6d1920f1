using Ncn.Protocol;

namespace Ncn.ComputeWorker;

/// <summary>Who this node is, and under which domains it signs.</summary>
public sealed record NodeIdentity(Signer Signer, Address Token, Eip712Domain NetworkDomain, Eip712Domain PaymentsDomain)
{
    /// <summary>The operator's address: the node's id and the receiver of its pay.</summary>
    public Address Address => Signer.Address;

    /// <summary>Signs a message of the network.</summary>
    public Signed<T> Sign<T>(T message)
        where T : ITypedData => Signer.Sign(message, NetworkDomain);
}
