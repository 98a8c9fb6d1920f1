using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Soak.Node;

namespace Ncn.Soak.Loads;

/// <summary>Work messages as a sidecar delivers them; the one client looks at the result that the gateway got.</summary>
internal sealed class QueuedLoad(SoakNode node) : ISoakLoad
{
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
        node.Gateway.Queue.TryRemove(job.Message.RequestId, out _);
        if (answer.StatusCode != HttpStatusCode.OK || !node.Gateway.Results.TryDequeue(out JobResult? result) || result.Receipt.Message.RequestId != job.Message.RequestId)
        {
            throw new SoakFailedException($"a queued job was answered with {(int)answer.StatusCode} and no result");
        }
    }
}
