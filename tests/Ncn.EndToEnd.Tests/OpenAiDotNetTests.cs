#pragma warning disable OPENAI001 // Their responses and batches are marked as experimental; users use them.
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;
using OpenAI;
using OpenAI.Batch;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Files;
using OpenAI.Models;
using OpenAI.Responses;

namespace Ncn.EndToEnd.Tests;

/// <summary>The published OpenAI package for .NET, unmodified, against a free gateway.</summary>
[Collection(FreeNetwork.Name)]
public sealed class OpenAiDotNetTests(FreeNetwork shared)
{
    private const string Model = "tiny-chat";
    private const int MostTries = 20;
    private static readonly ApiKeyCredential Key = new("unused");

    [Fact]
    public async Task Chat_models_tools_and_vectors_work_as_they_do_elsewhere()
    {
        await FindModelsAsync();
        await ChatAsync();
        await StreamAsync();
        await CallToolAsync();
        await EmbedAsync();
        await BeRefusedAsync();
    }

    [Fact]
    public async Task Responses_files_and_batches_work_as_they_do_elsewhere()
    {
        var responses = new ResponsesClient(Key, Options<ResponsesClientOptions>());
        var first = (await responses.CreateResponseAsync(Ask("What is 12 + 34?"))).Value;
        Assert.Equal((ResponseStatus.Completed, true), (first.Status, first.GetOutputText().Contains("46", StringComparison.Ordinal)));
        Assert.Equal(first.Usage.TotalTokenCount, first.Usage.InputTokenCount + first.Usage.OutputTokenCount);
        Assert.Equal(first.GetOutputText(), (await responses.GetResponseAsync(first.Id)).Value.GetOutputText());
        await StreamResponseAsync(responses, first.GetOutputText());

        var next = Ask("And again?");
        next.PreviousResponseId = first.Id;
        Assert.True((await responses.CreateResponseAsync(next)).Value.Usage.InputTokenCount > first.Usage.InputTokenCount);
        await WaitInBackgroundAsync(responses);
        await responses.DeleteResponseAsync(first.Id);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => responses.GetResponseAsync(first.Id))).Status);
        await RunBatchAsync();
    }

    [Fact]
    public async Task A_stream_that_says_comments_while_its_node_is_silent_is_read_as_any_other()
    {
        var comments = 0;
        for (var tries = 0; comments == 0; tries++)
        {
            Assert.True(tries < MostTries, $"In {MostTries} tries every answer was whole before its node was silent.");
            var silent = new ConcurrentBag<Frozen>();
            using var http = new HttpClient(new CommentListener(() =>
            {
                Interlocked.Increment(ref comments);
                Thaw(silent);
            }));
            try
            {
                Assert.Contains("57, 58, 59, 60", await CountAsync(http, silent), StringComparison.Ordinal);
            }
            finally
            {
                Thaw(silent);
            }
        }

        await shared.Network.WaitUntilWholeAsync();
    }

    // The nodes are silent from the first word on, until somebody thaws them.
    private async Task<string> CountAsync(HttpClient http, ConcurrentBag<Frozen> silent)
    {
        var (text, options) = ("", Options());
        options.Transport = new HttpClientPipelineTransport(http);
        await foreach (var update in new ChatClient(Model, Key, options).CompleteChatStreamingAsync(
            [new UserChatMessage("Count from 1 to 60")], new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 400 }))
        {
            var isFirst = text.Length == 0;
            text += string.Concat(update.ContentUpdate.Select(static part => part.Text));
            foreach (var worker in isFirst && text.Length > 0 ? shared.Network.Workers() : [])
            {
                silent.Add(shared.Network.Freeze(worker.AppId));
            }
        }

        return text;
    }

    private static void Thaw(ConcurrentBag<Frozen> silent)
    {
        while (silent.TryTake(out var worker))
        {
            worker.Dispose();
        }
    }

    private static async Task StreamResponseAsync(ResponsesClient responses, string expected)
    {
        var (text, completed) = ("", (ResponseResult?)null);
        var options = Ask("What is 12 + 34?");
        options.StreamingEnabled = true;
        await foreach (var update in await responses.CreateResponseStreamingAsync(options))
        {
            text += (update as StreamingResponseOutputTextDeltaUpdate)?.Delta;
            completed = (update as StreamingResponseCompletedUpdate)?.Response ?? completed;
        }

        Assert.Equal((expected, expected), (text, completed!.GetOutputText()));
    }

    private static async Task WaitInBackgroundAsync(ResponsesClient responses)
    {
        var options = Ask("What is 12 + 34?");
        options.BackgroundModeEnabled = true;
        var later = (await responses.CreateResponseAsync(options)).Value;
        Assert.Equal(ResponseStatus.Queued, later.Status);
        var done = await Poll.ForAsync<ResponseResult>("the response in the background is done", async () =>
            (await responses.GetResponseAsync(later.Id)).Value is { Status: ResponseStatus.Completed } ended ? ended : null);
        Assert.Contains("46", done.GetOutputText(), StringComparison.Ordinal);
    }

    private async Task RunBatchAsync()
    {
        var files = new OpenAIFileClient(Key, Options());
        var lines = string.Join('\n', Enumerable.Range(1, 2).Select(static number =>
            $$$"""{"custom_id":"{{{number}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"{{{Model}}}","max_tokens":8,"messages":[{"role":"user","content":"What is 12 + {{{number}}}?"}]}}"""));
        var file = (await files.UploadFileAsync(BinaryData.FromString(lines), "sums.jsonl", FileUploadPurpose.Batch)).Value;
        var client = new BatchClient(Key, Options<BatchClientOptions>());
        using var wish = BinaryContent.Create(BinaryData.FromObjectAsJson(new { input_file_id = file.Id, endpoint = "/v1/chat/completions", completion_window = "24h" }));
        var batch = await client.CreateBatchAsync(wish, waitUntilCompleted: false);
        var output = await Poll.ForAsync<string>("the batch is done", async () =>
        {
            using var state = JsonDocument.Parse((await batch.GetBatchAsync(null)).GetRawResponse().Content);
            return state.RootElement.GetProperty("status").GetString() == "completed" ? state.RootElement.GetProperty("output_file_id").GetString() : null;
        });
        var answers = (await files.DownloadFileAsync(output)).Value.ToString().Trim().Split('\n');
        Assert.Equal(["1", "2"], answers.Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("custom_id").GetString()).Order());
        await files.DeleteFileAsync(file.Id);
    }

    private static CreateResponseOptions Ask(string question) =>
        new(Model, [ResponseItem.CreateUserMessageItem(question)]) { Temperature = 0, MaxOutputTokenCount = 60 };

    private async Task FindModelsAsync()
    {
        var models = new OpenAIModelClient(Key, Options());
        var found = await models.GetModelsAsync();
        Assert.Contains(found.Value, static model => model.Id == Model && model.OwnedBy == "ncn");
        Assert.Equal(TextModels.Embedding, (await models.GetModelAsync(TextModels.Embedding)).Value.Id);
    }

    private async Task ChatAsync()
    {
        var answer = await Chat().CompleteChatAsync(
            [new SystemChatMessage("Be brief."), new UserChatMessage("What is 12 + 34?")],
            new ChatCompletionOptions
            {
                Temperature = 0, MaxOutputTokenCount = 60, IncludeLogProbabilities = true, TopLogProbabilityCount = 2, EndUserId = "u", TopP = 0.9f,
                FrequencyPenalty = 0.1f, PresencePenalty = 0.1f, StopSequences = { "never" }, Metadata = { ["a"] = "b" }, StoredOutputEnabled = false,
            });
        Assert.Equal((ChatFinishReason.Stop, ChatMessageRole.Assistant), (answer.Value.FinishReason, answer.Value.Role));
        Assert.NotEmpty(answer.Value.Content[0].Text);
        Assert.All(answer.Value.ContentTokenLogProbabilities, static token => Assert.Equal(2, token.TopLogProbabilities.Count));
        Assert.Equal(answer.Value.Usage.TotalTokenCount, answer.Value.Usage.InputTokenCount + answer.Value.Usage.OutputTokenCount);
        Assert.True(answer.GetRawResponse().Headers.TryGetValue("x-request-id", out var request) && request!.StartsWith("0x", StringComparison.Ordinal));
    }

    private async Task StreamAsync()
    {
        var text = "";
        var tokens = 0;
        ChatFinishReason? finish = null;
        await foreach (var update in Chat().CompleteChatStreamingAsync([new UserChatMessage("What is 12 + 34?")], new ChatCompletionOptions { Temperature = 0 }))
        {
            text += string.Concat(update.ContentUpdate.Select(static part => part.Text));
            tokens = update.Usage?.TotalTokenCount ?? tokens;
            finish = update.FinishReason ?? finish;
        }

        Assert.Contains("46", text, StringComparison.Ordinal);
        Assert.Equal((true, ChatFinishReason.Stop), (tokens > 0, finish));
    }

    private async Task CallToolAsync()
    {
        var parameters = BinaryData.FromString("""{"type":"object","properties":{"unit":{"enum":["celsius","kelvin"]}},"required":["unit"],"additionalProperties":false}""");
        var options = new ChatCompletionOptions
        {
            Tools = { ChatTool.CreateFunctionTool("weather", "How warm it is.", parameters, functionSchemaIsStrict: true) },
            ToolChoice = ChatToolChoice.CreateRequiredChoice(), Temperature = 0, AllowParallelToolCalls = false, MaxOutputTokenCount = 500,
        };
        var whole = (await Chat().CompleteChatAsync([new UserChatMessage("How warm is it?")], options)).Value;
        Assert.Equal(ChatFinishReason.ToolCalls, whole.FinishReason);
        var call = Assert.Single(whole.ToolCalls);
        Assert.Equal("weather", call.FunctionName);
        Assert.Contains(JsonDocument.Parse(call.FunctionArguments).RootElement.GetProperty("unit").GetString(), (string[])["celsius", "kelvin"]);

        var streamed = new List<StreamingChatToolCallUpdate>();
        await foreach (var update in Chat().CompleteChatStreamingAsync([new UserChatMessage("How warm is it?")], options))
        {
            streamed.AddRange(update.ToolCallUpdates);
        }

        Assert.Equal("weather", streamed[0].FunctionName);
        Assert.Equal(call.FunctionArguments.ToString(), string.Concat(streamed.Select(static update => update.FunctionArgumentsUpdate.ToString())));
    }

    private async Task EmbedAsync()
    {
        var client = new EmbeddingClient(TextModels.Embedding, Key, Options());
        var vectors = (await client.GenerateEmbeddingsAsync(["one text", "another one"], new EmbeddingGenerationOptions { EndUserId = "u" })).Value;
        Assert.Equal((2, TextModels.Width), (vectors.Count, vectors[1].ToFloats().Length));
        Assert.True(vectors.Usage.InputTokenCount > 0);
        var tokens = (await client.GenerateEmbeddingsAsync([new ReadOnlyMemory<int>([40, 41])], new EmbeddingGenerationOptions { Dimensions = 4 })).Value;
        Assert.Equal(4, Assert.Single(tokens).ToFloats().Length);
    }

    private async Task BeRefusedAsync()
    {
        var lost = await Assert.ThrowsAsync<ClientResultException>(() => new ChatClient("none", Key, Options()).CompleteChatAsync(new UserChatMessage("hi")));
        Assert.Equal(404, lost.Status);
        Assert.Contains("model_not_found", lost.Message, StringComparison.Ordinal);
    }

    private ChatClient Chat() => new(Model, Key, Options());

    private T Options<T>()
        where T : ClientPipelineOptions, new()
    {
        var options = new T { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) };
        var endpoint = new Uri(shared.Network.Text, "v1");
        switch (options)
        {
            case ResponsesClientOptions responses:
                responses.Endpoint = endpoint;
                break;
            case BatchClientOptions batches:
                batches.Endpoint = endpoint;
                break;
        }

        return options;
    }

    private OpenAIClientOptions Options() => new() { Endpoint = new Uri(shared.Network.Text, "v1"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) };
}
