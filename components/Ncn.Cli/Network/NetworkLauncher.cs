using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Ncn.Cli.Processes;
using Ncn.Cli.Provisioning;

namespace Ncn.Cli.Network;

/// <summary>What up was asked for.</summary>
/// <param name="ProxyPort">Null: the usual one.</param>
internal sealed record LaunchRequest(StateFolder State, int Workers, string? Fork, bool FreeOfCharge, int? ProxyPort, Joining Joining, int Validators = 0);

/// <summary>Starts the local runtime and the paying proxy, and stops exactly them.</summary>
internal static class NetworkLauncher
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>The run that is going on with a state folder; null when there is none.</summary>
    public static RunRecord? Running(StateFolder state) => RunRecord.Read(state) is { Runtime.IsRunning: true } run ? run : null;

    /// <summary>Starts a network and waits until everything answers; on failure it is stopped again.</summary>
    public static async Task<RunRecord> StartAsync(LaunchRequest request, Action<string> progress, CancellationToken cancellation)
    {
        ContractsFile.Require(request.State, ContractsFile.Load());
        Directory.CreateDirectory(request.State.Path);

        // What a killed run left, such as its proxy, holds the ports.
        await StopAsync(request.State);
        var proxyPort = ProxyPort.Choose(request.ProxyPort);
        File.Delete(request.State.ReadyFile);
        var runId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var environment = new Dictionary<string, string> { [RunMembers.Variable] = runId };
        if (request.Joining.Bootstrap.Count > 0)
        {
            environment["Ncn__Discovery__Bootstrap"] = string.Join(',', request.Joining.Bootstrap);
        }

        var runtime = DetachedProcess.Start("local runtime", request.State.Log("runtime-output"), RuntimeCommand(request), environment);
        var run = new RunRecord(runId, runtime, null, proxyPort, request.Workers, request.FreeOfCharge);
        run.Write(request.State);
        try
        {
            await WaitAsync(request, run, progress, cancellation);
            return await StartProxyAsync(request.State, run, cancellation);
        }
        catch
        {
            await StopAsync(request.State);
            throw;
        }
    }

    /// <summary>Starts the paying proxy of a run, unless it is running.</summary>
    public static async Task<RunRecord> StartProxyAsync(StateFolder state, RunRecord run, CancellationToken cancellation)
    {
        if (run.Proxy is { IsRunning: true })
        {
            return run;
        }

        var environment = new Dictionary<string, string> { [RunMembers.Variable] = run.RunId };
        var started = run with { Proxy = DetachedProcess.Start("proxy", state.Log("proxy"), ProxyCommand(state, run.ProxyPort), environment) };
        started.Write(state);
        await ProxyAnswersAsync(state, started, cancellation);
        return started;
    }

    /// <summary>Stops what up started with this state folder; false when there was nothing.</summary>
    public static async Task<bool> StopAsync(StateFolder state)
    {
        if (RunRecord.Read(state) is not { } run)
        {
            return false;
        }

        var recorded = new[] { run.Proxy, run.Runtime }.OfType<RecordedProcess>().ToArray();
        var any = recorded.Any(process => process.IsRunning);
        Array.ForEach(recorded, process => process.Terminate());
        await EndAsync(recorded);

        // A runtime that was killed may have left children.
        var left = RunMembers.Find(run.RunId);
        foreach (var process in left)
        {
            process.Terminate();
        }

        await EndAsync(left);
        File.Delete(state.RunFile);
        File.Delete(state.RuntimeFile);
        return any || left.Count > 0;
    }

    private static async Task EndAsync(IReadOnlyList<RecordedProcess> processes)
    {
        foreach (var process in processes)
        {
            if (!await process.WaitForExitAsync(StopLimit))
            {
                process.Kill();
                await process.WaitForExitAsync(StopLimit);
            }
        }
    }

    private static string[] RuntimeCommand(LaunchRequest request)
    {
        var root = Installation.Root;
        var provision = $"exec {Quote(DotNet)} {Quote(Self)} provision --state {Quote(request.State.Path)} --workers {request.Workers} --validators {request.Validators}{(request.FreeOfCharge ? " --price 0" : string.Empty)}";
        string[] fork = request.Fork is null ? [] : ["--fork", request.Fork];
        string[] chain = request.Joining.Chain is { } rpc ? ["--rpc", rpc] : [];
        string[] apps = request.Joining.Apps.Count > 0 ? ["--apps", string.Join(',', request.Joining.Apps)] : [];
        return
        [
            DotNet, Installation.Program("Ncn.LocalRuntime"),
            "--run-file", Path.Combine(root, "dapr", "dapr.yaml"),
            "--resources", Path.Combine(root, "dapr", "components", "local"),
            "--state", request.State.Path,
            "--replicas", request.Workers.ToString(CultureInfo.InvariantCulture),
            "--validators", request.Validators.ToString(CultureInfo.InvariantCulture),
            "--ready-file", request.State.ReadyFile,
            "--before-apps", provision,
            .. fork, .. chain, .. apps,
        ];
    }

    private static string[] ProxyCommand(StateFolder state, int port) =>
        [DotNet, Self, "proxy", "--state", state.Path, "--port", port.ToString(CultureInfo.InvariantCulture)];

    private static string DotNet => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    private static string Self => typeof(NetworkLauncher).Assembly.Location;

    private static string Quote(string text) => $"'{text.Replace("'", """'\''""", StringComparison.Ordinal)}'";

    private static async Task WaitAsync(LaunchRequest request, RunRecord run, Action<string> progress, CancellationToken cancellation)
    {
        using var probe = new NetworkProbe(request.State);
        var waited = Stopwatch.StartNew();
        while (await probe.WhatIsMissingAsync(request.Workers, cancellation) is { } missing)
        {
            progress(missing);
            if (!run.Runtime.IsRunning)
            {
                throw new CliException($"The local runtime ended. {LogTail.Read(request.State.Log("runtime-output"))}");
            }

            if (RuntimeReport.Read(request.State)?.Apps.FirstOrDefault(app => app.GaveUp) is { } dead)
            {
                throw new CliException($"{dead.AppId} does not start. {LogTail.Read(request.State.Log(dead.AppId))}");
            }

            if (waited.Elapsed > StartLimit)
            {
                throw new CliException($"After {StartLimit.TotalSeconds:0} s {missing}. The logs are in {Path.GetDirectoryName(request.State.Log("x"))}.");
            }

            await Task.Delay(PollInterval, cancellation);
        }
    }

    private static async Task ProxyAnswersAsync(StateFolder state, RunRecord run, CancellationToken cancellation)
    {
        using var http = new HttpClient();
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{run.ProxyPort}/healthz"), cancellation);
                return;
            }
            catch (HttpRequestException) when (run.Proxy!.IsRunning)
            {
                await Task.Delay(PollInterval, cancellation);
            }
            catch (HttpRequestException)
            {
                throw new CliException($"The paying proxy does not start. {LogTail.Read(state.Log("proxy"))}");
            }
        }
    }
}
