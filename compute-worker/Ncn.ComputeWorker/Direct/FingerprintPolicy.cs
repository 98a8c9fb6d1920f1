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
    /// <summary>How old, or how far ahead of this node's clock, a call may be.</summary>
    public const ulong MaxAgeMilliseconds = 60_000;

    /// <summary>Checks the caller, then that the job is its gateway's and goes with the input. Which node ran it does not matter.</summary>
    /// <exception cref="JobRefusedException">The first rule that is broken.</exception>
    public static void Check(Signed<FingerprintCall> call, Signed<InferenceJob> job, ReadOnlySpan<byte> input, FingerprintTerms terms)
    {
        FingerprintCall asked = call.Message;
        if (!terms.Callers.Contains(asked.Caller))
        {
            throw Refuse($"{asked.Caller} may not ask this node for fingerprints: it is no gateway that the node joined, and not in Ncn:Worker:Validators.");
        }

        if (!call.IsSignedBy(asked.Caller, terms.NetworkDomain))
        {
            throw Refuse($"The call is not signed by its caller {asked.Caller}: check the key, the chain id and the registry's address.");
        }

        if (asked.Node != terms.Node || asked.JobHash != job.Message.StructHash())
        {
            throw Refuse($"The call is for node {asked.Node} and job {asked.JobHash}; this is {terms.Node}, and the job that came is {job.Message.StructHash()}.");
        }

        if (Math.Max(asked.IssuedAt, terms.Now) - Math.Min(asked.IssuedAt, terms.Now) > MaxAgeMilliseconds)
        {
            throw Refuse($"The call was issued at {asked.IssuedAt} and this node's clock says {terms.Now}; at most {MaxAgeMilliseconds} ms may lie between. Sign a new one.");
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
