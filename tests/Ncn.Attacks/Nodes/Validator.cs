using Ncn.ComputeWorker;
using Ncn.ComputeWorker.Direct;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference;
using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Verification.Checks;
using Ncn.Verification.Grpc;

namespace Ncn.Attacks.Nodes;

/// <summary>A validator with a worker of its own: the re-run of the worker's desk, and the check.</summary>
internal sealed class Validator(LoadedDecoder model) : IDisposable
{
    private readonly NodeIdentity _node = new(new Signer(Keccak256.Hash("a validator"u8)), Address.Zero, AttackNode.Domain, AttackNode.Domain);

    public async Task<CheckOutcome> JudgeAsync(ReceiptEvidence evidence)
    {
        if (TextCheck.Stated(evidence, AttackNode.Domain) is { } problem)
        {
            return problem;
        }

        InferenceJob job = evidence.Job.Message;
        try
        {
            JobInput input = JobInput.Parse(evidence.Input, model, job.Seed);
            var rerunner = new Rerunner(_node, model, model.Offer.ExecutionProvider);
            return TextCheck.Compare(evidence, RerunReader.Read(await rerunner.RunAsync(job, input, [.. evidence.TokenIds()], CancellationToken.None)));
        }
        catch (InferenceException refusal) when (refusal.Fault == InferenceFault.InvalidRequest)
        {
            return CheckOutcome.NoAnswer;
        }
    }

    public void Dispose() => _node.Signer.Dispose();
}
