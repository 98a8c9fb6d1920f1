using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ncn.Benchmarks.Edge;

namespace Ncn.Benchmarks.Mempool;

/// <summary>A queue's process on the measured core.</summary>
internal sealed class QueueServer(string name, Process process, int port, int living = 0) : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public string Name { get; } = name;

    public int Port { get; } = port;

    /// <summary>Jobs that it had when it started.</summary>
    public int Living { get; } = living;

    /// <summary>CPU time that it has used so far, microseconds.</summary>
    public double Used => Cores.UsedMicroseconds(process.Id);

    /// <summary>Our pool: this very program in another process. With a journal its answers wait for the disk.</summary>
    public static QueueServer StartPool(string folder, string? journal)
    {
        string portFile = Path.Combine(folder, $"pool-{Guid.NewGuid():n}.port");
        string[] arguments = [Environment.GetCommandLineArgs()[0], "pool-server", portFile, .. journal is null ? Array.Empty<string>() : [journal]];
        var environment = new Dictionary<string, string>
        {
            // What a socket brings is handled by the thread that waits for all of them.
            ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1",
            ["DOTNET_gcConcurrent"] = "0",
            // 64 MiB: jobs that live for long are not copied from generation to generation so often.
            ["DOTNET_GCgen0size"] = "0x4000000",
        };
        Process process = Cores.Start(Cores.Measured, Environment.ProcessPath!, arguments, environment);
        string[] said = Wait(() => File.Exists(portFile) ? File.ReadAllText(portFile).Split(' ') : null, process);
        return new QueueServer("pool", process, int.Parse(said[0], CultureInfo.InvariantCulture), int.Parse(said[1], CultureInfo.InvariantCulture));
    }

    public static QueueServer StartRedis(string program, IReadOnlyDictionary<string, string> environment) => Start("redis", program, port =>
        ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"], environment);

    public static QueueServer StartNats(string program, string store, IReadOnlyDictionary<string, string> environment) => Start("nats", program, port =>
        ["-a", "127.0.0.1", "-p", port, "-js", "-sd", store], environment);

    /// <summary>Ends it without a word, as a loss of power would.</summary>
    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private static QueueServer Start(string name, string program, Func<string, string[]> arguments, IReadOnlyDictionary<string, string> environment)
    {
        int port = FreePort();
        Process process = Cores.Start(Cores.Measured, program, arguments(port.ToString(CultureInfo.InvariantCulture)), environment);
        Wait(() => Answers(port) ? "" : null, process);
        return new QueueServer(name, process, port);
    }

    private static T Wait<T>(Func<T?> find, Process process)
        where T : class
    {
        long begun = Stopwatch.GetTimestamp();
        while (true)
        {
            if (find() is { } found)
            {
                return found;
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(begun) > StartLimit)
            {
                throw new BenchmarkFailedException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} did not start");
            }

            Thread.Sleep(20);
        }
    }

    private static bool Answers(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
