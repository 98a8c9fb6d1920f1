using Ncn.Chain;
using Ncn.Protocol;

namespace Ncn.Cli.Network;

/// <summary>STATE/network.env: the settings that every app of the network reads (ARCHITECTURE.md, Wiring).</summary>
internal sealed record NetworkSettings
{
    public required string Rpc { get; init; }

    public required ulong ChainId { get; init; }

    public required Address Token { get; init; }

    public required Address InferencePayment { get; init; }

    public required Address ValidatorRegistry { get; init; }

    /// <summary>Where CREATE2 put the escrow's code, by which a folder of other contracts is known; null in a folder from before it was kept.</summary>
    public Address? Deployment { get; init; }

    /// <summary>Null in a folder from before there was one.</summary>
    public Address? BootstrapDirectory { get; init; }

    public required string Contracts { get; init; }

    public required string StateDirectory { get; init; }

    public required bool FreeOfCharge { get; init; }

    /// <summary>Addresses of the validators, whom workers re-run answers for, separated by commas; empty without validators.</summary>
    public string ReRunsFor { get; init; } = string.Empty;

    /// <summary>The worker that does it for the local validators; null without validators.</summary>
    public Address? ReRunsBy { get; init; }

    /// <summary>Opens the operator endpoints; never printed.</summary>
    public required string OperatorToken { get; init; }

    /// <exception cref="CliException">The network was never started with this state folder.</exception>
    public static NetworkSettings Read(StateFolder state)
    {
        if (!File.Exists(state.NetworkEnvironment))
        {
            throw new CliException($"No network was ever started with the state folder {state.Path}. Start one: ./ncn up");
        }

        var values = File.ReadLines(state.NetworkEnvironment)
            .Select(line => line.Split('=', 2))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        return new NetworkSettings
        {
            Rpc = values["Ncn__Chain__Rpc"],
            ChainId = ulong.Parse(values["Ncn__Chain__ChainId"], System.Globalization.CultureInfo.InvariantCulture),
            Token = Address.Parse(values["Ncn__Chain__Token"]),
            InferencePayment = Address.Parse(values["Ncn__Chain__InferencePayment"]),
            ValidatorRegistry = Address.Parse(values["Ncn__Chain__ValidatorRegistry"]),
            Deployment = values.TryGetValue("Ncn__Chain__Deployment", out var deployment) ? Address.Parse(deployment) : null,
            BootstrapDirectory = values.TryGetValue("Ncn__Chain__BootstrapDirectory", out var directory) ? Address.Parse(directory) : null,
            Contracts = values["Ncn__Chain__Contracts"],
            StateDirectory = values["Ncn__State__Directory"],
            FreeOfCharge = bool.Parse(values["Ncn__Network__FreeOfCharge"]),
            ReRunsFor = values.GetValueOrDefault("Ncn__Worker__Validators", string.Empty),
            ReRunsBy = values.TryGetValue("Ncn__Validator__VerifierAddress", out var verifier) ? Address.Parse(verifier) : null,
            OperatorToken = values["Ncn__Operator__Token"],
        };
    }

    /// <summary>The same for calls of the chain.</summary>
    public ChainSettings ToChain() => new(new Uri(Rpc), ChainId, Token, InferencePayment, ValidatorRegistry, Confirmations: 0) { BootstrapDirectory = BootstrapDirectory };

    public void Write(StateFolder state)
    {
        var text = $"""
            Ncn__Chain__Rpc={Rpc}
            Ncn__Chain__ChainId={ChainId}
            Ncn__Chain__Token={Token}
            Ncn__Chain__InferencePayment={InferencePayment}
            Ncn__Chain__ValidatorRegistry={ValidatorRegistry}
            Ncn__Chain__Deployment={Deployment}
            Ncn__Chain__BootstrapDirectory={BootstrapDirectory}
            Ncn__Chain__Confirmations=0
            Ncn__Chain__Contracts={Contracts}
            Ncn__Keys__Directory={state.Keys}
            Ncn__State__Directory={StateDirectory}
            Ncn__Network__FreeOfCharge={(FreeOfCharge ? "true" : "false")}
            Ncn__Operator__Token={OperatorToken}

            """;
        PrivateFile.Write(state.NetworkEnvironment, ReRunsFor.Length == 0 ? text : text + ValidatorSettings());
    }

    // A network of one machine has short periods and epochs, so that what follows from work is seen in seconds.
    private string ValidatorSettings() => $"""
        Ncn__Worker__Validators={ReRunsFor}
        Ncn__Validator__VerifierAddress={ReRunsBy}
        Ncn__Gateway__Receipts__PeriodSeconds={PeriodSeconds}
        Ncn__Gateway__Receipts__GraceSeconds=1
        Ncn__Gateway__Receipts__KeptPeriods=43200
        Ncn__Validator__PeriodMilliseconds={PeriodSeconds}000
        Ncn__Validator__EpochHeights=24
        Ncn__Validator__CheckpointInterval=8
        Ncn__Validator__LookMilliseconds=500
        Ncn__Validator__Probes__Budget=5000000
        Ncn__Validator__Probes__SharePpm=500000

        """;

    private const int PeriodSeconds = 2;
}
