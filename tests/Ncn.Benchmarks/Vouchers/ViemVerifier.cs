using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Vouchers;

/// <summary>viem in a process of its own, fed line by line (scripts/viem-voucher.mjs).</summary>
internal sealed class ViemVerifier : IAsyncDisposable
{
    private readonly Process _node;

    private ViemVerifier(Process node) => _node = node;

    public static async Task<ViemVerifier> StartAsync((SignedVoucher Voucher, Eip712Domain Domain) sample, Address signer)
    {
        string script = Path.Combine(BenchmarkOptions.Root, "tests", "Ncn.Benchmarks", "scripts", "viem-voucher.mjs");
        var start = new ProcessStartInfo("node", [script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var verifier = new ViemVerifier(Process.Start(start) ?? throw new BenchmarkFailedException("node cannot be started; install Node.js 20 or newer"));
        var (voucher, domain) = sample;
        await verifier._node.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new
        {
            address = signer.ToString(),
            domain = new { name = domain.Name, version = domain.Version, chainId = domain.ChainId, verifyingContract = domain.VerifyingContract.ToString() },
            message = new { channelId = voucher.Config.Id(domain).ToString(), maxClaimableAmount = voucher.MaxClaimableAmount.ToString() },
            signature = voucher.Signature.ToString(),
        }));
        return verifier;
    }

    public async Task<Cost> MeasureAsync(int count)
    {
        await _node.StandardInput.WriteLineAsync(count.ToString(CultureInfo.InvariantCulture));
        await _node.StandardInput.FlushAsync();
        string line = await _node.StandardOutput.ReadLineAsync() ?? throw new BenchmarkFailedException("viem ended; are the npm packages installed?");
        return JsonSerializer.Deserialize<Cost>(line, JsonSerializerOptions.Web)!;
    }

    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        await _node.WaitForExitAsync();
        _node.Dispose();
    }
}
