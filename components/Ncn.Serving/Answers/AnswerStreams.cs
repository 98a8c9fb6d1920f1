using System.Globalization;
using Microsoft.AspNetCore.Http;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Answers;

/// <summary>Writes a live answer's parts as server-sent events, from any number on.</summary>
internal static class AnswerStreams
{
    /// <summary>
    /// Writes every event of the parts after <paramref name="after"/>; the form sees all parts that the log still has, so that what it
    /// writes does not depend on where a reader begins.
    /// </summary>
    public static async Task WriteAsync(HttpContext http, LiveAnswer answer, IAnswerEvents form, long after, CancellationToken gone)
    {
        await using var events = new EventStream(http);
        if (after > 0)
        {
            events.Begin();
        }

        try
        {
            await foreach (var part in answer.ReadAsync(0, gone))
            {
                var cost = part is RunPart.Finished ? await answer.Cost.WaitAsync(gone) : null;
                await events.WriteAsync(answer.Request, part.Sequence, part.Sequence > after ? form.Write(part, cost) : Skip(form, part, cost));
            }
        }
        catch (ApiException failed) when (http.Response.HasStarted || after > 0)
        {
            await events.WriteAsync(answer.Request, answer.Last, form.Fail(failed.Error));
        }

        await events.EndAsync(form.End);
    }

    /// <summary>Writes a live answer from where the client says that it stopped reading, in the header Last-Event-ID or the query's starting_after.</summary>
    public static Task ResumeAsync(HttpContext http, LiveAnswer answer, IAnswerForm form)
    {
        var events = form.Stream(answer.Settings.Context)
            ?? throw new ApiException(ApiError.BadRequest("not_a_stream", $"Answers of the kind {form.Dialect} have no events; ask for the whole answer."));
        var after = ReadEventId(http.Request.Headers["Last-Event-ID"].ToString(), answer.Request)
            ?? (long.TryParse(http.Request.Query["starting_after"].ToString(), CultureInfo.InvariantCulture, out var number) && number > 0 ? number : 0);
        return WriteAsync(http, answer, events, after, http.RequestAborted);
    }

    /// <summary>The number after the colon of an event id of this request; null when it is none.</summary>
    public static long? ReadEventId(string? id, RequestId request)
    {
        var prefix = $"{request}:";
        return id is not null && id.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            && long.TryParse(id.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : null;
    }

    private static IEnumerable<StreamEvent> Skip(IAnswerEvents form, RunPart part, AnswerCost? cost)
    {
        foreach (var _ in form.Write(part, cost))
        {
        }

        return [];
    }
}
