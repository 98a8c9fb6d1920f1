using Ncn.ComputeWorker.Jobs;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Direct;

/// <summary>What a call for fingerprints is judged by.</summary>
/// <param name="Node">This node.</param>
/// <param name="Callers">Who may ask: the gateways that this node joined, and the validators of its configuration.</param>
/// <param name="Now">Unix milliseconds.</param>
internal sealed record FingerprintTerms(Address Node, Eip712Domain NetworkDomain, IReadOnlySet<Address> Callers, ulong Now);

/// <summary>Decides whether a node re-runs an answer for somebody: pure, so that every rule has its test.</summary>
internal static class FingerprintPolicy
{
    /// <summary>Checks the caller, then that the job is its gateway's and goes with the input. Which node ran it does not matter.</summary>
    /// <exception cref="JobRefusedException">The first rule that is broken.</exception>
    public static void Check(Signed<FingerprintCall> call, Signed<InferenceJob> job, ReadOnlySpan<byte> input, FingerprintTerms terms)
    {
        FingerprintCall asked = call.Message;
        if (!terms.Callers.Contains(asked.Caller))
        {
            throw Refuse($"{asked.Caller} may not ask this node for fingerprints: it is no gateway that the node joined, and not in Ncn:Worker:Validators.");
        }

        SignedCallPolicy.Check(call, asked.Caller, asked.Node, asked.IssuedAt, terms.Node, terms.NetworkDomain, terms.Now);
        if (asked.JobHash != job.Message.StructHash())
        {
            throw Refuse($"The call is for this node and job {asked.JobHash}; the job that came is {job.Message.StructHash()}.");
        }

        if (!job.IsSignedBy(job.Message.Gateway, terms.NetworkDomain))
        {
            throw Refuse($"The job is not signed by its gateway {job.Message.Gateway}.");
        }

        if (Keccak256.Of(input) != job.Message.InputHash)
        {
            throw Refuse("The input's hash is not the one that the gateway signed.");
        }
    }

    private static JobRefusedException Refuse(string message) => new(JobRefusalReason.NotAuthentic, message);
}
