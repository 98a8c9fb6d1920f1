using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;
using Ncn.Serving.Guests;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Routing;

/// <summary>What the subnet's rules make of this gateway's settings: models, price ceilings, margin and free requests, as they are now.</summary>
/// <remarks>
/// Changes apply to the next request. A margin that falls is charged at once; one that rises is asked for at once, and charged when no
/// request is left that was priced with the old one: what a request may cost is fixed when it is let in.
/// </remarks>
public sealed class SubnetTerms(IOptions<GatewayOptions> options, IOptions<GuestOptions> guests, TimeProvider time)
{
    private const uint PpmPerBasisPoint = 100;

    private readonly Lock _turn = new();
    private volatile InForce _inForce = InForce.Nothing;
    private uint _lower;
    private DateTimeOffset _lowerUntil = DateTimeOffset.MinValue;

    /// <summary>The rules as they were read last.</summary>
    public SubnetRules Rules => _inForce.Rules;

    /// <summary>The policy's hash; null while there is none.</summary>
    public Hash32? PolicyHash => Rules.PolicyHash;

    /// <summary>What this gateway adds to a node's price, basis points.</summary>
    public uint MarginBasisPoints => Margin(_inForce.Policy);

    /// <summary>What it adds when it charges: never more than when the request was priced.</summary>
    public uint ChargedMarginBasisPoints
    {
        get
        {
            lock (_turn)
            {
                return time.GetUtcNow() < _lowerUntil ? Math.Min(_lower, MarginBasisPoints) : MarginBasisPoints;
            }
        }
    }

    /// <summary>What is given away: the policy's word where it has one and this operator follows it, else the operator's.</summary>
    public FreeTier FreeTier => guests.Value.FollowPolicy && _inForce.Policy?.FreeTier is { } ruled
        ? ruled
        : new FreeTier((uint)guests.Value.RequestsPerAddress, (uint)guests.Value.RequestsPerPayer, new TokenAmount((ulong)guests.Value.MaxCeiling));

    /// <summary>Share of the answers that is checked again at least, basis points: the more of what chain and policy say.</summary>
    public uint VerificationFloor => Math.Max(Rules.Parameters?.VerificationFloor ?? 0, _inForce.Policy?.VerificationFloor ?? 0);

    /// <summary>Whether validators vouch for a build at a node. Where the node is checked less often than the subnet asks for, their word is too old.</summary>
    public bool IsVerified(NodeStanding? standing, ModelDigest build) =>
        standing is not null && standing.Verified.Contains(build) && standing.RatePpm >= VerificationFloor * PpmPerBasisPoint;

    /// <summary>Whether a model may be routed to, and listed.</summary>
    public bool Admits(ModelOffer offer) => options.Value.Serves(offer.Kind) && _inForce.Policy?.Admits(offer) != false;

    /// <summary>These are the rules from now on.</summary>
    internal void Apply(SubnetRules rules)
    {
        PolicyDocument? policy = null;
        if (rules.Policy is { } text && !PolicyReader.TryRead(System.Text.Encoding.UTF8.GetBytes(text), out policy, out var problem))
        {
            throw new InvalidOperationException($"The registry's policy cannot be read, so the last rules are kept: {problem}. Is this gateway older than the registry?");
        }

        lock (_turn)
        {
            var before = ChargedMarginBasisPoints;
            _inForce = new InForce(rules, policy);
            if (before < MarginBasisPoints)
            {
                (_lower, _lowerUntil) = (before, time.GetUtcNow() + TimeSpan.FromSeconds(Math.Max(options.Value.QueuedSeconds, options.Value.RequestSeconds)));
            }
        }
    }

    private uint Margin(PolicyDocument? policy) => Math.Min(options.Value.MarginBasisPoints, policy?.FeeBasisPoints ?? uint.MaxValue);

    private sealed record InForce(SubnetRules Rules, PolicyDocument? Policy)
    {
        internal static InForce Nothing { get; } = new(new SubnetRules(null, null, null, null, null, null), null);
    }
}
