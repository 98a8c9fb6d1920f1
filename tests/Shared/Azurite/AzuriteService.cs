using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Ncn.Tests.Azurite;

/// <summary>A real Azurite service on a port that the system chose, in memory; ended with the tests.</summary>
internal abstract class AzuriteService : IDisposable
{
    /// <summary>The key of every storage emulator, published by Microsoft.</summary>
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private const int MostStarts = 5;

    private readonly Process process;
    private readonly Task drain;
    private readonly int port;

    /// <param name="kind">table or blob.</param>
    protected AzuriteService(string kind)
    {
        (process, port) = Enumerable.Range(0, MostStarts).Select(_ => TryStart(kind)).FirstOrDefault(started => started.Process is not null);
        _ = process ?? throw new InvalidOperationException($"Azurite ended before it listened, {MostStarts} times.");
        // Nobody reads the rest, and a full pipe would stop Azurite.
        drain = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    public string Endpoint => $"http://127.0.0.1:{port}/devstoreaccount1";

    protected static string AccountSettings => $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={Key};";

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        drain.Wait(TimeSpan.FromSeconds(5));
        process.Dispose();
    }

    // Tables are "successfully started", blobs "successfully listens". Azurite does not say which port it got for port 0, so a free one is looked up; another program may take it in between.
    private static (Process Process, int Port) TryStart(string kind)
    {
        var port = FreePort();
        var script = Path.Combine(Root(new DirectoryInfo(AppContext.BaseDirectory)), "node_modules", "azurite", "dist", "src", kind, "main.js");
        var process = Process.Start(new ProcessStartInfo(
            "node",
            [script, $"--{kind}Host", "127.0.0.1", $"--{kind}Port", $"{port}", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"])
        {
            RedirectStandardOutput = true,
        })!;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.Contains(" successfully ", StringComparison.Ordinal))
            {
                return (process, port);
            }
        }

        process.Dispose();
        return default;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Root(DirectoryInfo? folder) =>
        folder is null ? throw new InvalidOperationException("Ncn.sln is in no folder above the tests.")
        : File.Exists(Path.Combine(folder.FullName, "Ncn.sln")) ? folder.FullName
        : Root(folder.Parent);
}
