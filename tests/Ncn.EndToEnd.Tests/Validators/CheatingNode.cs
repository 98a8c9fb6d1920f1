using System.Diagnostics;
using System.Security.Cryptography;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.Validators;

/// <summary>A node that joins like any stranger's, with a stake and a key of its own, and answers with a smaller model than it promises (tests/Ncn.CheatingWorker).</summary>
internal sealed class CheatingNode : IAsyncDisposable
{
    private static readonly UInt128 Coin = 10_000_000_000_000_000_000;
    private readonly string folder;
    private readonly Process process;

    private CheatingNode(Address address, string folder, Process process) => (Address, this.folder, this.process) = (address, folder, process);

    public static TokenAmount Stake { get; } = new(10_000_000);

    public Address Address { get; }

    public static async Task<CheatingNode> StartAsync(ValidatedNetwork shared)
    {
        var folder = Directory.CreateTempSubdirectory("ncn-cheating-node-").FullName;
        var (hex, file) = ("0x" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), Path.Combine(folder, "cheat.key"));
        await File.WriteAllTextAsync(file, hex);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        using var sender = new ChainConnection(shared.Account.Settings, hex);
        await StakeAsync(shared, sender);
        return new CheatingNode(sender.Sender!.Value, folder, Start(shared, folder, file));
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task StakeAsync(ValidatedNetwork shared, ChainConnection sender)
    {
        await new Forknet(shared.Chain).SetEtherAsync(sender.Sender!.Value, Coin);
        var token = new TokenContract(sender, sender.Settings.Token);
        using var faucet = new ChainConnection(sender.Settings, StockPayer.Faucet);
        await new TokenContract(faucet, sender.Settings.Token).MintAsync(sender.Sender.Value, Stake);
        await token.EnsureAllowanceAsync(sender.Settings.ValidatorRegistry, Stake);
        await new ValidatorRegistryContract(sender).StakeAsync(ValidatedNetwork.Subnet, SubnetRole.Node, Stake);
    }

    private static Process Start(ValidatedNetwork shared, string folder, string keyFile)
    {
        var start = new ProcessStartInfo("dotnet", [Installation.Program("Ncn.CheatingWorker")]) { WorkingDirectory = folder };
        foreach (var line in File.ReadLines(Path.Combine(shared.Network.State, "network.env")).Select(static line => line.Split('=', 2)).Where(static parts => parts.Length == 2))
        {
            start.Environment[line[0]] = line[1];
        }

        start.Environment["APP_ID"] = "compute-cheat";
        start.Environment["APP_PORT"] = "0";
        start.Environment["Ncn__State__Directory"] = folder;
        start.Environment["Ncn__Worker__KeyFile"] = keyFile;
        start.Environment["Ncn__Worker__GrpcPort"] = "0";
        start.Environment["Ncn__Worker__Models"] = shared.Models;
        start.Environment["Ncn__Worker__Gateways"] = shared.Network.Text.ToString();
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        return Process.Start(start)!;
    }
}
