using Ncn.ComputeWorker.Jobs;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Direct;

/// <summary>What every signed call to this node is judged by: it is for this node, of now, and signed by who it names. Pure.</summary>
internal static class SignedCallPolicy
{
    /// <summary>How old, or how far ahead of this node's clock, a call may be.</summary>
    public const ulong MaxAgeMilliseconds = 60_000;

    /// <param name="caller">Who the call says that it is from.</param>
    /// <param name="asked">The node that it is for.</param>
    /// <param name="issuedAt">Unix milliseconds.</param>
    /// <param name="domain">Of the network's messages.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <exception cref="JobRefusedException">The first rule that is broken.</exception>
    public static void Check<T>(Signed<T> call, Address caller, Address asked, ulong issuedAt, Address node, Eip712Domain domain, ulong now)
        where T : ITypedData
    {
        if (!call.IsSignedBy(caller, domain))
        {
            throw Refuse($"The call is not signed by its caller {caller}: check the key, the chain id and the registry's address.");
        }

        if (asked != node)
        {
            throw Refuse($"The call is for node {asked}; this is {node}.");
        }

        if (Math.Max(issuedAt, now) - Math.Min(issuedAt, now) > MaxAgeMilliseconds)
        {
            throw Refuse($"The call was issued at {issuedAt} and this node's clock says {now}; at most {MaxAgeMilliseconds} ms may lie between. Sign a new one.");
        }
    }

    private static JobRefusedException Refuse(string message) => new(JobRefusalReason.NotAuthentic, message);
}
