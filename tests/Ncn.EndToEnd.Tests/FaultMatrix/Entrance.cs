using System.Globalization;
using Ncn.Client.Streaming;
using Ncn.EndToEnd.Tests.Harness;

namespace Ncn.EndToEnd.Tests.FaultMatrix;

/// <summary>The app that a row's requests go to, and how: by HTTP, or as frames on one socket.</summary>
internal sealed class Entrance : IDisposable
{
    private readonly LocalNetwork network;
    private readonly HttpClient? socket;

    public Entrance(LocalNetwork network, string appId)
    {
        (this.network, AppId) = (network, appId);
        socket = appId == "stream-text" ? new HttpClient(new SocketHandler(network.Socket("text"))) { Timeout = Web.Client.Timeout } : null;
    }

    public string AppId { get; }

    public HttpClient Http => socket ?? Web.Client;

    public Uri Chat => new(network.Text, "v1/chat/completions");

    /// <summary>Requests that have been let in to be paid for, since the app started.</summary>
    public async Task<double> AdmittedAsync()
    {
        var metrics = await Web.GetAsync(new Uri(network.App(AppId).Address, "metrics"));
        return metrics.IsOk().Body.Split('\n').Where(IsAdmitted).Sum(static line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }

    public void Dispose() => socket?.Dispose();

    private static bool IsAdmitted(string line) =>
        line.StartsWith("ncn_gateway_stage_duration_seconds_count{", StringComparison.Ordinal) && line.Contains("stage=\"wait\"", StringComparison.Ordinal);
}
