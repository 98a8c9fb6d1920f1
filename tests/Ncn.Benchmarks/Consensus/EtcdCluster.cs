using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Ncn.Benchmarks.Edge;

namespace Ncn.Benchmarks.Consensus;

/// <summary>The peer: three etcd with their own files, synced as they are by default, called as their own clients call them (gRPC).</summary>
internal sealed class EtcdCluster : ICluster
{
    private const int Members = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process[] _processes;
    private readonly Http2Calls _calls = new();
    private Uri _put = null!;

    private EtcdCluster(Process[] processes) => _processes = processes;

    public double UsedMicroseconds => _processes.Sum(static process => Cores.UsedMicroseconds(process.Id));

    public static async Task<EtcdCluster> StartAsync(string program, string folder)
    {
        int[] ports = FreePorts.Take(2 * Members);
        string all = string.Join(',', Enumerable.Range(0, Members).Select(member => $"m{member}={Url(ports[Members + member])}"));
        var cluster = new EtcdCluster([.. Enumerable.Range(0, Members).Select(member => Start(program, folder, member, ports, all))]);
        try
        {
            cluster._put = new Uri(await cluster.LeaderAsync(ports[..Members]) + "/etcdserverpb.KV/Put");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public IClusterClient Client(int number) => new EtcdClient(this, number);

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

    private static Process Start(string program, string folder, int member, int[] ports, string all)
    {
        string data = Path.Combine(folder, $"etcd-{member}");
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }

        (string client, string peer) = (Url(ports[member]), Url(ports[Members + member]));
        return Cores.Start(Cores.All, program,
        [
            "--name", $"m{member}", "--data-dir", data, "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", all, "--initial-cluster-state", "new", "--initial-cluster-token", "consensus-benchmark", "--log-level", "error", "--logger", "zap",
        ]);
    }

    // The leader saves a hop: the peer's best.
    private async Task<string> LeaderAsync(int[] ports)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Patience && !Array.Exists(_processes, static process => process.HasExited))
        {
            foreach (int port in ports)
            {
                try
                {
                    using HttpResponseMessage response = await http.PostAsync(Url(port) + "/v3/maintenance/status", new StringContent("{}"));
                    JsonElement status = await response.Content.ReadFromJsonAsync<JsonElement>();
                    if (response.IsSuccessStatusCode && status.TryGetProperty("leader", out JsonElement leader) && leader.GetString() == status.GetProperty("header").GetProperty("member_id").GetString())
                    {
                        return Url(port);
                    }
                }
                catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or JsonException)
                {
                    continue; // it is not there yet
                }
            }

            await Task.Delay(100);
        }

        throw new BenchmarkFailedException("etcd has chosen no leader");
    }

    private static string Url(int port) => $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";

    private sealed class EtcdClient(EtcdCluster cluster, int number) : IClusterClient
    {
        private const int KeyBytes = 28;
        private const int ValueBytes = LedgerCluster.OperationBytes - KeyBytes;
        private ulong _next;

        public void Prepare(int writes)
        {
        }

        public async Task WriteAsync(CancellationToken cancellationToken)
        {
            using HttpResponseMessage response = await cluster._calls.PostAsync(number, cluster._put, Put(), "application/grpc", cancellationToken);
            if (!response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? status) || status.Single() != "0")
            {
                throw new BenchmarkFailedException("etcd refused a write");
            }
        }

        // A gRPC message: flag, length, and PutRequest{key = 1, value = 2} of etcd's rpc.proto. Lengths are below 128, so each takes one byte.
        private byte[] Put()
        {
            var message = new byte[5 + 2 + KeyBytes + 2 + ValueBytes];
            BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), message.Length - 5);
            (message[5], message[6]) = (0x0A, KeyBytes);
            BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(7), number);
            BinaryPrimitives.WriteUInt64BigEndian(message.AsSpan(11), ++_next);
            (message[7 + KeyBytes], message[8 + KeyBytes]) = (0x12, ValueBytes);
            Random.Shared.NextBytes(message.AsSpan(9 + KeyBytes));
            return message;
        }
    }
}
