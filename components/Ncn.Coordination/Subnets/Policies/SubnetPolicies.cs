namespace Ncn.Coordination.Subnets.Policies;

/// <summary>The policy documents of a subnet that somebody brought. The chain has their hashes, so anybody may bring them.</summary>
/// <param name="InForce">Null until the first one came, or while the chain names none. An older one stays until the one that the chain names has come: rules never lapse because nobody brought the new ones yet.</param>
/// <param name="Prepared">The one of the proposed parameters, before they are in force.</param>
public sealed record SubnetPolicies(PolicyDocument? InForce, PolicyDocument? Prepared)
{
    /// <summary>No document.</summary>
    public static SubnetPolicies None { get; } = new(null, null);

    /// <summary>Takes a document whose hash the chain names; the same object when it names another, or the document is known.</summary>
    internal SubnetPolicies Take(PolicyDocument document, SubnetMirror mirror)
    {
        var hash = document.Hash();
        return hash == mirror.PolicyInForce && InForce?.Hash() != hash ? this with { InForce = document }
            : hash == mirror.PolicyProposed && Prepared?.Hash() != hash ? this with { Prepared = document }
            : this;
    }

    /// <summary>Follows what the chain says now.</summary>
    internal SubnetPolicies Follow(SubnetMirror mirror)
    {
        var (named, proposed) = (mirror.PolicyInForce, mirror.PolicyProposed);
        var inForce = named is null ? null : Prepared is { } next && next.Hash() == named ? next : InForce;
        var prepared = Prepared is { } waiting && waiting.Hash() == proposed ? waiting : null;
        return inForce == InForce && prepared == Prepared ? this : new(inForce, prepared);
    }
}

/// <summary>How a policy document was taken.</summary>
public enum PolicyOutcome
{
    /// <summary>It is in force.</summary>
    InForce,

    /// <summary>It is the one of the proposed parameters, and is in force with them.</summary>
    Prepared,

    /// <summary>The chain names another one, or none.</summary>
    NotNamed,

    /// <summary>What the chain says of the subnet is not known here yet.</summary>
    ChainUnread,
}
