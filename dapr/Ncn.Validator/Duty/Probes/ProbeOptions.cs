using System.ComponentModel.DataAnnotations;

namespace Ncn.Validator.Duty.Probes;

/// <summary>Section <c>Ncn:Validator:Probes</c>: what this validator spends on requests of its own, as a client among others. Amounts are atomic units.</summary>
public sealed class ProbeOptions
{
    /// <summary>The most that an epoch's requests may cost, from 0; default 0: none are sent.</summary>
    [Range(0, long.MaxValue)]
    public long Budget { get; set; }

    /// <summary>
    /// Key files of the payers, separated by commas, rooted or in <c>{Ncn:Keys:Directory}</c>. Each holds tokens and coin, and nothing that shows whose it is: not sent by the
    /// validator's accounts, nor all by one other. A key whose request was shown on the ledger is not used again.
    /// </summary>
    public string Purses { get; set; } = string.Empty;

    /// <summary>The most that one request may cost, from 1; default 10,000.</summary>
    [Range(1, long.MaxValue)]
    public long MostPerRequest { get; set; } = 10_000;

    /// <summary>What a purse puts into its channel when that is used up, from 1; default 1,000,000. As much as customers do.</summary>
    [Range(1, long.MaxValue)]
    public long Deposit { get; set; } = 1_000_000;

    /// <summary>Requests of this kind, by all validators, for a million receipts of the newest traffic, 0 to 1,000,000; default 50,000.</summary>
    [Range(0, 1_000_000)]
    public int SharePpm { get; set; } = 50_000;

    /// <summary>Where these requests go out, http or socks5; default none: then they come from the address that the validator's own come from, which tells them apart.</summary>
    public Uri? Proxy { get; set; }

    /// <summary>
    /// Base URL of a node of the same operator that serves and has Ncn:Worker:Plants on; default none. Requests that fall to it are answered falsely when the budget below bears it, and are
    /// opened as plants: who passed them is known for not checking. Orders carry <c>Ncn:Operator:Token</c>.
    /// </summary>
    public Uri? PlantNode { get; set; }

    /// <summary>That node's address, 0x and 40 hex digits.</summary>
    [RegularExpression("^0x[0-9a-fA-F]{40}$")]
    public string? PlantNodeAddress { get; set; }

    /// <summary>
    /// The most that an epoch's plants may cost when they are opened, from 0; default 0: none are ordered. It is taken from what the validator's account has paid into the reward pool, so that
    /// nobody excuses a cheat for nothing; without that money none are ordered.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long PlantBudget { get; set; }

    internal IReadOnlyList<string> PurseFiles => Purses.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    internal bool IsOn => Budget > 0 && PurseFiles.Count > 0;

    internal string? Problem() =>
        Proxy is not null && Proxy is not { IsAbsoluteUri: true, Scheme: "http" or "socks5" } ? "Ncn:Validator:Probes:Proxy must be an http or socks5 address."
        : Budget > 0 && PurseFiles.Count == 0 ? "Ncn:Validator:Probes:Budget pays for requests, and no Purses are named to pay with: name key files, or set no budget."
        : Budget > 0 && MostPerRequest > Budget ? "Ncn:Validator:Probes:MostPerRequest is more than the whole Budget."
        : PlantBudget > 0 && (PlantNode is not { IsAbsoluteUri: true, Scheme: "http" or "https" } || string.IsNullOrEmpty(PlantNodeAddress) || !IsOn)
            ? "Ncn:Validator:Probes:PlantBudget pays for plants: they need PlantNode, an http or https address, PlantNodeAddress, and a Budget and Purses for the requests."
        : null;
}
