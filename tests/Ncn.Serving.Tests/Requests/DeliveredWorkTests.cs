using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Execution;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Tests.Requests;

public sealed class DeliveredWorkTests : IDisposable
{
    private static readonly RequestId Request = new(Keccak256.Of([1]));
    private static readonly Eip712Domain Network = Eip712Domain.Network(412346, Address.Zero);
    private readonly Signer _node = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _node.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public void What_the_node_signed_for_is_owed()
    {
        var work = new DeliveredWork(Request, Network, default);
        work.Saw(Part(tokens: 3, Commitment(Request, 3)));
        work.Saw(Part(tokens: 2, commitment: null));

        var (node, model, usage) = Assert.Single(work.Signed());
        Assert.Equal((_node.Address, "tiny-chat", 3u, 7u), (node, model, usage.CompletionTokens, usage.PromptTokens));
    }

    [Fact]
    public void What_it_signed_for_another_request_is_not()
    {
        var work = new DeliveredWork(Request, Network, default);
        work.Saw(Part(tokens: 3, Commitment(default, 3)));

        Assert.Empty(work.Signed());
    }

    [Fact]
    public async Task It_is_cut_when_nobody_waits_for_it_any_more()
    {
        var work = new DeliveredWork(Request, Network, _stop.Token);
        work.Failed(new OperationCanceledException());
        Assert.False(work.IsCut);
        await _stop.CancelAsync();
        work.Failed(new InvalidOperationException());
        Assert.False(work.IsCut);
        work.Failed(new OperationCanceledException());
        Assert.True(work.IsCut);
    }

    private static RunPart.Text Part(int tokens, ChunkCommitment? commitment) =>
        new(new int[tokens], "text", PromptTokens: 7) { Model = "tiny-chat", Commitment = commitment };

    private ChunkCommitment Commitment(RequestId signedFor, uint tokens)
    {
        var hash = Keccak256.Of([2]);
        return new ChunkCommitment(_node.Address, 0, 0, hash, tokens, _node.Sign(new StreamCommitment(signedFor, 0, 0, hash, tokens), Network).Signature);
    }
}
