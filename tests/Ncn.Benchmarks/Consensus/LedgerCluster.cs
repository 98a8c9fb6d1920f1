using System.Diagnostics;
using System.Globalization;
using Ncn.Benchmarks.Edge;
using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Consensus;

/// <summary>Ours: four validators as four processes, each with its engine, its signing guard and its row log, connected over loopback.</summary>
internal sealed class LedgerCluster : ICluster
{
    /// <summary>Bytes of one operation as it travels: kind, author, period, root, count, total, signature.</summary>
    public const int OperationBytes = 1 + 20 + 8 + 32 + 4 + 16 + 65;

    private const int Members = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process[] _processes;
    private readonly Uri[] _submit;
    private readonly Http2Calls _calls = new();

    private LedgerCluster(Process[] processes, Uri[] submit) => (_processes, _submit) = (processes, submit);

    public double UsedMicroseconds => _processes.Sum(static process => Cores.UsedMicroseconds(process.Id));

    public static async Task<LedgerCluster> StartAsync(string folder)
    {
        int[] ports = FreePorts.Take(2 * Members);
        string all = string.Join(',', ports.Select(static port => port.ToString(CultureInfo.InvariantCulture)));
        Process[] processes = [.. Enumerable.Range(0, Members).Select(member => Start(folder, member, all))];
        var cluster = new LedgerCluster(processes, [.. ports[Members..].Select(static port => new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/"))]);
        try
        {
            await cluster.ReadyAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public IClusterClient Client(int number) => new LedgerClient(this, number);

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in _processes)
        {
            if (!process.HasExited)
            {
                Tool.Run("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
                await process.WaitForExitAsync();
            }

            process.Dispose();
        }

        _calls.Dispose();
    }

    private static Process Start(string folder, int member, string ports)
    {
        string data = Path.Combine(folder, $"validator-{member}");
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }

        Directory.CreateDirectory(data);
        return Cores.Start(Cores.All, "dotnet",
            [typeof(LedgerCluster).Assembly.Location, LedgerMember.Argument, data, member.ToString(CultureInfo.InvariantCulture), ports], new Dictionary<string, string>
            {
                ["DOTNET_gcServer"] = "0",
                ["DOTNET_TieredCompilation"] = "0",
                ["DOTNET_ReadyToRun"] = "0", // else the framework's code stays what it was before it is compiled anew
                ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0", // as dapr/Ncn.Validator has it
            });
    }

    // Each takes a write: all of them are connected with each other, and blocks are made.
    private async Task ReadyAsync()
    {
        long start = Stopwatch.GetTimestamp();
        for (int member = 0; member < Members; member++)
        {
            while (true)
            {
                try
                {
                    using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
                    await new LedgerClient(this, 1_000_000 + member).AnnounceAsync(patience.Token);
                    break;
                }
                catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or BenchmarkFailedException && Stopwatch.GetElapsedTime(start) < Patience)
                {
                    await Task.Delay(100);
                }
            }
        }
    }

    private sealed class LedgerClient(LedgerCluster cluster, int number) : IClusterClient
    {
        private readonly Signer _key = LedgerMember.Key(10_000 + number);
        private readonly Queue<byte[]> _prepared = new();
        private readonly Uri _submit = cluster._submit[number % Members];
        private ulong _period;
        private bool _isAnnounced;

        public void Prepare(int writes)
        {
            while (_prepared.Count < writes)
            {
                _prepared.Enqueue(Next());
            }
        }

        public async Task WriteAsync(CancellationToken cancellationToken)
        {
            if (!_isAnnounced)
            {
                await AnnounceAsync(cancellationToken);
            }

            await SubmitAsync(_prepared.TryDequeue(out byte[]? ready) ? ready : Next(), cancellationToken);
        }

        /// <summary>Only a node that is announced may write more.</summary>
        public async Task AnnounceAsync(CancellationToken cancellationToken)
        {
            await SubmitAsync(Signed(new Operation.AnnounceNode(_key.Address, (ulong)Stopwatch.GetTimestamp(), LedgerMember.Salt)), cancellationToken);
            _isAnnounced = true;
        }

        private byte[] Next() => Signed(new Operation.CommitReceipts(_key.Address, ++_period, LedgerMember.Salt, 1, new TokenAmount(_period)));

        private byte[] Signed(Operation operation)
        {
            Signature signature = _key.Sign(SignedOperation.Message(operation), LedgerMember.Domains.Network).Signature;
            return WireForm.Write(new WireMessage.Operations(1, [new ClaimedOperation(operation, signature)]), LedgerMember.Salt);
        }

        private async Task SubmitAsync(byte[] frame, CancellationToken cancellationToken)
        {
            using HttpResponseMessage response = await cluster._calls.PostAsync(number, _submit, frame, "application/octet-stream", cancellationToken);
        }
    }
}
