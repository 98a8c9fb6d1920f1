using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Hosting;

/// <summary>Settings of one gateway (section <c>Ncn:Gateway</c>).</summary>
public sealed class GatewayOptions
{
    /// <summary>The subnet's number, from 1.</summary>
    [Range(1, uint.MaxValue)]
    public uint Subnet { get; set; }

    /// <summary>The subnet's name, as in the work binding <c>work-{name}</c>.</summary>
    [Required, RegularExpression("^[a-z][a-z0-9-]{0,31}$")]
    public string SubnetName { get; set; } = string.Empty;

    /// <summary>The kinds of model that the subnet serves, of "decoder", "tensor" and "embedding"; at least one, here or as <see cref="ModelKind"/>.</summary>
    [ModelKinds]
    public IList<string> ModelKinds { get; } = [];

    /// <summary>The one kind of model that the subnet serves, where it is one; added to <see cref="ModelKinds"/>. Default: none.</summary>
    [ModelKinds]
    public string? ModelKind { get; set; }

    /// <summary>All kinds that the subnet serves.</summary>
    public IReadOnlyList<string> Kinds => ModelKind is null || ModelKinds.Contains(ModelKind) ? [.. ModelKinds] : [ModelKind, .. ModelKinds];

    /// <summary>Whether the subnet serves models of a kind.</summary>
    public bool Serves(string kind) => kind == ModelKind || ModelKinds.Contains(kind);

    /// <summary>The gateway operator's key file; default: gateway.key in the key folder.</summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// The key file that x402 settlements are sent with; default: relay-{RelayName}.key in the key folder. It holds coin for gas and no
    /// authority. Without the file the gateway takes vouchers alone: no transfers, no deposits, no refunds.
    /// </summary>
    public string? RelayKeyFile { get; set; }

    /// <summary>
    /// Whether the relay key is the secret relay-{RelayName} of <c>Ncn:Keys:Vault</c> instead; default false. Only for a gateway that runs as one
    /// instance, always: a key belongs to one process.
    /// </summary>
    public bool RelayInVault { get; set; }

    /// <summary>Tells this process's relay key from those of other processes of the subnet, as two may not send with one; default: SubnetName.</summary>
    [RegularExpression("^[a-z][a-z0-9-]{0,63}$")]
    public string? RelayName { get; set; }

    /// <summary>Requests a second that the facilitator's endpoints take from one address: 1 to 10,000, default 20.</summary>
    [Range(1, 10_000)]
    public int FacilitatorRequestsPerSecond { get; set; } = 20;

    /// <summary>
    /// Deposits and refunds that one payer gets at once at this gateway's cost in gas, and one more each half minute: 1 to 10,000,
    /// default 20. Transfers at the facilitator count too when they are below <see cref="RelayFloor"/>.
    /// </summary>
    [Range(1, 10_000)]
    public int RelaysPerPayer { get; set; } = 20;

    /// <summary>A transfer at the facilitator that brings less than this, atomic units, counts against its payer: 0 to 10^12, default 10,000 (0.01 USDC).</summary>
    [Range(0L, 1_000_000_000_000L)]
    public long RelayFloor { get; set; } = 10_000;

    /// <summary>Where nodes reach this gateway; default http://127.0.0.1:{APP_PORT}.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>
    /// Whether nodes elsewhere may offer an endpoint without TLS; default false. On this machine (loopback) they always may.
    /// </summary>
    public bool AllowPlainNodes { get; set; }

    /// <summary>
    /// Whether nodes may offer endpoints, and gateways found by discovery be reached, on this machine and in private networks; default false. For a
    /// cluster's own nodes. A gateway whose <see cref="PublicUrl"/> is on loopback calls this machine's addresses always.
    /// </summary>
    public bool AllowPrivateNodes { get; set; }

    /// <summary>What the gateway adds to a node's price, basis points: 0 to 10,000, default 1,000 (10 %).</summary>
    [Range(0, 10_000)]
    public uint MarginBasisPoints { get; set; } = 1_000;

    /// <summary>Largest request body, bytes: 1 KiB to 64 MiB, default 4 MiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How long a direct request may take, seconds: 1 to 3,600, default 120.</summary>
    [Range(1, 3600)]
    public int RequestSeconds { get; set; } = 120;

    /// <summary>
    /// After how long a silence an event stream that has begun says a comment, so that nobody in between takes it for dead, seconds: 1 to 600, or 0
    /// for never; default 15, as WHATWG HTML recommends in section 9.2.7.
    /// </summary>
    [Range(0, 600)]
    public int EventPingSeconds { get; set; } = 15;

    /// <summary>Pools that the queued requests of one model are spread over, where one is too slow: 1 to 64, default 1. Payers take turns within each.</summary>
    [Range(1, 64)]
    public int MempoolShards { get; set; } = 1;

    /// <summary>How long a queued request may take, seconds: 1 to 86,400, default 600.</summary>
    [Range(1, 86_400)]
    public int QueuedSeconds { get; set; } = 600;

    /// <summary>
    /// How long a node that pulled a request from the queue has for it at least, seconds: 1 to 1,800, default 600; at most it is twice
    /// that, and no longer than the request has. Afterwards another node may pull it. Nodes refuse jobs beyond an hour, unless told otherwise.
    /// </summary>
    [Range(1, 1800)]
    public int PulledSeconds { get; set; } = 600;

    /// <summary>Completion tokens when the caller states no limit: 1 to 100,000, default 256.</summary>
    [Range(1, 100_000)]
    public uint DefaultMaxTokens { get; set; } = 256;

    /// <summary>Shortest delay of a channel's withdrawal that is accepted, seconds: 900 to 2,592,000, default 900.</summary>
    [Range(900, 2_592_000)]
    public uint MinimumWithdrawDelay { get; set; } = 900;
}

/// <summary>Where the chain is (section <c>Ncn:Chain</c>) as far as a gateway's payment checks need it.</summary>
public sealed record GatewayIdentity(
    Ncn.Protocol.Signer Signer, ulong ChainId, Ncn.Protocol.Address Token, Ncn.Protocol.Eip712Domain PaymentsDomain,
    Ncn.Protocol.Eip712Domain NetworkDomain, string PublicUrl, bool FreeOfCharge)
{
    /// <summary>The gateway's id and the receiver of clients' payments.</summary>
    public Ncn.Protocol.Address Address => Signer.Address;
}

/// <summary>A kind of model, or a list of kinds, as offers name them; a gateway needs at least one.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ModelKindsAttribute : ValidationAttribute
{
    private static readonly string[] Known = [Ncn.Protocol.ModelOffer.Decoder, Ncn.Protocol.ModelOffer.Tensor, Ncn.Protocol.ModelOffer.Embedding];

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        var isKnown = value switch
        {
            null => true,
            string kind => Known.Contains(kind),
            IEnumerable<string> kinds => kinds.All(Known.Contains),
            _ => false,
        };
        return !isKnown ? new ValidationResult($"Ncn:Gateway:ModelKinds knows {string.Join(", ", Known)}.")
            : validationContext?.ObjectInstance is GatewayOptions { Kinds.Count: 0 } ? new ValidationResult("Set Ncn:Gateway:ModelKinds: the kinds of model that the subnet serves.")
            : ValidationResult.Success;
    }
}
