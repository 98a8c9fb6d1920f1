using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ncn.Cli.Provisioning;

/// <summary>One network at a time provisions a chain: all send with the chain's one faucet key, and two at once would take the same nonce.</summary>
internal sealed class ChainTurn : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private readonly FileStream held;

    private ChainTurn(FileStream held) => this.held = held;

    /// <summary>Waits for the turn. It ends with this object, or with the process.</summary>
    public static async Task<ChainTurn> TakeAsync(Uri rpc, CancellationToken cancellation)
    {
        var path = Path.Combine(Path.GetTempPath(), NameOf(rpc));
        while (true)
        {
            try
            {
                return new ChainTurn(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException taken) when (taken is not DirectoryNotFoundException)
            {
                await Task.Delay(PollInterval, cancellation);
            }
        }
    }

    public void Dispose() => held.Dispose();

    // Users of one machine do not wait for each other's files, which they could not open.
    private static string NameOf(Uri rpc)
    {
        var owner = string.Create(CultureInfo.InvariantCulture, $"{Environment.UserName} {rpc.AbsoluteUri}");
        return $"ncn-provision-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(owner)))[..16]}.lock";
    }
}
