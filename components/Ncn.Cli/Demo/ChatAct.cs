using Ncn.Cli.Using;
using Ncn.Client.Inference;
using Spectre.Console;

namespace Ncn.Cli.Demo;

/// <summary>One question, once as a stream and once through the queue.</summary>
internal static class ChatAct
{
    private const string Question = "What is 345 + 478?";

    public static async Task PlayAsync(DemoSession session, CancellationToken cancellation)
    {
        DemoSession.Title("A chat answer, token by token");
        var models = await session.Text.ModelsAsync(cancellation);
        var request = ChatRequest.Ask(ChatCommand.DefaultModel, Question);
        AnsiConsole.MarkupLine($"[blue]{Markup.Escape(Question)}[/]");
        await foreach (var piece in session.Text.StreamChatAsync(request, cancellationToken: cancellation))
        {
            AnsiConsole.Write(piece.Text);
            if (piece.Network is { } network)
            {
                session.Keep("the streamed answer", models, request.Model, network);
                AnsiConsole.MarkupLine($"\n[grey]{piece.Usage?.CompletionTokens} tokens, {Dollars.Of(network.Cost)}, node {network.Node}[/]");
            }
        }

        DemoSession.Title("The same question through the queue");
        var queued = await session.Text.EnqueueChatAsync(request, cancellationToken: cancellation);
        AnsiConsole.MarkupLine($"[grey]accepted as {queued.Id}[/]");
        var answer = await session.Text.WaitForChatAsync(queued.Id, cancellation);
        var paid = session.Keep("the queued answer", models, request.Model, answer.Network);
        AnsiConsole.WriteLine(answer.Content);
        AnsiConsole.MarkupLine($"[grey]{answer.Usage?.CompletionTokens} tokens, {Dollars.Of(paid.Cost)}, node {paid.Node} pulled it from the work queue[/]");
    }
}
