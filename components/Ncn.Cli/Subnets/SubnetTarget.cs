using System.CommandLine;
using Ncn.Chain;
using Ncn.Chain.Artifacts;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;

namespace Ncn.Cli.Subnets;

/// <summary>Which chain a command is about, and who signs: a key of the local network, by default its gateway's, or a key file on a named chain.</summary>
/// <param name="signs">The local key's role.</param>
internal sealed class SubnetTarget(Func<ParseResult, string>? signs = null)
{
    private readonly Option<string?> state = NetworkOptions.State();
    private readonly Option<string?> network = new("--network") { Description = "forknet, arbitrum-sepolia or arbitrum-one. Default: the chain of the local network." };
    private readonly Option<string?> rpc = new("--rpc") { Description = "A node of that chain, http or https. Default: the network's public one." };
    private readonly Option<string?> keyFile = new("--key-file") { Description = "File with the key that signs: 0x and 64 hex digits, mode 0600. Default in a local network: its own." };
    private readonly Option<bool> broadcast = new("--broadcast") { Description = "Send the transaction. On a public chain nothing is sent without it; in a local network it is not needed." };

    /// <param name="sends">False for a command that only reads.</param>
    public void AddTo(Command command, bool sends)
    {
        rpc.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } given && !(Uri.TryCreate(given, UriKind.Absolute, out var node) && node.Scheme is "http" or "https"))
            {
                result.AddError($"--rpc is '{given}'; it must be an http or https address.");
            }
        });
        foreach (var option in new Option[] { state, network, rpc })
        {
            command.Add(option);
        }

        if (sends)
        {
            command.Add(keyFile);
            command.Add(broadcast);
        }
    }

    /// <summary>The state folder of the local network.</summary>
    public StateFolder Folder(ParseResult parsed) => StateFolder.Choose(parsed.GetValue(state));

    /// <exception cref="CliException">The network is unknown, the node is of another chain, or a key is missing.</exception>
    public async Task<SubnetSession> OpenAsync(ParseResult parsed, bool sends)
    {
        var artifacts = ContractsFile.Load();
        var folder = Folder(parsed);
        var settings = parsed.GetValue(network) is { } name ? SettingsOf(artifacts, name, parsed.GetValue(rpc)) : SettingsOf(folder, parsed.GetValue(rpc));
        var isLocal = parsed.GetValue(network) is not { } chosen || artifacts.Networks[chosen].IsLocal;
        var key = sends ? KeyOf(parsed, folder) : null;
        var chain = new ChainConnection(settings, key);
        if (await chain.ReadChainIdAsync() is var id && id != settings.ChainId)
        {
            chain.Dispose();
            throw new CliException($"The node {settings.Rpc.GetLeftPart(UriPartial.Authority)} is of chain {id}, not {settings.ChainId}. Give the right node with --rpc. Nothing was sent.");
        }

        return new SubnetSession(chain, Broadcast: sends && key is not null && (isLocal || parsed.GetValue(broadcast)));
    }

    private static ChainSettings SettingsOf(StateFolder folder, string? rpc)
    {
        var settings = NetworkSettings.Read(folder).ToChain();
        return rpc is null ? settings : settings with { Rpc = new Uri(rpc) };
    }

    private static ChainSettings SettingsOf(ContractArtifacts artifacts, string name, string? rpc) => artifacts.Networks.TryGetValue(name, out var network)
        ? new ChainSettings(
            rpc is null ? network.Rpc : new Uri(rpc), network.ChainId, network.Token.Address, artifacts.InferencePayment.Address,
            artifacts.ValidatorRegistry.Address, Confirmations: 0)
        {
            BootstrapDirectory = artifacts.BootstrapDirectory.Address,
        }
        : throw new CliException($"--network is '{name}'; it is one of {string.Join(", ", artifacts.Networks.Keys)}.");

    private string? KeyOf(ParseResult parsed, StateFolder folder)
    {
        var file = parsed.GetValue(keyFile) ?? (parsed.GetValue(network) is null ? folder.KeyFile(signs?.Invoke(parsed) ?? KeyFiles.Gateway) : null);
        return file is not null ? KeyFiles.ReadPrivate(file)
            : parsed.GetValue(broadcast) ? throw new CliException("--broadcast needs an account that signs: give its key with --key-file. Nothing was sent.")
            : null;
    }
}
