using Ncn.ComputeWorker;
using Ncn.ComputeWorker.Direct;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference.Repository;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Execution;

namespace Ncn.Attacks.Nodes;

/// <summary>
/// A compute node whose operator has its hands in the engine: what it sends is made by the worker's own chain, evidence and signatures, only
/// the answer and the receipt's figures are what the cheat makes of them. Beside it the gateway that gave the job, which checks all as it comes.
/// </summary>
internal sealed class AttackNode : IDisposable
{
    private readonly Signer _gateway = new(Keccak256.Hash("a gateway"u8));
    private readonly NodeIdentity _node;
    private readonly LoadedDecoder _promised;
    private uint _jobs;

    public AttackNode(LoadedDecoder promised)
    {
        _promised = promised;
        _node = new NodeIdentity(new Signer(Keccak256.Hash("a node"u8)), Address.Zero, Domain, Eip712Domain.Payments(1, Address.Zero));
    }

    public static Eip712Domain Domain { get; } = Eip712Domain.Network(1, Address.Zero);

    /// <summary>The next job for this node.</summary>
    public Signed<InferenceJob> Job(byte[] input, ulong seed)
    {
        var request = new RequestId(Keccak256.Of(BitConverter.GetBytes(++_jobs)));
        return _gateway.Sign(
            new InferenceJob(request, 0, _gateway.Address, _node.Address, _promised.Offer.Digest, Keccak256.Of(input), seed, new TokenAmount(1_000_000), 2_000_000_000_000), Domain);
    }

    /// <summary>Chunks, fingerprints and receipt of an answer, and what the gateway says of them: null when it takes them.</summary>
    public (ReceiptEvidence Evidence, string? Refusal) Sign(Signed<InferenceJob> job, byte[] input, uint promptTokens, Draft draft, Func<Receipt, Receipt> alter)
    {
        List<JobChunk> chunks = Chunks(job.Message, promptTokens, draft);
        var evidence = new JobEvidence(job.Message);
        chunks.ForEach(evidence.Add);
        Receipt honest = ReceiptOf(job.Message, evidence, promptTokens, (uint)draft.Tokens.Length);
        Receipt altered = alter(honest);
        Signed<Receipt> receipt = _node.Sign(altered with { Price = Price(altered.PromptTokens, altered.CompletionTokens) });
        byte[] fingerprints = evidence.Fingerprints.Encode();
        var shown = new ReceiptEvidence(0, job, receipt, false, input, [.. chunks.Select(chunk => new OutputPiece(chunk.TokenIds, chunk.Text, null))], fingerprints);
        return (shown, Refusal(job.Message, chunks, receipt, fingerprints));
    }

    public void Dispose()
    {
        _gateway.Dispose();
        _node.Signer.Dispose();
    }

    private List<JobChunk> Chunks(InferenceJob job, uint promptTokens, Draft draft)
    {
        var chain = new OutputChain(_node, job, promptTokens);
        var chunks = new List<JobChunk>();
        for (int i = 0; i < draft.Tokens.Length; i++)
        {
            chunks.Add(chain.Add([draft.Tokens[i]], draft.Pieces[i], last: false) with { Fingerprint = JobEvidence.Of(i, draft.Tokens[i], draft.Top[i]) });
        }

        if (draft.Rest.Length > 0 || !chain.LastIsSigned)
        {
            chunks.Add(chain.Add([], draft.Rest, last: true));
        }

        return chunks;
    }

    private Receipt ReceiptOf(InferenceJob job, JobEvidence evidence, uint promptTokens, uint tokens) => new(
        job.RequestId, job.Attempt, _node.Address, job.Gateway, job.ModelDigest, job.InputHash, evidence.OutputHash, job.Seed, promptTokens, tokens,
        Price(promptTokens, tokens), default, TokenAmount.Zero, evidence.Fingerprints.Root, 1, 2);

    private TokenAmount Price(uint promptTokens, uint tokens) => UsagePrice.Of(_promised.Offer.Price, new Usage(promptTokens, tokens, 0));

    private string? Refusal(InferenceJob job, List<JobChunk> chunks, Signed<Receipt> receipt, byte[] fingerprints)
    {
        var verifier = new OutputVerifier(job, _promised.Offer, new Usage(100_000, 100_000, 0), Domain);
        return chunks.Select(chunk => verifier.Accept(WireChunk.Of(chunk))).FirstOrDefault(problem => problem is not null)
            ?? verifier.Accept(receipt, fingerprints);
    }
}
