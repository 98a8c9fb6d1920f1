using Ncn.ComputeWorker.Jobs;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Tests.Jobs;

/// <summary>Which chunks of a stream are signed, and over what.</summary>
public sealed class OutputChainTests : IDisposable
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));

    private readonly Signer _signer = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private readonly InferenceJob _job;

    public OutputChainTests() => _job = new InferenceJob(
        new RequestId(Keccak256.Of([1])), 2, Address.Zero, _signer.Address, default, default, 1, default, 1);

    public void Dispose() => _signer.Dispose();

    [Theory]
    [InlineData(1, new uint[0])]
    [InlineData(15, new uint[0])]
    [InlineData(16, new uint[] { 15 })]
    [InlineData(17, new uint[] { 15 })]
    [InlineData(33, new uint[] { 15, 31 })]
    public void Every_sixteenth_chunk_is_signed(int count, uint[] signed)
    {
        var chain = new OutputChain(new NodeIdentity(_signer, default, Domain, Domain), _job, promptTokens: 9);
        JobChunk[] chunks = [.. Enumerable.Range(0, count).Select(i => chain.Add([i], "x", last: false))];
        Assert.Equal(signed, chunks.Where(chunk => chunk.Commitment is not null).Select(chunk => chunk.Index));
        Assert.All(chunks.Where(chunk => chunk.Commitment is not null), chunk => Check(chunk, tokens: chunk.Index + 1));
        Assert.Equal(count % 16 == 0, chain.LastIsSigned);
        Assert.Equal(9u, chunks[0].PromptTokens);
        Assert.All(chunks.Skip(1), chunk => Assert.Equal(0u, chunk.PromptTokens));
    }

    [Fact]
    public void The_last_chunk_is_signed_over_all_tokens_whatever_its_number()
    {
        var chain = new OutputChain(new NodeIdentity(_signer, default, Domain, Domain), _job, promptTokens: 0);
        chain.Add([1, 2], "ab", last: false);
        Check(chain.Add([], "held", last: true), tokens: 2);
    }

    private void Check(JobChunk chunk, uint tokens)
    {
        var commitment = new StreamCommitment(_job.RequestId, _job.Attempt, chunk.Index, chunk.RollingHash, tokens);
        Assert.True(new Signed<StreamCommitment>(commitment, chunk.Commitment!.Value).IsSignedBy(_signer.Address, Domain));
    }
}
