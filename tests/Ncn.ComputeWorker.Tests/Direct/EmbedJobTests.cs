using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Tests.Escrow;
using Ncn.Tests.Models;
using ModelInferResponse = Inference.ModelInferResponse;

namespace Ncn.ComputeWorker.Tests.Direct;

[Collection(NetworkGroup.Name)]
public sealed class EmbedJobTests(NetworkFixture network) : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("ncn-embed-").FullName;
    private TestGateway _gateway = null!;
    private TestWorker _worker = null!;

    public async Task InitializeAsync()
    {
        EmbeddingFolder.Write(_models, new EmbeddingShape());
        _gateway = await TestGateway.StartAsync(await network.NewPartyAsync(10));
        _worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), _gateway, null, ("Ncn:Worker:Models", _models));
        await _gateway.FundAsync(_worker.Address, 5 * LocalChain.Dollar);
    }

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _gateway.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    [Fact]
    public async Task An_embedding_job_is_one_signed_chunk_priced_by_its_tokens()
    {
        ModelOffer offer = _worker.Offer("embedding");
        Assert.Equal((ModelOffer.Embedding, 128u, 16u), (offer.Kind, offer.ContextTokens, offer.MaxBatch));
        byte[] input = Embed(8, "hello world", "a");

        Delivery delivery = await DirectRun.RunAsync(
            _worker.Compute, DirectRun.Request(_gateway.Job(_worker.Address, offer, input, 10_000), _gateway.Pay(_worker.Address, 10_000), input),
            offer, new Usage(100, 0, 2), network.Domain);

        var response = ModelInferResponse.Parser.ParseFrom(delivery.Chunks.Single().Tensors);
        Assert.Equal(["embedding", "prompt_tokens"], response.Outputs.Select(output => output.Name));
        Assert.Equal([2, 8], response.Outputs[0].Shape);
        float[] vectors = MemoryMarshal.Cast<byte, float>(response.RawOutputContents[0].Span).ToArray();
        Assert.All(vectors.Chunk(8), vector => Assert.Equal(1, vector.Sum(value => value * value), 1e-4));

        uint tokens = (uint)MemoryMarshal.Cast<byte, int>(response.RawOutputContents[1].Span).ToArray().Sum();
        Receipt receipt = delivery.Receipt.Message;
        Assert.Equal((tokens, 2u), (receipt.PromptTokens, receipt.CompletionTokens));
        Assert.Equal(UsagePrice.Of(offer.Price, new Usage(tokens, 0, 2)), receipt.Price);
        Assert.Equal(default, receipt.FingerprintRoot);
    }

    [Fact]
    public async Task Texts_that_do_not_fit_are_refused_and_free()
    {
        ModelOffer offer = _worker.Offer("embedding");
        foreach (byte[] input in (byte[][])[Embed(0), Tokens(9999), Tokens(-1), Tokens(), Embed(0, ""), Embed(17, "a"), Embed(0, new string('x', 1000)), Inputs.Chat(), Inputs.Digits(1)])
        {
            RpcException refusal = await DirectRun.RefusedAsync(
                _worker.Compute, DirectRun.Request(_gateway.Job(_worker.Address, offer, input, 10_000), _gateway.Pay(_worker.Address, 10_000), input));
            Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        }

        Assert.Empty(_worker.Ledger.Channels);
    }

    private static byte[] Tokens(params int[] ids) => new Input { Embed = new EmbedInput { Tokens = { new TokenIds { Ids = { ids } } } } }.ToByteArray();

    private static byte[] Embed(uint dimensions, params string[] texts)
    {
        var embed = new EmbedInput { Dimensions = dimensions };
        embed.Texts.AddRange(texts);
        return new Input { Embed = embed }.ToByteArray();
    }
}
