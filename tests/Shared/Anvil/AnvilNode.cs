using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Ncn.Tests.Anvil;

/// <summary>A real anvil on a port that the system chose; ended with the tests.</summary>
internal sealed partial class AnvilNode : IDisposable
{
    /// <summary>The forknet's chain id.</summary>
    internal const int ChainId = 412346;

    private readonly Process _process;
    private readonly Task _drain;

    public AnvilNode()
        : this(ChainId)
    {
    }

    /// <param name="options">More of anvil's own options.</param>
    internal AnvilNode(int chainId, params string[] options)
    {
        // The binary itself: the npm wrapper would survive it.
        var start = new ProcessStartInfo(
            Path.Combine(Repository.Root, "node_modules", "@foundry-rs", $"anvil-linux-{Architecture}", "bin", "anvil"),
            ["--host", "127.0.0.1", "--port", "0", "--chain-id", chainId.ToString(CultureInfo.InvariantCulture), .. options])
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        Url = "http://" + ReadAddress();
        // Nobody reads the rest, and a full pipe would stop anvil.
        _drain = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    private static string Architecture =>
        RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    public string Url { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _drain.Wait(TimeSpan.FromSeconds(5));
        _process.Dispose();
    }

    private string ReadAddress()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                return match.Groups[1].Value;
            }
        }

        throw new InvalidOperationException("anvil ended before it listened.");
    }

    [GeneratedRegex(@"Listening on (127\.0\.0\.1:\d+)")]
    private static partial Regex Listening();
}
