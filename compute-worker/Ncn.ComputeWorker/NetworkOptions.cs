using System.ComponentModel.DataAnnotations;

namespace Ncn.ComputeWorker;

/// <summary>Section <c>Ncn</c>: what every app of the network is told (ARCHITECTURE.md, "Wiring"); the chain has its own, <see cref="Ncn.Chain.ChainSettings"/>.</summary>
public sealed class NetworkOptions
{
    /// <summary>Where key files lie.</summary>
    public KeysSection Keys { get; set; } = new();

    /// <summary>Where this app keeps its state.</summary>
    [Required]
    public StateSection State { get; set; } = new();

    /// <summary>Properties of the whole network.</summary>
    public NetworkSection Network { get; set; } = new();

    /// <summary>The operator's access.</summary>
    public OperatorSection Operator { get; set; } = new();

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
}
