using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.EndToEnd.Tests.Harness;

namespace Ncn.EndToEnd.Tests;

/// <summary>A network whose every price is zero.</summary>
public sealed class FreeNetwork : IAsyncLifetime
{
    public const string Name = "free network";

    public FreeNetwork() => Network = new LocalNetwork("--price", "0")
    {
        // Heads that never end are given up, and silent streams give a sign of life, sooner than usual: tests wait for it.
        Settings = new Dictionary<string, string>
        {
            ["Ncn__Worker__Models"] = Models.Path, ["Ncn__Gateway__Admission__HeaderSeconds"] = "5", ["Ncn__Gateway__EventPingSeconds"] = "1",
        },
    };

    public LocalNetwork Network { get; }

    private TextModels Models { get; } = new();

    public async Task InitializeAsync()
    {
        try
        {
            await Network.UpAsync();
        }
        catch
        {
            await Network.DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        await Network.DisposeAsync();
        Models.Dispose();
    }
}

[CollectionDefinition(FreeNetwork.Name)]
public sealed class FreeNetworkCollection : ICollectionFixture<FreeNetwork>;

/// <summary>Nothing answers 402, and no client needs a wallet.</summary>
[Collection(FreeNetwork.Name)]
public sealed class FreeNetworkTests(FreeNetwork shared)
{
    [Fact]
    public async Task Stock_client_chats_with_the_gateway_itself() =>
        (await Command.NodeAsync("openai.mjs", shared.Network.Text.AbsoluteUri + "v1", "free")).Succeeded();

    [Fact]
    public async Task Stranger_s_grpc_client_made_from_the_published_proto_runs_tensors_and_streams_text() =>
        (await Command.NodeAsync("inference-grpc.mjs", shared.Network.Grpc("text"), shared.Network.Grpc("vision"))).Succeeded();

    [Fact]
    public async Task Page_in_a_real_browser_streams_cancels_and_resumes_over_its_own_WebSocket() =>
        (await Command.NodeAsync("browser.mjs", shared.Network.Socket("text").AbsoluteUri)).Succeeded();

    [Fact]
    public async Task Stock_client_finds_all_of_the_text_endpoints() =>
        (await Command.NodeAsync("openai-features.mjs", shared.Network.Text.AbsoluteUri + "v1", TextModels.Embedding)).Succeeded();

    [Fact]
    public async Task Image_is_classified_without_payment()
    {
        using var http = new HttpClient { BaseAddress = shared.Network.Vision };
        var answer = await new NcnClient(http).InferAsync("digits", new InferRequest([Tensor.Of("image", [1, 1, 8, 8], new float[64])]));
        Assert.Equal(10, answer.Outputs.Single().Floats().Length);
        Assert.True(answer.Network!.Cost.IsZero);
        Assert.True(answer.Network.Receipt.Message.Price.IsZero);
        Assert.Null(answer.Network.Payment);
    }

    [Fact]
    public async Task Queued_chat_is_answered_without_payment()
    {
        using var http = new HttpClient { BaseAddress = shared.Network.Text };
        var client = new NcnClient(http);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var queued = await client.EnqueueChatAsync(ChatRequest.Ask("tiny-chat", "What is 2 + 2?"), cancellationToken: limit.Token);
        var answer = await client.WaitForChatAsync(queued.Id, limit.Token);
        Assert.NotEmpty(answer.Content);
        Assert.True(answer.Network!.Cost.IsZero);
    }
}
