using System.ComponentModel.DataAnnotations;
using Ncn.Protocol;

namespace Ncn.ComputeWorker;

/// <summary>Section <c>Ncn</c>: what every app of the network is told (ARCHITECTURE.md, "Wiring").</summary>
public sealed class NetworkOptions
{
    /// <summary>The chain and its contracts.</summary>
    [Required]
    public ChainSection Chain { get; set; } = new();

    /// <summary>Where key files lie.</summary>
    public KeysSection Keys { get; set; } = new();

    /// <summary>Where this app keeps its state.</summary>
    [Required]
    public StateSection State { get; set; } = new();

    /// <summary>Properties of the whole network.</summary>
    public NetworkSection Network { get; set; } = new();

    /// <summary>The operator's access.</summary>
    public OperatorSection Operator { get; set; } = new();

    public sealed class ChainSection
    {
        /// <summary>JSON-RPC endpoint.</summary>
        [Required]
        public string Rpc { get; set; } = "";

        /// <summary>The chain's id, above 0.</summary>
        [Range(1, long.MaxValue)]
        public long ChainId { get; set; }

        /// <summary>The ERC-20 that is paid in.</summary>
        [Required]
        public string Token { get; set; } = "";

        /// <summary>The escrow contract.</summary>
        [Required]
        public string InferencePayment { get; set; } = "";

        /// <summary>The registry contract.</summary>
        [Required]
        public string ValidatorRegistry { get; set; } = "";

        /// <summary>Path of <c>ncn-contracts.json</c>.</summary>
        public string Contracts { get; set; } = "";
    }

    public sealed class KeysSection
    {
        /// <summary>Folder of key files.</summary>
        public string Directory { get; set; } = "";
    }

    public sealed class StateSection
    {
        /// <summary>The state folder; this app's own files lie in <c>{it}/apps/{APP_ID}</c>.</summary>
        [Required]
        public string Directory { get; set; } = "";
    }

    public sealed class NetworkSection
    {
        /// <summary>True: every price is zero.</summary>
        public bool FreeOfCharge { get; set; }
    }

    public sealed class OperatorSection
    {
        /// <summary>Secret of the operator's endpoints; empty closes them.</summary>
        public string Token { get; set; } = "";
    }

    /// <summary>Domain of the network's signed messages.</summary>
    public Eip712Domain NetworkDomain() => Eip712Domain.Network((ulong)Chain.ChainId, Address.Parse(Chain.ValidatorRegistry));

    /// <summary>Domain of vouchers and channel ids.</summary>
    public Eip712Domain PaymentsDomain() => Eip712Domain.Payments((ulong)Chain.ChainId, Address.Parse(Chain.InferencePayment));
}
