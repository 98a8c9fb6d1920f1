using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Execution;

/// <summary>Makes the signed job of one attempt.</summary>
public sealed class JobBuilder(GatewayIdentity identity)
{
    /// <summary>The job for a node's offer.</summary>
    /// <param name="holdsToService">Whether the node is held to the service that it promises: when the job begins at once, not when it was queued.</param>
    public Signed<InferenceJob> Build(
        RunPlan plan, uint attempt, Address node, ModelOffer offer, byte[] input, TokenAmount maxPrice, bool holdsToService = false)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(offer);
        var job = new InferenceJob(
            plan.Request, attempt, identity.Address, node, offer.Digest, Keccak256.Of(input), plan.Seed, maxPrice,
            (ulong)plan.Deadline.ToUnixTimeMilliseconds())
        {
            Service = holdsToService ? offer.Service : ServiceLevel.None,
        };
        return identity.Signer.Sign(job, identity.NetworkDomain);
    }
}
