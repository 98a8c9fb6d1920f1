using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Models;

namespace Ncn.EndToEnd.Tests;

/// <summary>The published OpenAI package for .NET, unmodified, against a free gateway.</summary>
[Collection(FreeNetwork.Name)]
public sealed class OpenAiDotNetTests(FreeNetwork shared)
{
    private const string Model = "tiny-chat";
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

    private OpenAIClientOptions Options() => new() { Endpoint = new Uri(shared.Network.Text, "v1"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) };
}
