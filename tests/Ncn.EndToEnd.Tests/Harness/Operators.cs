using System.Net.Http.Headers;
using System.Text.Json;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>The operators' endpoints of the apps: loopback, with the operator's token.</summary>
internal static class Operators
{
    /// <summary>Jobs that a worker has taken in and not finished, since it started.</summary>
    public static async Task<long> RunningJobsAsync(LocalNetwork network, RunningApp worker)
    {
        var status = await SendAsync(network, HttpMethod.Get, new Uri(worker.Address, "ncn/v1/node/status"));
        return status.GetProperty("accepted").GetInt64() - status.GetProperty("completed").GetInt64();
    }

    /// <summary>The worker that has most jobs in hand; null when none has any.</summary>
    public static async Task<RunningApp?> BusyWorkerAsync(LocalNetwork network)
    {
        foreach (var worker in network.Workers())
        {
            if (worker.ProcessId is not null && await RunningJobsAsync(network, worker) > 0)
            {
                return worker;
            }
        }

        return null;
    }

    public static async Task<JsonElement> SendAsync(LocalNetwork network, HttpMethod method, Uri address)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", network.Setting("Ncn__Operator__Token"));
        using var answer = await Web.Client.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(body)
            : throw new HttpRequestException($"{address} answered {answer.StatusCode}: {body}");
    }
}
