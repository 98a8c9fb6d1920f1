using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Soak.Node;

namespace Ncn.Soak.Loads;

/// <summary>Work messages as a sidecar delivers them. The worker takes a message off the queue before the job is done; the one client waits for the result that the gateway gets.</summary>
internal sealed class QueuedLoad(SoakNode node) : ISoakLoad
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    public string Name => "queued text";

    public int Clients => 1;

    public TimeSpan Pause => TimeSpan.FromMilliseconds(100);

    public async Task StepAsync(Random random)
    {
        byte[] input = SoakInputs.Chat(random, 60).ToByteArray();
        Signed<InferenceJob> job = node.Job(node.Offers["tiny-chat"], input, (ulong)random.NextInt64());
        node.Gateway.Queue[job.Message.RequestId] = new AcceptedJob(job, node.Payment(), input);
        var message = new WorkMessage(job.Message.RequestId, 1, node.Gateway.Url, "tiny-chat");
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(message, ProtocolJson.Options));
        body.Headers.ContentType = new("application/json");
        using HttpResponseMessage answer = await node.Worker.Http.PostAsync("/work-text", body);
        RequestId? ended = answer.StatusCode == HttpStatusCode.OK ? await ResultAsync() : null;
        node.Gateway.Queue.TryRemove(job.Message.RequestId, out _);
        if (ended != job.Message.RequestId)
        {
            throw new SoakFailedException($"a queued job was answered with {(int)answer.StatusCode}, and {(ended is null ? "no result" : "another job's result")} came within {Longest.TotalSeconds} s");
        }
    }

    private async Task<RequestId?> ResultAsync()
    {
        for (long started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Longest; await Task.Delay(BetweenLooks))
        {
            if (node.Gateway.Results.TryDequeue(out JobResult? result))
            {
                return result.Receipt.Message.RequestId;
            }
        }

        return null;
    }
}
