using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.ServiceBus;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>
/// <c>STATE/runtime.json</c>: every process and address, written anew (and atomically) whenever one changes. A process id
/// with its start ticks (field 22 of /proc/PID/stat) names a process for ever, so that nobody stops a stranger.
/// </summary>
internal sealed class RuntimeReport(RuntimeOptions options, NetworkPlan plan, SidecarHost sidecars, SupervisedProcess? anvil, SupervisedProcess? azurite)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly Lock gate = new();
    private bool ready;

    public void Write()
    {
        lock (gate)
        {
            WriteAtomically(PathOf(options), JsonSerializer.SerializeToUtf8Bytes(Describe(), Json));
        }
    }

    public void WriteReady()
    {
        ready = true;
        Write();
        if (options.ReadyFile is { } path)
        {
            WriteAtomically(Path.GetFullPath(path), "ready\n"u8.ToArray());
        }
    }

    public static void Remove(RuntimeOptions options)
    {
        File.Delete(PathOf(options));
        if (options.ReadyFile is { } path)
        {
            File.Delete(path);
        }
    }

    internal static string StartTicks(int processId)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat");
        try
        {
            // The name in parentheses may hold blanks; the fields after it do not.
            var text = File.ReadAllText(path);
            return text[(text.LastIndexOf(')') + 2)..].Split(' ')[19];
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string PathOf(RuntimeOptions options) => Path.Combine(options.StateDirectory, "runtime.json");

    private object Describe() => new
    {
        processId = Environment.ProcessId,
        startTime = Process.GetCurrentProcess().StartTime.ToUniversalTime(),
        startTicks = StartTicks(Environment.ProcessId),
        ready,
        state = options.StateDirectory,
        apps = sidecars.Runners.Select(runner => new
        {
            appId = runner.App.AppId,
            processId = runner.Process.Current?.Id,
            startTime = runner.Process.Current?.StartTime.UtcDateTime,
            startTicks = Ticks(runner.Process),
            http = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{runner.App.Spec.DaprHttpPort}"),
            appPort = runner.App.Spec.AppPort,
            ready = runner.App.Presence is not null,
            ports = runner.App.Spec.Environment.Where(entry => PortMap.IsPort(entry.Key, entry.Value, out _)).ToDictionary(entry => entry.Key, entry => int.Parse(entry.Value, CultureInfo.InvariantCulture)),
            gaveUp = runner.Process.HasGivenUp,
        }),
        chain = new { rpc = plan.Addresses.Rpc, chainId = Tools.ChainId, processId = anvil?.Current?.Id, startTicks = Ticks(anvil) },
        serviceBus = plan.ServiceBus is { } bus
            ? new { endpoint = bus.Endpoint, queues = bus.Queues.Select(queue => queue.Name), keyFile = Path.Combine(options.StateDirectory, SharedKey.FileName) }
            : null,
        azurite = new { blobs = plan.Addresses.Blobs, queues = plan.Addresses.Queues, tables = plan.Addresses.Tables, processId = azurite?.Current?.Id, startTicks = Ticks(azurite) },
    };

    private static string? Ticks(SupervisedProcess? process) => process?.Current is { } child ? StartTicks(child.Id) : null;

    private static void WriteAtomically(string path, byte[] content)
    {
        var temporary = path + ".new";
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }
}
