using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ncn.Soak.Node;

/// <summary>A real worker in a process of its own, with its log in a file and its memory watched.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    public const string OperatorToken = "soak-operator";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task _log;
    private readonly string _memoryFolder;

    private WorkerProcess(Process process, Task log, string memoryFolder, int httpPort, int grpcPort)
    {
        (_process, _log, _memoryFolder) = (process, log, memoryFolder);
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{httpPort}"), Timeout = Patience };
        GrpcEndpoint = new Uri($"http://127.0.0.1:{grpcPort}");
    }

    public HttpClient Http { get; }

    public Uri GrpcEndpoint { get; }

    /// <summary>Ends when the process does.</summary>
    public Task Exited => _process.WaitForExitAsync();

    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>Where the startup hook writes.</summary>
    public string MemoryFile => Path.Combine(_memoryFolder, $"{_process.Id}.log");

    /// <param name="settings">The worker's configuration.</param>
    /// <param name="options">Whether it leaks; how often memory is looked at.</param>
    /// <param name="memoryFolder">Where memory samples go.</param>
    public static WorkerProcess Start(IReadOnlyDictionary<string, string> settings, SoakOptions options, string memoryFolder)
    {
        (int http, int grpc) = FreePorts();
        var start = new ProcessStartInfo("dotnet", [Program()]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string key, string value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["APP_PORT"] = http.ToString(CultureInfo.InvariantCulture);
        start.Environment["Ncn__Worker__GrpcPort"] = grpc.ToString(CultureInfo.InvariantCulture);
        start.Environment["Ncn__Operator__Token"] = OperatorToken;
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location;
        // glibc keeps an arena per thread that ever loaded a model; with two, memory levels off.
        start.Environment["MALLOC_ARENA_MAX"] = "2";
        start.Environment["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1048576";
        start.Environment["SOAK_MEMORY_FOLDER"] = memoryFolder;
        start.Environment["SOAK_MEMORY_SECONDS"] = options.SampleEvery.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        start.Environment["SOAK_LEAK"] = options.Leak ? "1" : "0";
        Process process = Process.Start(start) ?? throw new SoakFailedException("the worker could not be started");
        return new WorkerProcess(process, KeepAsync(process, Path.Combine(options.Folder, "soak-worker.log")), memoryFolder, http, grpc);
    }

    /// <summary>Waits until the node serves.</summary>
    public async Task ReadyAsync()
    {
        long started = Stopwatch.GetTimestamp();
        while (!await AnswersAsync("/readyz"))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new SoakFailedException($"the worker is not ready after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s; see soak-worker.log");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>As a supervisor ends it: SIGTERM, then the exit code of a clean end is 0.</summary>
    public async Task<int> StopAsync()
    {
        using Process signal = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await signal.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _log;
        Http.Dispose();
        _process.Dispose();
    }

    private async Task<bool> AnswersAsync(string path)
    {
        try
        {
            using HttpResponseMessage answer = await Http.GetAsync(path);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }

    private static async Task KeepAsync(Process process, string file)
    {
        await using var log = new StreamWriter(file);
        TextWriter shared = TextWriter.Synchronized(log);
        await Task.WhenAll(CopyAsync(process.StandardOutput, shared), CopyAsync(process.StandardError, shared));
    }

    private static async Task CopyAsync(StreamReader from, TextWriter to)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            to.WriteLine(line);
        }
    }

    /// <summary>The worker's own output, beside this program's.</summary>
    private static string Program()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory);
        string file = Path.Combine(configuration.Parent!.Parent!.FullName, "Ncn.ComputeWorker", configuration.Name, "Ncn.ComputeWorker.dll");
        return File.Exists(file) ? file : throw new SoakFailedException($"{file} is missing; build tests/Ncn.Soak");
    }

    private static (int Http, int Grpc) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
