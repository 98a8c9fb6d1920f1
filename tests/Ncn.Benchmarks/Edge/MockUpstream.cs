using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Ncn.Benchmarks.Edge;

/// <summary>An OpenAI server for peers that forward bytes: streams the pieces of a <see cref="MockModel"/> as server-sent events.</summary>
internal static class MockUpstream
{
    private static readonly byte[] Event = Encoding.UTF8.GetBytes(
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
        + MockModel.Piece + "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");

    private static readonly byte[] End = "data: [DONE]\n\n"u8.ToArray();

    public static async Task AnswerAsync(HttpContext http)
    {
        using JsonDocument body = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        string name = body.RootElement.GetProperty("model").GetString()!;
        MockModel model = MockModel.All.First(model => model.Name == name);
        http.Response.ContentType = "text/event-stream";
        using var pace = model.Pace == TimeSpan.Zero ? null : new PeriodicTimer(model.Pace);
        for (int index = 0; index < model.Chunks; index++)
        {
            await http.Response.Body.WriteAsync(Event, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await (pace?.WaitForNextTickAsync(http.RequestAborted) ?? ValueTask.FromResult(true));
        }

        await http.Response.Body.WriteAsync(End, http.RequestAborted);
    }
}
