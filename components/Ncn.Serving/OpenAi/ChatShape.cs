using Ncn.Serving.Answers;
using Ncn.Serving.OpenAi.Tools;

namespace Ncn.Serving.OpenAi;

/// <summary>What of a chat request decides how its answer looks.</summary>
internal sealed record ChatShape(int Choices, ToolSet Tools, bool HasLogprobs, bool IncludeUsage, bool WithCommitments, string? ServiceTier)
{
    public static ChatShape Of(ChatRequest request) => new(
        request.Choices, request.Tools, request.Sampling.TopLogprobs is not null, request.IncludeUsage, request.WithCommitments,
        request.ServiceTier is null or "auto" ? null : "default");

    /// <summary>The shape that a kept request asked for: its body was taken once, so it is taken again.</summary>
    public static ChatShape Of(AnswerContext context) => context is ChatContext known
        ? known.Shape
        : context.Body.IsEmpty ? new ChatShape(1, ToolSet.Empty, false, false, false, null) : Of(ChatRequest.Parse(context.Body, 1));

    /// <summary>The id of a call: the same each time that the answer is made, so that a repeat is the same.</summary>
    public static string CallId(AnswerContext context, int choice, int call) => $"call_{context.Request.ToString()[2..18]}{choice:x2}{call:x2}";
}

/// <summary>A context whose body has been read already.</summary>
internal sealed record ChatContext(AnswerContext Of, ChatShape Shape) : AnswerContext(Of.Request, Of.Model, Of.Created, Of.Body);
