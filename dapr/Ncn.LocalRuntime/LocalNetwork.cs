using System.Runtime.InteropServices;
using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime;

/// <summary>
/// One local network from start to stop: 1. read the files and look at the ports; 2. start anvil and Azurite; 3. run the before-apps command;
/// 4. serve the Dapr API; 5. start the apps; 6. wait for a signal; 7. stop in the opposite order.
/// </summary>
internal sealed class LocalNetwork
{
    private static readonly TimeSpan ToolStart = TimeSpan.FromSeconds(60);
    private readonly RuntimeOptions options;
    private readonly CancellationToken stop;
    private readonly NetworkPlan plan;
    private readonly List<SupervisedProcess> tools = [];
    private SupervisedProcess? anvil;
    private SupervisedProcess? azurite;

    private LocalNetwork(RuntimeOptions options, CancellationToken stop)
    {
        (this.options, this.stop) = (options, stop);
        plan = NetworkPlan.Read(options);
    }

    public static async Task<int> RunAsync(RuntimeOptions options)
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        Directory.CreateDirectory(options.StateDirectory);
        using var single = StateLock.Take(options.StateDirectory);
        var network = new LocalNetwork(options, stop.Token);
        RuntimeLog.Open(network.plan.Logs);
        return await network.RunAsync();
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }

    private async Task<int> RunAsync()
    {
        try
        {
            await PortCheck.RequireFreeAsync(plan.Listeners(options), PortCheck.Patience, stop);
            await StartToolsAsync();
            await BeforeApps.RunAsync(options, plan, stop);
            await using var sidecars = await SidecarHost.StartAsync(plan, options);
            var report = new RuntimeReport(options, plan, sidecars, anvil, azurite);
            sidecars.StartApps(report.Write);
            report.Write();
            if (await sidecars.WaitUntilReadyAsync(stop))
            {
                report.WriteReady();
            }

            await Task.Delay(Timeout.Infinite, stop);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            RuntimeLog.Write("runtime", "stopped");
            return 0;
        }
        finally
        {
            await Task.WhenAll(tools.Select(tool => tool.DisposeAsync().AsTask()));
            RuntimeReport.Remove(options);
        }
    }

    private async Task StartToolsAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(ToolStart);
        anvil = options.Without.Contains("anvil") ? null : Tools.Anvil(options, plan.Ports[options.AnvilPort], plan.Logs);
        azurite = options.Without.Contains("azurite") ? null : Tools.Azurite(options, plan.Ports, plan.Logs);
        tools.AddRange(new[] { anvil, azurite }.OfType<SupervisedProcess>());
        tools.ForEach(tool => tool.Start());
        try
        {
            await Task.WhenAll(
                anvil is null ? Task.CompletedTask : Tools.WaitForChainAsync(plan.Addresses.Rpc, anvil, limit.Token),
                azurite is null ? Task.CompletedTask : Tools.WaitForAzuriteAsync(plan.Addresses, azurite, limit.Token));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ConfigurationException($"anvil or Azurite did not answer within {ToolStart.TotalSeconds} s; their logs are in {plan.Logs}.");
        }
    }
}
