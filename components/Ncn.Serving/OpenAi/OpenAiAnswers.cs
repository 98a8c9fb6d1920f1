using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;

namespace Ncn.Serving.OpenAi;

/// <summary>Writes what became of a request, in the form of its dialect: whole, as a stream, repeated, or accepted for later.</summary>
/// <param name="contextOf">What the form needs, by the request's id.</param>
/// <param name="choices">Ends that the run has.</param>
internal sealed class OpenAiAnswers(HttpContext http, IAnswerForm form, Func<RequestId, AnswerContext> contextOf, int choices)
{
    /// <summary>Writes the answer.</summary>
    /// <param name="stream">Whether the client asked for events.</param>
    public Task WriteAsync(Admission admission, bool stream) => admission switch
    {
        Admission.Repeated repeated when stream && repeated.Answer.StatusCode == 200 => ReplayAsync(repeated.Answer),
        Admission.Repeated repeated => StoredAnswers.WriteAsync(http, repeated.Answer),
        Admission.Attached attached when stream => ResumeAsync(attached.Answer),
        Admission.Attached attached => WholeAsync(attached.Answer),
        Admission.Answered answered => StoredAnswers.WriteAsync(http, answered.Answer),
        Admission.Queued queued => RequestsEndpoint.WriteAcceptedAsync(http, queued),
        Admission.Running running when stream => StreamAsync(running),
        Admission.Running running => WholeAsync(running),
        _ => throw new InvalidOperationException($"{admission.GetType().Name} is not an admission."),
    };

    // A repeat reads along with the run that goes on, or with what it left a short while ago.
    private Task ResumeAsync(LiveAnswer answer)
    {
        OpenAiEdge.Name(http, answer.Request);
        return AnswerStreams.ResumeAsync(http, answer, form);
    }

    private async Task WholeAsync(LiveAnswer answer)
    {
        OpenAiEdge.Name(http, answer.Request);
        await StoredAnswers.WriteAsync(http, await answer.Answer.WaitAsync(http.RequestAborted));
    }

    private async Task WholeAsync(Admission.Running run)
    {
        OpenAiEdge.Name(http, run.Request);
        await using (run)
        {
            var parts = new List<RunPart>();
            await foreach (var part in run.Parts)
            {
                parts.Add(part);
            }

            var (answer, _) = await EndAsync(run, ContextOf(run), parts);
            await StoredAnswers.WriteAsync(http, answer);
        }
    }

    private async Task StreamAsync(Admission.Running run)
    {
        OpenAiEdge.Name(http, run.Request);
        await using (run)
        {
            await using var events = new EventStream(http);
            var context = ContextOf(run);
            var written = form.Stream(context) ?? throw new InvalidOperationException($"The dialect {form.Dialect} has no streams.");
            if (await run.BeginStreamAsync() is { } paid)
            {
                PaymentAnswer.Settle(http, paid);
            }

            try
            {
                await StreamAsync(run, context, events, written);
            }
            catch (ApiException failed) when (http.Response.HasStarted)
            {
                await events.WriteAsync(run.Request, 0, written.Fail(failed.Error));
            }

            await events.EndAsync(written.End);
        }
    }

    private async Task StreamAsync(Admission.Running run, AnswerContext context, EventStream events, IAnswerEvents written)
    {
        var parts = new List<RunPart>();
        var ends = 0;
        await foreach (var part in run.Parts)
        {
            parts.Add(part);
            ends += part is RunPart.Finished ? 1 : 0;
            var cost = part is RunPart.Finished && ends == choices ? (await EndAsync(run, context, parts)).Cost : null;
            await events.WriteAsync(run.Request, parts.Count, written.Write(part, cost));
        }
    }

    private AnswerContext ContextOf(Admission.Running run) => contextOf(run.Request) with { Created = run.Created };

    // The charge first: the answer states it, and is kept with it.
    private async Task<(StoredAnswer Answer, AnswerCost Cost)> EndAsync(Admission.Running run, AnswerContext context, List<RunPart> parts)
    {
        var (amount, settlement) = await run.ChargeAsync([.. parts.OfType<RunPart.Finished>()]);
        var cost = new AnswerCost(amount, settlement);
        return (await run.CompleteAsync(form.Whole(context, parts, cost)), cost);
    }

    // Whoever reads along later is told the same time.
    // A repeat of a streamed request gets the kept answer in few chunks.
    private async Task ReplayAsync(StoredAnswer answer)
    {
        var context = contextOf(default);
        await using var events = new EventStream(http);
        foreach (var chunk in form.Replay(context, answer))
        {
            await events.WriteAsync([chunk]);
        }

        await events.EndAsync(form.Stream(context)?.End);
    }
}
