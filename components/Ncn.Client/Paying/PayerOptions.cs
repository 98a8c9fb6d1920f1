using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>What a payer agrees to sign for. Amounts are atomic units of the token.</summary>
public sealed record PayerOptions
{
    /// <summary>The chain that the escrow is on.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>The escrow contract; vouchers are signed for it and no other.</summary>
    public required Address InferencePayment { get; init; }

    /// <summary>The registry contract, whose domain statements and questions about channels are signed under. Zero: none are asked for.</summary>
    public Address ValidatorRegistry { get; init; }

    /// <summary>Whose escrow is spent, when the key is only one that the payer delegated to. Null: the key's own.</summary>
    public Address? Payer { get; init; }

    /// <summary>The only token that is paid in.</summary>
    public required Address Token { get; init; }

    /// <summary>The folder of the channel files. Processes that pay with the same key share it.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>The most that one request may cost at most; a dearer one is refused unsigned.</summary>
    public required TokenAmount MaxPerRequest { get; init; }

    /// <summary>The most that is ever signed for one channel over its whole life.</summary>
    public required TokenAmount MaxTotal { get; init; }

    /// <summary>Receivers that may be paid; null allows any.</summary>
    public IReadOnlySet<Address>? Receivers { get; init; }

    /// <summary>The EIP-712 domain of vouchers.</summary>
    public Eip712Domain Domain => Eip712Domain.Payments(ChainId, InferencePayment);

    /// <summary>The EIP-712 domain of statements.</summary>
    public Eip712Domain NetworkDomain => !ValidatorRegistry.IsZero
        ? Eip712Domain.Network(ChainId, ValidatorRegistry)
        : throw new PaymentException("The payer's options name no ValidatorRegistry; a gateway's statement cannot be asked for without it.");
}
